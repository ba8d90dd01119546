# %% [markdown]
# # Any scale: the image as a function
#
# A photograph is to fill a screen: x1.7. A detail is to be printed: x3.3. Somebody zooms: x8. All networks so far know
# one whole number, which is built into their last layer. In this lesson you write a network that is asked for the
# colour at a *place*, wherever that is, so that one set of weights draws every size.
#
# **You will be able to** say where the centre of each new pixel lies, for any factor; write what LIIF asks its
# network and how it joins four answers into a smooth image; train one network for all scales from 1 to 4, and
# measure what it does at scales that it has never seen.
#
# **You need** interpolation and the half pixel of lesson 04, and residual blocks of lesson 05.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 18.1 `pixel_centres` | 2 of 5 | 5 of 5 | 10 |
# | 18.2 `opposite_areas` | 2 of 5 | 4 of 5 | 10 |
# | 18.3 `query` | 4 of 5 | 5 of 5 | 20 |
# | 18.4 `SmallLIIF` | 5 of 5 | 5 of 5 | 25 |

# %% setup
import math
from fractions import Fraction

import torch
import torch.nn.functional as F
from IPython.display import Markdown
from torch import nn

import srkit

torch.manual_seed(0)
# %% [markdown]
# ## A picture and a question
#
# The same piece of a photograph, reduced by three factors and enlarged again by bicubic interpolation, which is a
# function of the place already: it takes any factor. A network with a pixel shuffle does not. What would you do if
# you had one for x2 and one for x4, and needed x3.3?

# %%
photographs = srkit.datasets.samples(scale=4, split="photographs")
photograph = photographs[photographs.names.index("brushes")].hr[:, 120:392, 200:472]


def pair_at(image, scale):
    """Return (lr, hr): an image cropped so that the factor divides it, made smaller as a file has it, and as it is."""
    step = Fraction(str(scale)).numerator
    hr = image[:, : image.shape[1] // step * step, : image.shape[2] // step * step]
    size = [round(side / scale) for side in hr.shape[1:]]
    return srkit.ops.quantise(srkit.ops.imresize(hr, 1 / scale, size=size)), hr


pairs = {scale: pair_at(photograph, scale) for scale in (1.7, 3.3, 8)}
plain = {scale: srkit.ops.imresize(lr, scale, size=hr.shape[1:]).clamp(0, 1) for scale, (lr, hr) in pairs.items()}
srkit.widgets.show(
    *plain.values(),
    titles=[f"bicubic x{scale}" for scale in plain],
    alt="Brushes in a jar, enlarged by 1.7, 3.3 and 8: sharp, soft, and a blur",
)

# %% [markdown]
# ### Your prediction
#
# You will train a network on factors from 1.5 to 4. Then it is asked for x8, which it has never seen. On five
# photographs, is it better than bicubic interpolation there, the same (within 0.05 dB), or worse?

# %%
guess = "?"
srkit.exercises.predict("18-unseen-scale", guess, choices=["better", "the same", "worse"])

# %% [markdown]
# ## 1. Where a pixel is
#
# ### The idea
#
# A pixel is a square, and its colour belongs to the middle of it. Two images of the same scene share their *edges*:
# $n$ pixels and $m$ pixels cover the same width. So the centres of the new pixels lie between the old ones in a
# pattern that depends on the factor, and at x1.7 it does not even repeat after a few pixels.
#
# ### By hand: exercise 18.1
#
# A row of `side` old pixels is drawn with `length` new ones. Return `(length,)`, where the centre of each new pixel
# lies, in old pixels: 0 is the centre of the first old pixel, `side - 1` that of the last. The first places may be
# negative.


# %% exercise pixel_centres
def pixel_centres(side, length):
    """Return where the centres of new pixels lie among the old ones: (length,)."""
    ### BEGIN SOLUTION
    return (torch.arange(length) + 0.5) * side / length - 0.5
    ### END SOLUTION


# %% check pixel_centres
srkit.exercises.check("pixel_centres", pixel_centres)

# %% [markdown]
# ### See it
#
# Five old pixels at three factors. And what a wrong centre costs: the same bilinear interpolation of the photograph,
# once with your places and once with places that stretch from the first pixel to the last.

# %%
for length in (10, 8, 13):
    print(f"x{length / 5:.1f}: " + " ".join(f"{place:5.2f}" for place in pixel_centres(5, length)))

lr, hr = pairs[3.3]
wrong = F.interpolate(lr[None], size=hr.shape[1:], mode="bilinear", align_corners=True)[0]
right = F.interpolate(lr[None], size=hr.shape[1:], mode="bilinear", align_corners=False)[0]
for name, image in (("your places", right), ("corner to corner", wrong)):
    print(f"bilinear x3.3, {name}: {srkit.metrics.psnr(image, hr):.2f} dB")

# %% [markdown]
# ## 2. A network that is asked
#
# ### The idea
#
# **Meta-SR** (Hu et al., CVPR 2019) is one network for every real scale: a small network looks at where a new
# pixel lies and predicts the *kernel* that draws it. **LIIF** (Chen, Liu, Wang, *Learning Continuous Image
# Representation with Local Implicit Image Function*, CVPR 2021, arXiv 2012.09161) asks for the *colour* at once. An
# encoder without an upsampler turns the small image into features. Then, for every pixel of the result, a perceptron
# gets
#
# * the features of a pixel near by,
# * the *offset* of the place from the centre of that pixel,
# * the *cell*: how large the pixel is that is asked for. A large pixel is a mean over much of the scene, a small one
#   is not.
#
# If only the nearest pixel were asked, the image would jump where another one becomes the nearest. So four neighbours
# are asked, and their answers are weighed.
#
# ### By hand: exercise 18.2
#
# A place lies between four pixels, `down` below the upper two and right of the left two by `right`, in pixels, both
# in [0, 1). It cuts the square between the pixels into four rectangles. The answer of each pixel weighs as much as
# the area of the rectangle *opposite* to it. Return the four weights, upper left, upper right, lower left, lower
# right, as the first axis of one tensor. `down` and `right` are of any shapes that broadcast.


# %% exercise opposite_areas
def opposite_areas(down, right):
    """Return the weights (4, ...) of the four pixels round a place."""
    ### BEGIN SOLUTION
    return torch.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right])
    ### END SOLUTION


# %% check opposite_areas
srkit.exercises.check("opposite_areas", opposite_areas)

# %% [markdown]
# ### By hand: exercise 18.3
#
# `features` is `(b, c, h, w)`. `rows` is `(H,)` and `columns` is `(W,)`: the places of all pixels of the result, as
# `pixel_centres` gives them. `below` and `beside` are 0 or 1 and say which of the four neighbours is asked: the pixel
# in row `floor(rows) + below` and column `floor(columns) + beside`, or, where that is outside the image, the last one
# inside. Return `(b, H, W, c + 4)`, for every pixel of the result:
#
# * the `c` features of that neighbour;
# * how far the place lies below and right of it, in *half* input pixels (the paper lets an image reach from -1 to 1, so
#   that a pixel is $2/h$ high);
# * height and width of a pixel of the result, in half input pixels.


# %% exercise query
def query(features, rows, columns, below, beside):
    """Return what the network is asked for each pixel: (b, H, W, c + 4)."""
    ### BEGIN SOLUTION
    (b, _, h, w), height, width = features.shape, len(rows), len(columns)
    row = (rows.floor() + below).clamp(0, h - 1)
    column = (columns.floor() + beside).clamp(0, w - 1)
    near = features[:, :, row.long()][..., column.long()].movedim(1, -1)  # (b, H, W, c)
    offsets = torch.meshgrid(2 * (rows - row), 2 * (columns - column), indexing="ij")
    cell = torch.tensor([2 * h / height, 2 * w / width])
    place = torch.cat([torch.stack(offsets, dim=-1), cell.expand(height, width, 2)], dim=-1)
    return torch.cat([near, place.expand(b, -1, -1, -1)], dim=-1)
    ### END SOLUTION


# %% check query
srkit.exercises.check("query", query)

# %% [markdown]
# ### See it
#
# A perceptron with random weights is asked about 6x8 random features, at x20: the nearest of the four neighbours
# alone, and all four with your weights. Nothing is trained; what you see is what the question and the weights do.

# %%
torch.manual_seed(4)
features = torch.randn(1, 6, 6, 8)
anything = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 3))
rows, columns = pixel_centres(6, 120), pixel_centres(8, 160)
down, right = (rows - rows.floor())[:, None], (columns - columns.floor())[None]
neighbours = [(0, 0), (0, 1), (1, 0), (1, 1)]
with torch.no_grad():
    answers = torch.stack([anything(query(features, rows, columns, *which)) for which in neighbours])  # (4, 1, H, W, 3)
drawings = []
for weights in (opposite_areas(down.round(), right.round()), opposite_areas(down, right)):
    drawing = (weights[:, None, ..., None] * answers).sum(0)[0].movedim(-1, 0)
    drawings.append((drawing - drawing.min()) / (drawing.max() - drawing.min()))
srkit.widgets.show(
    *drawings,
    zoom=2,
    titles=["the nearest pixel is asked", "four are asked and weighed"],
    alt="Coloured fields with hard edges between them, and the same colours running smoothly into one another",
)

# %% [markdown]
# ## 3. A network for every scale
#
# ### The plan
#
# ```
# lr -> 3x3, 3 to c -> block -> … -> block -> features
# block(x) = x + 3x3(ReLU(3x3(x)))
#
# for each of the four neighbours (0, 0), (0, 1), (1, 0), (1, 1):
#     query -> linear, c + 4 to hidden -> ReLU -> linear, hidden to 3 -> answer
#
# sr = answers, weighed by opposite areas, + lr enlarged bilinearly
# ```
#
# The bilinear image is not in LIIF; its successor LTE (CVPR 2022, arXiv 2111.08918) adds one. It makes
# training short: the network begins with an enlargement and has to learn what is missing.
#
# ### By hand: exercise 18.4
#
# All layers have biases, the convolutions keep the size. The result has `free_scale * h` rows and `free_scale * w`
# columns, both rounded to whole numbers. For the bilinear image, `F.interpolate` with `size=`, `mode="bilinear"` and
# `align_corners=False` uses the places of 18.1.


# %% exercise small_liif
class SmallLIIF(nn.Module):
    """Enlarge (b, 3, h, w) by any real factor from 1 on."""

    def __init__(self, channels, n_blocks, hidden):
        super().__init__()

        ### BEGIN SOLUTION
        def conv(entering):
            return nn.Conv2d(entering, channels, 3, padding=1)

        self.head = conv(3)
        blocks = (nn.Sequential(conv(channels), nn.ReLU(), conv(channels)) for _ in range(n_blocks))
        self.blocks = nn.ModuleList(blocks)
        self.ask = nn.Sequential(nn.Linear(channels + 4, hidden), nn.ReLU(), nn.Linear(hidden, 3))
        ### END SOLUTION

    def forward(self, lr, free_scale):
        ### BEGIN SOLUTION
        h, w = lr.shape[-2:]
        height, width = round(free_scale * h), round(free_scale * w)
        features = self.head(lr)  # (b, c, h, w)
        for block in self.blocks:
            features = features + block(features)
        rows, columns = pixel_centres(h, height), pixel_centres(w, width)
        weights = opposite_areas((rows - rows.floor())[:, None], (columns - columns.floor())[None])  # (4, H, W)
        image = 0
        for weight, which in zip(weights, [(0, 0), (0, 1), (1, 0), (1, 1)]):
            image = image + weight[..., None] * self.ask(query(features, rows, columns, *which))  # (b, H, W, 3)
        shown = F.interpolate(lr, size=(height, width), mode="bilinear", align_corners=False)
        return image.movedim(-1, 1) + shown
        ### END SOLUTION


# %% check small_liif
srkit.exercises.check("small_liif", SmallLIIF)

# %% [markdown]
# ### Train it
#
# Every batch has one factor, drawn from six between 1.5 and 4. LIIF's authors draw any real number from 1 to 4 for
# each image and train for 1,000 epochs on DIV2K; here it is a minute on ten images.

# %%
train_pairs = srkit.datasets.samples(scale=4, split="train")
torch.manual_seed(0)
net = SmallLIIF(channels=32, n_blocks=3, hidden=64)
net.scale = 4  # what srkit.train looks at; the batches bring scales of their own
scales = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
options = {"batch": 8, "patch": 64, "learning_rate": 2e-3, "seed": 0, "progress": False, "maker": "pairs"}
history = srkit.train(net, train_pairs, steps=400, scales=scales, **options)
print(f"{srkit.models.parameters(net):,} parameters, for every scale")

# %% [markdown]
# ### See it
#
# The five test photographs, reduced by seven factors and enlarged again by the one network. Two of the factors lie
# beyond all that it was trained on, and 1.7 and 3.3 lie between.

# %%
net.eval()


def drawn(lr, scale):
    """Return a small image (3, h, w) enlarged by the trained network."""
    with torch.no_grad():
        return net(lr[None], scale)[0].clamp(0, 1)


tests = srkit.datasets.samples(scale=4)
gains = {}
lines = ["| factor | bicubic | one network | difference |", "|--:|--:|--:|--:|"]
for scale in (1.5, 1.7, 2.5, 3.3, 4, 6, 8):
    protocol, scores = srkit.Protocol(channel="y", border=math.ceil(scale)), []
    for pair in tests:
        lr, hr = pair_at(pair.hr, scale)
        both = srkit.ops.imresize(lr, scale, size=hr.shape[1:]).clamp(0, 1), drawn(lr, scale)
        scores.append([float(srkit.metrics.psnr(image, hr, protocol=protocol)) for image in both])
    before, after = (sum(column) / len(scores) for column in zip(*scores))
    gains[scale] = after - before
    lines.append(f"| {scale} | {before:.2f} dB | {after:.2f} dB | {gains[scale]:+.2f} dB |")
Markdown("\n".join(lines))

# %%
gain = gains[8]
print(f"at x8, which it has never seen, the network is {gain:+.2f} dB from bicubic interpolation")
srkit.exercises.recall("18-unseen-scale", "better" if gain > 0.05 else "the same" if gain >= -0.05 else "worse")

# %% [markdown]
# And the photograph of the beginning, by the same weights at all three factors:

# %%
pictures = {}
for scale, (lr, hr) in pairs.items():
    pictures[f"bicubic x{scale}"], pictures[f"network x{scale}"] = plain[scale], drawn(lr, scale)
whole = pairs[3.3][1]  # the smallest of the three crops
srkit.widgets.compare(
    {name: image[:, : whole.shape[1], : whole.shape[2]] for name, image in pictures.items()},
    truth=whole,
    height=640,
    alt="Brushes in a jar at x1.7, x3.3 and x8: bicubic interpolation beside the one network, and the truth",
)

# %% [markdown]
# At x1.7 and x3.3, which it has not seen either, the network does as well as at the factors around them: the places
# of a strange factor are places like others. At x8 it draws finer pixels than it was ever asked for, and what it knows
# of the scene is still what the encoder saw in the small image. It does not know *more* at x8. It interpolates better.
# (Table: luma, shaved by the factor, five sample photographs cropped so that the factor divides them.)
#
# ### The library's version
#
# The library asks the perceptron of the paper, whose question holds the features of 3x3 pixels, and computes its first
# layer once for each input pixel, as a convolution, instead of once for each output pixel and neighbour. The result is
# the same up to rounding. `neighbours` is your 18.1 and 18.2 for one axis.

# %%
liif = srkit.models.create("liif", scale=4)
print(f"LIIF with the encoder of its paper: {srkit.models.parameters(liif):,} parameters, the same for every scale")
srkit.widgets.source(srkit.models.liif.neighbours)

# %%
length = 13
near, away, weights = srkit.models.liif.neighbours(5, length)
places = pixel_centres(5, length)
theirs = near[0] + away[0] / 2
print(f"places differ by at most {(places - theirs).abs().max():.0e}")
inner = (places > 0) & (places < 4)
mine = opposite_areas(torch.zeros(length), places - places.floor())[:2]
print(f"weights inside the image differ by at most {(mine - weights)[:, inner].abs().max():.0e}")

# %% [markdown]
# Meta-SR's place is the upper left corner, `floor(i / scale)`, as its paper has it; its kernels can learn the shift.
# Its last part alone, the one that predicts kernels, has 445,120 parameters; LIIF's perceptron has 346,883.

# %%
srkit.widgets.source(srkit.models.metasr.sources)

# %%
srkit.widgets.diagram(liif)

# %% [markdown]
# ## What was reported, what we got
#
# | what | LIIF reports | here |
# |---|---|---|
# | factors in training | any real number from 1 to 4 | six, from 1.5 to 4 |
# | training | 1,000 epochs, 16 images of 48x48 for each step | 400 steps, 8 images of 16x16 |
# | the weights | one set for all factors | one set for all factors |
#
# ## Recap
#
# * New pixels lie at $(i + 0.5)\,n/m - 0.5$ of the old ones: images share their edges.
# * LIIF asks a perceptron for each pixel of the result: features near by, where from there, how large a pixel.
# * Four answers, weighed by opposite areas, make an image without jumps.
# * One network serves all factors, also those between and beyond the ones it was trained on. Beyond them it adds
#   pixels, not knowledge.
#
# Three questions to see whether it stayed:
#
# <details><summary>Why is the opposite rectangle taken, not the pixel's own?</summary>A pixel that the place lies close
# to has a small rectangle on its own side. The weight has to be 1 when the place is on the pixel, and 0 when it is on
# one of the others.</details>
# <details><summary>What is the cell good for, when the offset says already where the place lies?</summary>A large pixel
# averages over more of the scene than a small one with the same centre. Without the cell the network gives the same
# colour for both.</details>
# <details><summary>A network with a pixel shuffle for x4 is to give x3.3. What can be done, and what is
# lost?</summary>Enlarge by 4 and reduce bicubically. It costs the work of x4, and the network never learned from x3.3
# pairs; often it is a good answer all the same.</details>
#
# **Further doors.** Lesson 04 has the half pixel in transposed convolutions, lesson 16 cheap encoders. A task to carry
# over: leave the cell out of `query` (put zeros there), train again, and look at x1.5 and x8.
