# %% [markdown]
# # Start here
#
# A small photograph goes in, a large and sharp one comes out. This course shows how that is done, from two lines that
# copy pixels to networks that invent detail, and has you write the heart of each yourself. Nothing here needs a graphics
# card or a network connection.
#
# In this first lesson the environment checks itself, a first photograph is enlarged, and you learn how lessons work: three
# exercises of five minutes, the same moves as in all the lessons that follow.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 0.1 `to_float` | 1 of 5 | 5 of 5 | 5 |
# | 0.2 `to_bytes` | 1 of 5 | 4 of 5 | 5 |
# | 0.3 `nearest` | 1 of 5 | 3 of 5 | 5 |

# %% setup
import torch

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## Does everything work?
#
# A cell is run with Shift+Enter. Run the next one. It looks at Python, PyTorch, Jupyter, the disk and the course's own
# files, and says for each what is there; where something is missing it says the one thing to do.

# %%
import subprocess
import sys

report = subprocess.run([sys.executable, "-m", "srkit", "doctor", "--quick"], capture_output=True, text=True)
print(report.stdout)

# %% [markdown]
# ## A picture and a question
#
# This is one of fifteen small photographs that come with the course, and beside it what is left when it is made half as
# wide and half as high. Three of four pixels are gone. Can anything bring them back?

# %%
pair = srkit.datasets.samples(scale=2)[0]
titles = ["original", "half the size"]
srkit.widgets.show(pair.hr, pair.lr, titles=titles, alt="A photograph, and the same at half its size")

# %% [markdown]
# Here are two attempts. The two lists above the picture choose what lies left and right of the line, and you can drag the
# line. In 1 the missing pixels are computed from their neighbours by a fixed rule. In 2 they come from a network of four
# layers that was trained for this course and has never seen this photograph; 3 is the original. The keys **1**, **2** and
# **3** flip between them on the spot, the wheel zooms until you see single pixels, and **?** shows all keys.

# %%
try:
    network = srkit.models.create("a2001sr", scale=2, pretrained="srkit")
except srkit.errors.BadFile as problem:
    print("The trained weights are not here, so the fixed rule stands in for the network.", problem)
    network = srkit.models.create("bicubic", scale=2)
bicubic = srkit.models.create("bicubic", scale=2)
srkit.widgets.compare(
    bicubic=srkit.upscale(pair.lr, bicubic),
    network=srkit.upscale(pair.lr, network),
    truth=pair.hr,
    scale=2,
    alt="The small photograph enlarged by a fixed rule and by a network, beside the original",
)

# %% [markdown]
# ### Your prediction
#
# Before an experiment you will often be asked for a guess. Guessing first makes the answer stay in mind; nobody grades it,
# and it is kept in a file on your machine alone. Here is the first. Enlarge a photograph by copying each pixel four
# times, and measure how far the result is from the original, in decibels (lesson 02 says what these are; more is better).
# Then do the same with the fixed rule of the picture above. Which gets more? Write `"copying"`, `"the rule"` or
# `"about the same"` (within half a decibel) in place of the question mark.

# %%
guess = "?"
srkit.exercises.predict("00-copying", guess, choices=["copying", "the rule", "about the same"])

# %% [markdown]
# ## Images are numbers
#
# ### The idea
#
# A picture file holds bytes: height times width times three numbers from 0 to 255, how much red, green and blue each pixel
# has. Everything in this course works on *tensors* of floats, with the channels first and with 1 for the brightest value:
# `(3, h, w)` in [0, 1]. There are two doors between these worlds, and careless programs lose quality at both.
#
# ### By hand: exercise 0.1
#
# Below the next cell stands a check. Run both as they are: the check tells you that nothing is written yet. Then replace the
# line that raises the error, run the cell again, and the check again. Write the first door: `pixels` is a tensor
# `(h, w, 3)` of `torch.uint8`; return `(3, h, w)`, float32, in [0, 1].

# %% exercise to_float
def to_float(pixels):
    """Turn bytes (h, w, 3) into floats (3, h, w) in [0, 1]."""
    ### BEGIN SOLUTION
    return pixels.permute(2, 0, 1).float() / 255
    ### END SOLUTION

# %% check to_float
srkit.exercises.check("to_float", to_float)

# %% [markdown]
# The check says which criteria are met, and where one is not it says what it saw. It never shows the answer. One criterion
# waits until you hand in, so a green check means "good so far". If you are stuck, ask for a hint: `level=1` is a nudge, `2`
# the concept, `3` the first step.

# %%
srkit.exercises.hint("to_bytes", level=1)

# %% [markdown]
# ### By hand: exercise 0.2
#
# The way back: `image` is `(3, h, w)` of floats, possibly a little below 0 or above 1, because a network does not know that
# nothing is darker than black. Return bytes of the same shape. Round to the nearest level.

# %% exercise to_bytes
def to_bytes(image):
    """Turn floats (3, h, w) into bytes (3, h, w)."""
    ### BEGIN SOLUTION
    limited = image.clamp(0, 1)
    return (255 * limited + 0.5).floor().to(torch.uint8)
    ### END SOLUTION

# %% check to_bytes
srkit.exercises.check("to_bytes", to_bytes)

# %% [markdown]
# ### See it
#
# Why does rounding matter? Cutting decimals off makes each image half a level darker on average. Do it ten times, as a
# program that saves after every step does, and it shows in the numbers.

# %%
rounded = cut = pair.hr
for _ in range(10):
    step = 0.999  # any small change between two savings
    rounded = to_bytes(rounded * step + 0.0005).float() / 255
    cut = (255 * (cut * step + 0.0005)).to(torch.uint8).float() / 255
for name, image in (("rounded", rounded), ("cut off", cut)):
    print(f"{name:8} after ten savings: {255 * (image - pair.hr).mean():+.2f} levels on average")

# %% [markdown]
# ## A first enlargement
#
# ### By hand: exercise 0.3
#
# The simplest way to enlarge is to copy: each pixel becomes a square of `scale` times `scale` pixels. It is called *nearest
# neighbour*, and it is the method every other one is better than. `image` is `(c, h, w)`.

# %% exercise nearest
def nearest(image, scale):
    """Enlarge (c, h, w) to (c, scale*h, scale*w) by copying pixels."""
    ### BEGIN SOLUTION
    rows = image.repeat_interleave(scale, 1)  # (c, scale*h, w)
    return rows.repeat_interleave(scale, 2)  # (c, scale*h, scale*w)
    ### END SOLUTION

# %% check nearest
srkit.exercises.check("nearest", nearest)

# %% [markdown]
# ### See it

# %%
copied = nearest(pair.lr, 2)
enlarged = {"copied": copied, "rule": srkit.upscale(pair.lr, bicubic), "network": srkit.upscale(pair.lr, network)}
decibels = {name: float(-10 * torch.log10((image - pair.hr).square().mean())) for name, image in enlarged.items()}
for name, value in decibels.items():
    print(f"{name:8} {value:.2f} dB")
gap = decibels["rule"] - decibels["copied"]
srkit.exercises.recall("00-copying", "about the same" if abs(gap) < 0.5 else "the rule" if gap > 0 else "copying")

# %%
corner = (slice(None), slice(64, 128), slice(80, 144))
srkit.widgets.show(
    *(image[corner] for image in enlarged.values()),
    pair.hr[corner],
    titles=[*enlarged, "original"],
    alt="A detail copied, enlarged by the rule and by the network, and the original",
    zoom=3,
    columns=4,
)

# %% [markdown]
# ### The library's version
#
# After every exercise you see how the library does the same. It is the same idea, with more care for what can go wrong; its
# code is meant to be read.

# %%
srkit.widgets.source(srkit.ops.quantise)

# %% [markdown]
# ## Your own photograph
#
# Put the path of a picture in place of `None`, for example `"holiday.jpg"` if it lies beside this notebook.

# %%
photo = None

image = srkit.read(photo) if photo else srkit.datasets.samples(scale=2)[2].hr
top, left = max(0, image.shape[1] // 2 - 80), max(0, image.shape[2] // 2 - 80)
detail = image[:, top : top + 160, left : left + 160]
srkit.widgets.compare(
    {"copied": nearest(detail, 2), "network": srkit.upscale(detail, network)},
    alt="The middle of the photograph, enlarged by copying and by the network",
)

# %% [markdown]
# ## What was reported, what we got
#
# Lessons end with two columns: what the papers print, and what this machine just measured. Here there is only the second;
# the images are ours. The measure is the squared error over all three channels, which is not yet that of the papers.

# %%
for name, value in decibels.items():
    print(f"{pair.name}, x2, RGB, nothing cut off: {name:8} {value:.2f} dB")

# %% [markdown]
# ## How the course goes on
#
# | lesson | about |
# |:-:|---|
# | 01 | what super-resolution is, and what it is for |
# | 02 | measuring quality: bicubic, PSNR, SSIM by hand |
# | 03, 04 | four frameworks; ways to enlarge inside a network |
# | 05, 06, 07, 08 | residual and recursive; multi-path and dense; attention; other convolutions and wavelets |
# | 09, 10 | losses; learning strategies and tricks at test time |
# | 11 | exercise 1: a network and a loss of your own |
# | 12, 13, 14 | when the small image was not made by a formula: blind, from one image, without pairs |
# | 15 | exercise 2: learning from a single image |
#
# Words you do not know stand in the course's glossary, `docs/GLOSSARY.md`. What you write is kept in the folder `work`,
# which no update touches.
#
# ## Recap
#
# * An image is `(3, h, w)` in [0, 1]. Files hold bytes; round on the way out.
# * Copying pixels enlarges; a fixed rule does it better; a network better still, because it has seen other photographs.
# * A lesson: guess, write, check, look, compare with the library.
#
# Three questions to see whether it stayed:
#
# <details><summary>Which pixel value does 0.5 become in a file?</summary>255 times 0.5 is 127.5, which is rounded to
# 128.</details>
# <details><summary>A network returns 1.02 for a pixel. What is stored?</summary>255: values are limited to [0, 1]
# first.</details>
# <details><summary>How many pixels of a photograph enlarged by 4 were in the small one?</summary>One in
# sixteen.</details>
#
# **Further doors.** `srkit.datasets.samples(scale=4)` has the same photographs at a quarter of their size. What do your
# copy, the rule and your eye make of those?
