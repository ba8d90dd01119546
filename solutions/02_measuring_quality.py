# %% [markdown]
# # Measuring quality: bicubic, PSNR, SSIM, and the small print
#
# Every table in this field stands on two numbers, PSNR and SSIM, and on one method to beat, bicubic interpolation. In
# this lesson you write all three yourself, and find out why two programs that measure the same two files can disagree by
# more than a decibel, which is more than separates many papers.
#
# **You will be able to** enlarge an image without a library and name the kernel you used; compute PSNR and SSIM the way the papers
# do; read a number in a table and ask the right questions about it.
#
# **You need** tensors and slicing in PyTorch.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 2.1 `cubic_weights` | 2 of 5 | 3 of 5 | 15 |
# | 2.2 `to_luma` | 1 of 5 | 4 of 5 | 10 |
# | 2.3 `psnr` | 2 of 5 | 5 of 5 | 10 |
# | 2.4 `ssim_windows` | 3 of 5 | 3 of 5 | 15 |
#
# Stuck? `srkit.exercises.hint("psnr")` gives a nudge, `level=2` the concept, `level=3` the first step.

# %% setup
import math

import torch

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# Below is a photograph and three damaged versions of it: one is noisy, one is blurred, one is a little too bright. The
# mean squared error of all three is the same, to the last digit shown. Are they equally bad? (The viewer shows and
# measures files: what lies outside of [0, 1] is cut off there, so its decibels differ a little.)

# %%
pair = srkit.datasets.samples(scale=2)[0]
hr = pair.hr[:, 60:220, 80:240]


def damaged(change, target=0.0012):
    """Return hr + a * change, with a chosen so that the mean squared error is the target."""
    return hr + change * math.sqrt(target / change.square().mean().item())


blurred = torch.nn.functional.avg_pool2d(hr, 5, 1, padding=2, count_include_pad=False)
candidates = {
    "noisy": damaged(torch.randn(1, *hr.shape[1:]).expand(3, -1, -1)),
    "blurred": damaged(blurred - hr),
    "brighter": damaged(torch.ones(hr.shape)),
}
for name, image in candidates.items():
    print(f"{name:9} mean squared error {(image - hr).square().mean():.5f}")
srkit.widgets.compare(candidates, truth=hr, alt="A photograph with noise, with blur and too bright; equal squared error")

# %% [markdown]
# ### Your prediction
#
# A colleague measures the PSNR of one result against one original. You measure the same two files with another program.
# By how much can the two numbers differ, if neither program has a bug? Write `"under 0.1 dB"`, `"up to 1 dB"` or
# `"over 1 dB"`.

# %%
guess = "?"
srkit.exercises.predict("02-two-programs", guess, choices=["under 0.1 dB", "up to 1 dB", "over 1 dB"])

# %% [markdown]
# ## 1. The method to beat
#
# ### The idea
#
# To enlarge an image by $s$, ask for each new pixel where it lies among the old ones, and take a weighted mean of those
# nearby. If pixels are little squares, the centre of new pixel $i$ lies at
#
# $$u = \frac{i + 0.5}{s} - 0.5$$
#
# among the old centres. *Bicubic* interpolation weighs four old pixels in each direction, those at distances $1+t$, $t$,
# $1-t$ and $2-t$, where $t$ is the fractional part of $u$. The weight of a pixel at distance $d$ is Keys' kernel (Keys,
# *Cubic Convolution Interpolation for Digital Image Processing*, IEEE TASSP 29(6), 1981):
#
# $$k(d) = \begin{cases} (a+2)\,d^3 - (a+3)\,d^2 + 1 & d \le 1 \\ a\,d^3 - 5a\,d^2 + 8a\,d - 4a & 1 < d < 2 \\ 0 & \text{else} \end{cases}$$
#
# MATLAB and the papers take $a = -0.5$; PyTorch and OpenCV take $a = -0.75$. That is the first line of the small print.
#
# ### By hand: exercise 2.1
#
# `t` is a tensor `(n,)` of numbers in [0, 1). Return the weights `(n, 4)` of the pixels at distances `1+t, t, 1-t, 2-t`,
# in this order, with $a = -0.5$.

# %% exercise cubic_weights
def cubic_weights(t):
    """Return Keys' four weights, a = -0.5, for each offset: (n,) -> (n, 4)."""
    ### BEGIN SOLUTION
    x = torch.stack([1 + t, t, 1 - t, 2 - t], dim=-1)  # (n, 4)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return torch.where(x <= 1, near, far)
    ### END SOLUTION

# %% check cubic_weights
srkit.exercises.check("cubic_weights", cubic_weights)

# %% [markdown]
# ### See it
#
# With your weights, enlarging is a matter of saying which four pixels are meant. At the edge there are no neighbours, so
# the image is mirrored there.

# %%
def enlarge_rows(image, scale):
    """Enlarge (c, h, w) vertically: (c, scale*h, w)."""
    h = image.shape[1]
    u = (torch.arange(scale * h) + 0.5) / scale - 0.5
    left = u.floor()
    taps = left.long()[:, None] + torch.tensor([-1, 0, 1, 2])  # (scale*h, 4)
    taps = torch.where(taps < 0, -1 - taps, taps)
    taps = torch.where(taps >= h, 2 * h - 1 - taps, taps)
    return torch.einsum("nk,cnkw->cnw", cubic_weights(u - left), image[:, taps])


def enlarge(image, scale):
    """Enlarge (c, h, w) in both directions."""
    return enlarge_rows(enlarge_rows(image, scale).transpose(1, 2), scale).transpose(1, 2)


lr = pair.lr[:, 30:110, 40:120]
mine = enlarge(lr, 2)
nearest = lr.repeat_interleave(2, 1).repeat_interleave(2, 2)
srkit.widgets.compare(nearest=nearest, bicubic=mine, truth=hr, scale=2, alt="Nearest neighbour, your bicubic, the truth")

# %% [markdown]
# ### The library's version
#
# `imresize` is MATLAB's function of this name, reproduced to the last bit on 8-bit images. It also *reduces* images, and
# then it stretches the kernel first, which removes the detail that the small image cannot hold. All small images of the
# benchmarks were made that way.

# %%
theirs = srkit.ops.imresize(lr, 2)
print(f"Largest difference between your enlargement and the library's: {(mine - theirs).abs().max():.1e}")
pytorch = torch.nn.functional.interpolate(lr[None], scale_factor=2, mode="bicubic", align_corners=False)[0]
print(f"Largest difference between PyTorch's (a = -0.75) and the library's: {(pytorch - theirs).abs().max():.1e}")
srkit.widgets.source(srkit.ops.imresize)

# %% [markdown]
# ## 2. One channel
#
# ### The idea
#
# Eyes are sharper for brightness than for colour, so the papers measure brightness alone. The luma $Y$ of a colour is a
# weighted sum of red, green and blue. The weights are those of a television standard, ITU-R BT.601, in which black is
# level 16 and white is level 235 of 255:
#
# $$Y = \frac{65.481\,R + 128.553\,G + 24.966\,B + 16}{255}, \qquad R, G, B \in [0, 1]$$
#
# ### By hand: exercise 2.2
#
# `image` is `(3, h, w)` or a batch `(b, 3, h, w)`; return `(1, h, w)` or `(b, 1, h, w)`.

# %% exercise to_luma
def to_luma(image):
    """Return the luma of RGB in [0, 1]: (..., 3, h, w) -> (..., 1, h, w)."""
    ### BEGIN SOLUTION
    red, green, blue = image[..., 0:1, :, :], image[..., 1:2, :, :], image[..., 2:3, :, :]
    return (65.481 * red + 128.553 * green + 24.966 * blue + 16) / 255
    ### END SOLUTION

# %% check to_luma
srkit.exercises.check("to_luma", to_luma)

# %%
srkit.widgets.show(hr, *(to_luma(hr).expand(3, -1, -1),), titles=["colour", "luma"], alt="A photograph and its luma", zoom=2)

# %% [markdown]
# ## 3. Peak signal-to-noise ratio
#
# ### The idea
#
# The mean squared error of a result $\hat{x}$ is the mean of $(\hat{x} - x)^2$ over all pixels and channels. On a
# logarithmic scale, against the largest value a pixel can have, here 1, it is called PSNR and counted in decibels:
#
# $$\mathrm{PSNR} = 10 \log_{10} \frac{1^2}{\mathrm{MSE}}$$
#
# Halving the mean squared error adds 3 dB, halving its root 6 dB. At the border a method has to invent what lies outside, so a border of some pixels is left
# out on every side; the papers leave out as many as the scale.
#
# ### By hand: exercise 2.3
#
# `sr` and `hr` are `(c, h, w)` in [0, 1]; `border` may be 0. Return the decibels, a number.

# %% exercise psnr
def psnr(sr, hr, border):
    """Return the PSNR of (c, h, w) against (c, h, w) in decibels, without a border of so many pixels."""
    ### BEGIN SOLUTION
    h, w = hr.shape[-2:]
    inside = (..., slice(border, h - border), slice(border, w - border))
    error = (sr[inside] - hr[inside]).square().mean()
    return -10 * torch.log10(error).item()
    ### END SOLUTION

# %% check psnr
srkit.exercises.check("psnr", psnr)

# %% [markdown]
# ### See it
#
# Your three functions together give the baseline of every table.

# %%
def on_luma(sr, hr, border):
    """PSNR on luma of what an 8-bit file would hold."""
    rounded = (sr.clamp(0, 1) * 255 + 0.5).floor() / 255
    return psnr(to_luma(rounded), to_luma(hr), border)


for name, image in (("nearest", nearest), ("bicubic", mine)):
    print(f"{name:8} {on_luma(image, hr, 2):.2f} dB on luma, {psnr(image, hr, 2):.2f} dB on RGB")

# %% [markdown]
# ### The library's version
#
# The library never takes a PSNR without a *protocol*: which channel, which border, rounded or not.

# %%
protocol = srkit.Protocol(channel="y", border=2)
print(f"{srkit.metrics.psnr(mine, hr, protocol=protocol):.4f} dB   ({protocol})")
print(f"{on_luma(mine, hr, 2):.4f} dB   yours")
srkit.widgets.source(srkit.metrics.psnr)

# %% [markdown]
# ## 4. Structural similarity
#
# ### The idea
#
# The three images at the top have one PSNR and three looks. SSIM (Wang, Bovik, Sheikh, Simoncelli, *Image Quality
# Assessment: From Error Visibility to Structural Similarity*, IEEE TIP 13(4), 2004) asks, window by window, whether mean,
# contrast and pattern agree. With weighted means $\mu$, variances $\sigma^2$ and covariance $\sigma_{xy}$ in a window:
#
# $$\mathrm{SSIM}(x, y) = \frac{2\mu_x\mu_y + C_1}{\mu_x^2 + \mu_y^2 + C_1} \cdot \frac{2\sigma_{xy} + C_2}{\sigma_x^2 + \sigma_y^2 + C_2}, \qquad C_1 = 0.01^2,\; C_2 = 0.03^2$$
#
# The papers' window is 11 x 11 pixels, weighted by a Gaussian of width 1.5, and only windows that lie wholly inside count.
#
# ### By hand: exercise 2.4
#
# `x` and `y` hold `n` windows of `k` pixels each, `(n, k)`; `weights` `(k,)` sums to 1. Return the similarities `(n,)`. The
# variance under weights is the mean of the square minus the square of the mean, and the covariance likewise.

# %% exercise ssim_windows
def ssim_windows(x, y, weights):
    """Return the structural similarity of each of n windows of k pixels: (n, k), (n, k), (k,) -> (n,)."""
    ### BEGIN SOLUTION
    mx, my = (x * weights).sum(-1), (y * weights).sum(-1)  # (n,)
    vx = (x * x * weights).sum(-1) - mx**2
    vy = (y * y * weights).sum(-1) - my**2
    cov = (x * y * weights).sum(-1) - mx * my
    luminance = (2 * mx * my + 0.01**2) / (mx**2 + my**2 + 0.01**2)
    return luminance * (2 * cov + 0.03**2) / (vx + vy + 0.03**2)
    ### END SOLUTION

# %% check ssim_windows
srkit.exercises.check("ssim_windows", ssim_windows)

# %% [markdown]
# ### See it
#
# All 11 x 11 windows of an image are one call away (`unfold`), and your function makes SSIM of them.

# %%
line = torch.exp(-torch.linspace(-5, 5, 11) ** 2 / (2 * 1.5**2))
gaussian = (line[:, None] * line).flatten() / line.sum() ** 2


def ssim(sr, hr):
    """Return the SSIM of two luma images (1, h, w)."""
    x, y = (torch.nn.functional.unfold(image[None], 11)[0].T for image in (sr.double(), hr.double()))  # (n, 121)
    return ssim_windows(x, y, gaussian.double()).mean().item()


print("             PSNR      SSIM     of luma, nothing rounded, no border")
for name, image in candidates.items():
    print(f"{name:9} {psnr(to_luma(image), to_luma(hr), 0):6.2f} dB   {ssim(to_luma(image), to_luma(hr)):.4f}")

# %% [markdown]
# PSNR sees next to no difference between the three; SSIM hardly minds the brightness. Neither is right in general: a
# measure is a decision about which errors matter.
#
# ### The library's version

# %%
raw = srkit.Protocol(border=0, quantise=False)
for name, image in candidates.items():
    theirs = float(srkit.metrics.ssim(image, hr, protocol=raw))
    print(f"{name:9} {theirs:.6f} in the library, {ssim(to_luma(image), to_luma(hr)):.6f} yours")

# %% [markdown]
# ### A measure and your eyes
#
# A brook at four times its width, drawn in several ways. Before you look at the numbers: in which order would *you* put
# the pictures? (Real-ESRGAN, licence BSD-3-Clause, is there where its weights are installed.)

# %%
import warnings

photographs = srkit.datasets.samples(scale=4, split="photographs")
brook = photographs[photographs.names.index("brook")]
lr, truth = brook.lr[:, 90:180, 110:230], brook.hr[:, 360:720, 440:920]
asked = {
    "bicubic": ("bicubic", None),
    "for decibels": ("edsr_small", "srkit"),
    "for looks": ("edsr_small", "srkit:gan"),
    "Real-ESRGAN": ("esrgan", "realesrgan"),
}
drawn = {}
for name, (network, weights) in asked.items():
    try:
        with warnings.catch_warnings(action="ignore"):  # they repeat the licence
            drawn[name] = srkit.upscale(lr, srkit.models.create(network, scale=4, pretrained=weights))
    except (srkit.errors.BadFile, srkit.errors.Offline) as problem:
        print(f"{name} is left out.", problem)
srkit.widgets.compare(drawn, truth=truth, scale=4, height=600, alt="A brook at four times its width, from several methods")

# %%
for name, image in drawn.items():
    print(f"{name:13} {psnr(to_luma(image), to_luma(truth), 4):6.2f} dB   {ssim(to_luma(image), to_luma(truth)):.4f}")

# %% [markdown]
# Did you put the two that were trained for looks before the others? PSNR says the opposite: both are below bicubic
# interpolation, for a ripple that is drawn sharp and in the wrong place costs more than one that is left out. Lesson 09 says why.

# %% [markdown]
# ## 5. The small print
#
# One pair of images, one result, and every protocol that is in use somewhere. Nothing below is a bug.

# %%
from IPython.display import Markdown

rows = srkit.metrics.explain(mine, hr, scale=2)
lines = ["| protocol | PSNR (dB) | difference | why |", "|---|--:|--:|---|"]
lines += [f"| {row.protocol} | {row.psnr:.2f} | {row.psnr - rows[0].psnr:+.2f} | {row.reason} |" for row in rows]
Markdown("\n".join(lines))

# %%
spread = max(row.psnr for row in rows) - min(row.psnr for row in rows)
print(f"from the smallest to the largest: {spread:.2f} dB; 20 log10(255 / 219) = {20 * math.log10(255 / 219):.2f} dB")
srkit.exercises.recall(
    "02-two-programs", "under 0.1 dB" if spread < 0.1 else "up to 1 dB" if spread <= 1 else "over 1 dB"
)

# %% [markdown]
# The largest trap is the range of luma. The papers' $Y$ runs over 219 of 255 levels, so every difference is smaller by
# that factor than in OpenCV's luma, and the PSNR is higher by $20 \log_{10}(255/219)$. A paper that measures the one way and
# copies its rivals' numbers measured the other way has won more than a decibel.
#
# There is a famous case in the benchmark Set14. It holds one grey image, stored with a single channel. The usual MATLAB
# script converts to luma only what has three channels, so this one image is scored on its raw levels. It loses 1.32 dB
# and the mean of fourteen loses 0.09. Every published Set14 number has it inside.
#
# ## What was reported, what we got
#
# Bicubic interpolation at x2, as the papers print it, and measured here. Set5, Set14 and B100 are not part of the course
# (their terms do not allow it); `srkit data fetch set5` gets them, and then the rows below fill.

# %%
bicubic = srkit.models.create("bicubic", scale=2)
published = {score.dataset: score for score in srkit.models.card("bicubic").published if score.scale == 2}
lines = ["| images | published (dB / SSIM) | here | protocol |", "|---|---|---|---|"]
for dataset in ("set5", "set14", "b100", "samples"):
    known = published.get(dataset)
    printed = f"{known.psnr:.2f} / {known.ssim:.4f}" if known else "–"
    try:
        table = srkit.evaluate(bicubic, dataset, scale=2)
        found = f"{table.mean.psnr:.2f} / {table.mean.ssim:.4f}"
    except srkit.errors.BadFile:
        found = "not on this machine"
    lines.append(f"| {dataset} | {printed} | {found} | {srkit.Protocol.papers(2)} |")
Markdown("\n".join(lines))

# %% [markdown]
# ## Recap
#
# * Bicubic interpolation is four weights in each direction; their kernel has a parameter, and libraries differ in it.
# * PSNR is the mean squared error on a logarithmic scale. SSIM compares mean, contrast and pattern window by window.
# * A number without channel, border, rounding and the way the small image was made means nothing.
#
# Three questions to see whether it stayed:
#
# <details><summary>Every pixel of a result is off by 0.01. What is its PSNR?</summary>The mean squared error is 0.0001,
# so 40 dB.</details>
# <details><summary>Why is the PSNR on RGB lower than on luma?</summary>Luma runs over 219 of 255 levels only, and in the
# weighted sum the errors of the three channels partly cancel.</details>
# <details><summary>Two results have the same PSNR. May you choose either?</summary>Look at them. The error of one may be
# noise, that of the other blur or a shift in brightness.</details>
#
# **Further doors.** Lesson 03 puts networks in the place of the kernel. Lesson 09 asks which measure a network should be
# trained on, lesson 12 what happens if the small image was not made by `imresize`. A task to carry over: give
# `cubic_weights` a parameter `a`, and find the `a` with the highest PSNR on the sample photographs.
