# %% [markdown]
# # Attention: weights that the image decides
#
# A convolution weighs its neighbours by numbers that were learned once and are the same for every image and every
# place. *Attention* computes weights from the image itself. In this lesson you write it in four forms: between
# channels, with first and second moments; between all places; and between the places of a window.
#
# **You will be able to** write channel attention, covariance pooling, a matrix root by products, non-local attention
# and shifted windows; say what RCAN, SAN, RNAN, CSNLN, IPT and SwinIR do, what each costs, and where their published
# code differs from their papers.
#
# **You need** matrix products and broadcasting in PyTorch, and from lesson 05 residual blocks.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 7.1 `channel_attention` | 1 of 5 | 5 of 5 | 10 |
# | 7.2 `covariance_pool` | 2 of 5 | 3 of 5 | 10 |
# | 7.3 `newton_schulz` | 3 of 5 | 3 of 5 | 15 |
# | 7.4 `non_local` | 3 of 5 | 5 of 5 | 15 |
# | 7.5 `in_windows` | 3 of 5 | 4 of 5 | 15 |
# | 7.6 `SmallRCAN` | 5 of 5 | 4 of 5 | 40 |
#
# Stuck? `srkit.exercises.hint("non_local")` gives a nudge, `level=2` the concept, `level=3` the first step.

# %% setup
import torch
import torch.nn.functional as F
from torch import nn

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# One spot of the photograph on the left is marked. On the right, every other spot is as bright as its surroundings, 5x5
# pixels, are like those of the marked one. If you had to guess what the marked spot looked like before it was made
# small, would you ask its neighbours, as a convolution does, or the bright spots?

# %%
photograph = srkit.datasets.samples(scale=2)[0].hr[:, 100:164, 100:164]


def surroundings(image):
    """The 5x5 pixels around each pixel of (3, h, w), as a column: (1, 75, h*w)."""
    return F.unfold(F.pad(image[None], (2, 2, 2, 2), mode="reflect"), 5)


def likeness(image, y, x):
    """How like the surroundings of one place those of every other are, from 0 to 1: (3, h, w)."""
    columns = surroundings(image)[0]
    distance = (columns - columns[:, y * image.shape[2] + x, None]).square().mean(0)
    return torch.exp(-distance / 0.01).view(1, *image.shape[1:]).expand(3, -1, -1)


marked = photograph.clone()
marked[:, 28:33, 20:25] = torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1)
marked[:, 29:32, 21:24] = photograph[:, 29:32, 21:24]
srkit.widgets.show(
    marked,
    likeness(photograph, 30, 22),
    titles=["a marked spot", "spots that are like it"],
    zoom=4,
    alt="A part of a photograph with a marked spot, and a map of the spots that are like it",
)

# %% [markdown]
# ### Your prediction
#
# RCAN's attention looks at a feature map and gives each channel a weight. Now somebody shuffles all pixels of the map,
# all channels in the same way, until nothing can be recognised. What happens to the weights? Write `"all change"`,
# `"a little"` (each by less than 0.1) or `"nothing"`.

# %%
guess = "?"
srkit.exercises.predict("07-shuffled-pixels", guess, choices=["all change", "a little", "nothing"])

# %% [markdown]
# ## 1. Channel attention
#
# ### The idea
#
# A feature map has many channels; for a given image some carry more than others. Describe each by one number, its mean
# over all pixels, $m \in \mathbb{R}^C$. A small network, narrow in the middle so that it has to generalise, makes
# weights of them:
#
# $$a = \sigma\!\left(W_{\text{up}}\, \mathrm{ReLU}(W_{\text{down}}\, m)\right) \in (0, 1)^C, \qquad \hat{F}_c = a_c\, F_c$$
#
# This is *squeeze and excitation* (Hu, Shen, Sun, CVPR 2018). **RCAN** (Zhang, Li, Li, Wang, Zhong, Fu, *Image
# Super-Resolution Using Very Deep Residual Channel Attention Networks*, ECCV 2018, 294-310) puts it at the end of each
# of 200 residual blocks, ten groups of twenty, with skips around blocks, groups and all: "residual in residual".
#
# ### By hand: exercise 7.1
#
# `features` is `(b, c, h, w)`, `down` is $W_{\text{down}}$, `(few, c)`, and `up` is $W_{\text{up}}$, `(c, few)`; biases
# are left out. Return the weighed features.

# %% exercise channel_attention
def channel_attention(features, down, up):
    """Weigh each channel of (b, c, h, w) by a number made of all channels' means."""
    ### BEGIN SOLUTION
    means = features.mean((2, 3))  # (b, c)
    weights = torch.sigmoid((means @ down.T).relu() @ up.T)  # (b, c)
    return features * weights[:, :, None, None]
    ### END SOLUTION

# %% check channel_attention
srkit.exercises.check("channel_attention", channel_attention)

# %% [markdown]
# ### See it
#
# Eight channels, made by eight random 3x3 kernels, and the same eight with their pixels shuffled.

# %%
kernels = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(1))
features = F.conv2d(photograph[None], kernels, padding=1)  # (1, 8, 64, 64)
order = torch.randperm(64 * 64, generator=torch.Generator().manual_seed(2))
shuffled = features.flatten(2)[..., order].view_as(features)
down, up = torch.randn(4, 8), torch.randn(8, 4)


def weights_of(features):
    """The weights that your attention gave: what comes out, divided by what went in."""
    return (channel_attention(features, down, up).sum((2, 3)) / features.sum((2, 3)))[0]


change = (weights_of(features) - weights_of(shuffled)).abs().max().item()
print("weights: ", " ".join(f"{weight:.3f}" for weight in weights_of(features)))
print("shuffled:", " ".join(f"{weight:.3f}" for weight in weights_of(shuffled)))
found = "nothing" if change < 1e-4 else "a little" if change < 0.1 else "all change"
srkit.exercises.recall("07-shuffled-pixels", found)

# %%
def drawn(channel):
    """A channel as an image, its smallest value black and its largest white."""
    return ((channel - channel.min()) / (channel.max() - channel.min())).expand(3, -1, -1)


images = [drawn(maps[0, c]) for maps in (features, shuffled) for c in (0, 1, 2)]
titles = [f"{word}channel {c}" for word in ("", "shuffled ") for c in (0, 1, 2)]
srkit.widgets.show(*images, titles=titles, columns=3, zoom=2, alt="Three channels, and the same shuffled to noise")

# %% [markdown]
# Channel attention knows what is in an image, and not where. That is cheap, and it is a limit.
#
# ### The library's version

# %%
attention = srkit.models.rcan.ChannelAttention(64, reduction=16)
print(f"one attention of 64 channels: {srkit.models.parameters(attention)} parameters, biases included")
srkit.widgets.source(srkit.models.rcan.attend)

# %% [markdown]
# Where the attention stands in RCAN, drawn from the network: ten groups of twenty blocks, and a skip round each block,
# round each group, and round all of them.

# %%
srkit.widgets.diagram(srkit.models.create("rcan", scale=4))

# %% [markdown]
# Does it help? The smallest test: a tiny RCAN, and the same with its attention taken out, trained alike. The answer
# belongs to this size and to these few steps, not to the paper's 400 layers.

# %%
def trained(attention, seed):
    """A tiny RCAN after 250 steps; without its attention if you say so."""
    torch.manual_seed(seed)
    net = srkit.models.create("rcan", scale=2, tiny=True)
    for block in net.modules():
        if hasattr(block, "attention") and not attention:
            block.attention = nn.Identity()
    pairs = srkit.datasets.samples(scale=2, split="train")
    srkit.train(net, pairs, steps=250, batch=8, patch=48, learning_rate=1e-3, seed=seed, progress=False)
    return net


tests = srkit.datasets.samples(scale=2)
print(f"bicubic           {srkit.evaluate(srkit.models.create('bicubic', scale=2), tests).mean.psnr:.2f} dB")
for attention in (False, True):
    networks = [trained(attention, seed) for seed in (0, 1)]
    found = [srkit.evaluate(network, tests).mean.psnr for network in networks]
    print(f"attention: {attention!s:5}  " + ", ".join(f"{psnr:.2f} dB" for psnr in found) + "   (two seeds)")

# %%
srkit.widgets.attention_map(networks[0], tests[0].lr)

# %% [markdown]
# Compare the two lines with the difference between two seeds before you believe any of it. A gain that a paper reports
# for months of training is no promise for minutes, and attention is not free of charge.
#
# What the weights of a *finished* network do can be looked at as well. The small RCAN that comes with the course was trained
# for some minutes on a processor; first what it makes of a photograph, then how it weighs its channels on the way.

# %%
photographs = srkit.datasets.samples(scale=2, split="photographs")
clock = photographs[photographs.names.index("clock")]
lr, truth = clock.lr[:, 100:280, 130:370], clock.hr[:, 200:560, 260:740]
try:
    finished = srkit.models.create("rcan_small", scale=2, pretrained="srkit")
except srkit.errors.BadFile as problem:
    print("The trained weights are not here, so the tiny RCAN stands in.", problem)
    finished = networks[0]
srkit.widgets.compare(
    bicubic=srkit.upscale(lr, srkit.models.create("bicubic", scale=2)),
    rcan=srkit.upscale(lr, finished),
    truth=truth,
    scale=2,
    alt="The hands of a clock, enlarged by bicubic interpolation and by a network with attention, and the truth",
    height=600,
)

# %%
srkit.widgets.attention_map(finished, lr[:, :90, :120])

# %% [markdown]
# ## 2. Second-order attention
#
# ### The idea
#
# Two channels can have the same mean and be quite different. **SAN** (Dai, Cai, Zhang, Xia, Zhang, *Second-Order
# Attention Network for Single Image Super-Resolution*, CVPR 2019, 11057-11066) describes channels by how they vary
# together. With the $n = hw$ pixels of each channel in a row of $X \in \mathbb{R}^{C \times n}$,
#
# $$\Sigma = \tfrac1n\, (X - \bar{X})(X - \bar{X})^{\mathsf T}, \qquad \bar{X} \text{ the mean of each row}$$
#
# ### By hand: exercise 7.2
#
# `features` is `(b, c, h, w)`; return $\Sigma$ of each image, `(b, c, c)`.

# %% exercise covariance_pool
def covariance_pool(features):
    """Return how the channels vary together over the pixels: (b, c, h, w) -> (b, c, c)."""
    ### BEGIN SOLUTION
    rows = features.flatten(2)  # (b, c, n)
    rows = rows - rows.mean(-1, keepdim=True)
    return rows @ rows.mT / rows.shape[-1]
    ### END SOLUTION

# %% check covariance_pool
srkit.exercises.check("covariance_pool", covariance_pool)

# %% [markdown]
# A few directions hold nearly all of the variance, and would drown the rest. So SAN takes the *square root*
# $\Sigma^{1/2}$, the matrix whose product with itself is $\Sigma$, which has the same directions and the roots of their
# strengths. By definition that needs an eigendecomposition, which is slow on a GPU and whose gradient is unstable where
# two eigenvalues are close. The iteration of **Newton and Schulz** needs products only. Begin with
# $Y_0 = \Sigma / \mathrm{tr}\,\Sigma$ and $Z_0 = I$; then
#
# $$T_k = \tfrac12\, (3I - Z_k Y_k), \qquad Y_{k+1} = Y_k\, T_k, \qquad Z_{k+1} = T_k\, Z_k$$
#
# and $Y_k \to (\Sigma / \mathrm{tr}\,\Sigma)^{1/2}$, $Z_k \to$ its inverse. In the end,
# $\Sigma^{1/2} \approx \sqrt{\mathrm{tr}\,\Sigma}\; Y_k$. Dividing by the trace brings every eigenvalue below 1, where
# the iteration converges.
#
# ### By hand: exercise 7.3
#
# `matrices` is `(b, c, c)`, `steps` a number; return the approximate roots, `(b, c, c)`.

# %% exercise newton_schulz
def newton_schulz(matrices, steps):
    """Return approximate square roots of symmetric positive matrices: (b, c, c) -> (b, c, c)."""
    ### BEGIN SOLUTION
    trace = matrices.diagonal(dim1=-2, dim2=-1).sum(-1)[:, None, None]  # (b, 1, 1)
    eye = torch.eye(matrices.shape[-1])
    root, inverse = matrices / trace, eye
    for _ in range(steps):
        correction = (3 * eye - inverse @ root) / 2
        root, inverse = root @ correction, correction @ inverse
    return root * trace.sqrt()
    ### END SOLUTION

# %% check newton_schulz
srkit.exercises.check("newton_schulz", newton_schulz)

# %% [markdown]
# SAN makes five steps. How far is it then? For each eigenvalue of the covariance of the eight channels above, what part
# of its root is there after some steps:

# %%
matrix = covariance_pool(features)
values, vectors = torch.linalg.eigh(matrix[0])
print("steps   " + "".join(f"{value:9.1e}" for value in values) + "   (eigenvalues)")
for steps in (1, 3, 5, 8, 12):
    root = vectors.T @ newton_schulz(matrix, steps)[0] @ vectors
    print(f"{steps:5}   " + "".join(f"{part:9.1%}" for part in root.diagonal() / values.sqrt()))

# %% [markdown]
# The large ones are done after few steps; the small ones grow by a factor of at most 1.5 a step and lag behind. So
# "five steps" is not merely a cheap root: it is another function, which keeps weak directions down. The network learns
# with it, and has to be used with it.
#
# The row means of the root are the descriptor; from there on it is channel attention. Adding a constant to a channel
# does not change it, and neither does shuffling the pixels:

# %%
descriptor = newton_schulz(covariance_pool(features), 5).mean(1)
for name, other in (("shuffled", shuffled), ("brighter", features + 1.0)):
    moved = newton_schulz(covariance_pool(other), 5).mean(1)
    print(f"{name}: descriptor changes by at most {(moved - descriptor).abs().max():.0e}")
srkit.widgets.source(srkit.models.san.square_root)

# %% [markdown]
# The code that SAN's authors released holds 38,044 parameters that nothing uses, so counting it gives more than the
# network has. The library leaves them out and says so on SAN's card. A parameter count in a table is a measurement of
# somebody's program.
#
# ## 3. Non-local attention
#
# ### The idea
#
# Now the places. Every place $i$ asks with a *query* $q_i$, every place $j$ answers to a *key* $k_j$ with a *value*
# $v_j$; in networks all three are 1x1 convolutions of the features:
#
# $$z_i = \sum_j s_{ij}\, v_j, \qquad s_{ij} = \frac{\exp(q_i^{\mathsf T} k_j)}{\sum_m \exp(q_i^{\mathsf T} k_m)}$$
#
# (Wang, Girshick, Gupta, He, *Non-local Neural Networks*, CVPR 2018.) The shares of each asker add up to one, over
# *all* places: the sum in the denominator runs over those that are asked.
#
# ### By hand: exercise 7.4
#
# `query` and `key` are `(b, d, h, w)`, `value` is `(b, e, h, w)`; return $z$, `(b, e, h, w)`.

# %% exercise non_local
def non_local(query, key, value):
    """For each place, return the mean of all values, weighted by likeness: (b, e, h, w)."""
    ### BEGIN SOLUTION
    q, k, v = (maps.flatten(2) for maps in (query, key, value))  # (b, channels, n)
    shares = torch.softmax(q.mT @ k, dim=2)  # (b, n, n), rows add up to 1
    return (v @ shares.mT).reshape(value.shape)
    ### END SOLUTION

# %% check non_local
srkit.exercises.check("non_local", non_local)

# %% [markdown]
# ### See it
#
# No network is needed to make this useful. Let query and key be the surroundings of each pixel, and the value the
# pixel: then each pixel becomes a mean of the pixels with like surroundings. That is *non-local means* (Buades, Coll,
# Morel, CVPR 2005), a denoiser older than deep learning, and your function is all of it. One trick:
# $-\lVert q - k \rVert^2 / 2$ is $q^{\mathsf T} k - \lVert k \rVert^2 / 2$ but for a number that all keys share and the
# softmax ignores, so one more channel turns a product into a distance.

# %%
SIGMA = 25 / 255
noisy = photograph + SIGMA * torch.randn(photograph.shape, generator=torch.Generator().manual_seed(0))


def non_local_means(image, sigma):
    columns = surroundings(image) / (0.55 * sigma * 75**0.5)  # (1, 75, h*w)
    places = columns.unflatten(2, image.shape[1:])
    key = torch.cat([places, -places.square().sum(1, keepdim=True) / 2], dim=1)
    query = torch.cat([places, torch.ones_like(places[:, :1])], dim=1)
    return non_local(query, key, image[None])[0]


found = {"noisy": noisy, "5x5 mean": F.avg_pool2d(noisy, 5, 1, 2, count_include_pad=False)}
found["non-local"] = non_local_means(noisy, SIGMA)
for name, image in found.items():
    print(f"{name:10} {-10 * torch.log10((image - photograph).square().mean()):.2f} dB")
shown = [image.clamp(0, 1) for image in (*found.values(), photograph)]
srkit.widgets.show(*shown, titles=[*found, "truth"], zoom=3, alt="Noisy, denoised in two ways, and the truth")

# %% [markdown]
# The price is the table of shares: it has a row and a column for each place.

# %%
for side in (48, 96, 192, 1000):
    print(f"{side:4} x {side:<4} pixels: {4 * side**4 / 2**30:12,.2f} GiB for one table in float32")

# %% [markdown]
# **RNAN** (Zhang, Li, Li, Zhong, Fu, *Residual Non-local Attention Networks for Image Restoration*, ICLR 2019) affords
# it in its first and its last of ten groups. There it is part of a *mask* branch, which goes down to half the size and
# up again and ends in a sigmoid; the mask multiplies what a *trunk* of residual blocks gives. So attention in RNAN is a
# number for every value, and not only for every channel. SAN cuts the image into its four quarters and lets each look
# at itself.
#
# ### The library's version
#
# RNAN's released program has the softmax over the other axis: shares add up to one for each place that is *asked*. That
# is not the paper's formula, but the released weights were trained with it, so the library computes it that way and
# says so. Your `non_local` with the axis of the formula would spoil them.

# %%
srkit.widgets.source(srkit.models.rnan.find_everywhere)

# %%
q, k, v = torch.randn(3, 1, 6, 16, generator=torch.Generator().manual_seed(3)).mT  # three times (1, 16, 6)
mine = non_local(*(maps.mT.unflatten(2, (4, 4)) for maps in (q, k, v))).flatten(2).mT
theirs = srkit.models.rnan.find_everywhere(q, k, v)
print(f"the formula's shares and the program's give results {(mine - theirs).abs().max():.2f} apart")

# %% [markdown]
# ## 4. Across scales
#
# ### The idea
#
# A roof has large tiles in front and small ones behind. What is small at one place stands larger somewhere else in the
# *same* image, and there its detail can be seen. **CSNLN** (Mei, Fan, Zhou, Huang, Huang, Shi, *Image Super-Resolution
# with Cross-Scale Non-Local Attention and Exhaustive Self-Exemplars Mining*, CVPR 2020) makes attention of that:
# queries are 3x3 patches of the features, keys are 3x3 patches of the features *reduced by* $s$, and the value of a key
# is the $3s \times 3s$ patch that it was reduced from. Pasting values instead of adding pixels, the attention enlarges.

# %%
srkit.widgets.source(srkit.models.csnln.paste_larger)

# %% [markdown]
# Look at the last line. Pasted patches overlap, so their sum has to be divided; by how much? Lay down patches of ones
# and count:

# %%
patches = torch.ones(1, 6 * 6, 10 * 10)  # 100 patches of 6x6 pixels, two apart
cover = F.fold(patches, (20, 20), 6, stride=2, padding=2)[0, 0]
print(f"inside, each pixel is covered {cover[10, 10]:.0f} times; in the corner {cover[0, 0]:.0f} times")

# %% [markdown]
# The program divides by 6 everywhere, and later layers make up for it. Correct it, and the released weights no longer
# fit. With RNAN's axis and SAN's five steps that is the third time: a network is its code, not its figure.
#
# ## 5. Transformers
#
# ### The idea
#
# **IPT** (Chen et al., *Pre-Trained Image Processing Transformer*, CVPR 2021, 12299-12310) gives up convolutions in the
# body. It cuts 48x48 features into 256 "words" of 3x3 pixels and lets each attend to every other, in 12 encoder and 12
# decoder layers. Two things come back that you have seen missing. Attention does not know where anything is, so each
# word gets a learned *position*, added once. And one transformer serves several tasks (x2, x3, x4, two noise levels,
# rain), so the decoder's queries get a learned *task*. It was trained on ImageNet for all tasks at once; each has a
# head and a tail of its own.

# %%
words = F.unfold(torch.rand(1, 64, 48, 48), 3, stride=3).mT
print(f"words {tuple(words.shape[1:])}: {words.shape[1]} of them, each of {words.shape[2]} numbers")
for name in ("rcan", "ipt"):
    with torch.device("meta"):
        print(f"{name:5} {srkit.models.parameters(srkit.models.create(name, scale=2)):12,} parameters")

# %% [markdown]
# Its size is fixed at 48x48, since there are 256 positions and no more. Larger images go through in overlapping tiles.
#
# **SwinIR** (Liang, Cao, Sun, Zhang, Van Gool, Timofte, *SwinIR: Image Restoration Using Swin Transformer*, ICCV
# Workshops 2021, 1833-1844) has words of one pixel and lets them attend inside windows of 8x8 only. The table of shares
# then grows with the image and not with its square. Windows that never exchange anything would be small images of their
# own. So every second layer *shifts* them by half a window.
#
# ### By hand: exercise 7.5
#
# `features` is `(b, h, w, c)`, sides multiples of `window`; the channels stand last, as is usual in transformers. The
# windows of the grid begin `shift` pixels further down and to the right, and what sticks out at the end comes in again
# at the beginning (`torch.roll`). Cut them out, row by row, as `(b, n, window*window, c)`, hand them to `f`, which
# returns the same shape, put the result together, and shift it back.

# %% exercise in_windows
def in_windows(f, features, window, shift):
    """Apply f to the windows (b, n, window*window, c) of (b, h, w, c); the shape stays."""
    ### BEGIN SOLUTION
    b, h, w, c = features.shape
    moved = features.roll((-shift, -shift), dims=(1, 2))
    grid = moved.reshape(b, h // window, window, w // window, window, c).transpose(2, 3)
    windows = f(grid.reshape(b, -1, window * window, c))
    moved = windows.reshape(grid.shape).transpose(2, 3).reshape(b, h, w, c)
    return moved.roll((shift, shift), dims=(1, 2))
    ### END SOLUTION

# %% check in_windows
srkit.exercises.check("in_windows", in_windows)

# %% [markdown]
# ### See it
#
# One pixel is white. In each layer every pixel becomes the mean of its window, which is what attention does when it has
# no preference. How far does the white reach, with windows that stay and with windows that shift?

# %%
def mean_of_window(windows):
    return windows.mean(2, keepdim=True).expand_as(windows)


def reach(shifts, y=18, x=21, side=48):
    """Where one white pixel gets to, through one layer for each shift: (3, side, side)."""
    features = torch.zeros(1, side, side, 1)
    features[0, y, x] = 1.0
    for shift in shifts:
        features = in_windows(mean_of_window, features, 8, shift)
    return (features[0, ..., 0] > 0).float().expand(3, -1, -1)


plans = {"1 layer": [0], "3, never shifted": [0, 0, 0], "2, shifted": [0, 4], "3, shifted": [0, 4, 0]}
for name, shifts in plans.items():
    print(f"{name:17} reaches {reach(shifts)[0].sum():5.0f} of {48 * 48} pixels")
srkit.widgets.show(*map(reach, plans.values()), titles=list(plans), zoom=3, alt="Squares that grow where windows shift")

# %% [markdown]
# And in a real SwinIR, small and with random weights: whom the pixel in the orange frame asks, layer by layer.

# %%
swinir = srkit.models.create("swinir", scale=2, tiny=True)
srkit.widgets.attention_map(swinir, photograph[:, :24, :32], at=(11, 13))

# %% [markdown]
# ### The library's version
#
# One detail is left. A shift rolls the image, so the last windows hold pixels of opposite borders, which have nothing
# to do with each other. In the library a *mask* adds -100 to their likeness before the softmax, and their share is
# gone. Below, for an image of 16x16 and windows of 8: each square is one window's table, 64 places by 64; dark pairs
# are forbidden.

# %%
masks = srkit.layers.shift_mask(16, 16, 8)  # (4, 64, 64)
tables = [(0.9 + 0.8 * mask / 100).expand(3, -1, -1) for mask in masks]
names = ["upper left", "upper right", "lower left", "lower right"]
srkit.widgets.show(*tables, titles=names, zoom=2, alt="Four tables of pairs; all but the first have forbidden pairs")

# %%
features = torch.rand(2, 16, 24, 5)
theirs = srkit.layers.partition(features, 8)
mine = []
in_windows(lambda windows: mine.append(windows) or windows, features, 8, 0)
print(f"your windows equal the library's: {torch.equal(mine[0], theirs)}")
srkit.widgets.source(srkit.models.swinir.SwinLayer.forward)

# %% [markdown]
# SwinIR, the small one, drawn from the network.

# %%
srkit.widgets.diagram(srkit.models.create("swinir_light", scale=4))

# %% [markdown]
# ## 6. A whole network: exercise 7.6
#
# Attention is one line in a network; here you build the network round it, RCAN at teaching size. All convolutions are 3x3,
# have biases and keep the size. From the inside out:
#
# * a *block*: convolution, ReLU, convolution; the result is weighed by your `channel_attention` and added to what the block
#   was given. Its two matrices are `nn.Linear` layers without biases, `channels` to `few` and back; their `weight` is what your
#   function takes;
# * a *group*: `n_blocks` blocks, then one convolution, and the sum with what the group was given;
# * the *network*: a convolution from 3 to `channels`, `n_groups` groups, one convolution and the sum with the features of the
#   first one, a convolution to `3 * scale**2` channels and `F.pixel_shuffle(…, scale)`.

# %% exercise small_rcan
class SmallRCAN(nn.Module):
    """Enlarge (b, 3, h, w) to (b, 3, scale*h, scale*w)."""

    def __init__(self, scale, channels, n_groups, n_blocks, few):
        super().__init__()

        ### BEGIN SOLUTION
        def conv(c_in=channels, c_out=channels):
            return nn.Conv2d(c_in, c_out, 3, padding=1)

        def block():
            down, up = nn.Linear(channels, few, bias=False), nn.Linear(few, channels, bias=False)
            return nn.ModuleList([conv(), conv(), down, up])

        self.scale = scale
        self.head = conv(c_in=3)
        self.groups = nn.ModuleList(nn.ModuleList(block() for _ in range(n_blocks)) for _ in range(n_groups))
        self.ends = nn.ModuleList(conv() for _ in range(n_groups))
        self.last = conv()
        self.enlarge = conv(c_out=3 * scale**2)
        ### END SOLUTION

    def forward(self, lr):
        ### BEGIN SOLUTION
        first = features = self.head(lr)
        for group, end in zip(self.groups, self.ends, strict=True):
            before = features
            for conv1, conv2, down, up in group:
                residual = conv2(F.relu(conv1(features)))
                features = features + channel_attention(residual, down.weight, up.weight)
            features = before + end(features)
        features = first + self.last(features)
        return F.pixel_shuffle(self.enlarge(features), self.scale)
        ### END SOLUTION

# %% check small_rcan
srkit.exercises.check("small_rcan", SmallRCAN)

# %% [markdown]
# Train it for half a minute at x4, and look at what it makes of a photograph. The last picture but one is EDSR small, without
# attention, trained for nine minutes.

# %%
torch.manual_seed(0)
mine = SmallRCAN(scale=4, channels=24, n_groups=2, n_blocks=3, few=4)
pairs = srkit.datasets.samples(scale=4, split="train")
srkit.train(mine, pairs, steps=350, batch=8, patch=96, learning_rate=2e-3, schedule="cosine", progress=False)
print(f"{srkit.models.parameters(mine):,} parameters")

# %%
photographs = srkit.datasets.samples(scale=4, split="photographs")
wine = photographs[photographs.names.index("wine")]
lr, truth = wine.lr[:, 60:160, 20:150], wine.hr[:, 240:640, 80:600]
enlarged = {"bicubic": srkit.upscale(lr, srkit.models.create("bicubic", scale=4)), "yours": srkit.upscale(lr, mine)}
try:
    enlarged["nine minutes"] = srkit.upscale(lr, srkit.models.create("edsr_small", scale=4, pretrained="srkit"))
except srkit.errors.BadFile as problem:
    print("The trained network is left out.", problem)
srkit.widgets.compare(
    enlarged, truth=truth, scale=4, height=600, alt="A table with a glass and a bottle, and a drum, at four times their width"
)

# %% [markdown]
# ## What was reported, what we got
#
# All networks of this lesson at x2. Parameters and multiply-adds (for an image of 48x48) are counted here; the numbers
# of decibels are the papers', PSNR on luma; a dash stands where we know no source that can be checked. None of them was
# retrained for this course: the training of one takes days on GPUs.

# %%
from IPython.display import Markdown


def published(card, dataset):
    found = [score.psnr for score in card.published if (score.dataset, score.scale) == (dataset, 2)]
    return f"{found[0]:.2f}" if found else "–"


lines = ["| network | parameters | multiply-adds per pixel | Set5 | Urban100 |", "|---|--:|--:|--:|--:|"]
for name in ("edsr", "rcan", "san", "rnan", "csnln", "ipt", "swinir_light", "swinir"):
    card = srkit.models.card(name)
    with torch.device("meta"):
        net = srkit.models.create(name, scale=2)
    size, work = srkit.models.parameters(net), srkit.models.multiply_adds(net, size=(48, 48))
    scores = " | ".join(published(card, dataset) for dataset in ("set5", "urban100"))
    lines.append(f"| {card.title} | {size:,} | {work:,.0f} | {scores} |")
Markdown("\n".join(lines))

# %% [markdown]
# Three remarks on reading it. EDSR stands there without any attention: on Set5 the whole shelf moves within some tenths
# of a decibel. Urban100, full of windows and railings, spreads it further; the two transformers lead there, while RNAN,
# which looks everywhere, is behind EDSR, with less than a quarter of its parameters. And the rows are not trained on
# the same data: IPT saw ImageNet, this row of SwinIR DIV2K and Flickr2K, most others DIV2K alone. SwinIR's paper gives
# 878 thousand parameters for its light version, because it leaves out the tables of relative positions.
#
# ## Recap
#
# * Channel attention weighs channels by their means. It knows what, not where; second-order attention knows how
#   channels go together, and still not where.
# * Non-local attention is a softmax over all places and a weighted mean. Its table grows with the square of the pixels.
# * Windows make it affordable, shifts let them talk, a mask keeps opposite borders apart.
# * Released programs differ from the formulas in their papers; weights fit the program.
#
# Three questions to see whether it stayed:
#
# <details><summary>How many parameters has an attention of 64 channels, squeezed to 4, with biases?</summary>64 * 4 + 4 +
# 4 * 64 + 64 = 580.</details>
# <details><summary>You double both sides of an image. How much larger is the table of non-local attention, how much the
# tables of windows together?</summary>16 times and 4 times.</details>
# <details><summary>Why does a transformer need positions, and a convolution not?</summary>Attention treats places as a
# set: shuffle them, and the results are shuffled alike. A kernel has a different weight for each neighbour.</details>
#
# **Further doors.** Lesson 08 describes channels by cosine coefficients instead of means. A task to carry over: let
# `non_local_means` look only inside shifted windows with `in_windows`, and see how much of its gain stays and how much
# time it saves.
