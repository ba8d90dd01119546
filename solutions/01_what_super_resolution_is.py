# %% [markdown]
# # What super-resolution is, and what it is for
#
# Super-resolution makes a large image of a small one. That cannot be done exactly, because the small image does not hold
# enough; and it is done every day, because photographs are not random. This lesson makes both halves of that sentence
# precise, and shows you the field.
#
# **You will be able to** write down how a small image comes about; show that many large images have the same small one; say
# what a network does that cannot know which of them it was, and why its answer is blurred.
#
# **You need** tensors, and lesson 00.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 1.1 `degrade` | 2 of 5 | 5 of 5 | 15 |
# | 1.2 `hidden_change` | 2 of 5 | 4 of 5 | 10 |
# | 1.3 `best_guess` | 2 of 5 | 5 of 5 | 10 |

# %% setup
import torch
import torch.nn.functional as F

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# Here is a small image, and two large ones. Each of the large ones, reduced by 4, gives exactly the small one. Which is the
# right answer?

# %%
cat, coffee = (srkit.datasets.samples(scale=2)[i].hr[:, 40:232, 60:252] for i in (2, 3))


def reduce(image, scale=4):
    """Give each small pixel the mean of its square."""
    return F.avg_pool2d(image, scale)


def copy(image, scale=4):
    """Make each pixel a square."""
    return image.repeat_interleave(scale, 1).repeat_interleave(scale, 2)


other = cat + 0.7 * (coffee - copy(reduce(coffee)))
print(f"largest difference of the small images {(reduce(cat) - reduce(other)).abs().max():.1e}")
print(f"largest difference of the large images {(cat - other).abs().max():.2f}")
srkit.widgets.show(
    reduce(cat),
    cat,
    other,
    titles=["small", "large", "also large"],
    alt="A small image, and two large images that both reduce to it; the second one has outlines of another photograph in it",
)

# %% [markdown]
# You prefer one of them at once, and nothing in the small image tells you to. What tells you is every photograph that you
# have ever seen. That is the whole trick of the field.
#
# ### Your prediction
#
# Suppose eight large images are equally likely, all with the same small one. You must name *one* image and pay the squared
# error. One player names one of the eight at random. Another one names their mean. By how many decibels is her PSNR higher, on
# average? (Lesson 02 is about decibels; half the squared error is 3 dB more, a tenth is 10 dB more.)

# %%
guess = "?"
srkit.exercises.predict("01-the-mean", guess, choices=["about 0 dB", "about 3 dB", "about 10 dB"])

# %% [markdown]
# ## 1. How a small image comes about
#
# ### The idea
#
# Let $x$ be the large image and $y$ the small one. A camera of few pixels blurs (each pixel collects light from an area), it
# samples, and it adds noise:
#
# $$y = (x * k)\text{↓}_s + \eta$$
#
# $x * k$ is a convolution with the *kernel* $k$, whose weights sum to 1. $\text{↓}_s$ keeps every $s$-th pixel in both
# directions; $s$ is the *scale*. $\eta$ is noise. (The lecture's slide has a comma before $+\,\eta$, which is a slip.) Real images
# suffer more: compression, sharpening in the camera, several of these in a row.
#
# Training pairs are made by applying such a formula to large photographs. Two questions about it are independent, and the
# lecture's slide ties them together: *how rich is the degradation*, one bicubic reduction or many operations; and *are there pairs
# to learn from*. With pairs, learning is supervised however rich the formula is: SRMD, BSRGAN and KMSR are trained that way. It is
# called unsupervised when there are none: small and large images that do not belong together, or one small image alone.
#
# ### By hand: exercise 1.1
#
# `image` is `(c, h, w)`, `kernel` `(k, k)` with odd `k`, `noise` has the size of the result. Repeat the outer pixels at the
# border (`F.pad(…, mode="replicate")`); keep pixels 0, s, 2s, … The kernel need not be symmetric, and a convolution turns it
# by 180 degrees, which `F.conv2d` does not.

# %% exercise degrade
def degrade(image, kernel, scale, noise):
    """Blur, reduce and disturb: (c, h, w), (k, k) -> (c, h/scale, w/scale)."""
    ### BEGIN SOLUTION
    wide = F.pad(image, [kernel.shape[0] // 2] * 4, mode="replicate")
    turned = kernel.flip(0, 1)[None, None]  # (1, 1, k, k)
    blurred = F.conv2d(wide[:, None], turned)[:, 0]  # (c, h, w)
    return blurred[:, ::scale, ::scale] + noise
    ### END SOLUTION

# %% check degrade
srkit.exercises.check("degrade", degrade)

# %% [markdown]
# ### See it
#
# One photograph and four ways to become small. A network that was trained on one of them sees something unknown in the others;
# lessons 12 to 15 are about that.

# %%
place = torch.arange(-4, 5.0)
bell = torch.exp(-(place**2) / (2 * 1.6**2))
gaussian = torch.outer(bell, bell) / bell.sum() ** 2
point, streak = torch.zeros(9, 9), torch.eye(9) / 9
point[4, 4] = 1
dirt = 0.06 * torch.randn(3, 48, 48)
ways = {"no blur": (point, 0), "out of focus": (gaussian, 0), "camera moved": (streak, 0)}
ways["focus and noise"] = (gaussian, 1)
srkit.widgets.show(
    *(degrade(cat, kernel, 4, share * dirt) for kernel, share in ways.values()),
    titles=list(ways),
    alt="Four small images of one photograph: jagged, blurred, smeared along a diagonal, blurred and noisy",
    zoom=4,
    columns=4,
)

# %% [markdown]
# ### The library's version
#
# The library's convolution has all borders that are in use, and chains of operations are written as text:
# `srkit.degrade.parse("blur(1.6) > down(4) > noise(10) > jpeg(50)")`.

# %%
same = degrade(cat, streak, 1, 0) - srkit.ops.convolve(cat, streak)
print(f"largest difference between your blur and the library's {same.abs().max():.1e}")
srkit.widgets.source(srkit.ops.convolve)

# %% [markdown]
# ## 2. What cannot be known
#
# ### The idea
#
# Reducing maps many numbers to few, so there are changes of the large image that the small one does not notice. They form the
# *null space* of the reduction. With scale $s$ a small pixel stands for $s^2$ large ones and fixes one number of them, their
# weighted sum; $s^2 - 1$ are free. A problem whose answer is not determined by what is given is called *ill-posed*.
#
# ### By hand: exercise 1.2
#
# Let each small pixel be the plain mean of its $s \times s$ square. `change` is any change you would like to make to a large
# image, `(c, h, w)`. Return the part of it that the small image does not notice: what is left when what it does notice is
# taken away.

# %% exercise hidden_change
def hidden_change(change, scale):
    """Return the part of a change that vanishes in the small image: (c, h, w) -> (c, h, w)."""
    ### BEGIN SOLUTION
    means = F.avg_pool2d(change, scale)  # (c, h/scale, w/scale)
    seen = means.repeat_interleave(scale, 1).repeat_interleave(scale, 2)
    return change - seen
    ### END SOLUTION

# %% check hidden_change
srkit.exercises.check("hidden_change", hidden_change)

# %% [markdown]
# ### See it
#
# Whatever you hide in a large image, the small one stays what it was. The larger the scale, the more can be hidden.

# %%
for scale in (2, 4, 8):
    hidden = hidden_change(coffee, scale)
    share = hidden.square().sum() / (coffee - coffee.mean()).square().sum()
    left = reduce(cat + hidden, scale) - reduce(cat, scale)
    print(f"x{scale}: {scale**2 - 1:2} of {scale**2:2} numbers are free, {share:.0%} of a photograph's variance hides")
    print(f"    largest change of the small image: {left.abs().max():.0e}")

# %% [markdown]
# ## 3. What a network answers
#
# ### The idea
#
# A network $f_\theta$ is trained to make its result $\hat{x} = f_\theta(y)$ close to the truth on average:
#
# $$\hat{\theta} = \mathrm{arg\,min}_{\theta} \; \mathbb{E}\, L(f_\theta(y), x) + \lambda\,\Phi(\theta)$$
#
# $L$ is the *loss*, $\Phi$ an optional penalty on the weights. For one small image there are many possible $x$, and only one
# answer can be given, so the best one is a compromise between them. Which compromise depends on $L$.
#
# ### By hand: exercise 1.3
#
# `candidates` holds `n` equally likely images, `(n, c, h, w)` with odd `n`. Return the image with the smallest expected error:
# the mean over candidates of the squared differences if `loss` is `"squared"`, of the absolute ones if it is `"absolute"`.

# %% exercise best_guess
def best_guess(candidates, loss):
    """Return the image that is least wrong on average: (n, c, h, w) -> (c, h, w)."""
    ### BEGIN SOLUTION
    if loss == "squared":
        return candidates.mean(0)
    return candidates.median(0).values
    ### END SOLUTION

# %% check best_guess
srkit.exercises.check("best_guess", best_guess)

# %% [markdown]
# ### See it
#
# Eight large images with one small one: the photograph, with its own hidden detail moved a little. All are sharp. Their mean
# is not.

# %%
detail, base = hidden_change(cat, 4), cat - hidden_change(cat, 4)
moves = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (1, 2), (0, 2), (2, 0)]
eight = torch.stack([base + hidden_change(detail.roll(move, (1, 2)), 4) for move in moves])
mean = best_guess(eight, "squared")
spread = max((reduce(image) - reduce(cat)).abs().max().item() for image in eight)
print(f"their small images differ by at most {spread:.0e}")
srkit.widgets.show(
    *(image[:, 40:120, 50:130] for image in (eight[1], eight[4], mean, best_guess(eight[:7], "absolute"))),
    titles=["one of eight", "another", "their mean", "median of seven"],
    alt="Details of two sharp candidates, of their mean and of a median; the last two are blurred",
    zoom=2,
    columns=4,
)

# %%
drawn = (eight[:, None] - eight).square().mean()  # truth and answer both drawn at random
answered = (eight - mean).square().mean()
gain = 10 * torch.log10(drawn / answered).item()
print(f"one at random {-10 * torch.log10(drawn):.2f} dB, the mean {-10 * torch.log10(answered):.2f} dB")
print(f"gain {gain:.2f} dB")
choices = {0: "about 0 dB", 3: "about 3 dB", 10: "about 10 dB"}
srkit.exercises.recall("01-the-mean", choices[min(choices, key=lambda value: abs(value - gain))])

# %% [markdown]
# The gain is the same for any set of candidates: the expected squared distance of two independent draws is twice that of a draw
# to the mean. So whoever trains for PSNR gets blur wherever the small image leaves a choice, and a network that *commits* to
# one sharp answer (SRGAN in lesson 09, the diffusion model below) pays for it in PSNR. This trade is called perception
# against distortion (Blau, Michaeli, *The Perception-Distortion Tradeoff*, CVPR 2018), and no network escapes it.
#
# ## 4. A map of the field
#
# This course is about **single-image super-resolution**, SISR: one small image in, one large image out. Its neighbours have
# more to go by, or other images:
#
# | field | what is different |
# |---|---|
# | video | neighbouring frames show the same scene shifted by parts of a pixel: real information, once they are aligned |
# | reference-based | a sharp image of a similar scene is given, and textures are carried over |
# | faces | all images are alike, so very large scales work, and the result may be another person's face |
# | depth maps | few edges and no texture; a photograph of the same scene says where the edges are |
# | hyperspectral | hundreds of colours at few pixels, often with a sharp image of few colours beside it |
# | light field | many views of one scene, that have to stay consistent with each other |
# | MRI and other medical images | the physics of the device is known; an invented detail is a wrong diagnosis |
#
# **Competitions** set the pace: NTIRE (with CVPR, every year since 2017), PIRM (with ECCV 2018, where perception was ranked beside
# distortion) and AIM (2019 with ICCV, 2020 and 2022 with ECCV).
#
# **Data sets.** One trains on T91 and BSDS200 (old, small), DIV2K (800 photographs for training), Flickr2K. One tests on Set5,
# Set14, B100, Urban100 and Manga109. In all of these the small images are *made*, by bicubic reduction. RealSR has photographs of one
# scene taken at two focal lengths and then aligned; the lecture files it under unsupervised learning, but it is a *paired* data
# set. The next cell lists what the library knows; `samples` and `samples_train` come with the course.

# %%
for name in sorted(srkit.datasets.CATALOGUE):
    card = srkit.datasets.card(name)
    print(f"{name:16} {card.title if card else ''}")

# %% [markdown]
# ## 5. An answer that commits: diffusion
#
# The Stable Diffusion x4 upscaler makes 512 x 512 pixels of 128 x 128. It is a *latent diffusion model* (Rombach et al.,
# *High-Resolution Image Synthesis with Latent Diffusion Models*, CVPR 2022; the upscaler came with Stable Diffusion 2.0). Such a
# model learns to undo noise. Going forward, an image $x_0$ is drowned in noise in 1000 steps,
#
# $$x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1 - \bar\alpha_t}\;\epsilon, \qquad \bar\alpha_t = \prod_{i \le t} (1 - \beta_i),$$
#
# where $\epsilon$ is Gaussian noise. Going back, a network guesses at each step what is noise, a little of it is removed, and
# at the end stands *one* of the possible images, another one for each noise it began with.

# %%
beta = torch.linspace(1e-4, 2e-2, 1000)
kept = (1 - beta).cumprod(0)  # (1000,)
start, noise = 2 * cat[:, :150, :150] - 1, torch.randn(3, 150, 150)
steps = (0, 50, 200, 500, 999)
srkit.widgets.show(
    *((0.5 + 0.5 * (kept[t].sqrt() * start + (1 - kept[t]).sqrt() * noise)).clamp(0, 1) for t in steps),
    titles=[f"t = {t}, {kept[t]:.1%} kept" for t in steps],
    alt="A photograph that drowns in noise over a thousand steps",
    columns=5,
)

# %% [markdown]
# The upscaler does this not on pixels but on a *latent* image of four channels that an autoencoder makes, a quarter as wide and high.
# The small photograph, itself made a little noisy, is laid beside it, so the denoising network sees it at every step: four plus
# three channels in, four out. Here is its plan as the library states it. The weights have five gigabytes and are not part of
# the course; with them, `srkit.methods.create("stable_diffusion_x4", weights=FOLDER)` runs it.

# %%
unet, autoencoder = srkit.methods.diffusion.UNET, srkit.methods.diffusion.VAE
print(f"channels into the denoising network: {unet['in_channels']}, out of it: {unet['out_channels']}")
print(f"channels on its four levels: {unet['block_out_channels']}")
print(f"channels on the three levels of the autoencoder: {autoencoder['block_out_channels']}")
side = 512 // 2 ** (len(autoencoder["block_out_channels"]) - 1)
print(f"512 x 512 x 3 = {512 * 512 * 3:,} numbers become {side} x {side} x 4 = {side * side * 4:,} in latent space")

# %% [markdown]
# Its results look like photographs and hold what no camera saw. Look at them; do not measure by them.
#
# ## What was reported, what we got
#
# How far has the field come? PSNR on luma as the papers print it, Set5 at x4, one network for each idea of its time. The cards of
# the library say where each number was found.

# %%
from IPython.display import Markdown

lines = ["| year | network | Set5 x4, published | idea |", "|--:|---|--:|---|"]
for name in ("bicubic", "srcnn", "vdsr", "lapsrn", "edsr", "rcan", "swinir"):
    card = srkit.models.card(name)
    score = next((s for s in card.published if (s.dataset, s.scale) == ("set5", 4)), None)
    lines.append(f"| {card.year} | {card.title} | {f'{score.psnr:.2f} dB' if score else '–'} | {card.idea} |")
Markdown("\n".join(lines))

# %% [markdown]
# And what we got in this lesson is one reason why the last rows lie so close together: for the part of $x$ that $y$ does not
# determine, everybody pays.
#
# ## Recap
#
# * $y = (x * k)\text{↓}_s + \eta$: blur, sample, disturb. Networks learn from pairs made by a formula, and know that formula only.
# * The problem is ill-posed: $s^2 - 1$ of $s^2$ numbers are free. What photographs look like decides between the answers.
# * The answer that is best on average is a mean or a median of the possible ones, and blurred. Sharp answers are bets.
#
# Three questions to see whether it stayed:
#
# <details><summary>How many numbers of each 3 x 3 square are free at scale 3?</summary>Eight of nine.</details>
# <details><summary>A paper trains on pairs made with random blur, noise and JPEG. Is that unsupervised?</summary>No. It has pairs;
# only its degradation is rich.</details>
# <details><summary>Two results have the same small image, one is sharp and one is not. Which has the higher PSNR?</summary>That
# depends on the truth; on average over all that could be true, the blurred one that is their mean.</details>
#
# **Further doors.** Lesson 02 is about measuring. Lesson 03 has the networks, lesson 09 losses that ask for sharpness, lesson 12
# what happens when the kernel is not the one you trained with. A task to carry over: find the null space of `degrade` with a
# Gaussian kernel, where a square's mean is not what is kept.
