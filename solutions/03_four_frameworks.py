# %% [markdown]
# # Four frameworks: where does the image grow?
#
# A network for super-resolution takes a small image and gives a large one, so somewhere inside pixels become more numerous.
# Where that happens, early, late, step by step or again and again, is the first decision of every design, and it decides what
# the network costs. In this lesson you write the heart of all four answers and let them compete.
#
# **You will be able to** place any network of this course in one of four frameworks; count what a network costs for one
# pixel of its result; say why a smaller cost can mean a better image.
#
# **You need** convolutions in PyTorch, and PSNR and bicubic interpolation from lesson 02.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 3.1 `srcnn` | 2 of 5 | 4 of 5 | 15 |
# | 3.2 `multiply_adds` | 2 of 5 | 4 of 5 | 10 |
# | 3.3 `espcn` | 2 of 5 | 5 of 5 | 10 |
# | 3.4 `pyramid_level` | 2 of 5 | 3 of 5 | 10 |
# | 3.5 `up_projection` | 2 of 5 | 3 of 5 | 10 |

# %% setup
import torch
import torch.nn.functional as F
from torch import nn

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# Each square below is an image, or the features of one, on its way through a network that enlarges by 4. The side of the
# square is the side of the image. Every arrow is a layer, and a layer works on all pixels of what it is given. Which row is
# the most work?

# %%
from IPython.display import HTML

rows = {
    "pre-upsampling": (1, 4, 4, 4, 4, 4),
    "post-upsampling": (1, 1, 1, 1, 1, 4),
    "progressive": (1, 1, 1, 2, 2, 4),
    "iterative up-and-down": (1, 4, 1, 4, 1, 4),
}


def squares(sides):
    """Draw a row of squares with arrows between."""
    box = '<span style="display:inline-block;vertical-align:middle;background:#0072B2;width:{0}px;height:{0}px"></span>'
    return " → ".join(box.format(11 * side) for side in sides)


table = ""
for name, sides in rows.items():
    table += f"<tr><th scope='row'>{name}</th><td style='text-align:left'>{squares(sides)}</td></tr>"
HTML(f"<table aria-label='Sizes of images on their way through four kinds of networks'>{table}</table>")

# %% [markdown]
# ### Your prediction
#
# At the end of this lesson four small networks, one of each kind, are trained on the same photographs. All get the same
# budget, counted in *multiplications*, not in steps: a network that costs more makes fewer steps. Which ends up with the highest
# PSNR? Write the name of a row of the table.

# %%
guess = "?"
srkit.exercises.predict("03-same-budget", guess, choices=list(rows))

# %% [markdown]
# ## 1. Enlarge first: pre-upsampling
#
# ### The idea
#
# Let a fixed rule do the enlarging, and let the network only sharpen. SRCNN (Dong, Loy, He, Tang, *Image Super-Resolution
# Using Deep Convolutional Networks*, TPAMI 38(2), 2016; first at ECCV 2014) was the first network of the field: bicubic
# interpolation, then three convolutions, on luma alone. Input and output have one size, so any network that maps images to
# images can be used, and one network serves every scale. The price: interpolation has blurred the image before the network sees
# it, noise was enlarged with it, and all work is done on large images.
#
# In formulas, with $\text{↑}_s$ for bicubic enlargement, $w_i$ and $b_i$ for weights and constants:
#
# $$\hat{x} = w_3 * \max(0,\; w_2 * \max(0,\; w_1 * y\text{↑}_s + b_1) + b_2) + b_3$$
#
# ### By hand: exercise 3.1
#
# `image` is enlarged already, `(b, 1, h, w)`. `layers` is a list of pairs: weights `(out, in, k, k)` with odd `k`, and
# constants `(out,)`. The size stays, so each layer pads what it is given, by *repeating the outer pixels* (`mode="replicate"`).

# %% exercise srcnn
def srcnn(image, layers):
    """Convolve with each layer, ReLU between them: (b, 1, h, w) -> (b, 1, h, w)."""
    ### BEGIN SOLUTION
    for number, (weight, bias) in enumerate(layers):
        half = weight.shape[-1] // 2
        image = F.conv2d(F.pad(image, [half] * 4, mode="replicate"), weight, bias)
        if number < len(layers) - 1:
            image = F.relu(image)
    return image
    ### END SOLUTION

# %% check srcnn
srkit.exercises.check("srcnn", srcnn)

# %% [markdown]
# ### See it
#
# Here your function runs with weights that were trained for the course, and once more with zeros around each layer.

# %%
def trained(name):
    """Return a network of the library at x2, with the course's weights where they are there."""
    try:
        return srkit.models.create(name, scale=2, pretrained="srkit")
    except srkit.errors.BadFile:
        print(f"The trained weights of {name} are not here: its weights are random, its results mean nothing.")
        return srkit.models.create(name, scale=2)


def layers_of(net):
    """Return the weights and constants of all convolutions of a network."""
    return [(m.weight.detach(), m.bias.detach()) for m in net.modules() if isinstance(m, nn.Conv2d)]


pair = srkit.datasets.samples(scale=2)[2]
small, large = srkit.ops.rgb_to_y(pair.lr[None]), srkit.ops.rgb_to_y(pair.hr[None])  # (1, 1, h, w)
bicubic = srkit.ops.imresize(small, 2)
sharp = srcnn(bicubic, layers_of(trained("srcnn")))


def decibels(image, border=2):
    """PSNR of a luma image against the original, without a border."""
    h, w = large.shape[-2:]
    error = (image - large)[..., border : h - border, border : w - border]
    return -10 * torch.log10(error.square().mean()).item()


print(f"bicubic {decibels(bicubic):.2f} dB, SRCNN {decibels(sharp):.2f} dB")

# %%
zeros = bicubic
for number, (weight, bias) in enumerate(layers_of(trained("srcnn"))):
    zeros = F.conv2d(F.relu(zeros) if number else zeros, weight, bias, padding=weight.shape[-1] // 2)
print(f"whole image, border included: repeated {decibels(sharp, 0):.2f} dB, zeros {decibels(zeros, 0):.2f} dB")
detail = (0, slice(None), slice(0, 60), slice(0, 90))
srkit.widgets.show(
    *(x[detail].expand(3, -1, -1) for x in (bicubic, sharp, zeros)),
    titles=["bicubic", "SRCNN", "with zeros around"],
    alt="The upper left corner: bicubic, SRCNN, and SRCNN with zeros at the border, which leave a dirty frame",
    zoom=3,
)

# %%
srkit.widgets.receptive_field(trained("srcnn"), pair.lr[:, 60:92, 80:120])

# %% [markdown]
# Every pixel of the result was computed from the white square, and that is why a border has any effect at all.
#
# The padding is no detail. The authors trained without any padding, and with their weights at x4 zeros cost seven decibels on
# Set5, because the usual protocol leaves out only four pixels at each side.
#
# **VDSR** (Kim, Lee, Lee, *Accurate Image Super-Resolution Using Very Deep Convolutional Networks*, CVPR 2016) has twenty layers where
# SRCNN has three, and adds the input to the result, so that only the difference is learned (lesson 05 is about that). It pads
# with zeros; away from the border your function is VDSR as well.

# %%
vdsr = trained("vdsr")
with torch.no_grad():
    theirs = vdsr.enlarge_luma(small)
mine = bicubic + srcnn(bicubic, layers_of(vdsr))
inside = (..., slice(20, -20), slice(20, -20))  # one layer more, one pixel farther: 20 layers, 20 pixels
print(f"largest difference to the library's VDSR, 20 pixels from the border: {(mine - theirs)[inside].abs().max():.1e}")
print(f"VDSR: {decibels(theirs):.2f} dB")

# %% [markdown]
# ## 2. What it costs
#
# ### The idea
#
# Count the multiplications, each with its addition, for *one pixel of the result*. A convolution needs, for each place it works
# on, one for each of its weights: $k^2 \cdot c_\text{in} \cdot c_\text{out}$. If it works on images that are $r$ times as wide and
# high as the small one, there are $r^2$ places for each small pixel; the result has $s^2$. So
#
# $$\text{cost} = \sum_{\text{layers}} k^2\, c_\text{in}\, c_\text{out} \left(\frac{r}{s}\right)^2$$
#
# ### By hand: exercise 3.2
#
# `layers` is a list of `(size, kernel, into, out)`, where `size` is $r$. Return the cost, a number; constants and activations are
# not counted.

# %% exercise multiply_adds
def multiply_adds(layers, scale):
    """Return the multiply-adds for one output pixel."""
    ### BEGIN SOLUTION
    total = 0
    for size, kernel, into, out in layers:
        total += kernel**2 * into * out * size**2
    return total / scale**2
    ### END SOLUTION

# %% check multiply_adds
srkit.exercises.check("multiply_adds", multiply_adds)

# %% [markdown]
# ### See it
#
# SRCNN works at size $s$ from beginning to end; ESPCN, which comes next, at size 1. The library counts by running a network
# and watching.

# %%
plans = {
    "srcnn": [(4, 9, 1, 64), (4, 5, 64, 32), (4, 5, 32, 1)],
    "vdsr": [(4, 3, 1, 64), *[(4, 3, 64, 64)] * 18, (4, 3, 64, 1)],
    "espcn": [(1, 5, 1, 64), (1, 3, 64, 32), (1, 3, 32, 16)],
}
for name, layers in plans.items():
    counted = srkit.models.multiply_adds(srkit.models.create(name, scale=4))
    print(f"{name:6} x4: {multiply_adds(layers, 4):>9,.0f} by your count, {counted:>9,.0f} by the library's")

# %% [markdown]
# The same network layer by layer, for the photograph above: unfold what has parts.

# %%
srkit.widgets.shapes(srkit.models.create("espcn", scale=4), pair.lr)

# %% [markdown]
# ### The library's version

# %%
srkit.widgets.source(srkit.models.multiply_adds)

# %% [markdown]
# ## 3. Enlarge last: post-upsampling
#
# ### The idea
#
# Do the work on the small image and enlarge at the very end, with a layer that is learned. The same body of layers then costs
# $s^2$ times less, or can be $s^2$ times larger at the same cost. The price: all detail has to come out of one layer at the end,
# and that layer has its scale built in, so each scale needs an end of its own.
#
# **ESPCN** (Shi et al., *Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
# Network*, CVPR 2016) lets its last convolution give $s^2$ channels, and lays them out as $s \times s$ pixels.
# **FSRCNN** (Dong, Loy, Tang, *Accelerating the Super-Resolution Convolutional Neural Network*, ECCV 2016) shrinks 56 channels to
# 12, maps with 3 x 3 convolutions, expands to 56 again and enlarges by a transposed convolution, the only layer that changes with
# the scale. Lesson 04 is about these two ways to enlarge. Most networks since then, EDSR and RCAN among them, are post-upsampling.
#
# ### By hand: exercise 3.3
#
# `image` is the small one, `(b, 1, h, w)`; the last of the `layers` gives `scale * scale` channels. Between the layers stands
# `torch.tanh`, as in the paper; pad with zeros. `F.pixel_shuffle(x, scale)` lays channels out as pixels.

# %% exercise espcn
def espcn(image, layers, scale):
    """Convolve the small image and enlarge last: (b, 1, h, w) -> (b, 1, scale*h, scale*w)."""
    ### BEGIN SOLUTION
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2)
        if number < len(layers) - 1:
            image = torch.tanh(image)
    return F.pixel_shuffle(image, scale)
    ### END SOLUTION

# %% check espcn
srkit.exercises.check("espcn", espcn)

# %% [markdown]
# ### See it
#
# Both your networks, with trained weights, on the same small image. The time is that of your functions on this machine.

# %%
import time

results = {"bicubic": bicubic}
for name, run in (("srcnn", lambda w: srcnn(bicubic, w)), ("espcn", lambda w: espcn(small, w, 2))):
    weights = layers_of(trained(name))
    run(weights)
    began = time.perf_counter()
    results[name] = run(weights)
    milliseconds = 1000 * (time.perf_counter() - began)
    cost = srkit.models.multiply_adds(srkit.models.create(name, scale=2))
    print(f"{name}: {decibels(results[name]):.2f} dB, {milliseconds:.0f} ms, {cost:,.0f} multiply-adds per pixel")
gray = {name: x[0].expand(3, -1, -1) for name, x in results.items()}
srkit.widgets.compare(gray, truth=large[0].expand(3, -1, -1), alt="Luma enlarged by bicubic, by SRCNN and by ESPCN")

# %% [markdown]
# ### The library's version

# %%
srkit.widgets.source(srkit.models.espcn.ESPCN)

# %% [markdown]
# ## 4. Enlarge step by step: progressive
#
# ### The idea
#
# To enlarge by 4 or 8 in one step is a lot to ask. A *Laplacian pyramid* doubles, again and again; each doubling is smooth and
# cheap, and what a smooth doubling misses is added to it. These differences, shown below for a photograph, are sparse and close
# to zero, which makes them good things to learn.

# %%
levels = [srkit.ops.imresize(large[..., :256, :256], 1 / s) for s in (1, 2, 4)]
misses = [
    a - F.interpolate(b, scale_factor=2, mode="bilinear", align_corners=False)
    for a, b in zip(levels, levels[1:], strict=False)
]
srkit.widgets.show(
    *(x[0].expand(3, -1, -1) for x in (levels[2], misses[1] + 0.5, misses[0] + 0.5)),
    titles=["a quarter", "what the first doubling misses", "what the second misses"],
    alt="A small image, and what each of two doublings misses: thin outlines on even grey",
)

# %% [markdown]
# **LapSRN** (Lai, Huang, Ahuja, Yang, *Deep Laplacian Pyramid Networks for Fast and Accurate Super-Resolution*, CVPR 2017)
# has two paths. One carries features: convolutions, then a doubling. The other carries the image: a doubling that starts as
# bilinear interpolation. At every level the features predict what the image lacks, and the image of *every* level is compared
# with a truth of its size. Scales are powers of two; where tables show LapSRN at x3, the result of x4 was reduced.
#
# **MS-LapSRN** (the same authors, *Fast and Accurate Image Super-Resolution with Deep Laplacian Pyramid Networks*, TPAMI 41(11),
# 2019) uses *one* set of weights at all levels, and again and again within a level: few parameters, but no less work. (The
# lecture's slides put this under LapSRN's name; sharing is the later paper's.) **ProSR** (Wang et al., *A Fully Progressive Approach
# to Single-Image Super-Resolution*, CVPR Workshops 2018) spends most of its blocks on the smallest level, and opens the levels one
# after the other during training (lesson 10).
#
# ### By hand: exercise 3.4
#
# One level. `image` is `(b, 1, h, w)`, `features` `(b, c, h, w)`. `double(features)` gives features of twice the size;
# `predict(features)` makes of features one channel of the same size. Enlarge the image by 2, bilinear, with
# `align_corners=False`. Return the doubled features and the new image, `return features, image`.

# %% exercise pyramid_level
def pyramid_level(image, features, double, predict):
    """Double features and image, and add to the image what the features predict; return both."""
    ### BEGIN SOLUTION
    features = double(features)  # (b, c, 2*h, 2*w)
    smooth = F.interpolate(image, scale_factor=2, mode="bilinear", align_corners=False)
    return features, smooth + predict(features)  # (b, 1, 2*h, 2*w)
    ### END SOLUTION

# %% check pyramid_level
srkit.exercises.check("pyramid_level", pyramid_level)

# %% [markdown]
# ### See it
#
# If the prediction is perfect, so is the pyramid: give each level the difference it misses, and the photograph comes back. With no
# prediction it is bilinear interpolation twice. A trained network lies between.

# %%
answers = iter([misses[1], misses[0]])
perfect = nothing = levels[2]
for _ in range(2):
    _, perfect = pyramid_level(perfect, None, lambda f: None, lambda f: next(answers))
    _, nothing = pyramid_level(nothing, None, lambda f: None, lambda f: 0.0)
for name, image in (("perfect predictions", perfect), ("no predictions", nothing)):
    print(f"{name:20} largest error {(image - levels[0]).abs().max():.2g}")

# %% [markdown]
# ### The library's version

# %%
srkit.widgets.source(srkit.models.lapsrn.Level)

# %% [markdown]
# ## 5. Up and down again: iterative
#
# ### The idea
#
# A large image can be tested: reduce it, and compare with the small image that was given. What does not agree, enlarged, is a
# correction. *Iterative back-projection* (Irani, Peleg, *Improving Resolution by Image Registration*, CVGIP 53(3), 1991) repeats
# this, without learning anything:
#
# $$\hat{x} \leftarrow \hat{x} + (y - \hat{x}\text{↓}_s)\text{↑}_s$$
#
# **DBPN** (Haris, Shakhnarovich, Ukita, *Deep Back-Projection Networks for Super-Resolution*, CVPR 2018) builds a layer of it, on
# features instead of images and with learned layers for all three ways: up, back down, and up again with the error. The table's
# "D-DBPN" lets every unit hear all earlier ones. **SRFBN** (Li et al., *Feedback Network for Image Super-Resolution*, CVPR 2019)
# runs one such block four times and feeds its result back to its beginning.
#
# ### By hand: exercise 3.5
#
# `small` are small features. `there` and `again` are layers that enlarge, `back` reduces. Enlarge; bring that back; the error
# is *what came back minus what was sent*; add the error, enlarged by `again`. (The formula above has the opposite sign; learned layers
# do not mind, they can learn either.)

# %% exercise up_projection
def up_projection(small, there, back, again):
    """Enlarge features and correct them by what does not come back: (b, c, h, w) -> (b, c, s*h, s*w)."""
    ### BEGIN SOLUTION
    large = there(small)  # (b, c, s*h, s*w)
    error = back(large) - small  # (b, c, h, w)
    return large + again(error)
    ### END SOLUTION

# %% check up_projection
srkit.exercises.check("up_projection", up_projection)

# %% [markdown]
# ### See it
#
# With bicubic interpolation for the layers (and a minus for the sign) your unit is one round of the classical method. Does it
# help?

# %%
def up(x):
    """Enlarge by 2."""
    return srkit.ops.imresize(x, 2)


def down(x):
    """Reduce by 2."""
    return srkit.ops.imresize(x, 1 / 2)


rounds = [up(small), up_projection(small, up, down, lambda error: -up(error))]
for _ in range(4):
    rounds.append(rounds[-1] + up(small - down(rounds[-1])))
for number, image in enumerate(rounds):
    rest = (down(image) - small).square().mean().sqrt()
    print(f"after {number} rounds: disagreement with the small image {rest:.5f}, {decibels(image):.2f} dB")

# %% [markdown]
# The disagreement falls with every round, and at first the image gains without any learning. But agreeing with the small image is
# not enough: many large images do (lesson 01), and PSNR soon stands still.
#
# ### The library's version

# %%
srkit.widgets.source(srkit.models.dbpn.Projection)

# %% [markdown]
# The four frameworks, one network of each, drawn from the networks themselves: a part is as tall as the image in it is
# large, and a number on an arrow counts channels. Where does each of them grow? A click on a part shows its code, its
# shapes and its parameters.

# %%
srkit.widgets.diagram(srkit.models.create("srcnn", scale=4))

# %%
srkit.widgets.diagram(srkit.models.create("espcn", scale=4))

# %%
srkit.widgets.diagram(srkit.models.create("lapsrn", scale=4))

# %%
srkit.widgets.diagram(srkit.models.create("dbpn", scale=4))

# %% [markdown]
# ## 6. The same budget for all four
#
# Now the experiment that you made a guess about. Four networks enlarge by 4; all have 16 channels and about the same layers. They
# add to the bicubic image what they compute, except for the progressive one, which adds at each level.

# %%
WIDE = 16


def body(n, into=WIDE):
    """Return n convolutions with ReLU."""
    pairs = [(nn.Conv2d(into if i == 0 else WIDE, WIDE, 3, padding=1), nn.ReLU()) for i in range(n)]
    return nn.Sequential(*(layer for pair in pairs for layer in pair))


class Pre(nn.Module):
    scale = 4

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(body(5, into=3), nn.Conv2d(WIDE, 3, 3, padding=1))

    def forward(self, lr):
        enlarged = srkit.ops.imresize(lr, 4)  # (b, 3, 4*h, 4*w)
        return enlarged + self.body(enlarged)


class Post(nn.Module):
    scale = 4

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(body(5, into=3), nn.Conv2d(WIDE, 48, 3, padding=1), nn.PixelShuffle(4))

    def forward(self, lr):
        return srkit.ops.imresize(lr, 4) + self.body(lr)  # (b, 3, 4*h, 4*w)

# %% [markdown]
# The other two are made of your functions.

# %%
class Progressive(nn.Module):
    scale = 4

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(3, WIDE, 3, padding=1)
        doubling = [nn.Sequential(body(2), nn.ConvTranspose2d(WIDE, WIDE, 4, 2, 1), nn.ReLU()) for _ in range(2)]
        self.doubling = nn.ModuleList(doubling)
        self.predicting = nn.ModuleList(nn.Conv2d(WIDE, 3, 3, padding=1) for _ in range(2))

    def forward(self, lr):
        image, features = lr, self.head(lr)
        for double, predict in zip(self.doubling, self.predicting, strict=True):
            features, image = pyramid_level(image, features, double, predict)
        return image  # (b, 3, 4*h, 4*w)


class Iterative(nn.Module):
    scale = 4

    def __init__(self):
        super().__init__()
        ways = {"up": nn.ConvTranspose2d, "down": nn.Conv2d}
        order = ["up", "down", "up", "down", "up", "down", "up", "down", "up"]  # three units of three layers
        layers = (nn.Sequential(ways[way](WIDE, WIDE, 8, 4, 2), nn.PReLU()) for way in order)
        self.head, self.layers = body(1, into=3), nn.ModuleList(layers)
        self.tail = nn.Conv2d(2 * WIDE, 3, 3, padding=1)

    def forward(self, lr):
        first = up_projection(self.head(lr), *self.layers[:3])  # (b, 16, 4*h, 4*w)
        reduced = up_projection(first, *self.layers[3:6])  # (b, 16, h, w): the same unit, mirrored
        second = up_projection(reduced, *self.layers[6:])  # (b, 16, 4*h, 4*w)
        return srkit.ops.imresize(lr, 4) + self.tail(torch.cat([first, second], 1))

# %% [markdown]
# A step costs as much as its batch has pixels times the count of exercise 3.2 (times three, for the way back). The budget is
# the same for all, so the number of steps is not.

# %%
photographs = srkit.datasets.Patches(srkit.datasets.samples(scale=4, split="train"), patch=64, batch=8, seed=0)
batches = [photographs.batch(step) for step in range(100)]


def learn(net, steps, rate=2e-3):
    """Train a network with L1 and a learning rate that falls to zero."""
    optimiser = torch.optim.Adam(net.parameters(), rate)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = rate * (1 - step / steps)
        lr, hr = batches[step % len(batches)]
        loss = (net(lr) - hr).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


BUDGET = 500_000  # multiply-adds for one pixel of the batch
found, competitors = {}, {}
for name, make in zip(rows, (Pre, Post, Progressive, Iterative), strict=True):
    torch.manual_seed(0)
    net = competitors[name] = make()
    cost = srkit.models.multiply_adds(net)
    learn(net, steps := int(BUDGET / cost))
    found[name] = srkit.evaluate(net, "samples", scale=4).mean.psnr
    print(f"{name:22} {cost:7,.0f} multiply-adds per pixel, {steps:4} steps: {found[name]:.2f} dB")
baseline = srkit.evaluate(srkit.models.create("bicubic", scale=4), "samples", scale=4).mean.psnr
print(f"{'bicubic':22} {'':46}{baseline:.2f} dB")
srkit.exercises.recall("03-same-budget", max(found, key=found.get))

# %%
photographs = srkit.datasets.samples(scale=4, split="photographs")
brushes = photographs[photographs.names.index("brushes")]
lr, truth = brushes.lr[:, 20:110, 30:150], brushes.hr[:, 80:440, 120:600]
drawn = {name: srkit.upscale(lr, net.eval()) for name, net in competitors.items()}
try:
    finished = srkit.models.create("edsr_small", scale=4, pretrained="srkit")
    drawn["post, nine minutes"] = srkit.upscale(lr, finished)
except srkit.errors.BadFile as problem:
    print("The trained network is left out.", problem)
srkit.widgets.compare(drawn, truth=truth, scale=4, height=600, alt="Paint brushes at four times their width, from each framework")

# %% [markdown]
# Side by side, the four can hardly be told apart: their differences are hundredths or tenths of a decibel. The last but one, of the
# kind that enlarges last, was trained for nine minutes; look at the bristles.
#
# At this budget the number of steps decides, and who works on the small image makes many more of them. That is no law: with
# days instead of seconds all four would have converged, and then what counts is how well a design uses what it has learned. But
# budgets are always finite, and this is why most networks of the following years enlarge last.
#
# ## What was reported, what we got
#
# What the papers report for x4 on Set5 (Y of 8-bit RGB, four pixels of border left out), beside what these networks cost.
# Parameters and multiply-adds are counted here.

# %%
from IPython.display import Markdown


def published(name, scale, dataset="set5"):
    """Return the published PSNR of a network, or None."""
    scores = srkit.models.card(name).published
    return next((s.psnr for s in scores if (s.dataset, s.scale) == (dataset, scale)), None)


lines = ["| network | framework | parameters | multiply-adds per pixel | Set5 x4, published |"]
lines += ["|---|---|--:|--:|--:|"]
for name in ("srcnn", "vdsr", "fsrcnn", "espcn", "edsr", "lapsrn", "ms_lapsrn", "prosr", "dbpn", "srfbn"):
    card = srkit.models.card(name)
    with torch.device("meta"):  # counted, not computed
        net = srkit.models.create(name, scale=4)
    psnr = published(name, 4)
    counts = f"{srkit.models.parameters(net):,} | {srkit.models.multiply_adds(net):,.0f}"
    lines.append(f"| {card.title} | {card.framework} | {counts} | {f'{psnr:.2f} dB' if psnr else '–'} |")
Markdown("\n".join(lines))

# %% [markdown]
# Three things to read in it. A network that enlarges first costs exactly as many multiply-adds per pixel as it has weights. FSRCNN and
# ESPCN beat SRCNN at a small part of its cost (their training sets differ, so this is not the framework's merit alone). And MS-LapSRN has the fewest parameters of the progressive three, but not the lowest
# cost: shared weights save memory, not work. (A dash: we found no number for this network that we could check.)
#
# Next, the networks whose weights come with the course: one set of photographs (T91 and BSDS200), mean absolute error or its rounded
# kin, scale 2, and a short run for each on one processor core.

# %%
import csv
import json
import tomllib

folder = srkit.models.weights_home()
lines = ["| network | framework | cost | steps | Set5 | Set14 | B100 | published Set5 |"]
lines += ["|---|---|--:|--:|--:|--:|--:|--:|"]
histories = {}
for file in sorted(folder.glob("*_x2.json")):
    name = file.stem.removesuffix("_x2")
    facts, recipe = json.loads(file.read_text()), tomllib.loads((folder / "recipes" / f"{file.stem}.toml").read_text())
    if "degradation" in recipe:  # for other small images than these
        continue
    card, recipe = srkit.models.card(name), recipe["training"]
    with torch.device("meta"):
        cost = srkit.models.multiply_adds(srkit.models.create(name, scale=2))
    step = cost * recipe["batch"] * recipe["patch"] ** 2
    with file.with_suffix(".csv").open() as table:
        measured = [row for row in csv.DictReader(table) if row["valid_psnr"]]
    histories[name] = [(int(row["step"]) * step, float(row["valid_psnr"])) for row in measured]
    ours = " | ".join(f"{facts['measured'][d]['psnr']:.2f}" for d in ("set5", "set14", "b100"))
    psnr = published(name, 2)
    lines.append(f"| {card.title} | {card.framework} | {cost:,.0f} | {facts['steps']:,} | {ours} | {psnr or '–'} |")
Markdown("\n".join(lines) if len(lines) > 2 else "No weights are here.")

# %%
import io

from IPython.display import Image
from matplotlib.figure import Figure

figure = Figure(figsize=(8, 3.6), layout="constrained")
axes = figure.subplots()
for (name, history), mark in zip(histories.items(), "osD^vP*Xph", strict=False):
    axes.semilogx(*zip(*history, strict=True), marker=mark, markersize=4, label=srkit.models.card(name).title)
axes.set(xlabel="multiply-adds spent (steps x pixels of the batch x cost)", ylabel="PSNR on Set5, x2 (dB)")
axes.grid(alpha=0.3)
axes.legend()
curves = io.BytesIO()
figure.savefig(curves, format="png", dpi=100)
Image(curves.getvalue(), alt="PSNR on Set5 against the multiply-adds that each network's training has spent")

# %% [markdown]
# Read the curves from left to right: for the same number of multiplications, the curve that lies highest made the best use of them.
# Where a paper has a number it is higher: its network was trained for days. The page `data/weights/README.md` says more.
#
# ## Recap
#
# * Pre-upsampling: any network, any scale, and all work on large images. Post-upsampling: $s^2$ times cheaper, one end per scale.
#   Progressive: doublings with a correction each. Iterative: enlarge, test, correct.
# * A layer costs $k^2 c_\text{in} c_\text{out} (r/s)^2$ multiply-adds per output pixel. Parameters and cost are different things.
# * At a fixed budget the cheaper step wins, as long as the budget is small.
#
# Three questions to see whether it stayed:
#
# <details><summary>A body of layers moves from the large image to the small one, at scale 3. How much cheaper is it?</summary>Nine
# times.</details>
# <details><summary>Why can one SRCNN serve scales 2, 3 and 4, and one ESPCN cannot?</summary>SRCNN never changes the size; interpolation
# before it does. The last layer of ESPCN has as many channels as the scale, squared.</details>
# <details><summary>A network has few parameters and is slow. How?</summary>It uses them often: at many pixels, as SRCNN does, or again
# and again, as MS-LapSRN does.</details>
#
# **Further doors.** Lesson 04 opens the layer that enlarges, lesson 05 takes up residuals and recursion, lesson 10 the training
# of ProSR. A task to carry over: give `Pre` and `Post` the same *cost* instead of the same body, by making `Post` wider, and
# run the competition again.
