# %% [markdown]
# # Advanced convolution and wavelets: more for less
#
# An ordinary 3x3 convolution looks at nine neighbours and mixes every channel with every other. Neither has to be so.
# In this lesson you meet kernels with gaps, convolutions in groups, convolutions in two steps, and two ways to change
# the coordinates first: wavelets and cosines. Each of them buys something, and you will count what it costs.
#
# **You will be able to** compute what a stack of layers sees and what it costs; split an image into wavelet bands and
# put it together again without loss; say what IRCNN, CARN-M, IDN, DWSR, Wavelet-SRNet, MWCNN and Magid's attention do.
#
# **You need** `nn.Conv2d`, from lesson 02 the PSNR, from lesson 05 residual learning.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 8.1 `receptive_field` | 1 of 5 | 4 of 5 | 10 |
# | 8.2 `conv_cost` | 2 of 5 | 4 of 5 | 10 |
# | 8.3 `haar_bands` | 2 of 5 | 5 of 5 | 15 |
# | 8.4 `haar_image` | 3 of 5 | 4 of 5 | 15 |
# | 8.5 `spectral_descriptor` | 3 of 5 | 3 of 5 | 15 |
# | 8.6 `SmallWaveletNet` | 4 of 5 | 4 of 5 | 35 |
#
# Stuck? `srkit.exercises.hint("haar_bands")` gives a nudge, `level=2` the concept, `level=3` the first step.

# %% setup
import time

import torch
import torch.nn.functional as F
from torch import nn

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# A small photograph with noise in it, enlarged in two ways. The second way has no network at all. It has a program that
# takes noise away, which knows nothing of enlargement, and it knows how the small image was made. How can that be
# enough?

# %%
NOISE = 8 / 255
pair = srkit.datasets.samples(scale=2)[0]
hr = pair.hr[:, 60:220, 80:240]
lr = pair.lr[:, 30:110, 40:120]
lr = lr + NOISE * torch.randn(lr.shape, generator=torch.Generator().manual_seed(0))


# %%
def in_turns(y, denoise, rounds=10):
    """Enlarge (3, h, w) by 2: a step towards agreement with y, then denoising, and again."""
    x = srkit.ops.imresize(y, 2)
    for sigma in srkit.methods.plug_and_play.falling_noise(2, rounds):
        x = x + srkit.ops.imresize(y - srkit.ops.imresize(x, 1 / 2), 2)
        x = denoise(x[None], max(sigma, NOISE))[0]
    return x


def by_wavelets(image, sigma):
    """Take noise of this strength away; section 5 shows how."""
    return srkit.methods.plug_and_play.shrink(image, sigma, threshold=1.0)


srkit.widgets.compare(
    bicubic=srkit.ops.imresize(lr, 2),
    in_turns=in_turns(lr, by_wavelets),
    truth=hr,
    scale=2,
    alt="A noisy photograph, enlarged by bicubic interpolation and by taking turns with a denoiser, and the original",
)

# %% [markdown]
# ### Your prediction
#
# The program that takes the noise away splits an image into four bands of a quarter of its pixels each: local averages,
# and three kinds of differences. The energy of an image is the sum of its squares. How much of a photograph's energy is
# in the averages, a quarter of the numbers? Write `"a quarter"` (up to 40 %), `"most"` (up to 95 %) or `"nearly all"`.

# %%
guess = "?"
srkit.exercises.predict("08-energy-of-the-averages", guess, choices=["a quarter", "most", "nearly all"])

# %% [markdown]
# ## 1. Dilated convolution
#
# ### The idea
#
# To fill in a pixel well, a network should see far. Each 3x3 layer lets it see one pixel further on each side, and
# costs as much as every other layer. A *dilated* convolution has the same nine taps, $d$ pixels apart (Yu, Koltun,
# *Multi-Scale Context Aggregation by Dilated Convolutions*, ICLR 2016):
#
# $$(x * k)(p) = \sum_{t} k(t)\, x(p + d\,t), \qquad t \in \{-1, 0, 1\}^2$$
#
# Nine weights, nine multiplications, and it spans $2d + 1$ pixels instead of 3. The *receptive field* of a stack is the
# side of the square of input pixels that can change one output pixel.
#
# IRCNN (Zhang, Zuo, Gu, Zhang, *Learning Deep CNN Denoiser Prior for Image Restoration*, CVPR 2017, 2808-2817) has
# seven layers with dilations 1, 2, 3, 4, 3, 2, 1.
#
# ### By hand: exercise 8.1
#
# `sizes` holds the side of each layer's kernel, `dilations` its dilation, first layer first. Return the receptive
# field.

# %% exercise receptive_field
def receptive_field(sizes, dilations):
    """Return how many pixels, along one side, a stack of convolutions sees."""
    ### BEGIN SOLUTION
    pixels = 1
    for size, dilation in zip(sizes, dilations, strict=True):
        pixels += (size - 1) * dilation
    return pixels
    ### END SOLUTION

# %% check receptive_field
srkit.exercises.check("receptive_field", receptive_field)

# %% [markdown]
# ### See it
#
# Below, layers of ones are asked which input pixels reach the one in the middle, and by how many ways (brighter: more,
# on a logarithmic scale).

# %%
def ways(dilations, side=37):
    """Count the ways from each input pixel to the middle of the output: (side, side), brightest is 1."""
    image = torch.zeros(1, 1, side, side)
    image[..., side // 2, side // 2] = 1.0
    for d in dilations:
        image = F.conv2d(image, torch.ones(1, 1, 3, 3), padding=d, dilation=d)
    return (image[0, 0].log1p() / image.max().log1p()).expand(3, -1, -1)


stacks = {"ordinary": [1] * 7, "IRCNN": [1, 2, 3, 4, 3, 2, 1], "all 2": [2] * 7}
for name, dilations in stacks.items():
    touched = (ways(dilations)[0] > 0).float().mean().item()
    print(f"{name:9} sees {receptive_field([3] * 7, dilations):2} pixels a side; touches {touched:5.1%} of 37 x 37")
srkit.widgets.show(*map(ways, stacks.values()), titles=list(stacks), zoom=6, alt="How seven layers of each kind see")

# %%
deep = next(n for n in range(1, 50) if receptive_field([3] * n, [1] * n) == 33)
print(f"ordinary 3x3 layers needed to see 33 pixels: {deep}")

# %% [markdown]
# The third stack shows the trap. With one dilation throughout, neighbouring pixels never meet: the field is a grid with
# holes, and results show it as a pattern ("gridding"). IRCNN's dilations go up and down, begin and end with 1, and
# leave no hole. "It doubles the receptive field", as one often reads, holds against an ordinary network of the same
# depth.
#
# ### The library's version

# %%
srkit.widgets.source(srkit.models.ircnn.IRCNN)

# %% [markdown]
# ## 2. A denoiser as a prior
#
# ### The idea
#
# The lecture lists IRCNN among networks that enlarge. It is not one: it subtracts noise, $\hat{x} = x - f_\theta(x)$,
# and was trained for nothing else. The paper's point is how such a network is *used*. With the small image
# $y = (x * k){\downarrow_s} + \eta$ (lesson 01), one looks for
#
# $$\hat{x} = \mathrm{argmin}_x\; \tfrac12 \left\lVert y - (x * k){\downarrow_s} \right\rVert^2 + \lambda\, \Phi(x)$$
#
# where the *prior* $\Phi$ is large for what does not look like a photograph. *Half-quadratic splitting* gives the two
# terms variables of their own, $x$ and $z$, tied by $\tfrac{\mu}{2} \lVert x - z \rVert^2$, and improves them in turns:
#
# $$x \leftarrow \mathrm{argmin}_x\; \left\lVert y - (x * k){\downarrow_s} \right\rVert^2 + \mu \left\lVert x - z \right\rVert^2, \qquad z \leftarrow \mathrm{argmin}_z\; \tfrac{\mu}{2} \left\lVert z - x \right\rVert^2 + \lambda\, \Phi(z)$$
#
# The first knows all about the degradation and nothing about photographs. The second is, word for word, the task of
# taking noise of variance $\lambda / \mu$ out of $x$. So plug in any denoiser, and never write $\Phi$ down. As $\mu$
# grows the noise level falls, from 12 to 1 times the scale (of 255) in the authors' program, with 25 networks for
# levels 2, 4, …, 50. The function `in_turns` at the top is this loop.
#
# The next cell takes the denoiser away, to see which half does the work.

# %%
ways_to_enlarge = {
    "bicubic interpolation": lambda y: srkit.ops.imresize(y, 2),
    "bicubic, then denoiser": lambda y: by_wavelets(srkit.ops.imresize(y, 2)[None], NOISE)[0],
    "data step alone": lambda y: in_turns(y, lambda image, sigma: image),
    "data step and denoiser": lambda y: in_turns(y, by_wavelets),
}
photographs = srkit.datasets.samples(scale=2)
for name, enlarge in ways_to_enlarge.items():
    total = 0.0
    for seed, photo in enumerate(photographs):
        y = photo.lr + NOISE * torch.randn(photo.lr.shape, generator=torch.Generator().manual_seed(seed))
        total += float(srkit.metrics.psnr(enlarge(y), photo.hr, protocol=srkit.Protocol.papers(2)))
    print(f"{name:23} {total / len(photographs):.2f} dB, mean of {len(photographs)} photographs")

# %% [markdown]
# Agreement with a noisy image means agreement with its noise: the data step alone is worse than bicubic interpolation.
# A single denoising at the end gains little or nothing, since it takes details away and nothing brings them back. In
# turns they gain. The library's method below is the authors' loop; the 25 networks of the paper are read by
# `srkit.models.ircnn.denoisers(file)`, and wavelet shrinkage, as here, stands in where they are missing.

# %%
srkit.widgets.source(srkit.methods.plug_and_play.PlugAndPlay.run)

# %% [markdown]
# ## 3. Group convolution
#
# ### The idea
#
# Cut the channels into $g$ groups and let each output channel read its own group only. The weights, seen as a matrix
# from input to output channels, become block-diagonal, and all but one part in $g$ of it is gone:
#
# $$\text{weights} = \frac{C_{\text{in}}}{g} \cdot C_{\text{out}} \cdot k^2, \qquad \text{multiply-adds} = \text{weights} \cdot \text{places}$$
#
# Papers count a *multiply-add*, one weight used at one place, as one operation ("Mult-Adds"), and leave biases out.
#
# ### By hand: exercise 8.2
#
# Return two numbers for a convolution of `size` x `size` taps in `groups` groups: its parameters, with one bias for
# each output channel, and its multiply-adds at `places` places.

# %% exercise conv_cost
def conv_cost(channels_in, channels_out, size, groups, places):
    """Return (parameters, multiply-adds) of a grouped convolution with biases."""
    ### BEGIN SOLUTION
    weights = channels_in // groups * channels_out * size**2
    return weights + channels_out, weights * places
    ### END SOLUTION

# %% check conv_cost
srkit.exercises.check("conv_cost", conv_cost)

# %% [markdown]
# ### See it
#
# On the left, which input channel (column) reaches which output channel (row) in two ordinary layers of 32 channels;
# then in two layers of four groups; then with a 1x1 convolution after them. Dark means that it does.

# %%
def reached(*layers):
    """Which channel reaches which, as an image (3, 32, 32): dark where it does."""
    net = nn.Sequential(*layers).double()
    inputs = torch.eye(32, dtype=torch.float64)[:, :, None, None].expand(-1, -1, 5, 5)
    with torch.no_grad():
        change = net(inputs) - net(torch.zeros(1, 32, 5, 5, dtype=torch.float64))
    return (0.9 - 0.7 * (change.abs().amax((2, 3)).T > 1e-12)).float().expand(3, -1, -1)


def three_by_three(groups):
    return nn.Conv2d(32, 32, 3, padding=1, groups=groups)


tables = [
    reached(three_by_three(1), three_by_three(1)),
    reached(three_by_three(4), three_by_three(4)),
    reached(three_by_three(4), three_by_three(4), nn.Conv2d(32, 32, 1)),
]
titles = ["ordinary", "four groups", "four groups, then 1x1"]
srkit.widgets.show(*tables, titles=titles, zoom=5, alt="Full, block-diagonal and again full tables of reached channels")

# %% [markdown]
# Groups alone never talk to each other, however many layers there are. Somebody has to mix them:
#
# * **CARN-M** (Ahn, Kang, Sohn, *Fast, Accurate, and Lightweight Super-Resolution with Cascading Residual Network*,
#   ECCV 2018, 256-272) puts a 1x1 convolution after two grouped ones, and uses one such block three times in each
#   cascade. (Only CARN-M shares weights; the lecture counts CARN itself among the recursive networks, too.)
# * **IDN** (Hui, Wang, Gao, *Fast and Accurate Single Image Super-Resolution via Information Distillation Network*,
#   CVPR 2018, 723-731) puts a grouped convolution between two ordinary ones, twice in each block.
#
# ### The library's version
#
# `multiply_adds` watches a network at work and adds up, per pixel of the result; `parameters` counts. Your function
# knows single layers, these know whole networks.

# %%
for name in ("carn", "carn_m", "idn"):
    net = srkit.models.create(name, scale=2)
    cost = srkit.models.multiply_adds(net.to("meta"))
    print(f"{name:7} {srkit.models.parameters(net):9,} parameters, {cost:9,.0f} multiply-adds per pixel of the result")

# %%
mobile = srkit.models.create("carn_m", scale=2)
block = mobile.cascades[0].blocks[0]
by_you = [conv_cost(64, 64, 3, 4, 1)[0], conv_cost(64, 64, 3, 4, 1)[0], conv_cost(64, 64, 1, 1, 1)[0]]
print(f"CARN-M's block: {srkit.models.parameters(block):,} parameters; by your function {sum(by_you):,}")
srkit.widgets.source(type(block))

# %% [markdown]
# ## 4. Depthwise separable convolution
#
# ### The idea
#
# Take groups to the end: one channel each. Such a *depthwise* convolution filters every channel on its own; a 1x1
# (*pointwise*) convolution then mixes the channels at each pixel. Against one full convolution the two cost
#
# $$\frac{C_{\text{in}} k^2 + C_{\text{in}} C_{\text{out}}}{C_{\text{in}} C_{\text{out}} k^2} = \frac{1}{C_{\text{out}}} + \frac{1}{k^2}$$
#
# (Howard et al., *MobileNets*, arXiv 1704.04861, 2017). What is given up: all kernels that read one input channel are
# now multiples of a single one.

# %%
depthwise, pointwise = nn.Conv2d(8, 8, 3, groups=8, bias=False), nn.Conv2d(8, 16, 1, bias=False)
full = torch.einsum("oi,ihw->oihw", pointwise.weight[:, :, 0, 0], depthwise.weight[:, 0])  # (16, 8, 3, 3)
image = torch.rand(1, 8, 12, 12)
gap = (pointwise(depthwise(image)) - F.conv2d(image, full)).abs().max()
print(f"two steps against the full convolution with multiplied weights: {gap:.0e} apart")

# %%
whole = conv_cost(64, 64, 3, 1, 96 * 96)
steps = conv_cost(64, 64, 3, 64, 96 * 96), conv_cost(64, 64, 1, 1, 96 * 96)
both = [sum(cost) for cost in zip(*steps, strict=True)]
for name, (parameters, work) in (("full", whole), ("separable", both)):
    print(f"{name:9} {parameters:6,} parameters, {work / 1e6:6.1f} million multiply-adds on 96 x 96 pixels")
print(f"ratio of the multiply-adds {both[1] / whole[1]:.3f}; 1/64 + 1/9 = {1 / 64 + 1 / 9:.3f}")

# %% [markdown]
# An eighth of the work. Is it an eighth of the time? Measure it where you are:

# %%
def seconds(layer, features, times=20):
    with torch.no_grad():
        layer(features)
        began = time.perf_counter()
        for _ in range(times):
            layer(features)
        return (time.perf_counter() - began) / times


features = torch.rand(1, 64, 96, 96)
one = seconds(nn.Conv2d(64, 64, 3, padding=1), features)
two = seconds(nn.Sequential(nn.Conv2d(64, 64, 3, padding=1, groups=64), nn.Conv2d(64, 64, 1)), features)
print(f"full {1000 * one:.1f} ms, separable {1000 * two:.1f} ms")
print(f"{two / one:.2f} of the time for {both[1] / whole[1]:.2f} of the work")

# %% [markdown]
# Multiply-adds are not seconds. Each number that a full convolution fetches from memory is used hundreds of times; a
# depthwise one uses it nine times, and then waits for the next. A paper that counts operations has said nothing about
# time yet.
#
# The lecture names **Nie et al.** here without a reference. It is an entry of the PIRM 2018 smartphone challenge
# (report: Ignatov et al., ECCV Workshops 2018), of which no description can be found. So the library's `separable_edsr`
# is its own design, and says so: EDSR's baseline, every 3x3 convolution of body and upsampler taken in two steps.

# %%
for name in ("edsr_baseline", "separable_edsr"):
    print(f"{name:15} {srkit.models.parameters(srkit.models.create(name, scale=2)):9,} parameters")
srkit.widgets.source(srkit.models.separable_edsr.separable)

# %% [markdown]
# ## 5. Wavelets
#
# ### The idea
#
# Sharp and smooth parts of an image want different treatment. A *wavelet transform* takes them apart before the
# network begins. The oldest is Haar's. Take the image in squares of 2x2 pixels
#
# $$\begin{pmatrix} a & b \\ c & d \end{pmatrix} \;\mapsto\; \tfrac12 \begin{pmatrix} a+b+c+d \\ a-b+c-d \\ a+b-c-d \\ a-b-c+d \end{pmatrix} \quad \begin{matrix} \text{average} \\ \text{columns: left minus right} \\ \text{rows: upper minus lower} \\ \text{diagonal} \end{matrix}$$
#
# and each of the four numbers makes an image of half the size. The factor one half makes the matrix *orthonormal*: the
# energy stays, and the inverse is the transpose. (Programs differ in the order of the bands and in signs; when you
# load somebody's weights, that matters.)
#
# ### By hand: exercise 8.3
#
# `image` is `(b, c, h, w)` with even sides. Return `(b, 4c, h/2, w/2)`: the averages of all channels, then all column
# differences, then the row differences, then the diagonals.

# %% exercise haar_bands
def haar_bands(image):
    """Return the four Haar bands: (b, c, h, w) -> (b, 4c, h/2, w/2)."""
    ### BEGIN SOLUTION
    a, b = image[..., 0::2, 0::2], image[..., 0::2, 1::2]
    c, d = image[..., 1::2, 0::2], image[..., 1::2, 1::2]
    return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], dim=1) / 2
    ### END SOLUTION

# %% check haar_bands
srkit.exercises.check("haar_bands", haar_bands)

# %% [markdown]
# ### See it
#
# The bands of the photograph of the first cell, without its noise. Differences are drawn around middle grey, and three
# times as strong.

# %%
bands = haar_bands(hr[None])  # (1, 12, 80, 80)
names = ["average", "columns", "rows", "diagonal"]
shown = [bands[0, :3] / 2, *(0.5 + 3 * bands[0, 3 * i : 3 * i + 3] for i in (1, 2, 3))]
shown = [image.clamp(0, 1) for image in shown]
srkit.widgets.show(*shown, titles=names, zoom=2, alt="A small photograph and three images of its edges")

# %%
def energies(image):
    """The energy of each of the four bands of (b, c, h, w): four numbers."""
    return haar_bands(image).unflatten(1, (4, -1)).square().sum((0, 2, 3, 4))


shares = torch.stack([energies(photo.hr[None]) / photo.hr.square().sum() for photo in photographs]).mean(0)
for name, share in zip(names, shares, strict=True):
    print(f"{name:9} {share:7.3%} of the energy, mean of {len(photographs)} photographs")
found = "a quarter" if shares[0] < 0.4 else "most" if shares[0] < 0.95 else "nearly all"
srkit.exercises.recall("08-energy-of-the-averages", found)

# %% [markdown]
# That is why a denoiser can do without a network: noise is spread over all four bands alike, the photograph is not.
# Draw the differences towards zero, and mostly noise is lost. It is also why compression works.
#
# ### By hand: exercise 8.4
#
# The way back. `bands` is `(b, 4c, h, w)` in the order of 8.3; return the image `(b, c, 2h, 2w)`.

# %% exercise haar_image
def haar_image(bands):
    """Return the image of which these are the Haar bands: (b, 4c, h, w) -> (b, c, 2h, 2w)."""
    ### BEGIN SOLUTION
    s, x, y, d = bands.chunk(4, dim=1)
    image = bands.new_empty(s.shape[0], s.shape[1], 2 * s.shape[2], 2 * s.shape[3])
    image[..., 0::2, 0::2] = s + x + y + d
    image[..., 0::2, 1::2] = s - x + y - d
    image[..., 1::2, 0::2] = s + x - y - d
    image[..., 1::2, 1::2] = s - x - y + d
    return image / 2
    ### END SOLUTION

# %% check haar_image
srkit.exercises.check("haar_image", haar_image)

# %% [markdown]
# Half the size without loss: that is what pooling cannot do.

# %%
pooled = F.interpolate(F.avg_pool2d(hr[None], 2), scale_factor=2)
print(f"through average pooling and back: wrong by {(pooled - hr).abs().mean():.4f} on average")
print(f"through your bands and back:      wrong by {(haar_image(haar_bands(hr[None])) - hr).abs().mean():.1e}")

# %% [markdown]
# The library's transforms are the same, for longer filters too; applied again and again to all bands they give
# *packets*, here of two levels: sixteen images of a quarter of the side.

# %%
print(f"largest difference to yours: {(srkit.ops.wavelets.analyse(hr[None]) - bands).abs().max():.0e}")
packets = srkit.ops.wavelets.analyse_packets(hr[None], levels=2).unflatten(1, (16, 3))[0]  # (16, 3, 40, 40)
tiles = [packets[0] / 4, *(0.5 + 3 * packet for packet in packets[1:])]
rows = [torch.cat([tile.clamp(0, 1) for tile in tiles[i : i + 4]], dim=2) for i in range(0, 16, 4)]
srkit.widgets.show(torch.cat(rows, dim=1), zoom=2, alt="A mosaic of sixteen small images, the first one a photograph")

# %% [markdown]
# ### Four networks that work on bands
#
# What does a bicubic image lack, band by band?

# %%
lacking = torch.stack([energies((srkit.ops.imresize(p.lr, 2) - p.hr)[None]) for p in photographs]).sum(0)
there = torch.stack([energies(p.hr[None]) for p in photographs]).sum(0)
for name, lack, has in zip(names, lacking, there, strict=True):
    print(f"{name:9} {lack / lacking.sum():5.1%} of the error; {lack / has:7.2%} of the band's energy is missing")

# %% [markdown]
# The average is nearly right, for how much it holds; what is missing lies in the three other bands, and of the diagonal
# nearly everything. Four papers use this:
#
# * **Bae, Yoo, Ye** (*Beyond Deep Residual Learning for Image Restoration: Persistent Homology-Guided Manifold
#   Simplification*, CVPRW 2017, 1141-1149) give the bands of the bicubic image to a network that predicts their
#   residual. Their reason is topological: the residual's bands form a simpler shape, so a network of given size learns
#   them more easily.
# * **DWSR** (Guo, Mousavi, Vu, Monga, *Deep Wavelet Prediction for Image Super-Resolution*, CVPRW 2017, 1100-1109) does
#   so on luma: 5x5, ten times 3x3, and a last layer whose output is added to the bands.
# * **Wavelet-SRNet** (Huang, He, Sun, Tan, ICCV 2017, 1698-1706) enlarges faces by up to 16 and has no bicubic image.
#   An image $2^n$ times as large has $4^n$ packets of the *small* size. It predicts those, and the inverse transform
#   enlarges.
# * **MWCNN** (Liu, Zhang, Zhang, Lin, Zuo, *Multi-level Wavelet-CNN for Image Restoration*, CVPRW 2018; "886-88609", as
#   one finds cited, is an electronic label and no range of pages) is a U-Net that has the transform where others pool,
#   and its inverse where others unpool, three times.

# %%
srkit.widgets.source(srkit.models.mwcnn.MWCNN.restore)

# %% [markdown]
# MWCNN, drawn from the network. Parts become lower where `analyse` halves the image, which then has four times the
# channels, and taller again at `synthesise`; the arcs that end in a + are the sums across the U.

# %%
srkit.widgets.diagram(srkit.models.create("mwcnn", scale=2))

# %% [markdown]
# DWSR has a property that you can check: if its last layer is zero, it must be bicubic interpolation, since the
# transform loses nothing. (A popular copy of it ends in a ReLU. It passes this test, and can never lower a
# coefficient.)

# %%
dwsr = srkit.models.create("dwsr", scale=2, channels=32, depth=6)
nn.init.zeros_(dwsr.layers[-1].weight)
nn.init.zeros_(dwsr.layers[-1].bias)
bicubic = srkit.models.create("bicubic", scale=2)
clean = photographs[0].lr[None]
with torch.no_grad():
    print(f"last layer zero: at most {(dwsr(clean) - bicubic(clean)).abs().max():.0e} from bicubic interpolation")

# %% [markdown]
# ## 6. Cosines
#
# ### The idea
#
# *Channel attention* (lesson 07) asks of each channel one number, its mean, and weighs the channel by what a small
# network makes of the means. But a mean is a poor description: a flat channel and a striped one can have the same. The
# mean is the first coefficient of a *discrete cosine transform* (DCT), which describes an image by half waves, $v$ from
# top to bottom and $u$ from left to right:
#
# $$D_{v,u} = \sum_{i=0}^{h-1} \sum_{j=0}^{w-1} x_{i,j}\; c_v(i; h)\; c_u(j; w), \qquad c_k(i; n) = \sqrt{\tfrac{2}{n}}\, \cos\frac{\pi k\, (i + \tfrac12)}{n}, \quad c_0(i; n) = \sqrt{\tfrac1n}$$
#
# Magid, Zhang, Wei, Jang, Lin, Fu, Pfister (*Dynamic High-Pass Filtering and Multi-Spectral Attention for Image
# Super-Resolution*, ICCV 2021, 4288-4297) describe channels by several such coefficients, as FcaNet did before (Qin,
# Zhang, Wu, Li, ICCV 2021). Each part of the channels has a wave of its own.
#
# ### By hand: exercise 8.5
#
# `features` is `(b, c, h, w)`; `waves` lists pairs `(v, u)`. Cut the channels into as many equal parts as there are
# pairs, in order, and return for each channel the coefficient of its part's wave, `(b, c)`.

# %% exercise spectral_descriptor
def spectral_descriptor(features, waves):
    """Describe each channel by the cosine coefficient of its part: (b, c, h, w) -> (b, c)."""
    ### BEGIN SOLUTION
    def cosine(n, k):
        samples = torch.cos(torch.pi * k * (torch.arange(n) + 0.5) / n)
        return samples / samples.norm()

    h, w = features.shape[2:]
    parts = features.chunk(len(waves), dim=1)
    found = [
        torch.einsum("bcij,i,j->bc", part, cosine(h, v), cosine(w, u))
        for part, (v, u) in zip(parts, waves, strict=True)
    ]
    return torch.cat(found, dim=1)
    ### END SOLUTION

# %% check spectral_descriptor
srkit.exercises.check("spectral_descriptor", spectral_descriptor)

# %% [markdown]
# ### See it
#
# Three channels with one mean, described by four waves. `spectral_descriptor` gives one number per channel, so each is
# handed over four times.

# %%
ramp = torch.linspace(0, 1, 48)
channels = {
    "flat": torch.full((48, 48), 0.5),
    "left to right": ramp.expand(48, 48),
    "bowl": (0.5 + 0.5 * torch.cos(2 * torch.pi * (torch.arange(48) + 0.5) / 48))[:, None].expand(48, 48),
}
waves = [(0, 0), (0, 1), (1, 0), (2, 0)]
print("(v, u):        " + "".join(f"{wave!s:>9}" for wave in waves))
for name, channel in channels.items():
    numbers = spectral_descriptor(channel.expand(1, 4, 48, 48), waves)[0].round(decimals=2) + 0.0
    print(f"{name:15}" + "".join(f"{number:9.2f}" for number in numbers))
shown = [channel.expand(3, -1, -1) for channel in channels.values()]
srkit.widgets.show(*shown, titles=list(channels), zoom=3, alt="A flat, a rising and a bowl-shaped channel")

# %% [markdown]
# The first column cannot tell them apart; the others can. With `(0, 0)` alone the attention is RCAN's, but for a
# factor.
#
# ### The library's version
#
# The second half of the paper is *dynamic high-pass filtering*. At each pixel a small low-pass kernel is predicted from
# the features; a softmax makes its weights positive with sum one. What it takes away is kept: the high-pass is the
# features minus their low-pass. On a flat image that is zero, whatever was predicted. (The authors published no sizes
# and no code, so those of the library's network are its own.)

# %%
high_pass = srkit.models.dynamic_high_pass.DynamicHighPass(8).eval()
nn.init.ones_(high_pass.factor)  # it begins at zero, so that the block starts as an ordinary one
grey = hr.mean(0, keepdim=True).expand(1, 8, -1, -1)
with torch.no_grad():
    print(f"high-pass of a flat image: at most {high_pass(torch.full((1, 8, 9, 9), 0.3)).abs().max():.0e}")
    sharp = high_pass(grey)[0, :1]
drawn = [grey[0, :1].expand(3, -1, -1), (0.5 + 3 * sharp).clamp(0, 1).expand(3, -1, -1)]
srkit.widgets.show(*drawn, titles=["channel", "high-pass"], zoom=2, alt="A grey photograph and its edges")

# %%
srkit.widgets.source(srkit.models.dynamic_high_pass.DynamicHighPass.forward)

# %% [markdown]
# ## 7. A network on bands, put together
#
# ### The whole network: exercise 8.6
#
# DWSR corrects the bands of a bicubic image, Wavelet-SRNet works on packets of the small image's size. `SmallWaveletNet` does
# both: at $s = 2^\text{levels}$ the bands of the bands of the enlarged image have the size of the small one, so every layer
# works on small images, as in ESPCN.
#
# * `forward` enlarges `lr` by `F.interpolate` in its mode `"bicubic"`, applies `haar_bands` `levels` times (each time to all
#   that it gave), adds to the bands what the layers make of them, and goes the same number of steps back with `haar_image`.
# * The layers are `depth` 3x3 convolutions with biases, `channels` wide, from all bands to all bands, with a ReLU after
#   each but the last.
# * `fit` makes one step of Adam for each pair `(lr, hr)` of `batches`, on the mean absolute error, and returns the losses as
#   plain numbers.

# %% exercise small_wavelet_net
class SmallWaveletNet(nn.Module):
    """Enlarge (b, 3, h, w) to (b, 3, s*h, s*w), s = 2**levels."""

    def __init__(self, levels, channels, depth):
        super().__init__()
        ### BEGIN SOLUTION
        self.levels, self.scale = levels, 2**levels
        sizes = [3 * 4**levels, *[channels] * (depth - 1), 3 * 4**levels]
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        self.layers = nn.ModuleList(nn.Conv2d(c_in, c_out, 3, padding=1) for c_in, c_out in pairs)
        ### END SOLUTION

    def forward(self, lr):
        ### BEGIN SOLUTION
        bands = F.interpolate(lr, scale_factor=self.scale, mode="bicubic")
        for _ in range(self.levels):
            bands = haar_bands(bands)  # at last (b, 3*s*s, h, w)
        residual = bands
        for layer in self.layers[:-1]:
            residual = F.relu(layer(residual))
        bands = bands + self.layers[-1](residual)
        for _ in range(self.levels):
            bands = haar_image(bands)
        return bands
        ### END SOLUTION

    def fit(self, batches, learning_rate):
        """Make one step of Adam for each (lr, hr); return the losses."""
        ### BEGIN SOLUTION
        optimiser, losses = torch.optim.Adam(self.parameters(), lr=learning_rate), []
        for lr, hr in batches:
            loss = F.l1_loss(self(lr), hr)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        return losses
        ### END SOLUTION

# %% check small_wavelet_net
srkit.exercises.check("small_wavelet_net", SmallWaveletNet)

# %% [markdown]
# A short training at x4, on photographs that do not hold the one below; the last third of the steps is smaller. Beside yours
# stands EDSR small (lesson 05), with more than twice the weights and nine minutes of training.

# %%
STEPS = 450
crops = srkit.datasets.Patches(srkit.datasets.samples(scale=4, split="train"), patch=96, batch=8, seed=0)
torch.manual_seed(0)
mine = SmallWaveletNet(levels=2, channels=48, depth=5)
losses = mine.fit((crops.batch(step) for step in range(2 * STEPS // 3)), 2e-3)
losses += mine.fit((crops.batch(step) for step in range(2 * STEPS // 3, STEPS)), 2e-4)
print(f"{sum(p.numel() for p in mine.parameters()):,} parameters, loss {losses[0]:.3f} -> {sum(losses[-20:]) / 20:.4f}")

# %%
photographs = srkit.datasets.samples(scale=4, split="photographs")
table = photographs[photographs.names.index("wine")]
lr, truth = table.lr[:, 25:115, 45:165], table.hr[:, 100:460, 180:660]
enlarged = {"bicubic": srkit.upscale(lr, srkit.models.create("bicubic", scale=4)), "yours": srkit.upscale(lr, mine)}
try:
    enlarged["EDSR small"] = srkit.upscale(lr, srkit.models.create("edsr_small", scale=4, pretrained="srkit"))
except srkit.errors.BadFile as problem:
    print("The trained network is left out.", problem)
srkit.widgets.compare(
    enlarged,
    truth=truth,
    scale=4,
    height=600,
    alt="A table with a bottle at four times its width: bicubic, your network, EDSR small, and the truth",
)

# %% [markdown]
# Measured on this piece: bicubic 33.5 dB, yours 36.6, EDSR small 38.0. The edges of the table and of the mill come from layers that
# work on packets of the small size alone. What your network still lacks shows in the letters of the label and in the boards.
#
# ## What was reported, what we got
#
# The networks of this lesson at x2: their size and work counted here, and Set5 on luma as the papers print it, beside
# what the library measured with the authors' own weights. A dash means that the number is not known to us from a source
# that can be checked; for some, no code or weights were ever published.

# %%
from IPython.display import Markdown

shelf = "carn carn_m idn separable_edsr ircnn wavelet_residual dwsr wavelet_srnet mwcnn dynamic_high_pass".split()


def on_set5(scores):
    found = [score for score in scores if (score.dataset, score.scale) == ("set5", 2)]
    return f"{found[0].psnr:.2f} / {found[0].ssim:.4f}" if found else "–"


lines = ["| network | parameters | multiply-adds per pixel | published, Set5 x2 | measured |", "|---|--:|--:|--:|--:|"]
for name in shelf:
    card, net = srkit.models.card(name), srkit.models.create(name, scale=2)
    work = srkit.models.multiply_adds(net.to("meta"))
    size = srkit.models.parameters(net)
    lines.append(f"| {card.title} | {size:,} | {work:,.0f} | {on_set5(card.published)} | {on_set5(card.measured)} |")
Markdown("\n".join(lines))

# %% [markdown]
# Look at CARN and CARN-M. Groups and shared weights make the second much smaller in parameters; in work the gain is
# less, because a block that is used three times is still computed three times. Parameters, work, time: three measures,
# and a "light" network may be light in one only.
#
# ## Recap
#
# * Dilation buys receptive field for nothing, if the dilations leave no holes. IRCNN is a denoiser; plugged into a loop
#   that knows the degradation, it enlarges.
# * Groups divide the cost and separate the channels; a 1x1 convolution joins them again. A separable convolution is
#   that taken to the end.
# * Haar's transform is four sums with signs. It loses nothing, halves the size, and puts what enlargement lacks into
#   bands of its own, where a network can add it. Cosine coefficients say more of a channel than its mean.
#
# Three questions to see whether it stayed:
#
# <details><summary>Ten 3x3 layers of dilation 2: how many pixels do they see, and what is wrong with it?</summary>41 a
# side, but only every second pixel in each direction: a grid with holes.</details>
# <details><summary>A 3x3 convolution of 128 channels becomes separable. What part of the multiply-adds is
# left?</summary>1/128 + 1/9, that is 0.119.</details>
# <details><summary>Why may MWCNN put a transform where a classifier would pool?</summary>Pooling throws three quarters
# of the numbers away. The transform keeps them all, as channels, and its inverse brings every pixel back.</details>
#
# **Further doors.** Lesson 09 asks what such a network should be trained on. A task to carry over: train a DWSR
# whose skip goes around the three difference bands only, and one with db2 instead of Haar
# (`srkit.ops.wavelets.analyse(image, wavelet="db2")`). Which of the two changes matters more?
