# %% [markdown]
# # Upsampling: the layer that makes the image larger
#
# Somewhere in every super-resolution network pixels become more numerous. There are few ways to do it, each is a handful of
# lines, and each leaves its own traces in the result. You write three of them here and measure the traces.
#
# **You will be able to** say what a transposed convolution does and why it may draw a checkerboard; write the sub-pixel layer;
# explain how one network can serve every scale, 1.7 included.
#
# **You need** convolutions, and the interpolation of lesson 02.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 4.1 `insert_zeros` | 1 of 5 | 4 of 5 | 10 |
# | 4.2 `transposed` | 3 of 5 | 4 of 5 | 15 |
# | 4.3 `coverage` | 2 of 5 | 4 of 5 | 10 |
# | 4.4 `pixel_shuffle` | 3 of 5 | 5 of 5 | 15 |
# | 4.5 `project` | 2 of 5 | 3 of 5 | 10 |

# %% setup
import math

import torch
import torch.nn.functional as F
from torch import nn

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# Three layers were given the same flat grey image, every pixel 0.5, and enlarged it by 2. None was trained (their weights are
# ones or random), so nothing useful can come out. But why is one of the three results not flat?

# %%
flat = torch.full((1, 1, 12, 12), 0.5)


def stretched(x):
    """Return an image (1, 1, h, w) without its outer pixels, shown from its smallest to its largest value."""
    x = x[0, :, 4:-4, 4:-4].detach()
    low, high = x.min(), x.max()
    return (x - low) / (high - low) if high - low > 1e-5 else torch.full_like(x, 0.5)


layers = {
    "transposed, kernel 3": nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1, bias=False),
    "transposed, kernel of ones, 4": nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1, bias=False),
    "nearest, then convolution": nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 3, padding=1, bias=False)),
}
nn.init.ones_(layers["transposed, kernel of ones, 4"].weight)
nn.init.ones_(layers["transposed, kernel 3"].weight)
srkit.widgets.show(
    *(stretched(layer(flat)).expand(3, -1, -1) for layer in layers.values()),
    titles=list(layers),
    alt="A flat image after three upsampling layers: the first shows a checkerboard, the other two are flat",
    zoom=8,
)

# %% [markdown]
# ### Your prediction
#
# A transposed convolution with stride 2 and a kernel of 5 by 5 ones enlarges that flat image. How many different values do the
# inner pixels of the result have? Write `"1"`, `"2"`, `"3"` or `"4"`. (Two directions; think of rows first.)

# %%
guess = "?"
srkit.exercises.predict("04-values", guess, choices=["1", "2", "3", "4"])

# %% [markdown]
# ## 1. Transposed convolution
#
# ### The idea
#
# A convolution with stride $s$ makes an image smaller. Written as a matrix it maps many pixels to few; its transpose maps few to
# many, and that is all the name means. (It is sometimes called deconvolution, which it is not: it does not undo a convolution.)
# Seen from the small image, every pixel stamps a copy of the kernel, scaled by its value, onto a large canvas, the stamps lie
# $s$ places apart, and where they overlap they add up.
#
# There is a second view, the one on the lecture's slide: put $s - 1$ zeros between the pixels, then *convolve*. The slide leaves
# out one word. The convolution of deep learning is a correlation, it does not turn its kernel, so here the kernel must be
# turned by 180 degrees first.
#
# FSRCNN (Dong, Loy, Tang, *Accelerating the Super-Resolution Convolutional Neural Network*, ECCV 2016), SRDenseNet (Tong et al.,
# ICCV 2017) and DBPN (Haris, Shakhnarovich, Ukita, CVPR 2018) enlarge this way.
#
# ### By hand: exercise 4.1
#
# First the zeros: `image` is `(c, h, w)`; zeros go between pixels, none around.

# %% exercise insert_zeros
def insert_zeros(image, stride):
    """Put stride - 1 zeros between neighbours: (c, h, w) -> (c, (h-1)*stride + 1, (w-1)*stride + 1)."""
    ### BEGIN SOLUTION
    c, h, w = image.shape
    large = torch.zeros(c, (h - 1) * stride + 1, (w - 1) * stride + 1)
    large[:, ::stride, ::stride] = image
    return large
    ### END SOLUTION

# %% check insert_zeros
srkit.exercises.check("insert_zeros", insert_zeros)

# %% [markdown]
# ### By hand: exercise 4.2
#
# Now the whole thing, for one channel: `image` is `(h, w)`, `kernel` `(k, k)`. The first stamp begins at the first place of the
# canvas and the last one ends at its last: $(h-1)s + k$ rows. Use `F.conv2d`, not its transposed sister.

# %% exercise transposed
def transposed(image, kernel, stride):
    """Stamp the kernel for every pixel: (h, w), (k, k) -> ((h-1)*stride + k, (w-1)*stride + k)."""
    ### BEGIN SOLUTION
    h, w = image.shape
    k = kernel.shape[0]
    large = torch.zeros((h - 1) * stride + 1, (w - 1) * stride + 1)
    large[::stride, ::stride] = image
    padded = F.pad(large, [k - 1] * 4)
    return F.conv2d(padded[None, None], kernel.flip(0, 1)[None, None])[0, 0]
    ### END SOLUTION

# %% check transposed
srkit.exercises.check("transposed", transposed)

# %% [markdown]
# ### See it
#
# A kernel shaped like a letter shows which way round it lands, and two pixels show how stamps overlap.

# %%
letter = torch.tensor([[1.0, 1, 1, 1], [1, 0, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]])
two = torch.zeros(4, 4)
two[0, 0], two[2, 2] = 1.0, 0.5
stamps = transposed(two, letter, 2)
theirs = F.conv_transpose2d(two[None, None], letter[None, None], stride=2)[0, 0]
print(f"largest difference to PyTorch's layer: {(stamps - theirs).abs().max():.1e}")
srkit.widgets.show(
    *(x.expand(3, -1, -1) for x in (two, insert_zeros(two[None], 2)[0], stamps / stamps.max())),
    titles=["two pixels", "zeros between", "two stamps"],
    alt="Two pixels, the same with zeros between, and two copies of the letter F",
    zoom=12,
)

# %% [markdown]
# ## 2. The checkerboard
#
# ### The idea
#
# If $k$ is not a multiple of $s$, some canvas places are reached by more stamps than others. A flat image then comes out with a
# pattern of period $s$, and in two directions the patterns multiply to a checkerboard (Odena, Dumoulin, Olah, *Deconvolution and
# Checkerboard Artifacts*, Distill 2016). Training can learn to compensate, and does so imperfectly.
#
# ### By hand: exercise 4.3
#
# Count, for one direction: `n` pixels, a kernel of `size`, a `stride`. Return a list with the number of stamps that reach each
# of the $(n-1)s + k$ places.

# %% exercise coverage
def coverage(n, size, stride):
    """Return how many of n pixels' kernels reach each place of the output, a list of ints."""
    ### BEGIN SOLUTION
    counts = [0] * ((n - 1) * stride + size)
    for pixel in range(n):
        for tap in range(size):
            counts[pixel * stride + tap] += 1
    return counts
    ### END SOLUTION

# %% check coverage
srkit.exercises.check("coverage", coverage)

# %% [markdown]
# ### See it

# %%
for size, stride in ((3, 2), (4, 2), (6, 2), (9, 3), (9, 4)):
    inner = coverage(12, size, stride)[size : size + stride]
    print(f"kernel {size}, stride {stride}: {inner}   {'even' if len(set(inner)) == 1 else 'checkerboard'}")
five = F.conv_transpose2d(flat, torch.ones(1, 1, 5, 5), stride=2)[0, 0, 6:-6, 6:-6]
values = five.unique()
print(f"5x5 ones at stride 2 on a flat image: {len(values)} values, {values.tolist()}")
srkit.exercises.recall("04-values", str(len(values)))

# %% [markdown]
# Turn the two knobs: where the stride does not divide the side of the kernel, the counts differ and the board appears.

# %%
eye = srkit.datasets.samples(scale=2)[0].lr[:, 36:60, 40:72]
srkit.widgets.upsample_lab(eye, "zeros", zoom=3)

# %% [markdown]
# The cures follow from the count. Choose a kernel that is a multiple of the stride; or enlarge by a fixed rule first and convolve
# after, as the third layer at the top does; or use a sub-pixel layer whose phases begin equal (that initialisation is called
# ICNR). The next cell measures the pattern: the standard deviation, over the four phases, of the phases' means.

# %%
photo = srkit.datasets.samples(scale=2)[0].lr[None]
torch.manual_seed(1)
shuffle = nn.Conv2d(3, 12, 3, padding=1, bias=False)
icnr = nn.Conv2d(3, 12, 3, padding=1, bias=False)
srkit.layers.icnr_(icnr.weight, 2)
candidates = {
    "transposed, kernel 3": nn.ConvTranspose2d(3, 3, 3, stride=2, padding=1, output_padding=1, bias=False),
    "transposed, kernel 4": nn.ConvTranspose2d(3, 3, 4, stride=2, padding=1, bias=False),
    "sub-pixel, random": lambda x: F.pixel_shuffle(shuffle(x), 2),
    "sub-pixel, ICNR": lambda x: F.pixel_shuffle(icnr(x), 2),
    "nearest, then convolution": nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(3, 3, 3, padding=1, bias=False)),
}
with torch.no_grad():
    for name, layer in candidates.items():
        print(f"{name:26} pattern {srkit.ops.transposed.checkerboard(layer(photo), 2).mean():.4f}")

# %% [markdown]
# Even a kernel of 4 leaves a pattern with random weights: that all places are reached equally *often* does not mean with equal
# *weight*. Only the last two rows start clean.
#
# ## 3. Sub-pixel convolution
#
# ### The idea
#
# Let the convolution stay on the small image and produce $s^2$ values for each pixel, then lay these values out as an $s$ times
# larger image (ESPCN: Shi et al., *Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
# Neural Network*, CVPR 2016):
#
# $$\hat{x}[c,\; i s + a,\; j s + b] = z[c\,s^2 + a\,s + b,\; i,\; j]$$
#
# Nothing is multiplied with inserted zeros. SRResNet (Ledig et al., CVPR 2017), CARN
# (Ahn et al., ECCV 2018) and RDN (Zhang et al., CVPR 2018) enlarge this way. (The footnotes of the lecture's slide belong to
# another slide; these are the right ones.)
#
# ### By hand: exercise 4.4
#
# Write the rearrangement with `reshape` and `permute`, not with PyTorch's function.

# %% exercise pixel_shuffle
def pixel_shuffle(x, scale):
    """Rearrange (b, c*scale*scale, h, w) into (b, c, scale*h, scale*w)."""
    ### BEGIN SOLUTION
    b, channels, h, w = x.shape
    c = channels // scale**2
    x = x.reshape(b, c, scale, scale, h, w)
    x = x.permute(0, 1, 4, 2, 5, 3)  # (b, c, h, scale, w, scale)
    return x.reshape(b, c, h * scale, w * scale)
    ### END SOLUTION

# %% check pixel_shuffle
srkit.exercises.check("pixel_shuffle", pixel_shuffle)

# %% [markdown]
# ### See it
#
# Four channels, each of one colour, become one image in which every small square holds all four.

# %%
four = torch.linspace(0.1, 1, 4).reshape(1, 4, 1, 1).expand(1, 4, 4, 4).contiguous()
woven = pixel_shuffle(four, 2)[0]
srkit.widgets.show(
    *(channel.expand(3, -1, -1) for channel in four[0][:, None]),
    woven.expand(3, -1, -1),
    titles=["channel 0", "1", "2", "3", "shuffled"],
    alt="Four flat channels of different grey, and the image in which their pixels alternate",
    zoom=12,
    columns=5,
)

# %% [markdown]
# The same with a photograph. Click a pixel of the large image to see where it was stored.

# %%
srkit.widgets.upsample_lab(eye[:, 8:20, 8:20], "shuffle", scale=2)

# %% [markdown]
# A sub-pixel layer and a transposed convolution with stride $s$ and an $s$ times larger kernel can compute the same: the phases of
# the one are the channels of the other. They differ in what is easy: the sub-pixel layer has a larger receptive field for the
# same number of weights, and its phases know nothing of each other.
#
# That last point bothered the authors of PixelTCL (Gao et al., *Pixel Transposed Convolutional Networks*, TPAMI 42(5), 2020).
# Their layer makes the phases one after another, each from those before, so that neighbours in the result depend on each
# other.
#
# ### The library's version

# %%
srkit.widgets.source(srkit.layers.Upsampler)

# %% [markdown]
# ## 4. Any scale from one network
#
# ### The idea
#
# All layers so far have their scale built in. Meta-SR (Hu et al., *Meta-SR: A Magnification-Arbitrary Network for
# Super-Resolution*, CVPR 2019) asks a small second network for the weights: for output place $(i, j)$ at scale $r$ it looks at the
# features around the small pixel $(\lfloor i/r \rfloor, \lfloor j/r \rfloor)$, and the weights it uses there are computed from the
# two fractional parts and from $1/r$. Any real $r$ will do.
#
# ### By hand: exercise 4.5
#
# Write the projection for one direction: for each of the $\lfloor n r \rfloor$ output places return the source pixel, an integer
# tensor, and the offset in [0, 1).

# %% exercise project
def project(n, scale):
    """Return the source pixel and the offset of each output place: (floor(n*scale),) and (floor(n*scale),)."""
    ### BEGIN SOLUTION
    places = torch.arange(int(n * scale), dtype=torch.float64) / scale
    source = places.floor().long()
    return source, (places - source).float()
    ### END SOLUTION

# %% check project
srkit.exercises.check("project", project)

# %% [markdown]
# ### See it
#
# With two fixed weights, $1 - t$ and $t$, in place of predicted ones, the same machinery is linear interpolation, at any scale. Meta-SR
# learns better weights for the same places. One network serves all factors: it is trained on many of them at once, a
# different one in each batch, and the lecture reports it on a level with networks that know one factor alone, at about one
# hundredth of the running time for the weights. That suits screens: one source, shown at SD, HD, full HD or UHD. The price,
# in the lecture's words: unstable and inefficient where the factor is large.

# %%
def enlarge(image, scale):
    """Enlarge (c, h, w) linearly by any real scale, with the places of your function."""
    for axis in (1, 2):
        source, t = project(image.shape[axis], scale)
        after = (source + 1).clamp_max(image.shape[axis] - 1)
        t = t.reshape([-1, 1] if axis == 1 else [1, -1])
        image = image.index_select(axis, source) * (1 - t) + image.index_select(axis, after) * t
    return image


detail = photo[0][:, 30:90, 50:110]
srkit.widgets.show(
    *(enlarge(detail, scale) for scale in (1.3, 1.7, 2.6, math.pi)),
    titles=["1.3", "1.7", "2.6", "3.14…"],
    alt="A detail enlarged by four scales that are no whole numbers",
    columns=4,
)

# %% [markdown]
# Fixed kernels beside each other, at scales in small steps:

# %%
srkit.widgets.upsample_lab(eye, "zoom", zoom=3)

# %% [markdown]
# ### The library's version

# %%
srkit.widgets.source(srkit.ops.transposed.transposed_convolution)

# %% [markdown]
# ### In a photograph
#
# A clock at four times its width. ESPCN is three convolutions and a pixel shuffle, and nothing else (24,752 weights). EDSR small
# ends in pixel shuffles as well, two of them, and has 8 residual blocks before (lesson 05; 232,963 weights). Both were trained for
# this course on a processor.

# %%
photographs = srkit.datasets.samples(scale=4, split="photographs")
clock = photographs[photographs.names.index("clock")]
lr, truth = clock.lr[:, 50:140, 65:185], clock.hr[:, 200:560, 260:740]
drawn = {"bicubic": srkit.upscale(lr, srkit.models.create("bicubic", scale=4))}
try:
    for name, network in (("ESPCN", "espcn"), ("EDSR small", "edsr_small")):
        drawn[name] = srkit.upscale(lr, srkit.models.create(network, scale=4, pretrained="srkit"))
except srkit.errors.BadFile as problem:
    print("The trained networks are left out.", problem)
srkit.widgets.compare(drawn, truth=truth, scale=4, height=600, alt="A clock at four times its width: three answers and the truth")

# %% [markdown]
# Look at the hands. ESPCN draws them with steps: its pixels come from windows of nine by nine, too small to see where a line goes.
# The layer at the end is the same in the third picture, and the steps are gone (on this piece 35.8 dB and 39.8 dB, bicubic
# 34.8). The layer decides how pixels are laid out; what is in them comes from before it.
#
# ## What was reported, what we got
#
# What does each way cost? All of the following enlarge 64 feature channels by 2 into 64, and the count is of multiplications with
# an addition for one *output* pixel. The last column is measured here.

# %%
import time

from IPython.display import Markdown

features = torch.randn(1, 64, 48, 48)
ways = {
    "transposed, kernel 4": nn.ConvTranspose2d(64, 64, 4, stride=2, padding=1),
    "zeros inserted, then kernel 4": lambda x: F.conv2d(insert_zeros(x[0], 2)[None], torch.ones(64, 64, 4, 4), padding=2),
    "sub-pixel, kernel 3": nn.Sequential(nn.Conv2d(64, 256, 3, padding=1), nn.PixelShuffle(2)),
    "nearest, then kernel 3": nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(64, 64, 3, padding=1)),
}
products = {"transposed, kernel 4": 64 * 64 * 4, "zeros inserted, then kernel 4": 64 * 64 * 16}
products |= {"sub-pixel, kernel 3": 64 * 9 * 256 // 4, "nearest, then kernel 3": 64 * 64 * 9}
rows = ["| way | multiply-adds per output pixel | milliseconds here |", "|---|--:|--:|"]
with torch.no_grad():
    for name, way in ways.items():
        way(features)
        began = time.perf_counter()
        for _ in range(5):
            way(features)
        rows.append(f"| {name} | {products[name]:,} | {200 * (time.perf_counter() - began):.1f} |")
Markdown("\n".join(rows))

# %% [markdown]
# The inserted zeros are a way to think, not to compute: three of four multiplications would be with zero.
#
# ## Recap
#
# * A transposed convolution stamps its kernel for every pixel; equivalently, zeros between pixels and a convolution with the turned
#   kernel.
# * If the stride does not divide the kernel, stamps overlap unevenly: a checkerboard. Even overlap is necessary for a clean start, not
#   sufficient.
# * The sub-pixel layer rearranges channels into pixels and costs nothing itself. Meta-SR computes the weights from the place, so one
#   network serves every scale.
#
# Three questions to see whether it stayed:
#
# <details><summary>Which of the kernels 2, 3, 4, 5 and 6 are safe at stride 2?</summary>2, 4 and 6: the stride divides
# them.</details>
# <details><summary>Into how many images does a sub-pixel layer of scale 4 turn 48 channels?</summary>Three channels: 48 / 16.</details>
# <details><summary>Is a transposed convolution the inverse of a convolution?</summary>No. It is its transpose; it has the same
# connections in the opposite direction.</details>
#
# **Further doors.** Lesson 03 shows what it costs to enlarge early or late. A task to carry over: replace the pixel shuffle of the
# network in lesson 11 by a transposed convolution of kernel 3, train both for a minute, and look for the pattern.
