# %% [markdown]
# # Exercise 2: zero-shot super-resolution
#
# All networks so far learned from photographs of other things. Zero-shot super-resolution (ZSSR: Shocher, Cohen, Irani,
# *"Zero-Shot" Super-Resolution using Deep Internal Learning*, CVPR 2018) learns from the one image it is to enlarge, while you
# wait. The lecture's second exercise runs a public program for it on Set14. Here you write its four moves, run the library's
# version, and compare it with a much older and much cheaper method that most tables leave out.
#
# **You will be able to** make training pairs out of a single image; say when its training should slow down and stop; judge a
# zero-shot method against the honest baseline; run it on your own photograph, with a kernel and with noise.
#
# **You need** lesson 11 (training, self-ensemble) and what a blur kernel is (lesson 12).
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 15.1 `father_and_son` | 1 of 5 | 5 of 5 | 10 |
# | 15.2 `should_cut` | 3 of 5 | 3 of 5 | 15 |
# | 15.3 `project_back` | 1 of 5 | 5 of 5 | 10 |
# | 15.4 `median_of_views` | 2 of 5 | 3 of 5 | 15 |

# %% setup
import torch
import torch.nn.functional as F
from torch import nn

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# The small image below was made by a blur that no network of this course was trained for, and by taking every second pixel.
# Bicubic interpolation leaves it soft. Everything that is known about the scene is in these pixels. Is that enough to do
# better?

# %%
truth = srkit.datasets.samples(scale=2)[2].hr[:, 60:188, 90:218]
degrade = srkit.degrade.parse("blur(1.5, size=13, aligned=2) > down(2, kind=direct)")
lr = degrade(truth).clamp(0, 1)
bicubic = srkit.ops.imresize(lr, 2)
srkit.widgets.compare(bicubic=bicubic, truth=truth, scale=2, alt="A cat's eye: blurred, halved and enlarged; the truth")

# %% [markdown]
# ### Your prediction
#
# Three ways to enlarge it: a network of eight layers trained for a minute on this image alone, told the true kernel; the same
# network, told nothing; and ten steps of *back-projection*, a formula of 1991 without any learning, told the true kernel. Which
# has the highest PSNR? Write `"network with kernel"`, `"network alone"` or `"formula"`.

# %%
guess = "?"
choices = ["network with kernel", "network alone", "formula"]
srkit.exercises.predict("15-who-wins", guess, choices=choices)

# %% [markdown]
# ## 1. Where the training pairs come from
#
# ### The idea
#
# An image repeats itself: the edge of a near brick looks like that of a far brick, only larger. So the image at hand can play
# the large one. Cut a square out of it, the *father*; reduce it, the *son*. The network learns to make the father out of the
# son, and then is given the whole image as if it were a son:
#
# $$\theta^* = \operatorname{argmin}_\theta \left\lVert f_\theta\big((y * k)\downarrow_s\big) - y \right\rVert_1, \qquad \hat{x} = f_{\theta^*}(y)$$
#
# The father's reduction must be the one the image itself came by. That is the whole secret, and the reason why the kernel
# matters so much.
#
# ### By hand: exercise 15.1
#
# `lr` is `(c, h, w)`; return the square of `size` pixels that begins at row `top` and column `left`, and its reduction.
# `reduce` is a function from an image to a smaller one.

# %% exercise father_and_son
def father_and_son(lr, top, left, size, reduce):
    """Return (father, son): a square of lr, and the same reduced."""
    ### BEGIN SOLUTION
    father = lr[:, top : top + size, left : left + size]
    son = reduce(father)
    return father, son
    ### END SOLUTION

# %% check father_and_son
srkit.exercises.check("father_and_son", father_and_son)

# %% [markdown]
# ### See it
#
# The real thing also turns, mirrors and stretches the father, so that one image gives thousands of pairs.

# %%
pairs = [father_and_son(lr, top, left, 32, degrade) for top, left in ((0, 0), (10, 20), (30, 8))]
srkit.widgets.show(
    *(image.clamp(0, 1) for pair in pairs for image in pair),
    titles=["father", "son"] * 3,
    alt="Three squares of the small image, each beside its reduction",
    zoom=3,
    columns=6,
)

# %% [markdown]
# ## 2. When to slow down
#
# ### The idea
#
# There is no second image to validate on, and no time for a fixed schedule. ZSSR measures now and then how well it rebuilds its
# own input from a son, and lays a line through the last errors. With slope $m$ and the slope's standard deviation $\sigma_m$,
# the learning rate is divided by ten when
#
# $$-1.5\, m < \sigma_m$$
#
# in words: when the errors do not clearly fall any more. After the third cut training ends.
#
# ### By hand: exercise 15.2
#
# `errors` is a list, one error per equal step, and `ratio` the factor (1.5 above). Fit the line by least squares; the variance of
# the slope is $\sum r_i^2 / (n - 2) / \sum t_i^2$, where $r_i$ are the residuals and $t_i$ the steps counted from their middle.

# %% exercise should_cut
def should_cut(errors, ratio):
    """Return whether the learning rate should be cut."""
    ### BEGIN SOLUTION
    n = len(errors)
    e = torch.tensor(errors, dtype=torch.float64)
    t = torch.arange(n, dtype=torch.float64) - (n - 1) / 2
    slope = (t * e).sum() / (t * t).sum()
    rest = e - e.mean() - slope * t
    deviation = (rest.square().sum() / (n - 2) / (t * t).sum()).sqrt()
    return bool(-ratio * slope < deviation)
    ### END SOLUTION

# %% check should_cut
srkit.exercises.check("should_cut", should_cut)

# %% [markdown]
# In the public PyTorch version of the program this rule is computed, and its result is stored in a variable that the optimiser
# never sees: the learning rate stays where it was, and the rule only decides when to stop. No error is reported. You will find
# the library's switch for it, `decays`, in its settings.
#
# ## 3. Back-projection
#
# ### The idea
#
# Whatever the result is, reduced again it must give the small image. If it does not, the difference tells what is missing (Irani
# and Peleg, *Improving Resolution by Image Registration*, CVGIP 53(3), 1991):
#
# $$\hat{x} \leftarrow \hat{x} + \left(y - (\hat{x} * k)\downarrow_s\right)\uparrow_s$$
#
# ### By hand: exercise 15.3
#
# One step. `reduce` and `enlarge` are functions.

# %% exercise project_back
def project_back(sr, lr, reduce, enlarge):
    """Return sr after one step towards agreeing with lr: (c, s*h, s*w)."""
    ### BEGIN SOLUTION
    missing = lr - reduce(sr)
    return sr + enlarge(missing)
    ### END SOLUTION

# %% check project_back
srkit.exercises.check("project_back", project_back)

# %% [markdown]
# ### See it

# %%
def db(image):
    """PSNR on luma, in decibels, two pixels of border left out."""
    return float(srkit.metrics.psnr(image, truth, protocol=srkit.Protocol.papers(2)))


sr = bicubic
print(f"bicubic {db(sr):.2f} dB")
for step in range(1, 11):
    sr = project_back(sr, lr, degrade, lambda x: srkit.ops.imresize(x, 2)).clamp(0, 1)
    if step in (1, 2, 5, 10):
        print(f"after {step:2} steps {db(sr):.2f} dB")
formula = sr

# %% [markdown]
# A few lines without any learning. Whoever compares a zero-shot method with bicubic interpolation alone has left out the most
# important row of the table.
#
# ## 4. Eight answers and their median
#
# ### The idea
#
# ZSSR asks its network eight times, as in lesson 11, and takes the *median* of the answers instead of the mean: an answer that goes
# wrong at one pixel then has no say there.
#
# ### By hand: exercise 15.4
#
# `net` maps `(c, h, w)` to an image of the same size (the input is enlarged before the network here). Of eight sorted values the
# median lies half way between the fourth and the fifth.

# %% exercise median_of_views
def median_of_views(net, x):
    """Return the median of the network's answers to the eight views of x, each turned back: (c, h, w)."""
    ### BEGIN SOLUTION
    answers = []
    for turns in range(4):
        for mirrored in (False, True):
            view = torch.rot90(x.flip(2) if mirrored else x, turns, (1, 2))
            back = torch.rot90(net(view), -turns, (1, 2))
            answers.append(back.flip(2) if mirrored else back)
    return torch.quantile(torch.stack(answers), 0.5, dim=0)
    ### END SOLUTION

# %% check median_of_views
srkit.exercises.check("median_of_views", median_of_views)

# %% [markdown]
# ### See it
#
# Your four functions make a small ZSSR. The network is eight convolutions of 32 channels on the bicubic image, and it learns what that
# misses.

# %%
def zero_shot(lr, reduce, steps, width=32):
    """Train a network on one image; return it and its losses."""
    torch.manual_seed(0)
    shape = [3] + [width] * 7 + [3]
    layers = [nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in zip(shape[:-1], shape[1:])]
    parts = [part for layer in layers for part in (layer, nn.ReLU())]
    net = nn.Sequential(*parts[:-1])
    optimiser, losses = torch.optim.Adam(net.parameters(), lr=1e-3), []
    for step in range(steps):
        top, left = (int(v) for v in torch.randint(0, lr.shape[1] - 48 + 1, (2,)))
        father, son = father_and_son(lr.rot90(step % 4, (1, 2)), top, left, 48, reduce)
        rough = srkit.ops.imresize(son, 2)
        optimiser.zero_grad()
        loss = (rough + net(rough[None])[0] - father).abs().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return net, losses


net, losses = zero_shot(lr, degrade, steps=250)
with torch.no_grad():
    mine = median_of_views(lambda x: x + net(x[None])[0], bicubic).clamp(0, 1)
print(f"loss {losses[0]:.4f} -> {sum(losses[-20:]) / 20:.4f};  bicubic {db(bicubic):.2f} dB, yours {db(mine):.2f} dB")

# %% [markdown]
# ### The library's version
#
# `zssr` is the paper's method with everything you wrote and what you did not: warped fathers, the learning rate policy, gradual
# scales, noise. Each configuration of the public programs is a preset under its own name. `LESSON` is a short one.

# %%
true_kernel = srkit.degrade.gaussian_widths(13, 1.5)
told = srkit.methods.create("zssr", preset="LESSON", kernel=true_kernel).restore(lr, scale=2)
alone = srkit.methods.create("zssr", preset="LESSON").restore(lr, scale=2)
print("with the kernel:", told)
print("alone:          ", alone)

# %%
formula_told = srkit.methods.create("back_projection", kernel=true_kernel).restore(lr, scale=2).image
results = {
    "bicubic": bicubic,
    "formula": formula_told,
    "network alone": alone.image,
    "network with kernel": told.image,
}
for name, image in results.items():
    print(f"{name:20} {db(image):.2f} dB")
best = max(choices, key=lambda name: db(results[name]))
srkit.exercises.recall("15-who-wins", best)

# %%
srkit.widgets.compare(results, truth=truth, scale=2, alt="The cat's eye from four methods beside the truth")

# %% [markdown]
# Told nothing, ZSSR assumes that the image came by bicubic reduction, and learns to undo *that*: it cannot know what it was not told.
# Told the kernel, learning and the formula draw on the same knowledge, and the difference between them is what learning added.
#
# ## With noise, and with a photograph of yours
#
# A real photograph has noise, and back-projection would insist on reproducing it. The preset for real images adds noise to the sons, so
# the network learns to remove it, and makes no back-projection. The next cell uses its settings for a few steps. Put the path of a
# photograph in place of `None` to use your own; a corner of it is taken, so that you need not wait long.

# %%
photo = None

image = srkit.read(photo) if photo else srkit.datasets.samples(scale=2)[1].lr
corner = image[:, 20:84, 40:104]
noisy = (corner + 0.03 * torch.randn(corner.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
clean_up = srkit.methods.create("zssr", preset="LESSON", noise=0.03, back_projections=(0,), max_steps=200)
srkit.widgets.compare(
    {
        "bicubic": srkit.ops.imresize(noisy, 2),
        "back-projection": srkit.methods.create("back_projection").restore(noisy, scale=2).image,
        "zero-shot, noise 0.03": clean_up.restore(noisy, scale=2).image,
    },
    alt="A noisy corner enlarged by bicubic interpolation, back-projection and zero-shot learning with noise",
)

# %% [markdown]
# At the command line the same runs over a folder, with a progress bar, and goes on where it stopped:
#
# ```text
# srkit zssr Set14 --preset X2_ONE_JUMP_IDEAL_CONF
# srkit zssr photographs --preset X2_REAL_CONF
# srkit zssr blurred --kernel kernel.mat --preset X2_GIVEN_KERNEL_CONF
# ```
#
# The public program of the lecture prints no PSNR, because its copy of Set14 holds small images only, and it stops at the one
# grey image of the set. `X2_GRADUAL_IDEAL_CONF` and `X2_REAL_CONF` silently run the default there. Here they do what their names
# say.
#
# ## What was reported, what we got
#
# The paper's numbers are for whole benchmark sets and bicubic reduction; those of this notebook for one small crop and a Gaussian
# blur. They stand in different rows and must not be compared.

# %%
from IPython.display import Markdown

rows = ["| what | image | reduction | PSNR (dB), Y, border 2 |", "|---|---|---|--:|"]
crop = f"crop of {truth.shape[2]}x{truth.shape[1]}"
for name, image in (*results.items(), ("your small version, true kernel", mine)):
    rows.append(f"| {name} | {crop} | Gaussian 1.5, every second pixel | {db(image):.2f} |")
Markdown("\n".join(rows))

# %% [markdown]
# ## Recap
#
# * One image gives its own training pairs: father and reduced father. The reduction must be the right one.
# * A line through the last errors decides when to slow down.
# * Back-projection alone, with the right kernel, is most of the way. It belongs into every table.
#
# Three questions to see whether it stayed:
#
# <details><summary>Why does ZSSR need no large images?</summary>The small image plays the large one, and its reduction plays the
# small one.</details>
# <details><summary>What does ZSSR do on a blurred image if it is told nothing?</summary>It undoes the bicubic reduction it assumes; the
# blur stays.</details>
# <details><summary>Why is back-projection switched off for noisy images?</summary>It makes the result agree with every pixel of the
# small image, noise included.</details>
#
# **Further doors.** Lesson 13 finds the kernel from the image itself (KernelGAN) and uses a network as the only prior (DIP). A
# task to carry over: give your `zero_shot` the learning rate policy you wrote, and see how many steps it saves.
