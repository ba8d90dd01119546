# %% [markdown]
# # Losses: what a network is asked for is what it gives
#
# A small image does not say which large one it was made from; many fit. The loss decides which of them a network draws,
# and it can decide for one that does not exist. In this lesson you write the losses of the field, and see by a
# measurement what each of them asks for.
#
# **You will be able to** write pixel, content, adversarial and cycle losses that survive their special cases; say which of
# them raises PSNR and which does not; tell the formula of a slide from what code computes under the same name.
#
# **You need** tensors and gradients in PyTorch, and from lesson 02 what PSNR is.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 9.1 `charbonnier` | 1 of 5 | 4 of 5 | 5 |
# | 9.2 `content_loss` | 2 of 5 | 4 of 5 | 10 |
# | 9.3 `cross_entropy` | 2 of 5 | 4 of 5 | 15 |
# | 9.4 `adversarial_step` | 5 of 5 | 5 of 5 | 40 |
# | 9.5 `cycle_loss` | 2 of 5 | 3 of 5 | 10 |
#
# Stuck? `srkit.exercises.hint("cross_entropy")` gives a nudge, `level=2` the concept, `level=3` the first step.

# %% setup
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# Here are three large images. They differ in fine stripes: the first two have their bright stripes in the even columns,
# the third in the odd ones. The small image is the mean over squares of 2x2 pixels, and the stripes vanish in it, so all
# three give the *same* small image. A network sees only that. What should it draw?

# %%
plain = 0.2 + 0.6 * srkit.datasets.samples(scale=2)[0].hr[:, 64:128, 64:128]
stripes = (0.15 * (1 - 2 * (torch.arange(64) % 2))).expand_as(plain)
truths = torch.stack([plain + stripes, plain + stripes, plain - stripes])  # (3, 3, 64, 64)

small = F.avg_pool2d(truths, 2)
print(f"largest difference between the three small images: {(small - small[0]).abs().max():.1e}")
srkit.widgets.show(
    *truths,
    small[0],
    titles=["a truth", "another, equal to it", "a third", "the small image of all three"],
    alt=["Bright stripes in even columns", "The same again", "Bright stripes in odd columns", "No stripes at all"],
    zoom=3,
)

# %% [markdown]
# ### Your prediction
#
# Call the contrast of the stripes $+1$ in the first two truths and $-1$ in the third. A network is trained on these three
# pairs with the mean *absolute* error until it can do no better. Which contrast has the image that it draws? Write
# `"-1"`, `"0"`, `"1/3"` or `"1"`.

# %%
guess = "?"
srkit.exercises.predict("09-stripes", guess, choices=["-1", "0", "1/3", "1"])

# %% [markdown]
# ## 1. Pixel losses
#
# ### The idea
#
# Compare pixel with pixel. Of an image with $h \times w$ pixels and $c$ channels, the lecture has two losses:
#
# $$L_1 = \frac{1}{hwc} \sum_{i} \left| \hat{x}_i - x_i \right|, \qquad L_2 = \frac{1}{hwc} \sum_{i} \left( \hat{x}_i - x_i \right)^2$$
#
# $L_2$ punishes one large error more than many small ones; $L_1$ counts them alike, and pulls on a small error as hard as
# on a large one. At an error of exactly 0 its slope jumps from $-1$ to $1$. The *Charbonnier* loss rounds that tip with
# a radius $\varepsilon$:
#
# $$L_\mathrm{char} = \frac{1}{hwc} \sum_{i} \sqrt{(\hat{x}_i - x_i)^2 + \varepsilon^2}$$
#
# (Lai, Huang, Ahuja, Yang, *Deep Laplacian Pyramid Networks for Fast and Accurate Super-Resolution*, CVPR 2017, with
# $\varepsilon = 10^{-3}$.)
#
# ### By hand: exercise 9.1
#
# `sr` and `hr` have any equal shape. Return one number, a tensor.

# %% exercise charbonnier
def charbonnier(sr, hr, eps):
    """Return the mean of the rounded absolute errors of two images of equal shape: a scalar."""
    ### BEGIN SOLUTION
    error = sr - hr
    return torch.sqrt(error**2 + eps**2).mean()
    ### END SOLUTION

# %% check charbonnier
srkit.exercises.check("charbonnier", charbonnier)

# %% [markdown]
# ### See it
#
# The three losses pull on an error with their slopes. $L_2$ lets go as the error becomes small, $L_1$ does not, and
# Charbonnier lets go below $\varepsilon$, here 0.001.

# %%
losses = {
    "L2": lambda sr, hr: (sr - hr).square().mean(),
    "L1": lambda sr, hr: (sr - hr).abs().mean(),
    "Charbonnier": lambda sr, hr: charbonnier(sr, hr, 1e-3),
}
print("slope at an error of", *(f"{error:>8}" for error in (0.1, 0.01, 0.001, 0.0001)))
for name, loss in losses.items():
    slopes = []
    for error in (0.1, 0.01, 0.001, 0.0001):
        sr = torch.tensor([error], requires_grad=True)
        slopes.append(torch.autograd.grad(loss(sr, torch.zeros(1)), sr)[0].item())
    print(f"{name:>20}", *(f"{slope:8.4f}" for slope in slopes))

# %% [markdown]
# Now the question from above. The three truths share one small image, so whatever the network is, it gives one image for
# all of them. Leave the network away, then, and look for the image itself that makes the mean loss smallest.

# %%
def best_image(loss, steps=300):
    """Return the one image whose mean loss against all three truths is smallest: (3, 64, 64)."""
    image = plain.clone().requires_grad_()
    optimiser = torch.optim.Adam([image], 0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(image.expand_as(truths), truths).backward()
        optimiser.step()
        schedule.step()
    return image.detach()


def contrast(image):
    """Return how much of the stripes an image has: 1 as in the first truth, -1 as in the third."""
    return ((image - plain) * stripes).mean().item() / stripes.square().mean().item()


best = {name: best_image(loss) for name, loss in losses.items()}
print("trained on    contrast   mean squared error   mean absolute error")
for name, image in best.items():
    errors = image - truths
    print(f"{name:12}  {contrast(image):+8.2f}   {errors.square().mean():18.4f}   {errors.abs().mean():19.4f}")
nearest = min((-1, 0, 1 / 3, 1), key=lambda value: abs(value - contrast(best["L1"])))
srkit.exercises.recall("09-stripes", {-1: "-1", 0: "0", 1 / 3: "1/3", 1: "1"}[nearest])

# %%
srkit.widgets.show(
    best["L2"],
    best["L1"],
    titles=["best for L2: the mean", "best for L1: the median"],
    alt=["Faint stripes, a third as strong as in any truth", "Full stripes, as in two of the three truths"],
    zoom=3,
)

# %% [markdown]
# The squared error is smallest at the *mean* of all truths, the absolute error at their *median*. The mean has stripes of
# a third of the contrast, an image that never occurs. This is *regression to the mean*, and the blur of networks trained on
# $L_2$ is nothing else: where many details are possible, it draws their average. $L_1$ settles for the majority, which
# helps where there is one; between two equally likely truths it has no opinion.
#
# The lecture says that minimising the pixel loss maximises PSNR directly. PSNR is $-10 \log_{10}$ of the mean squared
# error, so this holds **for $L_2$ only**: in the table $L_1$ and Charbonnier end at another image with a larger squared
# error. Even for $L_2$ it holds image by image only. A table gives the mean of the PSNRs of several images, which is not
# the PSNR of their mean error; and the loss sees unrounded values, the table rounded ones.
#
# ### The library's version

# %%
sr, hr = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
print(f"difference to the library's: {(charbonnier(sr, hr, 1e-3) - srkit.losses.charbonnier(sr, hr)).abs():.1e}")
srkit.widgets.source(srkit.losses.charbonnier)

# %% [markdown]
# ## 2. Content loss
#
# ### The idea
#
# Two images of grass are alike to you although no blade lies where it lay. A network that recognises things has features
# which do not mind the place of a blade either. Send both images through it and compare features $\phi$ at some layer
# instead of pixels (Johnson, Alahi, Fei-Fei, *Perceptual Losses for Real-Time Style Transfer and Super-Resolution*, ECCV
# 2016). The lecture prints, for features of $h_l \times w_l$ places and $c_l$ channels:
#
# $$L_\mathrm{content} = \frac{1}{h_l w_l c_l} \sqrt{\sum_{i} \left( \phi_i(\hat{x}) - \phi_i(x) \right)^2}$$
#
# ### By hand: exercise 9.2
#
# Write it as printed. `phi` is any network, `sr` and `hr` are batches; each image has its own root, and the loss is the
# mean over the batch.

# %% exercise content_loss
def content_loss(phi, sr, hr):
    """Return the norm of the difference of the features over their number, averaged over the batch: a scalar."""
    ### BEGIN SOLUTION
    difference = (phi(sr) - phi(hr)).flatten(1)  # (b, n)
    norms = difference.square().sum(1).sqrt()
    return (norms / difference.shape[1]).mean()
    ### END SOLUTION

# %% check content_loss
srkit.exercises.check("content_loss", content_loss)

# %% [markdown]
# ### See it
#
# Under the name of content loss most code computes something else: the *mean of the squares*; so does the library's
# `Content` unless it is asked for `form="norm"`. This is more than another factor. With $n$ features of mean square $m$ the slide's loss is $\sqrt{m/n}$, and its slope has the length $1/n$ however
# small the error. Here an error shrinks, and both losses and the lengths of their gradients are measured.

# %%
def mean_of_squares(phi, sr, hr):
    return (phi(sr) - phi(hr)).square().mean()


torch.manual_seed(0)
identity, hr = nn.Identity(), torch.rand(1, 3, 16, 16)
direction = torch.randn(1, 3, 16, 16)
print(f"n = {hr.numel()}, 1/n = {1 / hr.numel():.2e}")
print("error    norm/size   its gradient      mean of squares   its gradient")
for size in (0.1, 0.01, 0.001):
    found = []
    for loss in (content_loss, mean_of_squares):
        sr = (hr + size * direction).requires_grad_()
        value = loss(identity, sr, hr)
        found += [value.item(), torch.autograd.grad(value, sr)[0].norm().item()]
    print("{:5}    {:.2e}    {:.2e}          {:.2e}          {:.2e}".format(size, *found))

# %% [markdown]
# A weight that was found for the one is of no use for the other, and a network trained on the norm is pulled with full
# strength to the very end.
#
# ### The library's version
#
# `Content` takes the features of VGG-19 and any of three forms: `"norm"` (the lecture's), `"mse"` (SRGAN) or `"l1"` (ESRGAN).
# SRGAN looks behind the activation of layer 5_4 and divides the features by 12.75; ESRGAN looks before the activation.
# The trained weights of VGG-19 do not come with the course (`srkit.losses.fetch_vgg()` gets them). Without them the same
# network with random weights still has layers that see neighbourhoods instead of pixels, and it is enough to see how
# content and pixels part ways; published numbers mean the trained one. Below are the three damaged photographs of lesson
# 02, which have one squared error.

# %%
photograph = srkit.datasets.samples(scale=2)[0].hr[:, 60:188, 80:208]
blurred = F.avg_pool2d(photograph, 5, 1, padding=2, count_include_pad=False)
changes = {
    "noisy": torch.randn(photograph.shape),
    "blurred": blurred - photograph,
    "brighter": torch.ones(photograph.shape),
}
content = srkit.losses.Content(layers="conv2_2", weights="untrained")
print("            mean squared error   distance of features (untrained)")
for name, change in changes.items():
    damaged = photograph + change * math.sqrt(0.0012) / change.square().mean().sqrt()
    pixels = (damaged - photograph).square().mean()
    print(f"{name:10}  {pixels:18.4f}   {content(damaged[None], photograph[None]):21.4f}")
srkit.widgets.source(srkit.losses.distance)

# %% [markdown]
# ## 3. Adversarial losses
#
# ### The idea
#
# Neither pixels nor features know what is *possible*. Let a second network learn that: a discriminator $D$ that gives the
# probability that an image is a real one and not made. The generator, our network, is asked to make images that the
# discriminator calls real, while the discriminator goes on learning (Goodfellow et al., *Generative Adversarial Nets*, NIPS
# 2014; for super-resolution Ledig et al., *Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
# Network*, CVPR 2017). With cross-entropy the two minimise
#
# $$L_G = -\log D(\hat{x}), \qquad L_D = -\log D(x_s) - \log\left(1 - D(\hat{x})\right)$$
#
# where $x_s$ is a real image drawn at random, not necessarily the truth of $\hat{x}$. A discriminator's last layer gives a
# *logit* $z$, any real number, and $D = 1 / (1 + e^{-z})$. Computed in this order, a discriminator that is certain gives the
# logarithm of zero. Computed from the logit, nothing of that kind happens: $-\log D = \log(1 + e^{-z})$.
#
# ### By hand: exercise 9.3
#
# `real` and `made` are logits of any shape. Return $(L_G, L_D)$, each a mean over the logits.

# %% exercise cross_entropy
def cross_entropy(real, made):
    """Return the losses of generator and discriminator from logits of any shape: two scalars."""
    ### BEGIN SOLUTION
    generator = F.softplus(-made).mean()
    discriminator = F.softplus(-real).mean() + F.softplus(made).mean()
    return generator, discriminator
    ### END SOLUTION

# %% check cross_entropy
srkit.exercises.check("cross_entropy", cross_entropy)

# %% [markdown]
# ### See it
#
# At the end of a perfect game nobody can tell, and $D = 1/2$ everywhere. Then the losses have values you can name. The
# *least squares* game (Mao et al., *Least Squares Generative Adversarial Networks*, ICCV 2017) replaces the logarithms by
# squares: $L_G = (D(\hat{x}) - 1)^2$ and $L_D = D(\hat{x})^2 + (D(x_s) - 1)^2$, and there $D$ is the last layer itself, without
# a sigmoid. Much code halves the sums; look before you compare.

# %%
def least_squares(real, made):
    return (made - 1).square().mean(), made.square().mean() + (real - 1).square().mean()


undecided = torch.zeros(4, 1)  # logits: D = 1/2
print("cross-entropy at D = 1/2:  G {:.4f}   D {:.4f}".format(*cross_entropy(undecided, undecided)))
print("least squares at D = 1/2:  G {:.4f}   D {:.4f}".format(*least_squares(undecided + 0.5, undecided + 0.5)))
print(f"ln 2 = {math.log(2):.4f}, 2 ln 2 = {2 * math.log(2):.4f}")

# %% [markdown]
# And the stripes? Give the game the smallest generator there is: the plain image plus stripes of one contrast, its only
# weight. It begins where $L_2$ left it, at a third. The discriminator is a small network of three convolutions that sees
# truths and the generator's images.

# %%
torch.manual_seed(0)
weight = nn.Parameter(torch.tensor(contrast(best["L2"])))
discriminator = nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.LeakyReLU(0.2), nn.Conv2d(8, 8, 3), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 3)
)
for_discriminator = torch.optim.Adam(discriminator.parameters(), 3e-3, betas=(0.5, 0.9))
for_generator = torch.optim.Adam([weight], 1e-2, betas=(0.5, 0.9))
course = []
for step in range(300):
    real, made = truths[step % 3][None], (plain + weight * stripes)[None]
    for_discriminator.zero_grad()
    cross_entropy(discriminator(real), discriminator(made.detach()))[1].backward()
    for_discriminator.step()
    for_generator.zero_grad()
    cross_entropy(discriminator(real).detach(), discriminator(made))[0].backward()
    for_generator.step()
    course.append(weight.item())

# %%
import matplotlib.pyplot as plt

settled = sum(course[150:]) / 150
Path("runs/lesson_09").mkdir(parents=True, exist_ok=True)
figure, axes = plt.subplots(figsize=(6, 2.6))
axes.plot(course, label="the generator")
axes.axhline(1, color="grey", linestyle=":", label="two of the truths")
axes.axhline(1 / 3, color="grey", linestyle="--", label="the mean, best for L2")
axes.set(xlabel="step", ylabel="contrast of the stripes", ylim=(0, 1.4))
axes.legend(loc="lower right", fontsize=8)
figure.savefig("runs/lesson_09/contrast.png", dpi=90, bbox_inches="tight")
plt.close(figure)
srkit.widgets.show(
    Path("runs/lesson_09/contrast.png"),
    alt=f"The contrast over 300 steps: it begins at {course[0]:.2f} and swings about {settled:.2f} in the second half.",
)

# %%
played = plain + settled * stripes
print("image of        contrast   PSNR of the mean squared error")
for name, image in (("L2", best["L2"]), ("L1", best["L1"]), ("the game", played)):
    print(f"{name:14}  {contrast(image):+8.2f}   {-10 * torch.log10((image - truths).square().mean()):.2f} dB")

# %% [markdown]
# The game finds the full contrast: half-strong stripes give a generator away, whichever truth they belong to. It pays in
# squared error, as every image that looks real must when the truth is unknown, because the mean is the best there is. The
# game does not come to rest, either: both sides move, and the contrast swings. With more weights than one it can also
# invent. That is why adversarial training begins from a network trained on pixels and keeps a pixel or content loss beside
# it; SRGAN gives the adversarial term a weight of 0.001.
#
# ### The whole game: exercise 9.4
#
# Write one turn of such a training, for any two networks. The discriminator moves first. It is shown the real images `hr`
# and what the generator makes of `lr`, and makes a step on its cross-entropy. Then the generator makes a step on a sum of three
# terms, each times its weight: `pixel`, Charbonnier with $\varepsilon = 10^{-3}$; `content`, the norm of exercise 9.2 on the
# features of `phi`; and `adversarial`, its side of the cross-entropy, asked of the discriminator that has just moved.
#
# `optimisers` are two, the generator's and the discriminator's. `weights` is a dict with the names of the terms. Return a dict
# of plain numbers: the three terms (without their weights), their weighed sum as `total`, and `discriminator`, its loss. You
# may use your functions from above. Mind which network each loss sends gradients to.

# %% exercise adversarial_step
def adversarial_step(generator, discriminator, optimisers, phi, weights, lr, hr):
    """Let the discriminator make a step, then the generator; return the losses by name."""
    ### BEGIN SOLUTION
    for_generator, for_discriminator = optimisers
    sr = generator(lr)

    _, seen = cross_entropy(discriminator(hr), discriminator(sr.detach()))
    for_discriminator.zero_grad()
    seen.backward()
    for_discriminator.step()

    terms = {
        "pixel": charbonnier(sr, hr, 1e-3),
        "content": content_loss(phi, sr, hr),
        "adversarial": cross_entropy(discriminator(hr), discriminator(sr))[0],
    }
    total = sum(weights[name] * term for name, term in terms.items())
    for_generator.zero_grad()
    total.backward()
    for_generator.step()
    losses = {**terms, "total": total, "discriminator": seen}
    return {name: loss.item() for name, loss in losses.items()}
    ### END SOLUTION

# %% check adversarial_step
srkit.exercises.check("adversarial_step", adversarial_step)

# %% [markdown]
# ### In a photograph
#
# The same at four times the width. One network (EDSR small, 232,963 weights) was trained on $L_1$. Your turns go on from
# there, 150 of them, half a minute of processor time; `vision`, the features for the content loss, are two layers of random
# weights.

# %%
STEPS = 150
crops = srkit.datasets.Patches(srkit.datasets.samples(scale=4, split="train"), patch=96, batch=6, seed=0)
torch.manual_seed(0)
try:
    generator = srkit.models.create("edsr_small", scale=4, pretrained="srkit").train()
except srkit.errors.BadFile as problem:
    print("The trained network is not here, so yours begins untrained, and its pictures mean little.", problem)
    generator = srkit.models.create("edsr_small", scale=4).train()
discriminator = nn.Sequential(
    nn.Conv2d(3, 32, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(32, 64, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(64, 1, 3)
)
vision = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 32, 3)).requires_grad_(False)
optimisers = (torch.optim.Adam(generator.parameters(), 2e-4), torch.optim.Adam(discriminator.parameters(), 1e-3))
weights = {"pixel": 0.2, "content": 10.0, "adversarial": 0.005}
for turn in range(STEPS):
    found = adversarial_step(generator, discriminator, optimisers, vision, weights, *crops.batch(turn))
    if turn % 50 == 0:
        print(f"turn {turn:3}  " + "   ".join(f"{name} {loss:.5f}" for name, loss in found.items()))
generator.eval();

# %% [markdown]
# Beside it stand the network it began from; a longer game of the course, five minutes against a larger discriminator; and, if
# they are installed, the weights of Real-ESRGAN (16.7 million, licence BSD-3-Clause), which show what a long game on graphics
# cards leads to.

# %%
import warnings

photographs = srkit.datasets.samples(scale=4, split="photographs")
dogs = photographs[photographs.names.index("dogs")]
lr, truth = dogs.lr[:, 15:79, 30:114], dogs.hr[:, 60:316, 120:456]
players = {}
try:
    players["L1"] = srkit.models.create("edsr_small", scale=4, pretrained="srkit")
    players["your turns"] = generator
    players["a short game"] = srkit.models.create("edsr_small", scale=4, pretrained="srkit:gan")
    with warnings.catch_warnings(action="ignore"):  # they repeat the licence
        players["Real-ESRGAN"] = srkit.models.create("esrgan", scale=4, pretrained="realesrgan")
except (srkit.errors.BadFile, srkit.errors.Offline) as problem:
    print("This one is left out.", problem)
drawn = {"bicubic": srkit.upscale(lr, srkit.models.create("bicubic", scale=4))}
drawn |= {name: srkit.upscale(lr, net) for name, net in players.items()}
srkit.widgets.compare(drawn, truth=truth, scale=4, height=600, alt="A dog's head: bicubic, for decibels, for looks, and the truth")

# %% [markdown]
# Trained on $L_1$, the curls of the ear become soft bands: the middle of all curls that are possible. Your turns have already
# broken the bands up, and roughened the flat curtain with them. The short game begins
# to draw single hairs, and leaves small stripes along edges; five minutes are too few to learn what hair looks like. The long
# game draws each hair, sharper than the photograph itself has it, and none of them lies where it lay. Compare the columns
# of numbers with your eyes: measured on this piece, $L_1$ has 36.15 dB, yours about 35.6, the short game 34.43 and Real-ESRGAN 27.55 (luma, 4
# pixels of border cut), less than bicubic's 33.32. (Real-ESRGAN also expects a spoilt image and smooths what it takes for
# noise.) What looks better is a matter of eyes; what is nearer to the truth is not.
#
# ### The library's version
#
# The *relativistic* game of ESRGAN (Wang et al., *ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks*,
# ECCVW 2018) does not ask "is this real?" but "is this more real than the others are on average?" With $C$ for the logit
# and $\sigma$ for the sigmoid,
#
# $$D(a, b) = \sigma\left(C(a) - \overline{C(b)}\right)$$
#
# and the generator's loss looks at real images too. The library has five games; the code shown is the generator's side of
# this one.

# %%
made, real = torch.randn(4, 1), torch.randn(4, 1)
print("game      generator  discriminator   (the same eight logits)")
for name in srkit.losses.GAMES.names():
    game = srkit.losses.GAMES.get(name)
    print(f"{game.name:9} {game.generator(real, made):9.4f}  {game.discriminator(real, made):13.4f}")
generator, discriminator = cross_entropy(real, made)
print(f"yours     {generator:9.4f}  {discriminator:13.4f}")
srkit.widgets.source(srkit.losses.GAMES.get("RaGAN").generator)

# %% [markdown]
# ## 4. Cycle consistency
#
# ### The idea
#
# Without pairs there is no truth to compare with. But an image that is sent there and back again should come home
# unchanged: enlarge it and reduce the result, or take a noisy image to a clean one and back to a noisy one. With $G$ for
# the way there and $F$ for the way back, the lecture prints
#
# $$L_\mathrm{cycle} = \frac{1}{hwc} \sqrt{\sum_i \left( F(G(x))_i - x_i \right)^2}$$
#
# (Zhu, Park, Isola, Efros, *Unpaired Image-to-Image Translation Using Cycle-Consistent Adversarial Networks*, ICCV 2017;
# they take the mean absolute difference. CinCGAN takes the mean square: Yuan et al., *Unsupervised Image Super-Resolution
# Using Cycle-in-Cycle Generative Adversarial Networks*, CVPRW 2018; lesson 14.) A norm has a trap that a mean of squares has
# not: what is its slope where the journey is perfect?
#
# ### By hand: exercise 9.5
#
# `there` and `back` are networks, `x` is a batch. The gradient must be finite even if every image comes home unchanged.

# %% exercise cycle_loss
def cycle_loss(there, back, x):
    """Return the norm of what the journey changed over the size of the image, averaged over the batch: a scalar."""
    ### BEGIN SOLUTION
    change = (back(there(x)) - x).flatten(1)  # (b, n)
    norms = torch.sqrt(change.square().sum(1) + 1e-12)
    return (norms / change.shape[1]).mean()
    ### END SOLUTION

# %% check cycle_loss
srkit.exercises.check("cycle_loss", cycle_loss)

# %% [markdown]
# ### See it
#
# A journey that doubles the brightness and halves it again loses nothing. Four ways of writing the norm, and the gradient
# that each of them sends back.

# %%
norms = {
    "sqrt(sum)": lambda e: e.square().sum().sqrt(),
    "sqrt(sum + 1e-12)": lambda e: (e.square().sum() + 1e-12).sqrt(),
    "torch.linalg.vector_norm": torch.linalg.vector_norm,
    "sum (no root)": lambda e: e.square().sum(),
}
for name, norm in norms.items():
    x = torch.rand(1, 3, 4, 4, requires_grad=True)
    gradient = torch.autograd.grad(norm((2 * x) / 2 - x), x)[0]
    print(f"{name:26} gradient at a perfect return: {gradient.abs().max().item()}")

# %% [markdown]
# One NaN in the gradient, and the next step makes the weights NaN. PyTorch's own norm defines its slope at zero as zero; a
# root written by hand needs the small number.
#
# ### The library's version
#
# Losses have names there, and a formula puts them together. The last one the lecture has, *total variation*, looks at the
# result alone and asks it to be smooth; you build it in lesson 11.

# %%
x = torch.rand(2, 3, 8, 8)
journey = (lambda image: 2 * image, lambda image: image.clamp(0, 1.5) / 2)
mine, theirs = cycle_loss(*journey, x), srkit.losses.cycle(journey[1](journey[0](x)), x)
print(f"yours {mine:.6f}, the library's {theirs:.6f}")
loss = srkit.losses.parse("1*L1 + 0.1*Charbonnier(eps=0.01) + 0.05*Cycle + 0.001*TV")
for name, value in loss.terms(x, x.flip(3)).items():
    print(f"{name:12} {value:.5f}")

# %% [markdown]
# ## What the papers reported, what we got
#
# A network trained against a discriminator is meant to lose in this table. These are published numbers on Set5 at x4:

# %%
from IPython.display import Markdown

asked = {"bicubic": "nothing", "edsr": "L1", "srgan": "content and cross-entropy"}
lines = ["| system | trained on | Set5 x4, PSNR (dB) |", "|---|---|--:|"]
for name, what in asked.items():
    card = srkit.models.card(name)
    score = next(score for score in card.published if (score.dataset, score.scale) == ("set5", 4))
    lines.append(f"| {card.title} ({card.year}) | {what} | {score.psnr:.2f} |")
Markdown("\n".join(lines))

# %% [markdown]
# EDSR's authors (Lim et al., *Enhanced Deep Residual Networks for Single Image Super-Resolution*, CVPRW 2017) chose $L_1$
# although $L_2$ is the one that maximises PSNR, because it converged better in their experiments. Here is that experiment
# in small: one network (ESPCN, lesson 03), one seed, 250 steps on each of three losses.

# %%
pairs, tests = srkit.datasets.samples(scale=2, split="train"), srkit.datasets.samples(scale=2)
measured = {}
for loss in ("L2", "L1", "Charbonnier"):
    torch.manual_seed(0)
    net = srkit.models.create("espcn", scale=2)
    srkit.train(
        net, pairs, steps=250, batch=8, patch=48, loss=loss, learning_rate=2e-3, schedule="cosine", progress=False
    )
    measured[loss] = srkit.evaluate(net, tests).mean.psnr
    print(f"trained on {loss:12} {measured[loss]:.2f} dB on luma of the five sample photographs")
winner = max(measured, key=measured.get)
print(f"{winner} is ahead of L2 by {measured[winner] - measured['L2']:.2f} dB after 250 steps.")

# %% [markdown]
# What a loss *asks for* and how fast a network *gets there* are two questions. At its minimum $L_2$ has the highest PSNR;
# on the way, with its weak pull on small errors, it can lie behind. Change the seed or the number of steps and watch how
# much of the distance remains.
#
# ## Recap
#
# * $L_2$ asks for the mean of all images that are possible, $L_1$ for the median, a discriminator for one that is possible.
#   Only $L_2$ maximises PSNR.
# * Content and cycle losses are printed as a norm over the size and computed, mostly, as means of squares or of absolute
#   values. Read the code before you copy a weight.
# * Work on logits, and keep roots away from zero.
#
# Three questions to see whether it stayed:
#
# <details><summary>Three truths at one pixel: 0, 0 and 1. Which value does each pixel loss choose?</summary>$L_2$ the mean,
# 1/3; $L_1$ the median, 0; Charbonnier nearly 0, since its radius is far smaller than the errors.</details>
# <details><summary>A discriminator is certain that an image is made. Why does the generator not minimise
# $\log(1 - D)$?</summary>There that expression is flat: the worse the image, the weaker the gradient. $-\log D$ is steepest
# exactly there.</details>
# <details><summary>Your loss becomes NaN in the one step in which result and truth are equal. Where do you
# look?</summary>For a square root, or a norm written by hand, without a small number under it.</details>
#
# **Further doors.** Lesson 10 goes between a network trained on pixels and one trained against a discriminator, lesson 11 has
# total variation, lesson 14 cycles without pairs. A task to carry over: give `best_image` the loss `SSIM`
# (`srkit.losses.parse("SSIM")`) and find out which contrast structural similarity prefers.
