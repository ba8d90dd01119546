# %% [markdown]
# # Attention after SwinIR, and networks that scan
#
# SwinIR (2021) looks at windows of 8x8 pixels. What came after it asks one question: how does a pixel learn of other
# pixels, far away, without paying for every pair? HAT lets windows overlap, DAT compares channels instead of pixels,
# and MambaIR sends a state over the image that every pixel reads. You write the heart of each of them.
#
# **You will be able to** cut overlapping windows; write attention between channels; write a selective scan, first
# place by place, then all places at once; turn an image into four sequences; measure how far a network really looks.
#
# **You need** windows and attention of lesson 07, and the costs of lesson 16.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 17.1 `overlapping_windows` | 3 of 5 | 4 of 5 | 15 |
# | 17.2 `attend_channels` | 2 of 5 | 4 of 5 | 10 |
# | 17.3 `selective_scan` | 3 of 5 | 5 of 5 | 15 |
# | 17.4 `doubling_scan` | 4 of 5 | 4 of 5 | 20 |
# | 17.5 `four_ways` | 4 of 5 | 5 of 5 | 15 |

# %% setup
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
# The same window again and again: the network that draws one of them at x4 could look at the others. A convolution of
# 3x3 needs many layers until it gets there. Which of the pixels of this small image would you look at to draw the one
# in the middle?

# %%
SCALE = 4
tests = srkit.datasets.samples(scale=SCALE)
pair = tests[0]
srkit.widgets.show(pair.lr, alt="A small photograph, 72 by 80 pixels, of an astronaut before a flag")

# %% [markdown]
# ### Your prediction
#
# A state that walks over an image of 64x64 pixels makes 4,096 steps, each of which needs the one before. In exercise
# 17.4 you compute all of them in 12 rounds over the whole image. How many times faster is that on this computer?

# %%
guess = "?"
srkit.exercises.predict("17-twelve-rounds", guess, choices=["less than 3 times", "3 to 10 times", "more than 10 times"])

# %% [markdown]
# ## 1. Windows that overlap
#
# ### The idea
#
# In SwinIR a pixel attends to the pixels of its own window, and every second layer moves the windows by half their
# size. **HAT** (CVPR 2023, arXiv 2205.04437) adds a layer in which the *queries* come from windows of 16x16, and keys
# and values from windows of 24x24 around them, which overlap. Beside its window attention stands a channel attention of
# two convolutions, weighed by 0.01.
#
# ### By hand: exercise 17.1
#
# `features` is `(b, c, h, w)`; `h` and `w` are multiples of `window`. For each window of `window` x `window` pixels cut
# out the larger one that reaches `around` pixels farther on each side, with zeros outside the image. Return `(b, n, s *
# s, c)`, with the `n` windows row by row, and in each the `s * s` pixels row by row, `s = window + 2 * around`.


# %% exercise overlapping_windows
def overlapping_windows(features, window, around):
    """Cut the windows of keys around all windows of queries: (b, c, h, w) -> (b, n, s*s, c)."""
    ### BEGIN SOLUTION
    side = window + 2 * around
    columns = F.unfold(features, side, padding=around, stride=window)  # (b, c*s*s, n)
    return columns.unflatten(1, (features.shape[1], side**2)).permute(0, 3, 2, 1)
    ### END SOLUTION


# %% check overlapping_windows
srkit.exercises.check("overlapping_windows", overlapping_windows)

# %% [markdown]
# ### See it
#
# Four neighbouring windows of the photograph, each with the piece in which it looks for keys:

# %%
image = pair.lr[None, :, :64, :64]
plain, larger = (overlapping_windows(image, 16, around)[0].mT for around in (0, 4))  # (n, 3, s*s) each
srkit.widgets.show(
    *plain[5:7].unflatten(2, (16, 16)),
    *larger[5:7].unflatten(2, (24, 24)),
    zoom=6,
    titles=["queries", "queries, next window", "keys", "keys, next window"],
    alt="Two neighbouring pieces of 16x16 pixels, and the pieces of 24x24 around them, which share pixels",
)

# %% [markdown]
# ## 2. Channels that attend
#
# ### The idea
#
# With $n$ pixels there are $n^2$ pairs of pixels, but only $c^2$ pairs of channels, however large the image is. **DAT**
# (ICCV 2023, arXiv 2308.03364) alternates layers that attend between pixels, in windows, and layers that attend between
# channels, over the whole image. A convolution runs beside each attention, and the two gate each other.
#
# ### By hand: exercise 17.2
#
# `query`, `key` and `value` are `(b, c, n)`: `c` channels of `n` pixels. Two channels are as alike as the cosine of
# their pixels, times `temperature`, which is learned. For each query a softmax over all keys gives weights, and the
# result is that mean of the values, `(b, c, n)`.


# %% exercise attend_channels
def attend_channels(query, key, value, temperature):
    """Return for each channel a mean of all channels' values: three (b, c, n) -> (b, c, n)."""
    ### BEGIN SOLUTION
    alike = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT  # (b, c, c)
    return (temperature * alike).softmax(-1) @ value
    ### END SOLUTION


# %% check attend_channels
srkit.exercises.check("attend_channels", attend_channels)

# %% [markdown]
# ### See it: what attention costs
#
# Milliseconds for 24 channels, between all pixels and between all channels, for images of 16x16 to 96x96:


# %%
def milliseconds(work, repeats=3):
    """The shortest of some times that work() takes."""
    times = []
    for _ in range(repeats + 1):  # the first one warms up
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return min(times[1:])


lines = ["| image | pairs of pixels | between pixels | between channels |", "|---|--:|--:|--:|"]
for side in (16, 32, 64, 96):
    maps = torch.randn(1, 24, side * side)
    pixels = milliseconds(lambda: torch.softmax(maps.mT @ maps, -1) @ maps.mT)
    channels = milliseconds(lambda: attend_channels(maps, maps, maps, 1.0))
    lines.append(f"| {side}x{side} | {side**4:,} | {pixels:.1f} ms | {channels:.2f} ms |")
Markdown("\n".join(lines))

# %% [markdown]
# ## 3. A state that walks
#
# ### The idea
#
# Attention keeps all pixels and compares. A *state* is a summary: it walks along a sequence, fades a little at each
# place, takes in what it finds, and every place reads it. The cost grows with the length, not with its square.
# **Mamba** makes the walk *selective*: how much the state fades and takes in depends on the place. With a step
# $\Delta_t$ for each place and channel, and $A < 0$:
#
# $$h_t = e^{\Delta_t A}\,h_{t-1} + \Delta_t\,B_t\,x_t, \qquad y_t = \sum_n C_t\,h_t$$
#
# A large step forgets what was and takes in what is; a small one passes by.
#
# ### By hand: exercise 17.3
#
# `values` ($x$) and `steps` ($\Delta$) are `(c, length)`, `decay` ($A$) is `(c, n)`, `enter` ($B$) and `leave` ($C$)
# are `(n, length)`. The state begins at zero and has `n` numbers for each channel. Return $y$, `(c, length)`, place
# by place: this is the definition, and it may be slow.


# %% exercise selective_scan
def selective_scan(values, steps, decay, enter, leave):
    """Return what the state says at each place: (c, length)."""
    ### BEGIN SOLUTION
    state, said = torch.zeros_like(decay), []
    for t in range(values.shape[1]):
        entering = steps[:, t, None] * enter[:, t] * values[:, t, None]  # (c, n)
        state = torch.exp(steps[:, t, None] * decay) * state + entering
        said.append((state * leave[:, t]).sum(-1))
    return torch.stack(said, dim=1)
    ### END SOLUTION


# %% check selective_scan
srkit.exercises.check("selective_scan", selective_scan)

# %% [markdown]
# ## 4. All places at once
#
# ### The idea
#
# A step is a pair $(a, b)$: $h \mapsto a\,h + b$. Two steps are a step again, $(a_2 a_1,\; a_2 b_1 + b_2)$. So let each
# place first join its step with that of its neighbour, then with what the place two before it has joined, then four,
# and so on. After $k$ rounds each place knows the last $2^k$ steps. On a graphics card, where all places work at the
# same time, this is the way to scan; Mamba's authors wrote a program for it that other machines do not run.
#
# ### By hand: exercise 17.4
#
# `kept` ($a$) and `added` ($b$) are `(..., length)`. Return all states $h_t = a_t h_{t-1} + b_t$ from $h_0 = 0$, of the
# same shape, without walking place by place. Before the beginning nothing was added. (To divide by products of $a$ is
# tempting. They become zero.)


# %% exercise doubling_scan
def doubling_scan(kept, added):
    """Return all states of a scan, with distances that double: (..., length)."""
    ### BEGIN SOLUTION
    length, distance = kept.shape[-1], 1
    while distance < length:
        added = added + kept * F.pad(added, (distance, 0))[..., :length]
        kept = kept * F.pad(kept, (distance, 0), value=1.0)[..., :length]
        distance = 2 * distance
    return added
    ### END SOLUTION


# %% check doubling_scan
srkit.exercises.check("doubling_scan", doubling_scan)

# %% [markdown]
# ### See it
#
# 64x64 places, four channels with eight numbers each: your two scans agree, and take:

# %%
rng = torch.Generator().manual_seed(0)
length = 64 * 64
values, steps = torch.randn(4, length, generator=rng), torch.rand(4, length, generator=rng)
enter, leave = torch.randn(2, 8, length, generator=rng)
decay = -torch.arange(1.0, 9.0).expand(4, 8)


def all_at_once(values, steps, decay, enter, leave):
    """Do what selective_scan does with doubling distances."""
    kept = torch.exp(steps[:, None] * decay[..., None])  # (c, n, length)
    states = doubling_scan(kept, (steps * values)[:, None] * enter)
    return (states * leave).sum(1)


inputs = (values, steps, decay, enter, leave)
apart = (selective_scan(*inputs) - all_at_once(*inputs)).abs().max()
slow, fast = (milliseconds(lambda: scan(*inputs)) for scan in (selective_scan, all_at_once))
print(f"at most {apart:.0e} apart; {slow:.1f} ms place by place, {fast:.1f} ms doubling: {slow / fast:.1f} times faster")
srkit.exercises.recall(
    "17-twelve-rounds",
    "less than 3 times" if slow < 3 * fast else "3 to 10 times" if slow <= 10 * fast else "more than 10 times",
)

# %% [markdown]
# ### The library's version
#
# Doubling does twelve times the work of the loop, and a processor does few things at the same time. The library goes
# a middle way: it cuts the sequence into about as many pieces as each is long, walks all pieces at once, hands their
# ends on, and walks once more. `hand_on` does what your 17.4 does, in a loop, or by doubling where a program of fixed
# length is needed. Below, both are timed with 48 channels and 16 numbers for each.

# %%
def in_pieces(*given):
    """Call the library's scan, which takes a batch of several sequences."""
    values, steps, decay, enter, leave = given
    batch = (values[None, None], steps[None, None], decay[None], enter[None, None], leave[None, None])
    return srkit.models.mambair.selective_scan(*batch)[0, 0]


apart = (selective_scan(*inputs) - in_pieces(*inputs)).abs().max()
wide = (torch.randn(48, length), torch.rand(48, length), -torch.rand(48, 16), *torch.randn(2, 16, length))
doubling, pieces = (milliseconds(lambda: scan(*wide)) for scan in (all_at_once, in_pieces))
print(f"yours and the library's are at most {apart:.0e} apart; doubling {doubling:.0f} ms, in pieces {pieces:.0f} ms")
srkit.widgets.source(srkit.models.mambair.selective_scan)

# %% [markdown]
# ## 5. Images have no beginning
#
# ### The idea
#
# A text is read from left to right. An image is not, and a state knows nothing of what comes later. **MambaIR** (ECCV
# 2024, arXiv 2402.15648) walks four ways: row by row, column by column, and both backwards; what the four say is
# added.
#
# ### By hand: exercise 17.5
#
# `features` is `(c, h, w)`, `scan` a function that maps a sequence `(c, length)` to one of the same shape. Make four
# sequences of the image, each row by row from the upper left, column by column from the upper left, and these two
# turned round. Scan each of them, put what comes out back to where it belongs, and return the sum, `(c, h, w)`.


# %% exercise four_ways
def four_ways(features, scan):
    """Scan an image row by row, column by column, and both backwards; return the sum: (c, h, w)."""
    ### BEGIN SOLUTION
    c, h, w = features.shape
    image = torch.zeros_like(features)
    for turned in (features, features.mT):
        sequence = turned.flatten(1)
        both = scan(sequence) + scan(sequence.flip(-1)).flip(-1)
        both = both.view(turned.shape)
        image = image + (both if turned is features else both.mT)
    return image
    ### END SOLUTION


# %% check four_ways
srkit.exercises.check("four_ways", four_ways)

# %% [markdown]
# ### See it
#
# One bright pixel, and what a fading state carries away from it: one way, and four ways. Row by row the pixel's left
# and right neighbours are near, and the pixel below is a whole row away; that is why columns are walked as well.

# %%
dot = torch.zeros(1, 33, 33)
dot[:, 16, 16] = 1


def fading(sequence):
    """A state that keeps 0.9 at each place."""
    return doubling_scan(torch.full_like(sequence, 0.9), sequence)


one = fading(dot.flatten(1)).view(1, 33, 33)
srkit.widgets.show(
    one,
    four_ways(dot, fading).clamp(max=1),
    zoom=7,
    titles=["one way", "four ways"],
    alt="A streak to the right of a pixel, and a cross around it",
)

# %% [markdown]
# ## 6. How far does a network look?
#
# ### Train it
#
# Three small networks that differ in one thing: how a pixel learns of others before the convolutions of each block. One
# has nothing there, one HAT's overlapping attention, one MambaIR's scan. The rest, the data and the steps are the same.
# (Windows are 4x4. With 8x8 every window of a training patch of 16x16 pixels would touch its border, with zeros among
# its keys, and the network would meet windows without them only in the test, where it fails.)


# %%
class Mixed(nn.Module):
    """Enlarge (b, 3, h, w) four times; in each block pixels are mixed by a layer for (b, h, w, c)."""

    def __init__(self, mix, channels=32, n_blocks=2):
        super().__init__()

        def conv():
            return nn.Conv2d(channels, channels, 3, padding=1)

        self.scale = SCALE
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(n_blocks))
        self.mixes = nn.ModuleList(mix(channels) for _ in range(n_blocks))
        self.near = nn.ModuleList(nn.Sequential(conv(), nn.ReLU(), conv()) for _ in range(n_blocks))
        self.tail = nn.Conv2d(channels, 3 * SCALE**2, 3, padding=1)

    def forward(self, lr):
        h, w = lr.shape[-2:]
        lr = F.pad(lr, (0, -w % 8, 0, -h % 8), mode="replicate")  # whole windows
        features = self.head(lr)  # (b, c, h, w)
        for norm, mix, near in zip(self.norms, self.mixes, self.near):
            features = features + mix(norm(features.movedim(1, -1))).movedim(-1, 1)
            features = features + near(features)
        shown = F.interpolate(lr, scale_factor=SCALE, mode="bilinear")
        sr = F.pixel_shuffle(self.tail(features), SCALE) + shown
        return sr[..., : SCALE * h, : SCALE * w]  # (b, 3, 4*h, 4*w)


mixers = {
    "convolutions only": lambda channels: nn.Identity(),
    "overlapping windows": lambda c: srkit.models.hat.OverlappingAttention(c, n_heads=2, window=4, keys=6),
    "scan": lambda channels: srkit.models.mambair.Scan(channels, states=4, expansion=1.0),
}
train_pairs = srkit.datasets.samples(scale=SCALE, split="train")
options = {"batch": 8, "patch": 64, "learning_rate": 5e-4, "seed": 0, "progress": False}
nets = {}
lines = ["| network | parameters | seconds to train | PSNR |", "|---|--:|--:|--:|"]
for name, mixer in mixers.items():
    torch.manual_seed(0)
    nets[name], start = Mixed(mixer), time.perf_counter()
    srkit.train(nets[name], train_pairs, steps=200, **options)
    took, score = time.perf_counter() - start, srkit.evaluate(nets[name].eval(), tests).mean.psnr
    lines.append(f"| {name} | {srkit.models.parameters(nets[name]):,} | {took:.0f} | {score:.2f} dB |")
bicubic = srkit.models.create("bicubic", scale=SCALE)
lines.append(f"| bicubic | 0 | | {srkit.evaluate(bicubic, tests).mean.psnr:.2f} dB |")
Markdown("\n".join(lines))

# %% [markdown]
# ### See it
#
# The gradient says which pixels of the small image matter for one pixel of the result, the one in the middle. White:
# as much as the most important one; each step of grey down to black is a factor, a millionth is black.


# %%
def influence(net, lr):
    """Return how much each pixel of lr (3, h, w) matters for the middle of the result: (1, h, w) in [0, 1]."""
    lr = lr[None].clone().requires_grad_()
    sr = net(lr)
    sr[0, :, sr.shape[2] // 2, sr.shape[3] // 2].sum().backward()
    size = lr.grad[0].abs().sum(0, keepdim=True)  # (1, h, w)
    return (1 + (size / size.max()).clamp(min=1e-6).log10() / 6).clamp(0, 1)


srkit.widgets.show(
    *(influence(net, image[0]) for net in nets.values()),
    zoom=4,
    titles=list(nets),
    alt="Three maps: a small square; a larger one made of windows; a cross that reaches the borders of the image",
)

# %%
results = {name: srkit.upscale(pair.lr, net).clamp(0, 1) for name, net in {"bicubic": bicubic, **nets}.items()}
srkit.widgets.compare(results, truth=pair.hr, alt="An astronaut enlarged four times by four methods, and the truth")

# %% [markdown]
# The convolutions end after six pixels. Overlapping windows look several windows far, and end at
# the edge of one. The scan reaches the borders of the image, most of all along the row and the column of the pixel.
# Whether that helps is another matter: the table is of two hundred steps on ten images and of one seed, which decide
# little, and what the mixing costs stands beside it. A network that is still below bicubic there has not been trained
# to its end; more steps lift it. In the papers looking farther pays most of all on Urban100, whose houses have the same
# window many times.
#
# ## What was reported, what we got
#
# PSNR at x4 as the papers print it. None of these weights ships with the course; the networks are the library's, and
# agree with their authors' code.

# %%
lines = ["| network | year | parameters | Set5 | Urban100 |", "|---|--:|--:|--:|--:|"]
for name in ("swinir", "hat", "dat", "mambair"):
    card = srkit.models.card(name)
    found = {score.dataset: f"{score.psnr:.2f}" for score in card.published if score.scale == 4}
    row = " | ".join(found.get(dataset, "–") for dataset in ("set5", "urban100"))
    lines.append(f"| [{card.title}]({card.url}) | {card.year} | {card.parameters[4]:,} | {row} |")
Markdown("\n".join(lines))

# %%
srkit.widgets.diagram(srkit.models.create("mambair_light", scale=4))

# %% [markdown]
# ## Recap
#
# * Windows make attention affordable; windows of keys that overlap let neighbours know of each other.
# * Attention between channels costs $c^2$ and sees the whole image.
# * A selective scan is a state that fades and takes in as each place says. Its cost is linear.
# * A step is a pair, two steps are a pair again: so a scan can be done in $\log_2$ of its length rounds.
# * An image is walked in four ways. A network that can look far does not therefore look better.
#
# Three questions to see whether it stayed:
#
# <details><summary>Why is the scan of exercise 17.4 not simply a cumulative sum, divided by cumulative
# products?</summary>The product of many numbers below one becomes zero in float32, and dividing by it gives infinity
# times zero.</details>
# <details><summary>Can an image be enlarged in tiles by MambaIR with the same result?</summary>No. Every pixel
# reads a state that has passed the whole image; a tile has another past. The same holds for attention between
# channels.</details>
# <details><summary>What does a state with very large steps do?</summary>It forgets everything and says what the place
# itself holds: no memory is left.</details>
#
# **Further doors.** Lesson 07 has attention from its beginning, lesson 16 what memory traffic costs. A task to carry
# over: give `Mixed` both, windows in the first block and a scan in the second, and measure again.
