# %% [markdown]
# # Efficient networks: trained wide, used narrow
#
# From EDSR (2017) to HAT (2023) the PSNR on Set5 at x4 rose from 32.46 to 33.04 dB. What EDSR needed 43 million
# parameters for, a network of 2026 does with a hundredth of them. In this lesson you count costs, write the block of
# IMDN, fold several branches into one convolution that gives the same results, and train a small network that is
# folded in the end.
#
# **You will be able to** count parameters, multiply-adds and activations of any network; say why none of them is a
# time; write a distillation block; fold parallel and consecutive convolutions into one, with their biases; explain
# what IMDN, RFDN, RLFN, SPAN and SPAN-V2 do, and what rounding weights to 8 bits costs.
#
# **You need** the multiply-adds of lesson 03, residual blocks of lesson 05 and grouped convolutions of lesson 08.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 16.1 `network_cost` | 3 of 5 | 4 of 5 | 15 |
# | 16.2 `distil` | 2 of 5 | 4 of 5 | 10 |
# | 16.3 `fold_branches` | 3 of 5 | 5 of 5 | 15 |
# | 16.4 `fold_chain` | 4 of 5 | 4 of 5 | 15 |
# | 16.5 `Quick` | 5 of 5 | 5 of 5 | 15 |

# %% setup
import copy
import time

import torch
import torch.nn.functional as F
from IPython.display import Markdown
from torch import nn

import srkit

torch.manual_seed(0);
# %% [markdown]
# ## A picture and a question
#
# Two networks enlarge the same small image four times. EDSR small makes 14 times as many multiplications as ESPCN.
# Look at the hair and at the edges of the flag: do you see them, and would you pay for them in a film, thirty times a
# second?

# %%
SCALE = 4
tests = srkit.datasets.samples(scale=SCALE)
pair = tests[0]
networks = {
    "bicubic": srkit.models.create("bicubic", scale=SCALE),
    "espcn": srkit.models.create("espcn", scale=SCALE, pretrained="srkit"),
    "edsr_small": srkit.models.create("edsr_small", scale=SCALE, pretrained="srkit"),
}
images = {name: srkit.upscale(pair.lr, net).clamp(0, 1) for name, net in networks.items()}
srkit.widgets.compare(images, truth=pair.hr, alt="A photograph enlarged four times: bicubic, ESPCN, EDSR small")

# %% [markdown]
# ### Your prediction
#
# RLFN and BSRN are two networks of 2022 of nearly the same PSNR. BSRN replaces each 3x3 convolution by a 1x1
# convolution and a *depthwise* 3x3 one, in which each channel sees itself only; so it makes about a third fewer
# multiply-adds. On your computer, does BSRN take less time than RLFN for the same image? Write `"less"`, `"the same"`
# (within a tenth) or `"more"`.

# %%
guess = "?"
srkit.exercises.predict("16-fewer-products", guess, choices=["less", "the same", "more"])

# %% [markdown]
# ## 1. What a network costs
#
# ### The idea
#
# Four numbers are reported. *Parameters* are what is stored. *Multiply-adds* are the products of all convolutions for
# an image of a given size. *Activations* are the values that all convolutions write, and that have to go to memory
# and come back. The fourth is the time, on a stated machine. The NTIRE challenge on efficient super-resolution, held
# each year since 2022, asks for a fixed PSNR and ranks by time, parameters and multiply-adds.
#
# ### By hand: exercise 16.1
#
# `net` is any network, `lr` an image `(1, 3, h, w)`. Run the network on it and return three whole numbers: the
# parameters, the multiply-adds of all `nn.Conv2d` in it, and the activations, which are the numbers that those layers
# put out. A layer that runs twice is stored once and works twice. Leave the network as you found it.


# %% exercise network_cost
def network_cost(net, lr):
    """Return (parameters, multiply-adds, activations) of a network's convolutions for an image lr."""
    ### BEGIN SOLUTION
    products, values = [], []

    def note(layer, inputs, result):
        products.append(result.numel() * layer.weight[0].numel())
        values.append(result.numel())

    hooks = [layer.register_forward_hook(note) for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    with torch.no_grad():
        net(lr)
    for hook in hooks:
        hook.remove()
    return sum(weight.numel() for weight in net.parameters()), sum(products), sum(values)
    ### END SOLUTION


# %% check network_cost
srkit.exercises.check("network_cost", network_cost)

# %% [markdown]
# ### See it
#
# Seven networks at x4, with random weights, for their cost does not depend on the weights. Multiply-adds and
# activations are for an image of 64x64. The time is the best of five on this computer, right now; run the cell again
# and see how much of it stays.

# %%
small = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def milliseconds(net, lr, repeats=5):
    """The shortest of some times that a network takes for an image."""
    times = []
    with torch.no_grad():
        for _ in range(repeats + 1):  # the first one warms up
            start = time.perf_counter()
            net(lr)
            times.append(1000 * (time.perf_counter() - start))
    return min(times[1:])


def set5(name):
    """PSNR of the published weights on Set5 at x4: the paper's own number, else the one measured by us."""
    card = srkit.models.card(name)
    found = [score.psnr for score in (*card.published, *card.measured) if (score.dataset, score.scale) == ("set5", 4)]
    return f"{found[0]:.2f}" if found else "–"


cost, took = {}, {}
lines = [
    "| network | year | parameters | multiply-adds | activations | ms here | Set5 x4 |",
    "|---|--:|--:|--:|--:|--:|--:|",
]
for name in ("edsr_small", "imdn", "rfdn", "rlfn", "bsrn", "span_s", "span_v2"):
    net, card = srkit.models.create(name, scale=4).eval(), srkit.models.card(name)
    cost[name], took[name] = network_cost(net, small), milliseconds(net, small)
    numbers = " | ".join(f"{number:,}" for number in cost[name])
    lines.append(f"| {card.title} | {card.year} | {numbers} | {took[name]:.0f} | {set5(name)} |")
Markdown("\n".join(lines))

# %%
ratio = took["bsrn"] / took["rlfn"]
products = cost["bsrn"][1] / cost["rlfn"][1]
print(f"BSRN makes {products:.2f} times the multiply-adds of RLFN and takes {ratio:.2f} times as long here")
srkit.exercises.recall("16-fewer-products", "less" if ratio < 0.9 else "the same" if ratio <= 1.1 else "more")

# %% [markdown]
# A processor that waits for memory does not multiply. A depthwise convolution reads and writes as many values as a
# dense one and makes nine products with each of them, so its time is that of the memory. This is why activations are
# counted, and why the winners by time, RLFN in 2022, SPAN in 2024 and SPAN-V2 in 2026, are made of plain 3x3
# convolutions, while BSRN won by complexity in 2022. (The Set5 column is the paper's own number where its card has
# one, else that of the authors' weights, measured by us: PSNR of luma, shaved by 4; EDSR small is the course's,
# trained for nine minutes.)
#
# ## 2. Keep a part, refine the rest
#
# ### The idea
#
# Not all that a layer finds needs further work. **IMDN** (Hui, Gao, Yang, Wang, *Lightweight Image Super-Resolution
# with Information Multi-distillation Network*, ACM Multimedia 2019, 2024-2032) activates what a convolution gives,
# keeps a quarter of the channels as they are, and sends the other three quarters through the next convolution. After
# the last one, all that was kept is joined.
#
# ### By hand: exercise 16.2
#
# `features` is `(b, c, h, w)`, `layers` a list of functions. All but the last are used alike: apply the layer,
# activate with a leaky ReLU of slope 0.05, keep the first `keep` channels, and go on with the others. The last layer
# is applied to what is left and is not activated. Return what was kept, in order, and the result of the last layer,
# joined along the channels.


# %% exercise distil
def distil(features, layers, keep):
    """Keep some channels after each layer and refine the others: (b, c, h, w) -> (b, len(layers) * keep, h, w)."""
    ### BEGIN SOLUTION
    kept = []
    for layer in layers[:-1]:
        maps = F.leaky_relu(layer(features), 0.05)
        kept.append(maps[:, :keep])
        features = maps[:, keep:]
    return torch.cat([*kept, layers[-1](features)], dim=1)
    ### END SOLUTION


# %% check distil
srkit.exercises.check("distil", distil)

# %% [markdown]
# ### See it
#
# Four dense convolutions of 64 channels, against the four of IMDN's block:

# %%
dense, slim = 4 * 64 * 64 * 9, (64 * 64 + 2 * 48 * 64 + 48 * 16) * 9
print(f"weights of four dense layers {dense:,}, of the four in an IMDN block {slim:,}: {slim / dense:.0%}")
imdn = srkit.models.create("imdn", scale=4)
block = imdn.blocks[0]
joined = distil(imdn.head(small), list(block.convs), keep=16)
theirs = []
handle = block.attention.register_forward_pre_hook(lambda layer, inputs: theirs.append(inputs[0]))
imdn(small)
handle.remove()
print(f"your block and the library's differ by at most {(joined - theirs[0]).abs().max():.0e}")
srkit.widgets.source(srkit.models.imdn.Block)

# %%
srkit.widgets.diagram(imdn)

# %% [markdown]
# **RFDN** (Liu, Tang, Wu, ECCV Workshops 2020) noticed that cutting channels is the same as two convolutions side by
# side, replaced the cut by a 1x1 convolution, and put a skip round each 3x3. **RLFN** (Kong et al., CVPR Workshops
# 2022) measured where the time goes, took the branches out again, and left three plain 3x3 convolutions with one
# skip: fewer clever parts, less memory traffic, first by run time in NTIRE 2022. If branches are slow, but help the
# training, can a network have them while it learns and lose them afterwards?
#
# ## 3. Several branches, one kernel
#
# ### The idea
#
# A convolution is linear in its kernel. With kernels $A$ and $B$ of the same size,
#
# $$A * x + B * x = (A + B) * x$$
#
# A 1x1 kernel is a 3x3 kernel with zeros round it, and a skip is a 1x1 convolution with the identity matrix. So a
# block of three branches *is* one 3x3 convolution, as long as nothing between the branches and the sum is not linear.
# This is *re-parameterisation* (RepVGG: Ding, Zhang, Ma, Han, Ding, Sun, CVPR 2021; for super-resolution ECBSR:
# Zhang, Zeng, Zhang, ACM Multimedia 2021). Training moves along other paths with branches, since the three share one
# gradient; the functions that can be reached are the same.
#
# ### By hand: exercise 16.3
#
# `three` is `(c, c, 3, 3)`, `one` is `(c, c, 1, 1)`, both biases are `(c,)`. A block gives `conv(x, three) + conv(x,
# one) + x`, with the biases. Return kernel `(c, c, 3, 3)` and bias `(c,)` of the one convolution that gives the same.


# %% exercise fold_branches
def fold_branches(three, three_bias, one, one_bias):
    """Return (kernel, bias) of one 3x3 convolution equal to a 3x3, a 1x1 and a skip, added up."""
    ### BEGIN SOLUTION
    skip = torch.eye(len(one))[:, :, None, None]  # (c, c, 1, 1)
    kernel = three + F.pad(one + skip, (1, 1, 1, 1))  # (c, c, 3, 3)
    return kernel, three_bias + one_bias
    ### END SOLUTION


# %% check fold_branches
srkit.exercises.check("fold_branches", fold_branches)

# %% [markdown]
# ### See it
#
# Sixteen channels of a photograph, once through three branches and once through your kernel: the largest difference,
# and the times.

# %%
three, one = nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 16, 1)
kernel, bias = fold_branches(three.weight, three.bias, one.weight, one.bias)
x = F.conv2d(pair.hr[None], torch.randn(16, 3, 3, 3), padding=1)  # (1, 16, h, w)
with torch.no_grad():
    apart = (three(x) + one(x) + x - F.conv2d(x, kernel, bias, padding=1)).abs().max()
branches = milliseconds(lambda x: three(x) + one(x) + x, x)
alone = milliseconds(lambda x: F.conv2d(x, kernel, bias, padding=1), x)
print(f"largest difference {apart:.0e}; three branches {branches:.1f} ms, one kernel {alone:.1f} ms")

# %% [markdown]
# ## 4. One after another
#
# ### The idea
#
# Branches may be chains. **SPAN** (Wan, Yu, Li, Chen, Zou, Liu, Yin, Zuo, *Swift Parameter-free Attention Network for
# Efficient Super-Resolution*, CVPR Workshops 2024, 6246-6256; winner of the NTIRE 2024 efficient track) trains each
# 3x3 convolution as a 1x1 to twice the channels, a 3x3, a 1x1 back, and a 1x1 beside them. Without an activation in
# between, a chain is linear as well:
#
# $$y = K\,(M x + a) + b$$
#
# where $M$ is the matrix of the 1x1, $a$ its bias and $K$ a tap of the 3x3: each tap of the new kernel is a product
# of two matrices. And the bias $a$ is a constant image, which $K$ sees through all of its nine taps.
#
# ### By hand: exercise 16.4
#
# `one` is `(k, n, 1, 1)` and comes first, `three` is `(m, k, 3, 3)`. Return the kernel `(m, n, 3, 3)` and the bias
# `(m,)` of one convolution that gives the same for every pixel away from the border.


# %% exercise fold_chain
def fold_chain(one, one_bias, three, three_bias):
    """Return (kernel, bias) of one 3x3 convolution equal to a 1x1 and a 3x3 behind it."""
    ### BEGIN SOLUTION
    kernel = torch.einsum("mkyx,kn->mnyx", three, one[:, :, 0, 0])
    return kernel, three_bias + three.sum((2, 3)) @ one_bias
    ### END SOLUTION


# %% check fold_chain
srkit.exercises.check("fold_chain", fold_chain)

# %% [markdown]
# ### See it: what happens at the border
#
# Where a 3x3 convolution pads with zeros, the chain pads *after* the 1x1, and a zero there is not what the 1x1 would
# have made of a zero pixel: that would be its bias. Below, the difference between chain and kernel, once with zeros
# round the map and once with the image padded before the 1x1. SPAN pads the image; ECBSR pads the map with the bias.
# Both are exact to the last pixel.

# %%
first, second = nn.Conv2d(3, 24, 1), nn.Conv2d(24, 3, 3)
kernel, bias = fold_chain(first.weight, first.bias, second.weight, second.bias)
image = pair.lr[None]
with torch.no_grad():
    folded = F.conv2d(image, kernel, bias, padding=1)
    wrong = second(F.pad(first(image), (1, 1, 1, 1))) - folded
    right = second(first(F.pad(image, (1, 1, 1, 1)))) - folded
print(
    f"map padded with zeros: {wrong.abs().max():.3f} apart, {wrong[..., 1:-1, 1:-1].abs().max():.0e} inside the border"
)
print(f"image padded first:    {right.abs().max():.0e} apart")
srkit.widgets.show(
    (wrong[0].abs() / wrong.abs().max()),
    (right[0].abs() / wrong.abs().max()),
    zoom=3,
    titles=["map padded with zeros", "image padded first"],
    alt="Two maps of differences: a bright frame of one pixel, and black",
)

# %% [markdown]
# ### The library's version

# %%
srkit.widgets.source(srkit.models.span.fold)

# %%
span = srkit.models.create("span", scale=4)
plain = srkit.models.create("span", scale=4, folded=True)
count = [f"{srkit.models.parameters(net):,}" for net in (span, plain)]
print(f"SPAN while it is trained: {count[0]} parameters; folded, as its paper counts it: {count[1]}")
srkit.widgets.diagram(srkit.models.create("span_v2", scale=4))

# %% [markdown]
# **SPAN-V2** won the NTIRE 2026 efficient track (report: arXiv 2604.03198) with 139,104 parameters: it drops SPAN's
# mean shift, begins with the image itself, and lets a 1x1 convolution learn how the gate is scaled. The same
# challenge shows the two ends of the trade: ZenoSR reaches the threshold with 37,786 parameters and takes 45.5 ms on
# the organisers' A6000, SPAN-V2 takes 5.24 ms (their results table, `Amazingren/NTIRE2026_ESR`).
#
# ## 5. A network of your own
#
# ### The plan
#
# ```
# lr -> 3x3, 3 to c -> ReLU -> block -> … -> block -> 3x3, c to 3*s*s -> pixel shuffle -> + -> sr
#  |                                                                                       ^
#  +------------------------------ every pixel repeated s x s times -----------------------+
#
# block(x) = ReLU(3x3(x) + 1x1(x) + x)
# ```
#
# ### By hand: exercise 16.5
#
# All convolutions have biases and keep the size. Write the network, and `plain()`: the list of `(kernel, bias)`, 3x3
# each, of the network without branches, from the first layer to the last; run with a ReLU between any two, it gives
# the same image.


# %% exercise quick
class Quick(nn.Module):
    """Trained with three branches for each block, used with one: (b, 3, h, w) -> (b, 3, s*h, s*w)."""

    def __init__(self, scale, channels, n_blocks):
        super().__init__()
        self.scale = scale
        ### BEGIN SOLUTION
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.threes = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(n_blocks))
        self.ones = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(n_blocks))
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        ### END SOLUTION

    def forward(self, lr):
        ### BEGIN SOLUTION
        features = F.relu(self.head(lr))
        for three, one in zip(self.threes, self.ones):
            features = F.relu(three(features) + one(features) + features)
        detail = F.pixel_shuffle(self.tail(features), self.scale)
        return detail + F.interpolate(lr, scale_factor=self.scale, mode="nearest")
        ### END SOLUTION

    def plain(self):
        ### BEGIN SOLUTION
        layers = [(self.head.weight, self.head.bias)]
        for three, one in zip(self.threes, self.ones):
            centre = one.weight + torch.eye(len(one.bias))[:, :, None, None]
            layers.append((three.weight + F.pad(centre, (1, 1, 1, 1)), three.bias + one.bias))
        return [*layers, (self.tail.weight, self.tail.bias)]
        ### END SOLUTION


# %% check quick
srkit.exercises.check("quick", Quick)

# %% [markdown]
# ### Train it
#
# Three networks are trained alike, on the same patches for the same number of steps: yours; the same without the 1x1
# and the skip, which is what yours looks like after folding; and an EDSR that is about as large.


# %%
class Bare(Quick):
    """The same network without the branches, from the start."""

    def forward(self, lr):
        features = F.relu(self.head(lr))
        for three in self.threes:
            features = F.relu(three(features))
        detail = F.pixel_shuffle(self.tail(features), self.scale)
        return detail + F.interpolate(lr, scale_factor=self.scale, mode="nearest")


class Plain(nn.Module):
    """A network of plain layers, as plain() returns them."""

    def __init__(self, layers, scale):
        super().__init__()
        self.scale = scale
        self.layers = nn.ModuleList(nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, padding=1) for kernel, _ in layers)
        for layer, (kernel, bias) in zip(self.layers, layers):
            layer.weight.data, layer.bias.data = kernel.detach().clone(), bias.detach().clone()

    def forward(self, lr):
        features = self.layers[0](lr)
        for layer in self.layers[1:]:
            features = layer(F.relu(features))
        repeated = F.interpolate(lr, scale_factor=self.scale, mode="nearest")
        return F.pixel_shuffle(features, self.scale) + repeated


candidates = {
    "with branches": lambda: Quick(SCALE, 24, 5),
    "without branches": lambda: Bare(SCALE, 24, 5),
    "an EDSR": lambda: srkit.models.create("edsr", scale=SCALE, channels=16, n_blocks=4),
}
train_pairs = srkit.datasets.samples(scale=SCALE, split="train")
mine = {}
for name, make in candidates.items():
    torch.manual_seed(0)
    mine[name] = make()
    options = {"batch": 8, "patch": 64, "learning_rate": 1e-3, "seed": 0, "progress": False}
    srkit.train(mine[name], train_pairs, steps=300, **options)

# %%
mine["yours, folded"] = Plain(mine["with branches"].plain(), SCALE)
lines = ["| network | parameters | ms for 64x64 | PSNR |", "|---|--:|--:|--:|"]
for name, net in {**networks, **mine}.items():
    size = sum(weight.numel() for weight in net.parameters())
    score = srkit.evaluate(net.eval(), tests).mean.psnr
    lines.append(f"| {name} | {size:,} | {milliseconds(net, small):.1f} | {score:.2f} dB |")
Markdown("\n".join(lines))

# %% [markdown]
# Two rows must agree to the last digit: with branches and folded. Three hundred steps bring these networks about as
# far as bicubic interpolation; ESPCN, which is smaller, was trained for longer and is beyond it. Whether branches
# helped is a matter of one seed here; ECBSR and SPAN are trained for hundreds of thousands of steps. What is certain
# is that branches cost nothing once they are folded. (Sample photographs at x4, PSNR of luma.)

# %%
images = {
    name: srkit.upscale(pair.lr, net).clamp(0, 1) for name, net in {**networks, **mine}.items() if name != "espcn"
}
srkit.widgets.compare(images, truth=pair.hr, alt="A photograph enlarged four times by the networks of this lesson")

# %% [markdown]
# ## 6. Fewer bits, fewer channels
#
# ### The idea
#
# Weights are float32 because training needs small steps; using them does not. *Quantisation* to $n$ bits keeps one
# scale for each output channel and rounds each weight to one of $2^n - 1$ whole numbers. *Pruning* removes the
# channels that matter least, usually those with the smallest weights. Both are measured here on the trained EDSR
# small, without training it again.


# %%
def rounded(net, bits):
    """A copy of a network whose convolutions' weights have few bits, with one scale for each output channel."""
    net = copy.deepcopy(net)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            step = layer.weight.data.abs().amax((1, 2, 3), keepdim=True) / (2 ** (bits - 1) - 1)
            layer.weight.data = (layer.weight.data / step.clamp(min=1e-12)).round() * step
    return net


def pruned(net, share):
    """A copy of a network in whose blocks the given share of inner channels, those of the smallest weights, is zero."""
    net = copy.deepcopy(net)
    firsts = [layer for name, layer in net.named_modules() if name.endswith("conv1")]
    for layer in firsts:  # the first layer of each block: what it gives is read by the second alone
        size = layer.weight.data.abs().sum((1, 2, 3))
        dead = size.argsort()[: int(share * len(size))]
        layer.weight.data[dead], layer.bias.data[dead] = 0, 0
    return net


edsr = networks["edsr_small"]
whole = srkit.evaluate(edsr, tests).mean.psnr
for bits in (8, 6, 5, 4, 3):
    print(f"{bits} bits for each weight: {srkit.evaluate(rounded(edsr, bits), tests).mean.psnr - whole:+.2f} dB")
for share in (0.05, 0.1, 0.25, 0.5):
    print(
        f"{share:4.0%} of the inner channels removed: {srkit.evaluate(pruned(edsr, share), tests).mean.psnr - whole:+.2f} dB"
    )

# %% [markdown]
# Eight bits are a quarter of the memory at almost no loss, which is why phones and their chips compute in int8;
# rounding the activations as well, as those chips do, costs some more, and is usually repaired by training a little
# with the rounding switched on. Removing channels costs more, and there, too, some more training is part of the
# method.
#
# ## What was reported, what we got
#
# EDSR (2017) needs 43 million parameters for 32.46 dB on Set5 at x4. HAESR, of the NTIRE 2026 efficient track,
# reaches the same with 352,869:

# %%
lines = ["| network | year | parameters at x4 | Set5 x4 |", "|---|--:|--:|--:|"]
for name in ("edsr", "imdn", "rfdn", "rlfn", "bsrn", "span_s", "span_v2", "haesr"):
    card = srkit.models.card(name)
    lines.append(f"| [{card.title}]({card.url}) | {card.year} | {card.parameters[4]:,} | {set5(name)} |")
Markdown("\n".join(lines))

# %% [markdown]
# ## Recap
#
# * Parameters are stored, multiply-adds are computed, activations are moved. None of them is the time.
# * Distillation keeps a part of the channels after each layer, so that the next one is cheaper.
# * Parallel and consecutive convolutions without an activation between them are one convolution. Train with branches,
#   fold, and use the plain network: the result is the same to the rounding of float32.
# * At the border a chain is exact only if the padding passes through the first layer, bias included.
#
# Three questions to see whether it stayed:
#
# <details><summary>A block has a ReLU on its 1x1 branch before the sum. Can it be folded?</summary>No: the branch is
# not linear any more, and no kernel does the same for all images.</details>
# <details><summary>A depthwise 3x3 convolution of 64 channels: how many products for each number that it writes, and
# how many has a dense one?</summary>9, and 64 * 9 = 576.</details>
# <details><summary>Why is the folded network of SPAN not trained as it is?</summary>It could be, and would reach the
# same functions. With branches, gradient steps go other ways, which usually end a little better.</details>
#
# **Further doors.** Lesson 08 has the cost of grouped convolutions, lesson 10 other tricks that cost nothing at test
# time. A task to carry over: give `Quick` SPAN's chain in each block, fold it with `fold_chain` twice and
# `fold_branches` once, and see whether it learns better in the same number of steps.
