# %% [markdown]
# # Data without pairs
#
# A phone takes the small picture; nobody has taken the large one. Everything learned so far needs both. In this lesson you
# measure how far a reduced photograph is from a real small one, let a network learn the damage from pictures that do not
# belong together, walk in circles with CinCGAN, and unroll an optimisation into the stages of KXNet.
#
# **You will be able to** compare two kinds of images without pairing them; teach a degradation to a generator and make
# pairs with it; name every term of CinCGAN; write a gradient step through blur and reduction, and test it.
#
# **You need** the adversarial and cycle losses of lesson 09, and kernels and the three meanings of "down" of lesson 12.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 14.1 `radial_spectrum` | 3 of 5 | 3 of 5 | 15 |
# | 14.2 `two_bands` | 2 of 5 | 4 of 5 | 10 |
# | 14.3 `inner_cycle` | 3 of 5 | 4 of 5 | 15 |
# | 14.4 `image_step` | 4 of 5 | 4 of 5 | 15 |
#
# Stuck? `srkit.exercises.hint("two_bands")` gives a nudge, `level=2` the concept, `level=3` the first step.

# %% setup
from pathlib import Path

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from IPython.display import Markdown
from torch import nn

import srkit

torch.manual_seed(0)
folder = Path("runs/lesson_14")
folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## A picture and a question
#
# Let somebody have a camera of which we know nothing. She gives us five small photographs. We have five large ones, of
# other things. The camera is written down in the next cell, because a lesson has no real one; from then on only the
# *test* may look at it.

# %%
camera = srkit.degrade.parse("blur(1.8) > down(2) > noise(10) > quantise")
photographs, tests = srkit.datasets.samples(scale=2, split="train"), srkit.datasets.samples(scale=2)
hers, ours = [photographs[i] for i in range(0, 10, 2)], [photographs[i] for i in range(1, 10, 2)]


def shots(pairs, seed):
    """What her camera makes of large photographs."""
    return [camera(pair.hr, rng=torch.Generator().manual_seed(seed + i)) for i, pair in enumerate(pairs)]


real, clean, unseen = shots(hers, 100), [pair.lr for pair in ours], shots(tests, 900)
print("hers, small:", ", ".join(pair.name for pair in hers))
print("ours, large:", ", ".join(pair.name for pair in ours))

# %% [markdown]
# A network that was trained for most of an hour on bicubic pairs enlarges a picture from this camera:

# %%
protocol = srkit.Protocol.papers(2)
bicubic = srkit.models.create("bicubic", scale=2)


def ready():
    """Return the trained network of lesson 11 (a2001sr), or an untrained one where its weights are missing."""
    try:
        return srkit.models.create("a2001sr", scale=2, pretrained="srkit")
    except srkit.errors.BadFile as problem:
        print("The trained weights are not here; the numbers below will be worse.", problem)
        return srkit.models.create("a2001sr", scale=2)


def decibels(net, small):
    """Mean PSNR on luma of the test photographs, enlarged from these small ones."""
    values = [srkit.metrics.psnr(srkit.upscale(lr, net), p.hr, protocol=protocol) for lr, p in zip(small, tests)]
    return sum(float(value) for value in values) / len(values)


shipped = ready()
found = {"bicubic interpolation": decibels(bicubic, unseen), "trained on bicubic pairs": decibels(shipped, unseen)}
print("her camera:      ", "   ".join(f"{name} {value:.2f} dB" for name, value in found.items()))
pristine = [pair.lr for pair in tests]
print(f"reduced bicubically:   {decibels(bicubic, pristine):.2f} dB   {decibels(shipped, pristine):.2f} dB")

# %%
cut = (slice(None), slice(40, 160), slice(120, 260))
views = {"bicubic": srkit.upscale(unseen[0], bicubic), "network": srkit.upscale(unseen[0], shipped)}
srkit.widgets.compare(
    {name: image.clamp(0, 1)[cut] for name, image in views.items()},
    truth=tests[0].hr[cut],
    alt="An astronaut's face from the unknown camera: soft by interpolation, soft and grainy from the network",
)

# %% [markdown]
# The network leaves the blur and sharpens the noise; doing nothing clever is better.
#
# ### Your prediction
#
# Train it further on *true* pairs of this camera, and it gains something. You will train it on pairs whose small images
# were made by a generator that has never seen a pair: five of her pictures, five of ours. How much of the gain of true
# pairs does it get? Write `"less than a third"`, `"up to two thirds"` or `"more"`.

# %%
guess = "?"
srkit.exercises.predict("14-made-pairs", guess, choices=["less than a third", "up to two thirds", "more"])

# %% [markdown]
# ## 1. How far apart are two kinds of images?
#
# ### The idea
#
# Without pairs there is no PSNR. But images of one kind have something in common that does not depend on what they show:
# how much of them lies at which fineness. The Fourier transform writes an image as a sum of waves, each with a frequency
# $(f_y, f_x)$ in waves per pixel, and the *power* of a wave is
#
# $$P(f_y, f_x) = \frac{1}{hw}\left|\sum_{i,j} y_{ij}\, e^{-2\pi \mathrm{i} (f_y i + f_x j)}\right|^2$$
#
# Its fineness is the distance from zero, $\sqrt{f_y^2 + f_x^2}$. Cut the range from 0 to $\tfrac12$ into rings of equal
# width and take the mean of each. Blur lets the outer rings fall; noise, which has the same power everywhere, lifts them.
#
# ### By hand: exercise 14.1
#
# `image` is grey, `(h, w)`. Return the mean power of each of `rings` rings, the coarse one first. What lies beyond half a
# wave per pixel (the corners) belongs to none.


# %% exercise radial_spectrum
def radial_spectrum(image, rings):
    """Return the mean power in rings of equal width from 0 to 0.5 waves per pixel: (h, w) -> (rings,)."""
    ### BEGIN SOLUTION
    power = torch.fft.fft2(image).abs() ** 2 / image.numel()  # (h, w)
    fy, fx = (torch.fft.fftfreq(side) for side in image.shape)
    ring = ((fy[:, None] ** 2 + fx**2).sqrt() * 2 * rings).long()  # (h, w)
    return torch.stack([power[ring == i].mean() for i in range(rings)])
    ### END SOLUTION


# %% check radial_spectrum
srkit.exercises.check("radial_spectrum", radial_spectrum)

# %% [markdown]
# ### See it
#
# Five small photographs of each kind, as far as they go: hers, and ours reduced by bicubic. A window lets each piece fade
# out towards its edges, since an edge is a jump, and a jump has power everywhere. The dotted line cheats: our photographs
# through her camera. It shows how much the choice of photographs alone is worth.

# %%
fade = torch.hann_window(96, periodic=False)


def spectrum(images, rings=12):
    """Return the mean spectrum of one corner of each image, in decibels."""
    corners = [image.mean(0)[:96, :96] for image in images]
    total = sum(radial_spectrum((corner - corner.mean()) * fade[:, None] * fade, rings) for corner in corners)
    return 10 * torch.log10(total / len(images))


def draw(spectra, path, title):
    """Draw spectra as curves."""
    figure, axes = plt.subplots(figsize=(6.4, 3))
    for (name, values), style in zip(spectra.items(), ("-", "--", ":", "-.")):
        axes.plot((torch.arange(len(values)) + 0.5) / (2 * len(values)), values, style, label=name)
    axes.set(xlabel="waves per pixel", ylabel="power (dB)", title=title)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=90, bbox_inches="tight")
    plt.close(figure)


spectra = {"hers": spectrum(real), "ours, bicubic": spectrum(clean), "ours, her camera": spectrum(shots(ours, 500))}
draw(spectra, folder / "gap.png", "two kinds of small photographs")
srkit.widgets.show(
    folder / "gap.png",
    alt="Spectra: hers falls steeply, then stays flat; bicubic falls evenly; ours through her camera is like hers",
)


# %%
def gap(values, outer=6):
    """Return the mean distance from her spectrum over the outer rings, in decibels."""
    return (values - spectra["hers"]).abs()[-outer:].mean().item()


for name, values in spectra.items():
    print(f"{name:17} {gap(values):5.2f} dB from hers, over the finer half")

# %% [markdown]
# Nobody compared a picture with its partner, and still the flat floor gives the noise away, and the steep fall the blur.
# What a formula of twelve numbers sees, a discriminator will see too.
#
# ## 2. Learn the damage first
#
# *To learn image super-resolution, use a GAN to learn how to do image degradation first* is the title of Bulat, Yang,
# Tzimiropoulos (ECCV 2018, 185–200), and the whole plan. A *High-to-Low* network $G$ makes a small image of a large one
# $x$ and some noise $z$; a discriminator compares it with real small images of other people. Then a *Low-to-High* network
# learns from the pairs $(G(x, z), x)$, which fit by construction. Both minimise
#
# $$L = \alpha\, L_\mathrm{pixel} + \beta\, L_\mathrm{GAN}, \qquad \alpha = 1,\; \beta = 0.05$$
#
# with the hinge game. In the first network the pixels are compared with a plain reduction of the large image (the mean of
# 4 x 4 pixels in the public code), so that the small image shows what the large one shows; in the second, with the truth.
# The paper does it with faces, 64 x 64 to 16 x 16 and back. (The lecture
# calls the pairs "conducted base on the first GAN"; *constructed with* it is meant.)
#
# The noise $z$ matters: of one face the camera makes many pictures, and a network without chance can only make one.
#
# ## 3. What may change, and what must not
#
# A pixel loss that keeps the small image true also forbids what the generator should learn, noise among it.
# FSSR (Fritsche, Gu, Timofte, *Frequency Separation for Real-World Super-Resolution*, ICCV Workshops 2019, 3599–3608; the
# lecture writes "Fritzsche") divides the labour. The slow part of the image, its colours, must stay; the fast part is
# handed to the discriminator, who sees nothing else. The generator is called DSGAN:
#
# $$L = \lVert \mathrm{low}(G(y)) - \mathrm{low}(y) \rVert_1 + 0.005\, L_\mathrm{GAN}\big(\mathrm{high}(G(y))\big) + 0.01\, L_\mathrm{LPIPS}$$
#
# It begins with $y$, the large image reduced by bicubic, and gives it what the camera would have added.
#
# ### By hand: exercise 14.2
#
# `image` is `(b, c, h, w)`, `size` is odd. Return the slow part, the mean of the square of `size` x `size` pixels around each
# pixel, and the fast part, what is left. At the edge only those pixels of the square count that exist.


# %% exercise two_bands
def two_bands(image, size):
    """Return the slow and the fast part, which add up to the image: (b, c, h, w) -> two of this shape."""
    ### BEGIN SOLUTION
    low = F.avg_pool2d(image, size, stride=1, padding=size // 2, count_include_pad=False)
    return low, image - low
    ### END SOLUTION


# %% check two_bands
srkit.exercises.check("two_bands", two_bands)

# %%
shot, plain = unseen[0][None, :, 10:90, 50:140], pristine[0][None, :, 10:90, 50:140]
(low_shot, high_shot), (low_plain, high_plain) = two_bands(shot, 5), two_bands(plain, 5)
print(f"her picture and the bicubic one differ by {(low_shot - low_plain).abs().mean():.4f} in the slow part,")
print(f"and by {(high_shot - high_plain).abs().mean():.4f} in the fast part")
srkit.widgets.show(
    *(part[0].clamp(0, 1) for part in (shot, low_shot, 0.5 + 2 * high_shot, plain, low_plain, 0.5 + 2 * high_plain)),
    titles=["her camera", "slow", "fast (x2)", "bicubic", "slow", "fast (x2)"],
    columns=3,
    zoom=3,
    alt="Two small faces: the slow parts look alike, the fast ones do not, here grain and there fine lines",
)

# %% [markdown]
# ### The smallest generator that could do it
#
# As in lesson 09 we give the game the smallest generator there is: a camera with an unknown kernel of 7 x 7 weights and an
# unknown strength of noise, 50 numbers. It has Bulat's noise, FSSR's separation, and no idea how either should be.


# %%
class Camera(nn.Module):
    """A kernel that adds up to 1, and noise: what might have been done to a small image."""

    def __init__(self, size=7):
        super().__init__()
        taps = torch.zeros(size, size)
        taps[size // 2, size // 2] = 4.0  # begin with nearly no blur
        self.taps, self.strength = nn.Parameter(taps), nn.Parameter(torch.tensor(-4.6))

    def kernel(self):
        return self.taps.flatten().softmax(0).reshape(self.taps.shape)

    def forward(self, image):
        r = self.taps.shape[0] // 2
        padded = F.pad(image, [r] * 4, mode="replicate")
        blurred = F.conv2d(padded, self.kernel().expand(3, 1, -1, -1), groups=3)
        return blurred + self.strength.exp() * torch.randn_like(image)


class Discriminator(nn.Module):
    """Sees the fast part of an image alone, and says how real each place of it is."""

    def __init__(self, channels=16):
        super().__init__()
        layers = (nn.Conv2d(3, channels, 5), nn.LeakyReLU(0.2), nn.Conv2d(channels, channels, 3), nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, 1, 1))

    def forward(self, image):
        return self.layers(5 * two_bands(image, 5)[1])  # the fast part is small, so it is made louder


def crops(images, count, rng, side=32):
    """Return random pieces of random images, turned left to right half of the time."""
    pieces = []
    for _ in range(count):
        image = images[int(torch.randint(len(images), (1,), generator=rng))]
        top, left = (int(torch.randint(n - side + 1, (1,), generator=rng)) for n in image.shape[1:])
        piece = image[:, top : top + side, left : left + side]
        pieces.append(piece.flip(2) if torch.rand(1, generator=rng) < 0.5 else piece)
    return torch.stack(pieces)


# %% [markdown]
# Real and made pieces are drawn each with chances of their own. That sounds like a detail and is the most common mistake
# in such code: draw both with one index from one set of photographs, and every batch holds *pairs*. Everything works
# better then, until there are real pictures, which have none.

# %%
torch.manual_seed(0)
generator, discriminator = Camera(), Discriminator()
for_generator = torch.optim.Adam(generator.parameters(), 2e-2, betas=(0.5, 0.9))
for_discriminator = torch.optim.Adam(discriminator.parameters(), 1e-3, betas=(0.5, 0.9))
chance_of_hers, chance_of_ours = torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)
course = []
for step in range(400):
    x, y = crops(real, 8, chance_of_hers), crops(clean, 8, chance_of_ours)
    made = generator(y)
    for_discriminator.zero_grad()
    (F.softplus(-discriminator(x)).mean() + F.softplus(discriminator(made.detach())).mean()).backward()
    for_discriminator.step()
    for_generator.zero_grad()
    colour = (two_bands(made, 5)[0] - two_bands(y, 5)[0]).abs().mean()
    (colour + 0.05 * F.softplus(-discriminator(made)).mean()).backward()
    for_generator.step()
    course.append(255 * generator.strength.exp().item())

# %%
kernel, place = generator.kernel().detach(), torch.arange(7) - 3.0
widths = [((line * place**2).sum() - (line * place).sum() ** 2).sqrt() for line in (kernel.sum(0), kernel.sum(1))]
settled = sum(course[-100:]) / 100
print(f"noise:  found {settled:.1f} (mean of the last 100 steps), her camera 10")
print(f"kernel: found widths {widths[0]:.2f} and {widths[1]:.2f} small pixels, her camera 1.8 large ones = 0.9 small")
figure, axes = plt.subplots(1, 2, figsize=(7, 2.4), width_ratios=(2, 1))
axes[0].plot(course)
axes[0].axhline(10, color="grey", linestyle=":")
axes[0].set(xlabel="step", ylabel="noise (of 255)")
axes[1].imshow(kernel, cmap="gray")
axes[1].set(title="kernel", xticks=[], yticks=[])
figure.savefig(folder / "game.png", dpi=90, bbox_inches="tight")
plt.close(figure)
srkit.widgets.show(
    folder / "game.png",
    alt=f"The noise over 400 steps rises, overshoots and settles at {settled:.1f}; the kernel is a small blot",
)

# %% [markdown]
# A camera has been measured by comparing pictures of different things. The discriminator was told only "these are hers, those are
# not", and the generator only what the discriminator would have preferred.
#
# ### The second step: pairs, and an ordinary training
#
# Now every large photograph gets a small one from the generator, and the pairs are used like any others. The same network
# goes on from the same weights, twice: on made pairs, and on true ones, which nobody would have.


# %%
def pairs_of(small, name):
    """Put small images beside our large ones."""
    sources = [srkit.datasets.Source(pair.name, pair.hr, lr) for pair, lr in zip(ours, small)]
    return srkit.datasets.Pairs(sources, name=name, scale=2)


def trained_on(pairs):
    """Return the trained network after 120 more steps on these pairs."""
    torch.manual_seed(0)
    settings = {"steps": 120, "batch": 4, "patch": 64, "learning_rate": 1e-3, "schedule": "cosine"}
    return srkit.train(ready(), pairs, progress=False, **settings).net


torch.manual_seed(1)
with torch.no_grad():
    made = [srkit.ops.quantise(generator(lr[None])[0]) for lr in clean]
nets = {"made pairs": trained_on(pairs_of(made, "made")), "true pairs": trained_on(pairs_of(shots(ours, 500), "true"))}
found |= {name: decibels(net, unseen) for name, net in nets.items()}

# %%
lines = ["| enlarged by | her camera (dB) |", "|---|--:|"]
lines += [f"| {name} | {value:.2f} |" for name, value in found.items()]
Markdown("\n".join(lines))

# %%
start = found["trained on bicubic pairs"]
share = (found["made pairs"] - start) / (found["true pairs"] - start)
print(f"made pairs give {share:.0%} of what true pairs give")
answer = "less than a third" if share < 1 / 3 else "up to two thirds" if share <= 2 / 3 else "more"
srkit.exercises.recall("14-made-pairs", answer)

# %%
views |= {name: srkit.upscale(unseen[0], net) for name, net in nets.items()}
srkit.widgets.compare(
    {name: image.clamp(0, 1)[cut] for name, image in views.items()},
    truth=tests[0].hr[cut],
    alt="The face by interpolation, by the first network, and by those trained on made and on true pairs",
)

# %%
spectra["made"] = spectrum(made)
draw(spectra, folder / "closed.png", "after the game")
print("over the finer half:", ", ".join(f"{name} {gap(values):.2f} dB" for name, values in spectra.items()))
srkit.widgets.show(folder / "closed.png", alt="As before, with the made pictures: they follow hers in the fine half")

# %% [markdown]
# ### The library's version
#
# A camera of 50 numbers can learn blur and noise and nothing else; JPEG blocks, for example, are beyond it. DSGAN's
# generator is a network of eight residual blocks, which can express much more and therefore has much more to find. Is it
# better? A short run of a small one, on the same pictures:


# %%
def as_images(images):
    """Put images into a set, each by itself."""
    sources = [srkit.datasets.Source(str(number), image) for number, image in enumerate(images)]
    return srkit.datasets.Pairs(sources, name="images", scale=1)


large = as_images([pair.hr for pair in ours])
term = srkit.training.AdversarialTerm(game="CE", weight=0.05, discriminator=Discriminator(), betas=(0.5, 0.999))
run = srkit.papers.train_dsgan(
    as_images(real), large, scale=2, steps=100, patch=64, batch=4, learning_rate=1e-3, adversarial=term,
    arguments={"channels": 16, "n_blocks": 2, "skip": True}, progress=False,
)  # fmt: skip
short = [pair.lr for pair in srkit.papers.made_pairs(run.net, large, scale=2)]
before, after = gap(spectra["ours, bicubic"]), gap(spectrum(short))
print(f"DSGAN after 100 steps: {after:.2f} dB from hers, over the finer half; bicubic {before:.2f}")
srkit.widgets.source(srkit.papers.Translation.predictions)

# %% [markdown]
# That is part of the way. A generator without chance must make the grain from the picture itself, and it must do so with
# thousands of weights. The paper gives it 300 epochs and one more loss, LPIPS, a distance of trained features that do
# not come with the course. So prefer the simplest generator that can do what the camera does, and check the spectrum.
#
# ## 4. CinCGAN: a cycle within a cycle
#
# ### The idea
#
# CinCGAN (Yuan, Liu, Zhang, Zhang, Dong, Lin, *Unsupervised Image Super-Resolution Using Cycle-in-Cycle Generative
# Adversarial Networks*, CVPR Workshops 2018, 701–710) makes no pairs. It goes the other way: take the real small image,
# *clean* it until it looks like a bicubic one, and enlarge that, which is an easy, supervised task. Three kinds of images, in
# the paper's letters noisy small ones $x$, clean small ones $y$ and large ones $z$; four generators, two discriminators:
#
# | | takes | gives | network |
# |---|---|---|---|
# | $G_1$ | noisy small $x$ | clean small $y$ | translator |
# | $G_2$ | clean small $y$ | noisy small $x$ | translator |
# | $\mathrm{SR}$ | clean small $y$ | large $z$ | EDSR |
# | $G_3$ | large $z$ | noisy small $x$ | translator, two strides of 2 |
# | $D_1$, $D_2$ | $y$, $z$ | real or made | PatchGAN, 16 and 70 pixels wide |
#
# The *inner cycle* is $x \to G_1 \to y \to G_2 \to x$. The outer one is **not** "clean small ↔ clean large", as the lecture
# draws it: it begins and ends at the noisy image, $x \to G_1 \to \mathrm{SR} \to z \to G_3 \to x$, around the inner one. That is
# where the name comes from.
#
# Each cycle has four terms. With $m = G_1(x)$, those of the inner one are, in this order,
#
# $$L = 1\cdot\mathrm{mean}\,(D_1(m) - 1)^2 + 10\cdot\mathrm{mean}\,(G_2(m) - x)^2 + 5\cdot\mathrm{mean}\,|G_1(y) - y| + 0.5\cdot V(m)$$
#
# $$V(m) = 2\left(\mathrm{mean}\,(\nabla_h m)^2 + \mathrm{mean}\,(\nabla_v m)^2\right)$$
#
# the game of least squares, the cycle, the *identity*, and a squared total variation; $\nabla_h$ and $\nabla_v$ are the
# differences of neighbours across and down. Why the identity? A game and a cycle are content with any clean-looking image
# from which $G_2$ can restore the noisy one: brighter, bluer, mirrored. An image that is clean already must stay as it is, and that pins the colours down.
# (These are the forms and weights of the public code; the paper writes norms.)
#
# ### By hand: exercise 14.3
#
# `clean`, `spoil` and `discriminator` are $G_1$, $G_2$ and $D_1$; `x` and `y` are batches that do not belong together. Return the
# four weighted terms as a list, in the order of the formula.


# %% exercise inner_cycle
def inner_cycle(clean, spoil, discriminator, x, y):
    """Return game, cycle, identity and smoothness of the inner cycle, each weighted: four scalars."""
    ### BEGIN SOLUTION
    cleaned = clean(x)
    game = (discriminator(cleaned) - 1).square().mean()
    cycle = (spoil(cleaned) - x).square().mean()
    identity = (clean(y) - y).abs().mean()
    across, down = cleaned.diff(dim=3).square().mean(), cleaned.diff(dim=2).square().mean()
    return [game, 10 * cycle, 5 * identity, 0.5 * 2 * (across + down)]
    ### END SOLUTION


# %% check inner_cycle
srkit.exercises.check("inner_cycle", inner_cycle)

# %% [markdown]
# ### See it
#
# Before anything is trained: what does each term say of four ways to "clean" her pictures? (The discriminator has no say here; it
# would have to learn first.)

# %%
torch.manual_seed(0)
x, y = crops(real, 16, chance_of_hers), crops(clean, 16, chance_of_ours)
ways = {
    "leave it": (lambda image: image, lambda image: image),
    "invert it": (lambda image: 1 - image, lambda image: 1 - image),
    "smooth it": (lambda image: two_bands(image, 3)[0], lambda image: image),
    "all grey": (lambda image: 0 * image + 0.5, lambda image: image),
}
print("            cycle   identity   smoothness")
for name, (there, back) in ways.items():
    _, cycle, identity, smooth = inner_cycle(there, back, lambda image: image.new_zeros(1), x, y)
    print(f"{name:10} {cycle:6.3f}   {identity:8.3f}   {smooth:10.3f}")

# %% [markdown]
# Inverting all colours comes home perfectly: the cycle alone allows it, and the identity forbids it. Doing nothing is perfect
# for both, so only game and smoothness ask for any cleaning at all.
#
# Now the game, for two cameras: one that only adds noise, and hers, which blurs too. The generators are as small as can be,
# and the large images stay aside: this is the inner cycle alone. The cleaned pictures are compared with the bicubic ones of the
# same scenes, and then enlarged by the network from the beginning, which has seen nothing but bicubic.

# %%
class Small(nn.Module):
    """Adds to an image what two convolutions make of it; nothing at first."""

    def __init__(self, channels=12):
        super().__init__()
        last = nn.Conv2d(channels, 3, 5, padding=2)
        nn.init.zeros_(last.weight)
        self.layers = nn.Sequential(nn.Conv2d(3, channels, 5, padding=2), nn.LeakyReLU(0.2), last)

    def forward(self, image):
        return image + self.layers(image)


def play(noisy, steps=200):
    """Play the inner cycle between these pictures and our clean ones; return the network that cleans."""
    torch.manual_seed(0)
    cleaner, spoiler, discriminator = Small(), Small(), Discriminator()
    for_both = torch.optim.Adam([*cleaner.parameters(), *spoiler.parameters()], 2e-3, betas=(0.5, 0.9))
    for_discriminator = torch.optim.Adam(discriminator.parameters(), 1e-3, betas=(0.5, 0.9))
    for _ in range(steps):
        x, y = crops(noisy, 8, chance_of_hers), crops(clean, 8, chance_of_ours)
        for_discriminator.zero_grad()
        ((discriminator(y) - 1).square().mean() + discriminator(cleaner(x).detach()).square().mean()).backward()
        for_discriminator.step()
        for_both.zero_grad()
        sum(inner_cycle(cleaner, spoiler, discriminator, x, y)).backward()
        for_both.step()
    return cleaner


# %%
plainly = srkit.Protocol(channel="y", border=2)
lines = ["| camera | small | cleaned | small, enlarged | cleaned, enlarged |", "|---|--:|--:|--:|--:|"]
for name, camera in {"noise alone": srkit.degrade.parse("down(2) > noise(15) > quantise"), "hers": camera}.items():
    cleaner, test = play(shots(hers, 100)), shots(tests, 900)
    with torch.no_grad():
        cleaned = [cleaner(lr[None])[0].clamp(0, 1) for lr in test]
    near = [
        sum(float(srkit.metrics.psnr(a, b, protocol=plainly)) for a, b in zip(some, pristine)) / len(tests)
        for some in (test, cleaned)
    ]
    values = [*near, decibels(shipped, test), decibels(shipped, cleaned)]
    lines.append(f"| {name} | " + " | ".join(f"{value:.2f} dB" for value in values) + " |")
Markdown("\n".join(lines))

# %%
srkit.widgets.show(
    *(image[:, 10:90, 50:140] for image in (test[0], cleaned[0], pristine[0])),
    titles=["her camera", "cleaned", "bicubic"],
    zoom=3,
    alt="A small face from her camera, the same after cleaning, and the bicubic one",
)

# %% [markdown]
# Noise goes: what the discriminator asks for and what PSNR counts point the same way, and the old network is better off for it.
# With blur they do not. The discriminator asks for more in the fast part, and the network puts something there, but to put it
# where the lines were, it would have to know them. PSNR does not rise; look at the picture instead of the discriminator. The
# paper's answer is size: four hundred noisy images, and generators of 600,000 weights.
#
# ### The library's version
#
# `train_cincgan` goes through three phases: the inner cycle alone; the enlarging network on bicubic pairs; both cycles together,
# with weights 1, 10, 5 and 2 for the outer one. Ten steps of the first phase are enough to compare the terms with yours.

# %%
small = {"channels": 8, "n_blocks": 1, "discriminator_channels": 8, "discriminator_depth": 1}
(run,) = srkit.papers.train_cincgan(
    as_images(real), large, scale=2, steps=(10, 0, 0), patch=48, batch=4,
    enlarge=srkit.models.create("espcn", scale=2), arguments=small, progress=False,
)  # fmt: skip
system = run.net
theirs = system.inner(x, system.clean(x), y)
yours = inner_cycle(system.clean, system.spoil, system.discriminators["y"].net, x, y)
for (name, value), mine in zip(theirs.items(), yours):
    print(f"{name:12} library {value.item():.5f}   yours {mine.item():.5f}")
srkit.widgets.source(srkit.papers.CinCGAN.inner)

# %% [markdown]
# ## 5. KXNet: an optimisation, unrolled
#
# ### The idea
#
# The lecture puts KXNet (Fu, Wang, Xie, Zhao, Meng, Xu, *KXNet: A Model-Driven Deep Neural Network for Blind
# Super-Resolution*, ECCV 2022) beside CinCGAN, under "weakly supervised". It is not: it is trained on pairs, and is given the
# true kernel as well. What it shares with this lesson is that at test time nobody knows the kernel $k$. It looks for kernel
# and image together:
#
# $$\min_{k,\,x} \tfrac12 \lVert (x * k)\downarrow_s - y \rVert^2 + \text{what is known about kernels and images}$$
#
# in turns: hold $x$ and improve $k$, hold $k$ and improve $x$. Write the blur and the reduction as one matrix, $Ax = (x * k)\downarrow_s$.
# The slope of the first term is $A^\top(Ax - y)$: make the image small, look at the error, and send each error back to the
# pixels it came from, with the weights it came with. So a step is
#
# $$x \leftarrow x - \tau A^\top (Ax - y)$$
#
# Lesson 12's back-projection looks alike, but *enlarges* the error by bicubic. $A^\top$ is exactly determined by $A$: if $A$
# leaves pixels out, $A^\top$ puts zeros there; if $A$ blurs with a kernel, $A^\top$ blurs with the kernel turned around.
#
# ### By hand: exercise 14.4
#
# `x` is `(c, s*h, s*w)`, `y` is `(c, h, w)`. $A$ lays `kernel` on by correlation (`F.conv2d`, zeros outside) and keeps every
# `scale`-th pixel, beginning with the first. Return the image after one step.


# %% exercise image_step
def image_step(x, y, kernel, scale, step):
    """Return the image after one gradient step: (c, s*h, s*w), (c, h, w), (k, k) -> (c, s*h, s*w)."""
    ### BEGIN SOLUTION
    weight, r = kernel[None, None], kernel.shape[-1] // 2
    error = F.conv2d(x[:, None], weight, stride=scale, padding=r) - y[:, None]  # (c, 1, h, w)
    back = F.conv_transpose2d(error, weight, stride=scale, padding=r, output_padding=scale - 1)
    return x - step * back[:, 0]
    ### END SOLUTION


# %% check image_step
srkit.exercises.check("image_step", image_step)

# %% [markdown]
# ### See it
#
# There is a test that catches every wrong transpose, for any pair of functions and without knowing either:
# $\langle Au, v\rangle = \langle u, A^\top v\rangle$ for all $u$ and $v$. A step from a black image with $\tau = 1$ *is* $A^\top y$.

# %%
lopsided = torch.rand(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
u, v = (torch.randn(1, n, n, generator=torch.Generator().manual_seed(n), dtype=torch.float64) for n in (24, 12))
forward = F.conv2d(u[:, None], lopsided[None, None], stride=2, padding=2)[:, 0]
for name, weights in {"your transpose": lopsided, "kernel not turned": lopsided.flip(0, 1)}.items():
    back = image_step(torch.zeros_like(u), v, weights, 2, 1.0)
    print(f"{name:18} <Au, v> = {(forward * v).sum():9.5f}   <u, A'v> = {(u * back).sum():9.5f}")

# %% [markdown]
# How long a step? For a wide smooth kernel $A^\top A$ enlarges nothing by more than about $1/s^2$, since $A$ keeps one pixel
# of $s^2$; so steps of $s^2$ are safe, and twice that is the limit. The climb begins with linear interpolation, which is
# a transpose too, that of a tent. Forty steps, with a kernel that is too narrow, right, and too wide:

# %%
hr = tests[0].hr[:, 64:192, 100:228]
true = srkit.degrade.gaussian_widths(11, 1.2).float()
lr = F.conv2d(hr[:, None], true[None, None], stride=2, padding=5)[:, 0]
tent = torch.tensor([0.5, 1.0, 0.5])
linear = image_step(torch.zeros_like(hr), lr, tent[:, None] * tent, 2, 1.0)
inner = srkit.Protocol(channel="y", border=8)


def climb(kernel, steps=40):
    """Return the image after so many steps, and the PSNR at first and after each."""
    x, course = linear, []
    for _ in range(steps):
        course.append(float(srkit.metrics.psnr(x.clamp(0, 1), hr, protocol=inner)))
        x = image_step(x, lr, kernel, 2, 4.0)
    return x, [*course, float(srkit.metrics.psnr(x.clamp(0, 1), hr, protocol=inner))]


results = {}
for told in (0.7, 1.2, 1.7):
    results[told], course = climb(srkit.degrade.gaussian_widths(11, told).float())
    print(f"told width {told}: {course[0]:.2f} dB at first, {course[10]:.2f} after 10 steps, {course[40]:.2f} after 40")
srkit.widgets.show(
    *(image.clamp(0, 1)[:, 16:112, 16:112] for image in (*results.values(), hr)),
    titles=["told 0.7", "told 1.2: true", "told 1.7", "truth"],
    columns=4,
    zoom=2,
    alt="A face: soft with the narrow kernel, sharp with the true one, ringing at each edge with the wide one",
)

# %% [markdown]
# Given too narrow a kernel, the climb ends early; given too wide a one, it passes its best and begins to ring.
#
# And the kernel's turn? With the image held fixed, every small pixel is one equation for the 121 weights of $k$, and least
# squares solves them, as in lesson 12. The trouble is the image:

# %%
from srkit.models.kxnet import unfold

blurred = srkit.degrade.apply_kernel(hr, true, border="reflect")[..., ::2, ::2]
known = srkit.ops.quantise(blurred).flatten().double()


def kernel_from(image):
    """Return the kernel that best makes the small picture of this image, and the levels it leaves unexplained."""
    equations = unfold(image[None], 11, 2)[0].double()  # (3*h*w, 121)
    weights = torch.linalg.lstsq(equations, known[:, None]).solution[:, 0]
    return weights.reshape(11, 11), 255 * (equations @ weights - known).square().mean().sqrt()


first_guess = image_step(torch.zeros_like(hr), known.reshape(lr.shape).float(), tent[:, None] * tent, 2, 1.0)
for name, image in {"the true image": hr, "an interpolated one": first_guess}.items():
    guessed, unexplained = kernel_from(image)
    middle = f"middle {guessed[5, 5]:.2f} (true {true[5, 5]:.2f})"
    print(f"kernel from {name:19}: {middle}, {unexplained:.2f} levels unexplained")

# %% [markdown]
# From the true image the kernel is found, up to the rounding of the small one. The interpolated image has a better
# explanation: every second pixel of it *is* the small picture, and a kernel that blurs nothing explains that to the last
# digit. Two half-problems that need one another's answer, and a wrong pair that fits perfectly: something must be known
# about images and kernels beforehand. KXNet puts a small network into each step to know it.
#
# ### The library's version
#
# One *stage* is a kernel step and an image step, each followed by four residual units with weights of their own. There are
# 19 stages, and each is supervised, as your `supervise` of lesson 10 did for recursions:
#
# $$L = \sum_{t=1}^{19} a_t\left(\lVert k_t - k\rVert_1 + \lVert x_t - x\rVert_1\right), \qquad a_t = 0.1,\; a_{19} = 1$$
#
# Three things in the public code differ from a plain gradient step. It divides $A^\top e$ by $A^\top 1$, since the transposed
# convolution reaches some pixels more often than others. It has a step size and never uses it: image and slope go side by
# side into the network. And it reflects the border forwards and fills in zeros backwards, so the dot product above fails
# there.

# %%
srkit.widgets.source(srkit.models.kxnet.KXNet.image_step)

# %% [markdown]
# One stage, drawn from a KXNet that has no other. The kernel step is on the left, up to the division by the sum that makes
# the kernel's entries add up to 1; the image step begins at the second `blur down`. `Corrector` stands for the four
# residual units of each.

# %%
srkit.widgets.diagram(srkit.models.create("kxnet", scale=2, tiny=True, n_stages=1))

# %% [markdown]
# The paper's training takes a million updates. Here is a tiny KXNet, three stages, and a hundred updates.

# %%
torch.manual_seed(0)
kxnet = srkit.models.create("kxnet", scale=2, tiny=True, kernel_size=11, n_stages=3)
blurred = {"maker": "blur_kernels(widths=0.4..2)", "patch": 32, "batch": 6}  # every patch has a kernel of its own
srkit.train(kxnet, photographs, **blurred, steps=100, learning_rate=3e-3, schedule="cosine", progress=False)
kxnet.eval()


def stages(width):
    """Return true kernel, first image and kernel, and those of each stage, for one crop blurred so wide."""
    kernel = srkit.degrade.gaussian_widths(11, width)
    small = srkit.degrade.apply_kernel(hr, kernel, border="reflect")[..., ::2, ::2].float()
    first = F.interpolate(small[None], scale_factor=2.0, mode="bicubic", align_corners=False)
    with torch.no_grad():
        return kernel.float(), [(first[0], kxnet.start), *((x[0], k[0]) for x, k in kxnet.stages(small[None]))]


lines = ["| true width | what | at first | stage 1 | stage 2 | stage 3 |", "|--:|---|--:|--:|--:|--:|"]
for width in (0.8, 1.2, 1.6):
    kernel, found_here = stages(width)
    image = [f"{float(srkit.metrics.psnr(x.clamp(0, 1), hr, protocol=inner)):.2f} dB" for x, _ in found_here]
    wrong = [f"{(k - kernel).abs().sum() / 2:.0%}" for _, k in found_here]
    lines += [f"| {width} | image | {' | '.join(image)} |", f"| | kernel, misplaced | {' | '.join(wrong)} |"]
Markdown("\n".join(lines))

# %%
kernel, found_here = stages(1.6)
named = ("at first", "stage 1", "stage 2", "stage 3")
srkit.widgets.show(
    *(x.clamp(0, 1)[:, 24:88, 24:88] for x, _ in found_here),
    *(F.interpolate((k / kernel.max()).clamp(0, 1).expand(1, 3, -1, -1), 66)[0] for _, k in found_here),
    titles=[*named, *("its kernel" for _ in named)],
    columns=4,
    zoom=3,
    alt="Four images of a face, sharper from stage to stage, and below each the kernel found",
)

# %%
narrow, wide = stages(0.8), stages(1.6)
between = (narrow[1][-1][1] - wide[1][-1][1]).abs().sum() / 2
print(f"the true kernels of 0.8 and 1.6 differ in {(narrow[0] - wide[0]).abs().sum() / 2:.0%} of their weight")
print(f"the two that were found differ in         {between:.1%}")

# %% [markdown]
# The first image is half a pixel off, since KXNet's data are unaligned (lesson 12), and part of what the first stage gains is
# that half pixel; after it the image still gets sharper. But look at the last two numbers before you believe in the
# kernels: the network has found *a* kernel that is good on average, the same for every picture. Reading it from the picture
# is what the other 999,900 updates are for.
#
# ## What was reported, what we got
#
# The four papers report FID on faces, LPIPS, PSNR on challenge data and on large benchmarks, none of which can be repeated
# with these photographs; so none of their scores is printed here. What can be compared are the networks. The numbers of
# parameters on the left were counted in the code the authors (CinCGAN: a third person) published.


# %%
from srkit.layers.translator import Translator
from srkit.papers.translators import Degrader, HighToLow


def count(net):
    return f"{sum(p.numel() for p in net.parameters()):,}"


with torch.device("meta"):
    rows = (
        ("Bulat, High-to-Low", "1,336,515 + 3 for the noise", HighToLow(), "faces, 64 to 16 pixels"),
        ("FSSR, DSGAN", "594,380", Degrader(), "300 epochs, patches of 512"),
        ("CinCGAN, G1 and G2", "609,731", Translator(), "DIV2K 1 to 400 noisy, 401 to 800 large"),
        ("CinCGAN, G3", "667,075", Translator(reduces=4), "the same"),
        (
            "KXNet x2",
            "6,505,363 that are used",
            srkit.models.create("kxnet", scale=2),
            "DIV2K and Flickr2K, 1,000,000 steps",
        ),
        ("your camera", "–", Camera(), "five and five photographs, 400 steps"),
    )
lines = ["| network | published code | ours | trained on |", "|---|--:|--:|---|"]
lines += [f"| {name} | {known} | {count(net)} | {data} |" for name, known, net, data in rows]
Markdown("\n".join(lines))

# %% [markdown]
# What these systems gain on ten photographs after some minutes of training, the library has measured
# (`docs/REAL_WORLD.md`). What does not beat the best of bicubic, back-projection and a round kernel is a *demonstration*.

# %%
for name in ("fssr", "bulat", "cincgan", "kxnet"):
    for line in srkit.evaluation.verdicts(name):
        print(f"{name}: {line}")

# %% [markdown]
# FSSR won the AIM 2019 challenge on real-world super-resolution; in its SR step ESRGAN is trained with the same separation:
# pixels on the slow part, discriminator on the fast one. It makes pairs in two ways. If the result should look like the
# source, noise included (*SDSR*), large images are the originals; if it should be clean (*TDSR*), they are first reduced by 2,
# which takes their own noise away.
#
# | what the slides say | what holds |
# |---|---|
# | CinCGAN's second cycle is clean small ↔ clean large | noisy small → clean small → large → noisy small |
# | four generators, unnamed | $G_1$ cleans, $G_2$ spoils, SR enlarges, $G_3$ reduces; two discriminators |
# | KXNet under "weakly supervised" | supervised, image and kernel, at every stage |
# | "M. Fritzsche"; "pairs conducted base on the first GAN" | Manuel Fritsche; pairs constructed with it |
# | CinCGAN and KXNet without references | CVPR Workshops 2018, 701–710; ECCV 2022 |
#
# ## Recap
#
# * Images of one kind share a spectrum, whatever they show. That gap is what a network trained on bicubic pairs falls into.
# * Learn the damage from unpaired images, then make pairs with it: Bulat and FSSR. What must stay (the slow part) and what
#   may change (the fast part, and chance) has to be said.
# * Or learn to undo it: CinCGAN cleans, enlarges, and checks by coming home. Cycles allow too much; the identity pins it down.
# * A gradient step through blur and reduction needs their exact transpose, and one dot product tests it.
#
# Three questions to see whether it stayed:
#
# <details><summary>A DSGAN without its colour loss is trained until the discriminator is helpless. What may be wrong with its
# pairs?</summary>Anything slow: brightness, colour, even where things are. The discriminator sees the fast part only, so nothing holds
# the slow one.</details>
# <details><summary>Why can a generator without a noise input not make the pairs of a noisy camera perfectly?</summary>It makes
# one small image of each large one. It can hide something grain-like in it, but the same each time, and a network can learn
# to read it.</details>
# <details><summary>Your gradient step lowers the error at first and then the image explodes. Two suspects?</summary>A step
# above $2 s^2$; or a transpose that is none, for which no step is safe. Take the dot product.</details>
#
# **Further doors.** With two folders of your own, `srkit weak fssr REAL LARGE --model edsr_small --scale 2 --steps 300,100
# --out RUN` does both steps. Lesson 15 needs no second image at all. A task to carry over: give `Camera` one number more,
# the quality of a JPEG, and think about what its gradient would be (`srkit.degrade` has a JPEG with one).
