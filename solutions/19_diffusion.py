# %% [markdown]
# # Diffusion: one answer out of many
#
# A small image has many large ones that fit. A network that is trained for the smallest squared error answers with
# their mean, which is blurred and never true. In this lesson you write the two chains by which a network *draws* one
# of the possible answers, train such a network in a minute, look at how its answers differ, and press its fifteen steps
# into one.
#
# **You will be able to** add many steps of noise at once and walk them back; say why SR3 begins with noise and
# ResShift with the enlarged image; write the sampler; measure what a sample costs in error and what it gains in
# looks; explain what distilling a chain into one step saves and what it loses.
#
# **You need** the best guess of lesson 01, residual blocks of lesson 05 and the discriminators of lesson 09.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 19.1 `noised` | 2 of 5 | 5 of 5 | 10 |
# | 19.2 `posterior` | 3 of 5 | 5 of 5 | 15 |
# | 19.3 `shift_schedule` | 3 of 5 | 3 of 5 | 15 |
# | 19.4 `shift_step` | 3 of 5 | 5 of 5 | 10 |
# | 19.5 `restore` | 4 of 5 | 5 of 5 | 20 |

# %% setup
import copy
from pathlib import Path

import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from IPython.display import Markdown
from PIL import Image, ImageDraw, ImageFont
from torch import nn

import srkit

torch.manual_seed(0)
# %% [markdown]
# ## A picture and a question
#
# Our world has to be small, so that a network can learn all of it in a minute: capital letters of 24x24 pixels in four
# fonts, a little off the middle. Values go from -1 to 1, as in the papers. Reduced by four they have 6x6 pixels. Below:
# ten letters, and their small images enlarged bicubically. Can you read them? Could a network?

# %%
SIDE, SCALE = 24, 4
FOLDER = Path(matplotlib.get_data_path(), "fonts", "ttf")
FONTS = [ImageFont.truetype(FOLDER / f"DejaVu{name}.ttf", 20) for name in ("Sans", "Sans-Bold", "Serif", "SansMono")]


def letters(n, seed):
    """Draw n random letters (n, 1, 24, 24) in [-1, 1]."""
    rng = torch.Generator().manual_seed(seed)
    pictures = []
    for letter, font, down, right in torch.rand(n, 4, generator=rng).tolist():
        picture = Image.new("L", (SIDE, SIDE))
        place = (SIDE / 2 - 2 + int(5 * right), SIDE / 2 - 2 + int(5 * down))
        text = chr(ord("A") + int(26 * letter))
        ImageDraw.Draw(picture).text(place, text, fill=255, font=FONTS[int(4 * font)], anchor="mm")
        pictures.append(np.asarray(picture))
    return torch.from_numpy(np.stack(pictures))[:, None] / 127.5 - 1


def enlarged(clean):
    """Reduce letters by four with the mean of 4x4 pixels, and enlarge them bicubically."""
    return F.interpolate(F.avg_pool2d(clean, SCALE), scale_factor=SCALE, mode="bicubic")


def sheet(*batches):
    """Lay batches of n letters out as rows of one picture (1, rows*24, n*24) in [0, 1]."""
    rows = [torch.cat(list(batch[:, 0]), dim=1) for batch in batches]
    return (torch.cat(rows)[None] + 1) / 2


shown = letters(10, seed=1)
srkit.widgets.show(
    sheet(enlarged(shown), shown).clamp(0, 1),
    zoom=4,
    alt="Above, ten grey smudges; below, the ten capital letters that they were made from",
)

# %% [markdown]
# ### Your prediction
#
# A network draws sixteen different answers for the same smudge. You take the *mean* of the sixteen pictures. Is its
# squared error to the true letter lower than that of one answer, the same (within 5 %), or higher?

# %%
guess = "?"
srkit.exercises.predict("19-mean-of-samples", guess, choices=["lower", "the same", "higher"])

# %% [markdown]
# ## 1. From noise to an image: SR3
#
# ### The idea
#
# Destroying an image is easy. In step $t$ a little of it is replaced by noise:
#
# $$x_t = \sqrt{1 - \beta_t}\; x_{t-1} + \sqrt{\beta_t}\; \varepsilon$$
#
# with a fresh $\varepsilon$ of variance 1 in every pixel. After many steps nothing but noise is left. If a network
# knows how one step is undone, one can begin with noise and walk back to an image. **SR3** (*Image Super-Resolution
# via Iterative Refinement*, TPAMI 2022, arXiv 2104.07636) shows the enlarged small image to the network in each step,
# so that the walk ends at an image that fits. It takes 2,000 steps, with $\beta$ from $10^{-6}$ to $10^{-2}$.
#
# ### By hand: exercise 19.1
#
# Noise added in steps is noise again, so all steps up to $t$ can be made at once. With $\gamma_t$ the product of $1 -
# \beta_s$ for $s$ from 1 to $t$: $x_t = \sqrt{\gamma_t}\,x_0 + \sqrt{1 - \gamma_t}\,\varepsilon$. `clean` is `(b,
# ...)`, any shape behind the batch, `noise` is alike, `betas` is `(T,)` with $\beta_1$ first, and `t` is `(b,)`, whole
# numbers from 1 to T, one for each image. Return $x_t$.


# %% exercise noised
def noised(clean, betas, t, noise):
    """Return a batch after t steps of noise, t (b,) of its own for each: (b, ...)."""
    ### BEGIN SOLUTION
    left = (1 - betas).cumprod(0)[t - 1].view(-1, *[1] * (clean.ndim - 1))
    return left.sqrt() * clean + (1 - left).sqrt() * noise
    ### END SOLUTION


# %% check noised
srkit.exercises.check("noised", noised)

# %% [markdown]
# ### See it
#
# A letter after 1, 400, 800, 1,200, 1,600 and 2,000 of SR3's steps:

# %%
betas = torch.linspace(1e-6, 1e-2, 2000, dtype=torch.float64)  # 1 - gamma is too small for float32 at the beginning
times = torch.tensor([1, 400, 800, 1200, 1600, 2000])
walk = noised(shown[:1].expand(6, -1, -1, -1), betas, times, torch.randn(6, 1, SIDE, SIDE))
srkit.widgets.show(sheet(walk.float()).clamp(0, 1), zoom=6, alt="A letter that drowns in noise from left to right")

# %% [markdown]
# ### By hand: exercise 19.2
#
# Now one step back. If $x_0$ were known, $x_{t-1}$ would be normally distributed (Bayes' rule for two normal
# distributions), with
#
# $$\text{mean} = \frac{\sqrt{\gamma_{t-1}}\,\beta_t}{1 - \gamma_t}\,x_0 + \frac{\sqrt{1 - \beta_t}\,(1 -
# \gamma_{t-1})}{1 - \gamma_t}\,x_t, \qquad \text{variance} = \frac{\beta_t\,(1 - \gamma_{t-1})}{1 - \gamma_t}$$
#
# and $\gamma_0 = 1$. `noisy` is $x_t$, `clean` is $x_0$, `t` one whole number. Return both, the variance as a number or
# a tensor of one. The sampler puts the network's guess where $x_0$ stands.


# %% exercise posterior
def posterior(noisy, clean, betas, t):
    """Return (mean, variance) of the picture one step before the noisy one."""
    ### BEGIN SOLUTION
    left = torch.cat([torch.ones(1), (1 - betas).cumprod(0)])
    beta, now, before = betas[t - 1], left[t], left[t - 1]
    mean = before.sqrt() * beta * clean + (1 - beta).sqrt() * (1 - before) * noisy
    return mean / (1 - now), beta * (1 - before) / (1 - now)
    ### END SOLUTION


# %% check posterior
srkit.exercises.check("posterior", posterior)

# %% [markdown]
# ### See it: a world in which the best network is known
#
# Images of one pixel, of which it is known that $x_0$ is normally distributed around $y$ with the deviation $s$. Then
# the best guess for $x_0$ can be computed, and no network has to be trained. Twenty thousand walks of 2,000 steps, from
# noise: do they end where the truth lies, and do they *differ* as much as the truth does?

# %%
def walked(y, s, n=20_000):
    """Walk n times from noise to an image of one pixel with the best possible guess, as SR3 does."""
    rng = torch.Generator().manual_seed(0)
    left = (1 - betas).cumprod(0)
    x = torch.randn(n, generator=rng)
    for t in range(len(betas), 0, -1):
        gamma = left[t - 1]
        best = y + gamma.sqrt() * s**2 * (x - gamma.sqrt() * y) / (gamma * s**2 + 1 - gamma)
        mean, variance = posterior(x, best, betas, t)
        x = mean + variance.sqrt() * torch.randn(n, generator=rng)
    return x


for s in (0.5, 0.1):
    ends = walked(0.3, s)
    print(f"truth: 0.3 give or take {s}; 20,000 walks: {ends.mean():.3f} give or take {ends.std():.4f}")

# %% [markdown]
# The walks are as different as the truth is, to one in a hundred. That is the promise of diffusion: not the mean of
# all answers, but one of them, each as often as it deserves. The price is 2,000 runs of a network.
#
# ## 2. From the small image: ResShift
#
# ### The idea
#
# SR3 throws the small image away and draws everything from noise. **ResShift** (NeurIPS 2023, arXiv 2307.12348) walks
# from the enlarged small image $y$ to the clean one $x_0$: what is added in $T$ steps is the *residual* $e_0 = y -
# x_0$, with some noise:
#
# $$x_t = x_0 + \eta_t\,e_0 + \kappa\sqrt{\eta_t}\;\varepsilon$$
#
# where $\eta_t$ rises from about 0 to about 1. The way is short, and 15 steps are enough.
#
# ### By hand: exercise 19.3
#
# The paper gives the roots of $\eta$: they begin at $\min(m/\kappa, m)$, end at 0.99, and rise by factors. With $u_t =
# ((t-1)/(T-1))^p$:
#
# $$\sqrt{\eta_t} = \sqrt{\eta_1}\,\left(\frac{0.99}{\sqrt{\eta_1}}\right)^{u_t}, \qquad \sqrt{\eta_1} = \min(m/\kappa,
# m)$$
#
# Return the roots for $t$ from 1 to T, `(steps,)`; `steps` is T, `power` is p and `least` is m.


# %% exercise shift_schedule
def shift_schedule(steps, kappa, power, least):
    """Return the roots of the shifts of ResShift's steps: (steps,)."""
    ### BEGIN SOLUTION
    first = min(least / kappa, least)
    return first * (0.99 / first) ** (torch.linspace(0, 1, steps) ** power)
    ### END SOLUTION


# %% check shift_schedule
srkit.exercises.check("shift_schedule", shift_schedule)

# %% [markdown]
# ### By hand: exercise 19.4
#
# Again Bayes' rule gives the step back, if $x_0$ is known or guessed:
#
# $$x_{t-1} = \frac{\eta_{t-1}}{\eta_t}\,x_t + \frac{\eta_t - \eta_{t-1}}{\eta_t}\,x_0 + \kappa
# \sqrt{\frac{\eta_{t-1}}{\eta_t}(\eta_t - \eta_{t-1})}\;\varepsilon$$
#
# `x` is $x_t$, `guess` stands for $x_0$, `before` is $\eta_{t-1}$ and `now` is $\eta_t$: shifts, not their roots.


# %% exercise shift_step
def shift_step(x, guess, before, now, kappa, noise):
    """Return the picture one step nearer to the guess."""
    ### BEGIN SOLUTION
    share = before / now
    return share * x + (1 - share) * guess + kappa * (share * (now - before)) ** 0.5 * noise
    ### END SOLUTION


# %% check shift_step
srkit.exercises.check("shift_step", shift_step)

# %% [markdown]
# ### See it
#
# A letter at the times 0, 3, 6, 9, 12 and 15 of ResShift's chain: it turns into its own smudge, with noise on it. The
# noise is stronger than the picture; the paper has $\kappa = 2$.

# %%
STEPS, KAPPA = 15, 2.0
roots = shift_schedule(STEPS, KAPPA, power=0.3, least=0.04)
shifts = torch.cat([torch.zeros(1), roots**2])  # shifts[t] is eta of t


def shifted(clean, y, t, noise):
    """Return a batch at times t (b,) of ResShift's chain."""
    eta = shifts[t].view(-1, 1, 1, 1)
    return clean + eta * (y - clean) + KAPPA * eta.sqrt() * noise


times = torch.tensor([0, 3, 6, 9, 12, 15])
one = shown[:1].expand(6, -1, -1, -1)
walk = shifted(one, enlarged(one), times, torch.randn(6, 1, SIDE, SIDE))
srkit.widgets.show(sheet(walk).clamp(0, 1), zoom=6, alt="A letter that becomes a noisy smudge in five steps")

# %% [markdown]
# ### By hand: exercise 19.5
#
# The sampler. Begin at $x_T = y + \kappa\sqrt{\eta_T}\,\varepsilon$. Then, for $t$ from T down to 1, let the network
# guess, `guess(x, y, t)`, and make one step; $\eta_0 = 0$. `roots` is `(T,)`, the roots of the shifts as 19.3 returns
# them. `noises` is `(T, ...)`, each of the shape of `y`: the first for the beginning, the next for the first step, and
# so on. The last step has no noise, so that no more is needed. Return $x_0$.


# %% exercise restore
def restore(guess, y, roots, kappa, noises):
    """Draw one clean image for an enlarged one y: the same shape as y."""
    ### BEGIN SOLUTION
    shifts = torch.cat([torch.zeros(1), roots**2])
    x = y + kappa * roots[-1] * noises[0]
    for t in range(len(roots), 0, -1):
        fresh = noises[len(roots) - t + 1] if t > 1 else torch.zeros_like(y)
        x = shift_step(x, guess(x, y, t), shifts[t - 1], shifts[t], kappa, fresh)
    return x
    ### END SOLUTION


# %% check restore
srkit.exercises.check("restore", restore)

# %% [markdown]
# ### See it: what few steps cost
#
# The world of one pixel again, with the best guess for ResShift's chain, in 4 and in 15 steps:

# %%
def spread(steps, least, s, n=20_000):
    """Return the deviation of n answers of ResShift with the best possible guess; the truth has the deviation s."""
    few = shift_schedule(steps, KAPPA, 0.3, least)

    def best(x, y, t):
        eta = few[t - 1] ** 2
        return y + (1 - eta) * s**2 / ((1 - eta) ** 2 * s**2 + KAPPA**2 * eta) * (x - y)

    noises = torch.randn(steps, n, generator=torch.Generator().manual_seed(0))
    return restore(best, torch.zeros(n), few, KAPPA, noises).std().item()


lines = ["| truth | 4 steps | 15 steps | SR3, 2,000 steps |", "|--:|--:|--:|--:|"]
for s in (0.5, 0.1):
    lines.append(f"| {s} | {spread(4, 0.2, s):.3f} | {spread(15, 0.04, s):.3f} | {walked(0.0, s).std():.3f} |")
Markdown("\n".join(lines))

# %% [markdown]
# A perfect network with few steps answers too much alike: each step acts as if its guess, a mean, were the truth. Fewer
# steps lie nearer to the best guess and farther from a true sample. This is no flaw of the training; it is in the
# formula.
#
# ## 3. A network for letters
#
# ### The idea
#
# The network sees the picture at time $t$, the smudge, and $t$, and guesses the clean letter. Its loss is the squared
# error of the guess, for a random $t$ each time. It works on a quarter as many pixels with four times the channels
# (pixel unshuffle), and $t$ is added to the channels of each block as sines. The papers have a U-Net of 97.8 (SR3) and
# 118.6 (ResShift) million parameters; ResShift's works on the latent image of an autoencoder.

# %%
class Guess(nn.Module):
    """Guess the clean letter (b, 1, h, w) from x and y of the same shape and the times t (b,) or one for all."""

    def __init__(self, channels=48, n_blocks=6):
        super().__init__()
        self.head = nn.Conv2d(8, channels, 3, padding=1)
        self.told = nn.Sequential(nn.Linear(16, 64), nn.SiLU(), nn.Linear(64, n_blocks * channels))
        self.norms = nn.ModuleList(nn.GroupNorm(8, channels) for _ in range(n_blocks))
        wide = (nn.Conv2d(channels, channels, 3, padding=1 + i % 3, dilation=1 + i % 3) for i in range(n_blocks))
        self.firsts = nn.ModuleList(wide)
        self.seconds = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(n_blocks))
        self.tail = nn.Conv2d(channels, 4, 3, padding=1)

    def forward(self, x, y, t):
        t = torch.as_tensor(t).expand(len(x))
        x = x / (KAPPA**2 * shifts[t] + 1).sqrt().view(-1, 1, 1, 1)  # the same variance at all times
        angles = t[:, None] / STEPS * 10 ** torch.linspace(0, 3, 8)  # (b, 8)
        told = self.told(torch.cat([angles.sin(), angles.cos()], dim=1)).chunk(len(self.norms), dim=1)
        features = self.head(F.pixel_unshuffle(torch.cat([x, y], dim=1), 2))  # (b, c, h/2, w/2)
        for norm, first, second, time in zip(self.norms, self.firsts, self.seconds, told):
            inner = first(F.silu(norm(features))) + time[:, :, None, None]
            features = features + second(F.silu(inner))
        return F.pixel_shuffle(self.tail(features), 2)  # (b, 1, h, w)


def trained(net, batch, steps, learning_rate):
    """Train a network on what batch(rng) gives: its inputs and what it should answer."""
    rng = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps)
    losses = []
    for step in range(steps):
        inputs, wanted = batch(rng)
        loss = (net(*inputs) - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    print(
        f"squared error of the first ten steps {sum(losses[:10]) / 10:.3f}, the last ten {sum(losses[-10:]) / 10:.3f}"
    )
    return net.eval()


alphabet = letters(4000, seed=2)


def chain(rng):
    """Return a batch of letters at random times of the chain, and the clean ones."""
    clean = alphabet[torch.randint(len(alphabet), (64,), generator=rng)]
    y, t = enlarged(clean), torch.randint(1, STEPS + 1, (64,), generator=rng)
    return (shifted(clean, y, t, torch.randn(clean.shape, generator=rng)), y, t), clean


torch.manual_seed(0)
net = trained(Guess(), chain, steps=400, learning_rate=2e-3)
print(f"{srkit.models.parameters(net):,} parameters")

# %% [markdown]
# ### See it: one smudge, many letters
#
# Rows from above: the smudges; four answers each; the mean of sixteen answers; how much the sixteen differ (white: a
# deviation of 1); the truth. These letters were not among those of the training.

# %%
def samples(y, seed):
    """Draw an answer for each of a batch of enlarged letters."""
    noises = torch.randn(STEPS, *y.shape, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return restore(net, y, roots, KAPPA, noises)


hidden = letters(12, seed=3)
y = enlarged(hidden)
many = samples(y.repeat(16, 1, 1, 1), seed=0).unflatten(0, (16, 12))  # (16, 12, 1, 24, 24)
srkit.widgets.show(
    sheet(y, *many[:4], many.mean(0), 2 * many.std(0) - 1, hidden).clamp(0, 1),
    zoom=3,
    alt="Rows of letters: smudges, four rows of sharp answers that partly differ, their mean, their spread, the truth",
)

# %% [markdown]
# Every answer looks like a letter. Where the smudge leaves no doubt, all are the same and right. Where it does, they
# differ, and each of them says its letter with the same confidence. On a number plate or in a medical image this is
# what *hallucination* means: nothing in one answer tells you that another one would have been as good. The spread
# does, and it needs many answers.
#
# ### What an answer costs: perception and distortion
#
# *Distortion* is the root mean square error to the truth. *Perception* is a distance between the heap of answers and a
# heap of other true letters: both are projected onto 200 random directions, sorted, and compared, number by number
# (lesson 20 does this on a line). True letters against true letters is the least that chance allows.

# %%
others, asked = letters(256, seed=4), letters(256, seed=5)
smudges = enlarged(asked)
directions = F.normalize(torch.randn(SIDE * SIDE, 200, generator=torch.Generator().manual_seed(0)), dim=0)


def judged(answers):
    """Return (distortion, perception, disagreement with the small images) of answers to the smudges."""
    heaps = [(images.flatten(1) @ directions).sort(0).values for images in (answers, others)]
    gaps = answers - asked, heaps[0] - heaps[1], F.avg_pool2d(answers - asked, SCALE)
    return [gap.square().mean().sqrt().item() for gap in gaps]


drawn = torch.stack([samples(smudges, seed) for seed in range(4)])
with torch.no_grad():
    first = net(smudges + KAPPA * roots[-1] * torch.randn(smudges.shape), smudges, STEPS)
points = {
    "bicubic": judged(smudges),
    "the first guess of the chain": judged(first),
    "one answer": judged(drawn[0]),
    "the mean of four answers": judged(drawn.mean(0)),
    "the truth": judged(asked),
}
HEAD = ["| | distortion | perception | disagreement with the small image |", "|---|--:|--:|--:|"]


def table(points):
    """Lay points of the plane out as a table."""
    return Markdown(
        "\n".join(HEAD + [f"| {name} | " + " | ".join(f"{v:.3f}" for v in p) + " |" for name, p in points.items()])
    )


table(points)

# %%
single, mean = ((images - hidden).square().mean().item() for images in (many, many.mean(0)))
print(f"mean squared error of one answer {single:.3f}, of the mean of sixteen {mean:.3f}")
srkit.exercises.recall(
    "19-mean-of-samples", "lower" if mean < 0.95 * single else "the same" if mean <= 1.05 * single else "higher"
)

# %% [markdown]
# One answer looks more like the true letters than the mean does; the mean lies closer to the truth. This is the
# trade of every network for looks. An ideal sampler would have exactly twice the squared error of the mean of all answers (Blau
# and Michaeli, CVPR 2018, arXiv 1711.06077). Here it is less than twice, since fifteen steps make answers too much
# alike. The first guess, from hardly more than noise, is worse than both: a small network profits from being asked
# again with a better picture.
#
# ## 4. One step
#
# ### The idea
#
# Fifteen runs of a network for a picture are many. **SinSR** (CVPR 2024, arXiv 2311.14760) makes the chain
# deterministic: the noise is drawn once, at the beginning, and each step keeps it,
#
# $$x_{t-1} = k\,\hat{x}_0 + m\,x_t + j\,y, \quad m = \sqrt{\eta_{t-1}/\eta_t}, \quad j = \eta_{t-1} -
# \sqrt{\eta_{t-1}\eta_t}, \quad k = 1 - \eta_{t-1} + \sqrt{\eta_{t-1}\eta_t} - \sqrt{\eta_{t-1}/\eta_t}$$
#
# so that each noise has one picture. A student, which begins as a copy of the teacher, learns to go from the noise to
# that picture at once. (SinSR also learns the way back and looks at the truth; here is the first of its three losses.)

# %%
@torch.no_grad()
def without_fresh_noise(x, y):
    """Walk ResShift's chain from x at time T, keeping the noise that is in x."""
    for t in range(STEPS, 0, -1):
        before, now = shifts[t - 1], shifts[t]
        m, j = (before / now).sqrt(), before - (before * now).sqrt()
        k = 1 - before + (before * now).sqrt() - m
        x = k * net(x, y, t) + m * x + j * y
    return x


lesson = enlarged(letters(768, seed=6))
start = lesson + KAPPA * roots[-1] * torch.randn(lesson.shape, generator=torch.Generator().manual_seed(7))
taught = without_fresh_noise(start, lesson)  # what the student has to learn


def errand(rng):
    """Return a batch of beginnings and the teacher's ends."""
    some = torch.randint(len(lesson), (64,), generator=rng)
    return (start[some], lesson[some], STEPS), taught[some]


student = trained(copy.deepcopy(net).train(), errand, steps=120, learning_rate=1e-3)

# %% [markdown]
# ### See it
#
# The same smudges with the same noise: the teacher's fifteen steps, and the student's one.

# %%
begin = y + KAPPA * roots[-1] * torch.randn(y.shape, generator=torch.Generator().manual_seed(8))
with torch.no_grad():
    ends = without_fresh_noise(begin, y), student(begin, y, STEPS)
    noise = torch.randn(smudges.shape, generator=torch.Generator().manual_seed(9))
    begins = smudges + KAPPA * roots[-1] * noise
    points["fifteen steps, noise kept"] = judged(without_fresh_noise(begins, smudges))
    points["student, one step"] = judged(student(begins, smudges, STEPS))
srkit.widgets.show(
    sheet(y, *ends, hidden).clamp(0, 1),
    zoom=3,
    alt="Rows of letters: smudges, answers of fifteen steps, answers of one step, nearly the same, the truth",
)

# %%
table(points)

# %% [markdown]
# The student costs as much as the first guess, and its answers are nearly as natural as those of the chain, for a
# fifteenth of the work. Its error is no smaller: what it was taught is how to answer like its teacher, not how to be
# right.
#
# ### The library's version
#
# The library has no diffusion network of its own. `srkit.methods.diffusion` runs the Stable Diffusion x4 upscaler of
# lesson 01, where its weights are there: the same walk from noise with the small image in view, in the latent space
# of an autoencoder and with a U-Net of 473,398,020 parameters. Its settings are those of this lesson: the number of
# steps, and how much noise is put on the small image first.

# %%
srkit.widgets.source(srkit.methods.diffusion.StableDiffusion)

# %% [markdown]
# ## What was reported, what we got
#
# | what | reported | here |
# |---|---|---|
# | steps | SR3 2,000; ResShift 15, later 4; SinSR 1 | 15 and 1; SR3's 2,000 in the world of one pixel |
# | parameters | SR3 from 16 to 128 pixels 97.8 million, ResShift 118.6 million | 0.28 million |
# | squared error of one answer | twice that of the mean of all (Blau and Michaeli) | less than twice that of the mean of sixteen, printed above |
#
# ## Recap
#
# * Steps of noise add up to one: $x_t = \sqrt{\gamma_t}\,x_0 + \sqrt{1 - \gamma_t}\,\varepsilon$. Undoing one needs a
#   guess of $x_0$, and Bayes' rule.
# * ResShift walks from the enlarged image instead of from noise, so that few steps do.
# * An answer is one of many. It looks true, it may be wrong, and only other answers show it.
# * Fewer steps: less spread. Distillation presses a chain into one step and keeps most of its looks.
#
# Three questions to see whether it stayed:
#
# <details><summary>Why is a network trained with squared error not enough to draw answers that differ?</summary>For the
# same input it always gives the same output, and the squared error is smallest at the mean. In a chain its guess is
# used for a small step only, and fresh noise decides between the possibilities.</details>
# <details><summary>All sixteen answers show the same letter. Is it the right one?</summary>Not for certain. The network
# may never have seen the right one, or few steps may have made its answers too much alike.</details>
# <details><summary>A paper reports the PSNR of the mean of many samples and shows one sample. What is
# wrong?</summary>The picture and the number belong to two different answers.</details>
#
# **Further doors.** Lesson 20 draws the plane of perception and distortion for photographs and asks people. A task to
# carry over: restore with ResShift's schedule of 4 steps (`least=0.2`), which needs a network trained for it, and
# compare the spread with that of 15.
