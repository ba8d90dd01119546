# %% [markdown]
# # Many paths and dense connections
#
# A network need not be one chain. Features may be put side by side instead of being replaced, a layer may look with two
# kernel sizes at once, two networks may work on one image and be joined at the end. In this lesson you write the four
# forms that super-resolution uses, count what they cost, and find out whether bad results can improve a good one.
#
# **You will be able to** write a dense block and compute its width and parameters; name the ways of running paths
# side by side, with a network for each; explain how a network can draw an image pixel by pixel without cheating.
#
# **You need** convolutions in PyTorch, and residual blocks from lesson 05.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 6.1 `dense_block` | 2 of 5 | 5 of 5 | 15 |
# | 6.2 `dense_parameters` | 2 of 5 | 3 of 5 | 10 |
# | 6.3 `multi_scale_block` | 3 of 5 | 3 of 5 | 15 |
# | 6.4 `fusion_weights` | 2 of 5 | 3 of 5 | 10 |
# | 6.5 `raster_mask` | 2 of 5 | 3 of 5 | 10 |
# | 6.6 `SmallRDN` | 5 of 5 | 4 of 5 | 40 |
#
# Stuck? `srkit.exercises.hint("dense_block")` gives a nudge, `level=2` the concept, `level=3` the first step.

# %% setup
import torch
import torch.nn.functional as F
from torch import nn

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# Three ways to enlarge, none of them learned. Bicubic interpolation is the best of the three. Of what use are the other
# two, once we have it?

# %%
tests, pictures = srkit.datasets.samples(scale=2), srkit.datasets.samples(scale=2, split="train")


def opinions(lr):
    """Three enlargements by 2 of a batch: nearest, bilinear, bicubic."""
    nearest = lr.repeat_interleave(2, 2).repeat_interleave(2, 3)
    bilinear = F.interpolate(lr, scale_factor=2, mode="bilinear", align_corners=False)
    return nearest, bilinear, srkit.ops.imresize(lr, 2)


def quality(enlarge):
    """Mean PSNR on luma over the test photographs."""
    protocol = srkit.Protocol.papers(2)
    found = [float(srkit.metrics.psnr(enlarge(pair.lr[None])[0], pair.hr, protocol=protocol)) for pair in tests]
    return sum(found) / len(found)


NAMES = ("nearest", "bilinear", "bicubic")
alone = {name: quality(lambda lr, i=i: opinions(lr)[i]) for i, name in enumerate(NAMES)}
print(*(f"{name} {psnr:.2f} dB" for name, psnr in alone.items()), sep=", ")
views = {name: image[0, :, 40:200, 80:240] for name, image in zip(NAMES, opinions(tests[0].lr[None]), strict=True)}
srkit.widgets.compare(views, truth=tests[0].hr[:, 40:200, 80:240], scale=2, alt="A face, enlarged in three ways")

# %% [markdown]
# ### Your prediction
#
# Add the three with fixed weights, the same for all pixels and all images, chosen as well as possible on some other
# photographs. How does the sum compare with bicubic interpolation? Write `"worse"`, `"0 to 0.3 dB better"` or
# `"over 0.3 dB better"`.

# %%
guess = "?"
srkit.exercises.predict("06-fusion", guess, choices=["worse", "0 to 0.3 dB better", "over 0.3 dB better"])

# %% [markdown]
# ## 1. Side by side instead of summed
#
# ### The idea
#
# A residual block *adds* what it found to what it was given; after the sum the two cannot be told apart. A *dense
# block* keeps both. Each layer makes a few new maps, $g$ of them, the *growth*, and they are put behind all that
# were there before. With $[\,\cdot\,]$ for putting side by side:
#
# $$F_i = \mathrm{ReLU}(\mathrm{conv}_i([F_0, F_1, \ldots, F_{i-1}]))$$
#
# So the last layer still reads the input of the block as it was, and the gradient reaches every layer directly. In
# super-resolution this began with SRDenseNet (Tong, Li, Liu, Gao, *Image Super-Resolution Using Dense Skip Connections*,
# ICCV 2017), eight blocks of eight layers with $g = 16$; with stem, bottleneck, enlargement and last layer it is 69 layers
# deep, where VDSR had 20.
#
# ### By hand: exercise 6.1
#
# `layers` is a list of convolutions; the first reads the channels of `features`, each later one $g$ more.
# Return the input and all new maps, the oldest first.

# %% exercise dense_block
def dense_block(features, layers):
    """Return the features and all new maps: (b, c, h, w) -> (b, c + growth * number of layers, h, w)."""
    ### BEGIN SOLUTION
    seen = features
    for layer in layers:
        new = F.relu(layer(seen))
        seen = torch.cat([seen, new], dim=1)
    return seen
    ### END SOLUTION

# %% check dense_block
srkit.exercises.check("dense_block", dense_block)

# %% [markdown]
# The block gets wider with every layer: after $n$ layers $c + n g$ channels. At its end a 1x1 convolution, the *fusion*,
# brings them back to $c$, so that the next block may begin as this one did.
#
# ### By hand: exercise 6.2
#
# Count before you build. The `n_layers` layers are 3x3 with bias and make `growth` maps each; the fusion is 1x1
# with bias, back to `channels`. Return how many channels the fusion reads, and the parameters of the whole block.

# %% exercise dense_parameters
def dense_parameters(channels, growth, n_layers):
    """Return (channels that the fusion reads, parameters of all layers and the fusion)."""
    ### BEGIN SOLUTION
    width, parameters = channels, 0
    for _ in range(n_layers):
        parameters += 9 * width * growth + growth
        width += growth
    return width, parameters + width * channels + channels
    ### END SOLUTION

# %% check dense_parameters
srkit.exercises.check("dense_parameters", dense_parameters)

# %% [markdown]
# ### See it
#
# What does the width cost? RDN's block has $c = g = 64$ and 8 layers. Beside it stand blocks of other lengths, and 3x3
# convolutions from 64 to 64 channels, as many as the block has layers.

# %%
from IPython.display import Markdown

lines = ["| layers | width | dense block | plain chain | ratio |", "|--:|--:|--:|--:|--:|"]
for n in (1, 2, 4, 8, 16):
    width, parameters = dense_parameters(64, 64, n)
    chain = n * (9 * 64 * 64 + 64)
    lines.append(f"| {n} | {width} | {parameters:,} | {chain:,} | {parameters / chain:.1f} |")
Markdown("\n".join(lines))

# %% [markdown]
# The parameters grow with the square of the number of layers, since each layer reads all before it. That is why dense
# networks are cut into blocks, with a fusion after each.
#
# ### The library's version
#
# RDN (Zhang, Tian, Kong, Zhong, Fu, *Residual Dense Network for Image Super-Resolution*, CVPR 2018) joins this lesson and the
# last one: a dense block, the fusion, and a skip around both.

# %%
rdn = srkit.models.create("rdn", scale=4)
block, features = rdn.body[0], torch.randn(1, 64, 12, 12)
with torch.no_grad():
    mine = features + block.fusion(dense_block(features, block.convs))
    print(f"largest difference between your block and RDN's: {(block(features) - mine).abs().max():.1e}")
held = sum(p.numel() for p in block.parameters())
print(f"parameters of RDN's block: {held:,}; by your count: {dense_parameters(64, 64, 8)[1]:,}")
srkit.widgets.source(type(block))

# %% [markdown]
# The whole of RDN, drawn from the network. C stands for *side by side*: inside a block after every layer, and once more
# after the last block, where the arrow carries the results of all sixteen.

# %%
srkit.widgets.diagram(rdn)

# %% [markdown]
# The same connections stand at other places, and the networks differ by *what* is put side by side.
#
# **RDN** puts the outputs of all 16 blocks side by side once more and fuses them: dense inside, gathered outside.
# **SRDenseNet** lets the first layer of a block read the stem and all earlier blocks, and passes on only the new
# maps of the block. **MemNet** (Tai et al., ICCV 2017) fuses the results of its runs with those of all earlier blocks.
# **CARN** (Ahn, Kang, Sohn, ECCV 2018, pages 256–272) fuses after *every* block, inside its cascades and between them. **DBPN**
# (Haris et al., CVPR 2018) connects its enlarging units with its reducing units: each of one kind reads all earlier
# ones of the other kind. **ESRGAN** (Wang et al., ECCV Workshops 2018) puts three dense blocks into one residual
# block and scales both kinds of residual by 0.2, for the reason you measured in lesson 05. How much of each network lies in the
# 1x1 convolutions that make this affordable?

# %%
def share_of_fusions(name):
    """Print how many of a network's weights belong to 1x1 convolutions."""
    net = srkit.models.create(name, scale=4)
    weights = [m.weight for m in net.modules() if isinstance(m, nn.Conv2d)]
    ones = [w.numel() for w in weights if w.shape[2:] == (1, 1)]
    every = sum(p.numel() for p in net.parameters())
    print(f"{srkit.models.card(name).title:12} {len(ones):4} of {len(weights):4} layers, {100 * sum(ones) / every:5.1f} % of parameters")


for name in ("carn", "rdn", "dbpn", "esrgan", "srdensenet", "memnet"):
    if name in srkit.models.names():
        share_of_fusions(name)

# %% [markdown]
# ESRGAN has none: the last 3x3 layer of each of its dense blocks does the fusion as well.
#
# ## 2. Two kernel sizes in one block
#
# A 3x3 kernel sees fine detail, a 5x5 kernel a little more of what is around. Why choose? MSRN (Li, Fang, Mei, Zhang,
# *Multi-Scale Residual Network for Image Super-Resolution*, ECCV 2018) runs both, and lets the two paths exchange what
# they found:
#
# | row | reads | 3x3 makes | 5x5 makes | then |
# |---|--:|--:|--:|---|
# | 1 | c | c | c | side by side (3x3 first), ReLU |
# | 2 | 2c | 2c | 2c | side by side (3x3 first), ReLU |
# | fusion, 1x1 | 4c | | | c channels, plus the input |
#
# Paths like these, within one block, are called *local* multi-path learning.
#
# ### By hand: exercise 6.3
#
# `small1`, `large1` are the layers of the first row, `small2`, `large2` those of the second. All keep height and width.

# %% exercise multi_scale_block
def multi_scale_block(features, small1, large1, small2, large2, fusion):
    """Refine features by two kernel sizes, twice, with an exchange in between: the shape stays."""
    ### BEGIN SOLUTION
    both = F.relu(torch.cat([small1(features), large1(features)], dim=1))
    both = F.relu(torch.cat([small2(both), large2(both)], dim=1))
    return features + fusion(both)
    ### END SOLUTION

# %% check multi_scale_block
srkit.exercises.check("multi_scale_block", multi_scale_block)

# %%
block = srkit.models.create("msrn", scale=4).body[0]
layers = {name: getattr(block, name) for name in ("small1", "large1", "small2", "large2", "fusion")}
with torch.no_grad():
    gap = (block(features) - multi_scale_block(features, *layers.values())).abs().max()
print(f"largest difference between your block and MSRN's: {gap:.1e}")
total = sum(p.numel() for p in block.parameters())
for name, layer in layers.items():
    held = sum(p.numel() for p in layer.parameters())
    print(f"{name:7} {tuple(layer.weight.shape)!s:20} {held:8,} parameters, {100 * held / total:4.1f} % of the block")

# %% [markdown]
# The large kernel of the second row alone holds most of the block. (Two 3x3 layers in a row see as far as one 5x5 layer,
# with 18 weights for each pair of channels instead of 25.)
#
# ## 3. Paths through the whole network
#
# *Global* multi-path learning gives each path a task of its own from beginning to end.
#
# **LapSRN** (Lai et al., CVPR 2017) has a path for features and one for the image; at each level the first hands the
# second a residual. **DSRN** keeps one state at each size (lesson 05). **CNF** (Ren, El-Khamy, Lee, *Image Super
# Resolution Based on Fusing Multiple Convolution Neural Networks*, CVPRW 2017) is the plainest: three networks of 11, 13
# and 15 layers work by themselves, and a small kernel for each weighs their images. It begins as the plain mean.
#
# What are the best weights? For images $\hat{x}_1, \ldots, \hat{x}_n$ and the truth $x$, those with the least squared error:
#
# $$w = \mathrm{arg\,min}_w\, \left\lVert w_1 \hat{x}_1 + \cdots + w_n \hat{x}_n - x \right\rVert_2^2$$
#
# ### By hand: exercise 6.4
#
# `opinions` is `(n, p)`, one row for each result, `truth` `(p,)`. Return the `n` weights. Nothing is demanded of them but
# the least error. `torch.linalg.lstsq` may be of use.

# %% exercise fusion_weights
def fusion_weights(opinions, truth):
    """Return the weights (n,) of least squared error: (n, p), (p,) -> (n,)."""
    ### BEGIN SOLUTION
    system = opinions.T  # (p, n): one equation for each pixel
    return torch.linalg.lstsq(system, truth[:, None]).solution[:, 0]
    ### END SOLUTION

# %% check fusion_weights
srkit.exercises.check("fusion_weights", fusion_weights)

# %% [markdown]
# Now the question from the top. The weights come from the training photographs, the quality from the others.

# %%
rows = [torch.stack([image.flatten() for image in opinions(pair.lr[None])]) for pair in pictures]
weights = fusion_weights(torch.cat(rows, dim=1).double(), torch.cat([pair.hr.flatten() for pair in pictures]).double())
print("weights:", *(f"{name} {w:+.2f}" for name, w in zip(NAMES, weights.tolist(), strict=True)), f"sum {weights.sum():.3f}")


def fused(lr):
    return sum(float(w) * image for w, image in zip(weights, opinions(lr), strict=True))


mean = quality(lambda lr: sum(opinions(lr)) / 3)
gain = quality(fused) - alone["bicubic"]
print(f"plain mean {mean:.2f} dB, bicubic {alone['bicubic']:.2f} dB, fused {quality(fused):.2f} dB ({gain:+.2f})")
verdict = "worse" if gain < 0 else "0 to 0.3 dB better" if gain <= 0.3 else "over 0.3 dB better"
srkit.exercises.recall("06-fusion", verdict)

# %% [markdown]
# Look at the signs. A weight below zero says: take away what the softer image has in common with the sharper one, which
# leaves a sharper one still. The plain mean is no help at all where the results are of so different quality. What counts
# is not how good a result is but whether its errors *differ* from those of the others.
#
# The library's CNF, with its members in the place of our interpolations. The paper counts 448K weights, biases left out.
# (A widely copied table has 337K, which would fit shorter members.)

# %%
cnf = srkit.models.create("cnf", scale=2, tiny=True)
luma = torch.rand(1, 1, 16, 16)
with torch.no_grad():
    members = cnf.opinions(luma)
    gap = (cnf.fuse(members) - torch.stack(members).mean(0)).abs().max()
full = srkit.models.create("cnf", scale=2)
print(f"weights of CNF: {sum(p.numel() for name, p in full.named_parameters() if name.endswith('weight')):,}")
print(f"untrained, the fusion of {len(members)} members differs from their mean by {gap:.1e}")
srkit.widgets.source(type(cnf).fuse)

# %% [markdown]
# ## 4. A path that draws
#
# When a small image is enlarged four times, very different large ones fit it. A network that must give one answer gives
# their mean, which is blurred. *Pixel recursive super-resolution* (Dahl, Norouzi, Shlens, ICCV 2017; "PixelCNN" on the
# slide) draws one of them instead, pixel after pixel, in reading order. Two paths have a say in each pixel:
# a *conditioning* network that knows the small image, and a *prior* that knows the pixels drawn so far. Their outputs,
# 256 logits for each colour, are added:
#
# $$p(x \mid y) = \prod_i p(x_i \mid x_1, \ldots, x_{i-1}, y)$$
#
# In training the whole large image is at hand, so the prior could look ahead. It is kept from that by masking its kernels.
#
# ### By hand: exercise 6.5
#
# Return a mask of `h` x `w` (both odd): 1 where a pixel comes before the middle one in reading order, along the rows from
# the top, 0 elsewhere. The middle itself is 1 only if `sees_itself`.

# %% exercise raster_mask
def raster_mask(h, w, sees_itself):
    """Return a mask (h, w) of ones where the kernel may look, zeros elsewhere."""
    ### BEGIN SOLUTION
    mask = torch.zeros(h, w)
    mask[: h // 2] = 1
    mask[h // 2, : w // 2] = 1
    mask[h // 2, w // 2] = float(sees_itself)
    return mask
    ### END SOLUTION

# %% check raster_mask
srkit.exercises.check("raster_mask", raster_mask)

# %% [markdown]
# The first layer must not see its own pixel: that is what it has to guess. Later layers may, for what stands there
# by then was made of earlier pixels only. Which pixels does a stack of five 3x3 layers see? And which does the library's
# prior see? Again the gradient tells.

# %%
def seen_by(network, channels, size=23):
    """Which pixels the output at row 14, column 11 depends on: (size, size) of zeros and ones."""
    torch.manual_seed(0)
    image = torch.rand(1, channels, size, size, requires_grad=True)
    network(image)[..., 14, 11].sum().backward()
    return (image.grad[0].abs().sum(0) > 0).float()


def stack(image):
    for layer in range(5):
        mask = raster_mask(3, 3, sees_itself=layer > 0)
        image = F.conv2d(image, mask[None, None], padding=1)
    return image


prior = srkit.models.create("pixelcnn", scale=4, tiny=True).prior
maps = {"a stack of masked layers": seen_by(stack, 1), "the library's prior": seen_by(prior, 3)}
for name, seen in maps.items():
    later = seen.flatten()[14 * 23 + 11 :].sum()
    print(f"{name}: {int(seen.sum())} pixels seen, of which at or after its own: {int(later)}")
for seen in maps.values():
    seen[14, 11] = 0.5
srkit.widgets.show(
    *maps.values(),
    titles=list(maps),
    zoom=8,
    alt="White: pixels seen; grey: the pixel itself. The stack misses a wedge to the upper right, the prior a smaller one",
)

# %% [markdown]
# Neither looks ahead. But the stack has a *blind spot*: pixels to the upper right were drawn long ago, and no chain of
# masked 3x3 kernels reaches them, since each row upwards lets it go only one column to the right. The gated PixelCNN
# (van den Oord et al., *Conditional Image Generation with PixelCNN Decoders*, NIPS 2016), on which the paper builds, has
# two stacks against that: one for whole rows above, one for the row itself. In its original form the first stack misses nothing. The
# public code of pixel recursive super-resolution, which the library follows, hides a row from itself in *every* layer
# of that stack, so with its 5x5 kernels a narrower wedge is left.
#
# The price of drawing: one run of the prior for every pixel.

# %%
print(f"runs of the prior for the paper's 32 x 32 image: {32 * 32:,}; for one of 1920 x 1080: {1920 * 1080:,}")
srkit.widgets.source(type(prior))

# %% [markdown]
# ## 5. A path for each scale
#
# Networks for x2, x3 and x4 do much the same. *Scale-specific* multi-path learning shares the middle and gives each scale
# its own beginning or end. **MDSR** (Lim et al., CVPRW 2017) has two 5x5 blocks and an upsampler for each
# scale, and shares the 80 blocks between; a batch of training has one scale, drawn at random. **CARN** has an upsampler
# for each. **ProSR** (Wang et al., CVPR Workshops 2018) has a first and a last layer for each scale, and the larger scale runs
# through the levels of the smaller one.

# %%
def count(*parts):
    return sum(p.numel() for part in parts for p in part.parameters())


lines = ["| network | three networks | one with three paths | saved |", "|---|--:|--:|--:|"]
for name, own in (("mdsr", ("own", "upsampler")), ("carn", ("upsampler",))):
    nets = [srkit.models.create(name, scale=scale) for scale in (2, 3, 4)]
    paths = [count(*(getattr(net, part) for part in own)) for net in nets]
    apart, together = count(*nets), count(nets[0]) - paths[0] + sum(paths)
    title = srkit.models.card(name).title
    lines.append(f"| {title} | {apart:,} | {together:,} | {100 * (1 - together / apart):.0f} % |")
Markdown("\n".join(lines))

# %% [markdown]
# ## 6. A whole network: exercise 6.6
#
# Build RDN (Zhang, Tian, Kong, Zhong, Fu, *Residual Dense Network for Image Super-Resolution*, CVPR 2018) at teaching size. All
# convolutions have biases and keep the size.
#
# * The *head*, 3x3, makes `channels` features.
# * Each of `n_blocks` *blocks* is your `dense_block` with `n_layers` 3x3 convolutions of `growth` maps, a 1x1 fusion back to
#   `channels`, and the sum with what the block was given.
# * The results of *all* blocks, the oldest first, stand side by side; a 1x1 convolution brings them to `channels`, a 3x3
#   convolution follows, and the features of the head are added.
# * A 3x3 convolution to `3 * scale**2` channels and `F.pixel_shuffle(…, scale)` make the image.

# %% exercise small_rdn
class SmallRDN(nn.Module):
    """Enlarge (b, 3, h, w) to (b, 3, scale*h, scale*w)."""

    def __init__(self, scale, channels, growth, n_layers, n_blocks):
        super().__init__()
        ### BEGIN SOLUTION
        self.scale = scale
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        widths = [channels + i * growth for i in range(n_layers + 1)]
        self.blocks, self.fusions = nn.ModuleList(), nn.ModuleList()
        for _ in range(n_blocks):
            self.blocks.append(nn.ModuleList(nn.Conv2d(width, growth, 3, padding=1) for width in widths[:-1]))
            self.fusions.append(nn.Conv2d(widths[-1], channels, 1))
        self.join = nn.Conv2d(n_blocks * channels, channels, 1)
        self.last = nn.Conv2d(channels, channels, 3, padding=1)
        self.enlarge = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        ### END SOLUTION

    def forward(self, lr):
        ### BEGIN SOLUTION
        first = features = self.head(lr)
        kept = []
        for layers, fusion in zip(self.blocks, self.fusions, strict=True):
            features = features + fusion(dense_block(features, layers))
            kept.append(features)
        features = first + self.last(self.join(torch.cat(kept, dim=1)))
        return F.pixel_shuffle(self.enlarge(features), self.scale)
        ### END SOLUTION

# %% check small_rdn
srkit.exercises.check("small_rdn", SmallRDN)

# %% [markdown]
# Train it for half a minute at x4, and look.

# %%
torch.manual_seed(0)
rdn = SmallRDN(scale=4, channels=24, growth=12, n_layers=4, n_blocks=3)
crops = srkit.datasets.Patches(srkit.datasets.samples(scale=4, split="train"), patch=96, batch=8, seed=0)
STEPS = 300
optimiser = torch.optim.Adam(rdn.parameters(), 2e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
for step in range(STEPS):
    lr, hr = crops.batch(step)
    loss = F.l1_loss(rdn(lr), hr)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    schedule.step()
    if step % 100 == 0 or step == STEPS - 1:
        print(f"step {step:3}  loss {loss.item():.4f}")
photographs = srkit.datasets.samples(scale=4, split="photographs")
brook = photographs[photographs.names.index("brook")]
lr, truth = brook.lr[:, 90:180, 110:230], brook.hr[:, 360:720, 440:920]
bicubic = srkit.upscale(lr, srkit.models.create("bicubic", scale=4))
srkit.widgets.compare(
    {"bicubic": bicubic, "your dense blocks": srkit.upscale(lr, rdn)},
    truth=truth,
    scale=4,
    height=600,
    alt="A brook at four times its width: bicubic, your network, and the truth",
)

# %% [markdown]
# ### Dense blocks at full size
#
# What can 69 dense blocks do? ESRGAN's generator is made of them, three in each of 23 residual groups (16.7 million weights). As
# *Real-ESRGAN* (licence BSD-3-Clause) it was trained on damaged pictures; here it is asked, if it is installed, for a brook that was
# blurred, reduced, disturbed and saved as JPEG, twice over. Beside it a network of 1.4 % of its size, of plain residual
# blocks, that was trained for 27 minutes on a processor.

# %%
import warnings

pieces = srkit.datasets.samples(scale=4, split="damaged")
brook = pieces[pieces.names.index("brook")]
lr, truth = brook.lr[:, 90:180, 110:230], brook.hr[:, 360:720, 440:920]
restored = {"bicubic": srkit.upscale(lr, srkit.models.create("bicubic", scale=4))}
for name, (network, weights) in {"residual": ("edsr_small", "srkit:photo"), "dense": ("esrgan", "realesrgan")}.items():
    try:
        with warnings.catch_warnings(action="ignore"):  # they repeat the licence
            restored[name] = srkit.upscale(lr, srkit.models.create(network, scale=4, pretrained=weights))
    except (srkit.errors.BadFile, srkit.errors.Offline) as problem:
        print(f"{name} is left out.", problem)
srkit.widgets.compare(restored, truth=truth, scale=4, height=600, alt="A damaged brook, restored by two networks, and the truth")

# %% [markdown]
# The residual network takes the damage away and leaves soft stones. The dense one gives them edges and cracks, and takes
# the moss for stone. It has 72 times the weights, and was trained to look real (lesson 09); here that is less PSNR than
# bicubic interpolation (20.5 against 21.1 dB), and perhaps the picture that you would keep.
#
# ## What was reported, what we got
#
# Set5 at x4, luma, as the papers print it, and "here" where we could measure with the authors' weights. Parameters are
# counted in the library.

# %%
SYSTEMS = {
    "lapsrn": "global: features and image",
    "cnf": "global: three networks",
    "dsrn": "global: two sizes",
    "msrn": "local: 3x3 and 5x5",
    "mdsr": "one per scale",
    "carn": "one per scale; fused after every block",
    "srdensenet": "dense blocks, all read by the next",
    "memnet": "dense memory",
    "dbpn": "dense, up and down",
    "rdn": "dense blocks, residual",
    "esrgan": "dense blocks, residual in residual",
}


def score(scores):
    """Set5 at x4 in words."""
    found = [s for s in scores if (s.dataset, s.scale) == ("set5", 4)]
    return f"{found[0].psnr:.2f} / {found[0].ssim:.4f}" if found else "–"


lines = ["| network | paths | parameters | published | here |", "|---|---|--:|---|---|"]
known = {name: srkit.models.card(name) for name in SYSTEMS if name in srkit.models.names()}
for name, card in sorted(known.items(), key=lambda item: item[1].parameters[4]):
    row = (card.title, SYSTEMS[name], f"{card.parameters[4]:,}", score(card.published), score(card.measured))
    lines.append("| " + " | ".join(row) + " |")
Markdown("\n".join(lines))

# %% [markdown]
# A dash means that no number could be verified, not that there is none. MSRN's row is the network that its authors
# released and trained again; the paper itself has a little less. For pixel recursive super-resolution PSNR is the
# wrong measure altogether: it punishes an image that is sharp and different. Its authors asked people.
#
# ## Recap
#
# * A dense block keeps everything side by side; its parameters grow with the square of its layers, and 1x1 fusions
#   hold that in check.
# * Paths may run through the whole network, inside one block, or one for each scale.
# * A fusion gains where errors differ. Its weights may be negative.
# * Masked kernels let a network guess a pixel from those before it without seeing the answer.
#
# Three questions to see whether it stayed:
#
# <details><summary>A dense block has 64 channels, growth 32 and 6 layers. What does its fusion read?</summary>64 + 6 · 32 =
# 256 channels.</details>
# <details><summary>Why do ten copies of one network, averaged, gain nothing, and ten networks with other first weights
# a little?</summary>Copies make the same errors. Networks that began elsewhere make partly different ones, and these
# cancel.</details>
# <details><summary>May the second masked layer see its own pixel?</summary>Yes. What stands there was computed from
# earlier pixels only, because the first layer did not see it.</details>
#
# **Further doors.** Lesson 07 weighs paths and channels anew for each image. Lesson 10 trains several outputs at once, and
# opens ProSR's levels one after the other. A task to carry over: add a fourth opinion to the fusion, the network of
# exercise 1 (`srkit.models.create("a2001sr", scale=2, pretrained="srkit")`), and predict the sign of the other three
# weights before you look.
