# %% [markdown]
# # Judging pictures: what people like, and what can be measured
#
# Every lesson so far compared numbers. Numbers are quick, they repeat, and they can be wrong about what you see. In
# this lesson you vote without knowing what you vote for, measure whether a picture still agrees with the small one,
# draw the plane of perception and distortion from trained networks, make two pictures with the same decibels of which
# one is hardly damaged and the other ruined, and turn votes into a ranking that says how certain it is.
#
# **You will be able to** run a blind test; say what PSNR, SSIM, NIQE and agreement with the small image each cannot
# see; explain why the best guess and the most natural picture are different pictures; fit the model of Bradley and
# Terry; give a ranking with intervals, and the number of votes that it needs.
#
# **You need** PSNR and SSIM of lesson 02, the best guess of lesson 01, the two networks between which lesson 10
# interpolates, and NIQE of lesson 12.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 20.1 `lr_consistency` | 2 of 5 | 4 of 5 | 10 |
# | 20.2 `plane_point` | 3 of 5 | 5 of 5 | 10 |
# | 20.3 `same_error` | 4 of 5 | 4 of 5 | 15 |
# | 20.4 `bradley_terry` | 3 of 5 | 5 of 5 | 15 |
# | 20.5 `ranking` | 5 of 5 | 4 of 5 | 15 |

# %% setup
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from IPython.display import Markdown

import srkit

SCALE = 4

# %% [markdown]
# ## A picture and a question
#
# Four methods enlarge pieces of photographs four times. You see two results at a time, called A and B, in random order.
# Which one would you rather have? There is no right answer. Fourteen votes take two minutes; cast them before you read
# on. At the end the names appear. (The votes stay in this notebook and are used in section 5.)

# %%
from srkit.inference import mix

plain = srkit.models.create("bicubic", scale=SCALE)
for_decibels = srkit.models.create("edsr_small", scale=SCALE, pretrained="srkit")
for_looks = srkit.models.create("edsr_small", scale=SCALE, pretrained="srkit:gan")
networks = {
    "bicubic": plain,
    "for decibels": for_decibels,
    "half-way": mix(for_decibels, for_looks, 0.5),
    "for looks": for_looks,
}
photographs = srkit.datasets.samples(scale=SCALE, split="photographs")
places = {"mountains": (300, 500), "dogs": (200, 240), "brushes": (120, 200)}  # row and column of a piece
pieces, results = {}, {}
for name, (top, left) in places.items():
    hr = photographs[photographs.names.index(name)].hr[:, top : top + 256, left : left + 288]
    lr = srkit.ops.quantise(srkit.ops.imresize(hr, 1 / SCALE))  # the small image of the piece, as a file has it
    pieces[name] = (lr, hr)
    results[name] = {method: srkit.upscale(lr, net).clamp(0, 1) for method, net in networks.items()}
asked = {name: results[name] for name in ("dogs", "brushes")}
ballot = srkit.widgets.votes(asked, repeats=2, question="Which picture would you rather have?", live=True)
ballot

# %% [markdown]
# ### Your prediction
#
# Below you make two pictures that have exactly the same PSNR to the same photograph. One is made to have the highest
# SSIM that can be reached from there, the other the lowest. SSIM is 1 for equal pictures. How far apart are the two?

# %%
guess = "?"
srkit.exercises.predict("20-same-decibels", guess, choices=["less than 0.1", "0.1 to 0.4", "more than 0.4"])

# %% [markdown]
# ## 1. What the small image knows
#
# ### The idea
#
# A network that was made for looks invents: it has to, for the small image does not say where the hairs lie. But it
# does say something, and an enlargement that contradicts it is wrong whatever it looks like. Reduce the result as the
# small image was made and compare: the *agreement with the small image* (LR-consistency) needs no truth. It cannot tell
# whether what was invented is true. It tells whether it is possible.
#
# ### By hand: exercise 20.1
#
# `sr` is `(3, h, w)`, `lr` the small image, `reduce` a function that makes a small image of a large one. Clamp the
# result to [0, 1], reduce it, clamp and round that to 8 bits as a file would, and return the PSNR of it and `lr` in
# decibels, over all three channels together, without a border: a number, `float("inf")` where they are equal. (`lr`
# comes from a file and has values k / 255.)


# %% exercise lr_consistency
def lr_consistency(sr, lr, reduce):
    """Return how well a result agrees with the small image it was made from, in dB."""
    ### BEGIN SOLUTION
    small = (255 * reduce(sr.clamp(0, 1)).clamp(0, 1)).round() / 255
    error = (small - lr).square().mean()
    return float("inf") if error == 0 else -10 * error.log10().item()
    ### END SOLUTION


# %% check lr_consistency
srkit.exercises.check("lr_consistency", lr_consistency)

# %% [markdown]
# ### See it
#
# The four results, the truth, and three pictures that were spoilt on purpose: the truth moved by one pixel of the large
# image, a quarter of one of the small; the truth with a fur that is not its own, hidden from the small image; and the
# result for decibels, corrected ten times by what is missing in the small image.


# %%
def reduce(image):
    """Make the small image of a large one, as all pairs of this course are made."""
    return srkit.ops.imresize(image, 1 / SCALE)


def corrected(image, lr, rounds=10):
    """Add what is missing in the small image, enlarged, some times."""
    for _ in range(rounds):
        image = image + srkit.ops.imresize(lr - reduce(image), SCALE)
    return image.clamp(0, 1)


lr, hr = pieces["dogs"]
other = photographs[photographs.names.index("dandelion")].hr[:, 200:456, 300:588]
fine, strange = (image - srkit.ops.imresize(reduce(image), SCALE) for image in (hr, other))
swapped = torch.zeros_like(hr)
swapped[:, 96:192, 80:208] = (1.5 * strange - fine)[:, 96:192, 80:208]
tried = dict(results["dogs"])
tried["the truth"] = hr
tried["moved by a pixel"] = hr.roll(1, 2)
tried["strange fur"] = corrected(hr + swapped, lr)
tried["decibels, corrected"] = corrected(results["dogs"]["for decibels"], lr)
protocol = srkit.Protocol.papers(SCALE)
natural = srkit.metrics.Naturalness.of(
    (pair.hr for pair in srkit.datasets.samples(scale=2, split="train")), sharpest=0.3
)
lines = ["| picture | agreement, dB | PSNR, dB | SSIM | NIQE |", "|---|--:|--:|--:|--:|"]
for name, image in tried.items():
    psnr, ssim = (float(metric(image, hr, protocol=protocol)) for metric in (srkit.metrics.psnr, srkit.metrics.ssim))
    numbers = (
        f"{lr_consistency(image, lr, reduce):.1f} | {psnr:.2f} | {ssim:.3f} | {srkit.metrics.niqe(image, natural):.2f}"
    )
    lines.append(f"| {name} | {numbers} |")
Markdown("\n".join(lines))

# %%
srkit.widgets.compare(
    {name: tried[name] for name in ("for decibels", "for looks", "strange fur")},
    truth=hr,
    scale=SCALE,
    height=560,
    alt="The head of a dog: smooth, with invented grain, with a strange texture in the middle, and the truth",
)

# %% [markdown]
# Read the table by columns. Each measure is blind to something: the agreement does not mind a fur of dandelion seeds,
# as long as it averages to the right grey; NIQE, which knows no truth, finds it more natural than the truth itself; PSNR
# punishes a shift that nobody would see. No column is the quality of a picture. (NIQE's statistics are those of the ten
# training samples, so its numbers can be compared with one another only. PSNR and SSIM: luma, shaved by 4.)
#
# ## 2. Two goals that exclude each other
#
# ### The idea
#
# Call $x$ the truth, $\hat{x}$ an answer. *Distortion* is the mean error $\mathbb{E}\,\Delta(x, \hat{x})$ of pairs.
# *Perception* is a distance between two distributions, that of all truths and that of all answers: it is zero when
# nobody could tell a heap of answers from a heap of photographs, whether or not each answer belongs to its truth. Blau
# and Michaeli (*The Perception-Distortion Tradeoff*, CVPR 2018, arXiv 1711.06077) proved that past a certain point one
# can only be bought with the other, for every $\Delta$. For squared errors and the distance $W_2$ the price is known
# exactly (Freirich, Michaeli, Meir, *A Theory of the Distortion-Perception Tradeoff in Wasserstein Space*, NeurIPS
# 2021):
#
# $$D^2 = D_0^2 + (P_0 - P)^2$$
#
# with $D_0$ and $P_0$ the root mean square error of the best guess and its distance.
#
# ### By hand: exercise 20.2
#
# `truths` and `answers` are `(n,)`; answer $i$ was given where truth $i$ was right. Return two numbers: the
# *distortion*, the root of the mean squared difference of the pairs; and the *perception*, the distance $W_2$ of the
# two heaps of numbers. For numbers on a line that is the root mean squared difference between the smallest of one and
# the smallest of the other, the second smallest and the second smallest, and so on.


# %% exercise plane_point
def plane_point(truths, answers):
    """Return (distortion, perception) of answers (n,) to truths (n,)."""

    ### BEGIN SOLUTION
    def root(gap):
        return gap.square().mean().sqrt().item()

    return root(answers - truths), root(answers.sort().values - truths.sort().values)
    ### END SOLUTION


# %% check plane_point
srkit.exercises.check("plane_point", plane_point)

# %% [markdown]
# ### See it
#
# A world in which everything can be computed: what is seen is always the same, and the truth is near +1 or near -1. The
# best guess is their mean, 0, which is never true. Another answer is *any* of the possible truths, drawn at random.
# Between the two lies a line of answers.

# %%
rng = torch.Generator().manual_seed(0)


def possible(n):
    """Draw n possible truths."""
    side = 2.0 * torch.randint(0, 2, (n,), generator=rng) - 1
    return side + 0.1 * torch.randn(n, generator=rng)


truths, drawn = possible(50_000), possible(50_000)
best, away = plane_point(truths, 0 * drawn)
lines = ["| answer | distortion | perception | what the formula says | dB lost |", "|---|--:|--:|--:|--:|"]
for share in (0.0, 0.25, 0.5, 0.75, 1.0):
    distortion, perception = plane_point(truths, share * drawn)
    formula = (best**2 + (away - perception) ** 2) ** 0.5
    lost = 20 * torch.tensor(distortion / best).log10().item()
    lines.append(f"| {share} of a random truth | {distortion:.3f} | {perception:.3f} | {formula:.3f} | {lost:.2f} |")
Markdown("\n".join(lines))

# %% [markdown]
# The last row is natural beyond doubt, for it *is* a truth, of somewhere else, and it pays 3.01 dB: twice the mean
# square error of the best guess, whatever the distribution. This is what lesson 01 predicted, and what a network made
# for looks has to pay at least. Now the real ones. For a picture nobody knows the distribution; NIQE stands in for it.
# The points are means over the three photographs of the votes.

# %%
names, points = [], []
walk = {f"{share:.0%} looks": mix(for_decibels, for_looks, share) for share in (0.25, 0.5, 0.75)}
for name, net in {
    "bicubic": plain,
    "for decibels": for_decibels,
    **walk,
    "for looks": for_looks,
    "truth": None,
}.items():
    found = []
    for lr, hr in pieces.values():
        sr = hr if net is None else srkit.upscale(lr, net).clamp(0, 1)
        error = 255 * (srkit.ops.rgb_to_y(sr) - srkit.ops.rgb_to_y(hr)).square().mean().sqrt().item()
        found.append((error, srkit.metrics.niqe(sr, natural)))
    names.append(name)
    points.append([sum(column) / len(found) for column in zip(*found)])
    print(f"{name:14} root mean square error {points[-1][0]:5.2f} levels of luma, NIQE {points[-1][1]:5.2f}")

# %%
folder = Path("runs/lesson_20")
folder.mkdir(parents=True, exist_ok=True)
figure, axes = plt.subplots(figsize=(7, 4.2))
across, up = zip(*points)
axes.plot(across[1:6], up[1:6], color="0.6", zorder=1)
axes.scatter(across[:6], up[:6], s=60, color=["#777"] + ["#0b62c4"] * 5, zorder=2)
axes.axhline(up[6], color="#d55e00", linestyle=":", label="the truth, which has no error")
axes.legend()
for name, x, y in list(zip(names, across, up))[:6]:
    axes.annotate(name, (x, y), textcoords="offset points", xytext=(7, 5), fontsize=9)
axes.set(xlabel="distortion: root mean square error of luma, levels", ylabel="perception: NIQE (lower is more natural)")
axes.margins(0.15)
figure.savefig(folder / "plane.png", dpi=110, bbox_inches="tight")
plt.close(figure)
srkit.widgets.show(
    folder / "plane.png",
    alt="; ".join(f"{name} at {x:.1f} levels, NIQE {y:.1f}" for name, (x, y) in zip(names, points)),
)

# %% [markdown]
# Left is closer, down is more natural. Bicubic interpolation is beaten in both directions, so nobody needs to choose
# it. From there on the networks form a front: each step towards the look of photographs costs error. A paper that shows
# one of the two axes shows half of what it found.
#
# ## 3. The same decibels, another picture
#
# ### The idea
#
# If a measure is good, two pictures for which it gives the same number should be equally good. So look for a
# counterexample: keep one measure and drive another as far as it goes. Wang and Simoncelli (*Maximum differentiation
# (MAD) competition*, Journal of Vision 8(12), 2008) do this with pairs of measures, and let people look at what comes
# out. All pictures with the same squared error lie on a sphere round the truth, and one walks on it along the gradient
# of the other measure.
#
# ### By hand: exercise 20.3
#
# `truth` and `start` are `(3, h, w)`, `measure(image)` gives one number to be raised. With $e$ = image - truth and $r$
# the length of $e$ at the start, repeat `steps` times: take the gradient $g$ of the measure at the image; subtract its
# part along $e$; add `step` times $r$ times the rest, divided by its length, to $e$; and bring $e$ back to the length
# $r$. Return the image. Do not clamp.


# %% exercise same_error
def same_error(truth, start, measure, steps, step):
    """Raise a measure while the squared error to the truth stays what it is: (3, h, w) -> (3, h, w)."""
    ### BEGIN SOLUTION
    error = start - truth
    radius = error.norm()
    for _ in range(steps):
        image = (truth + error).requires_grad_()
        (gradient,) = torch.autograd.grad(measure(image), image)
        outward = (gradient * error).sum() / error.square().sum()
        along = gradient - outward * error
        error = error + step * radius * along / along.norm()
        error = error * radius / error.norm()
    return truth + error
    ### END SOLUTION


# %% check same_error
srkit.exercises.check("same_error", same_error)

# %% [markdown]
# ### See it
#
# The photograph with noise, as a start. From there SSIM is raised, and from the same start it is lowered.

# %%
truth = pieces["dogs"][1]
start = truth + 0.05 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(1))
unlike = srkit.losses.parse("1*SSIM")  # 1 - SSIM


def likeness(image):
    """Return the SSIM of an image and the truth, without rounding."""
    return 1 - unlike(image[None], truth[None])


ways = {
    "SSIM lowered": same_error(truth, start, likeness, 40, -0.1),
    "the start": start,
    "SSIM raised": same_error(truth, start, likeness, 40, 0.1),
}
exact = srkit.Protocol(channel="rgb", border=0, quantise=False)
numbers = {}
for name, image in ways.items():
    numbers[name] = likeness(image).item()
    print(f"{name:12} PSNR {float(srkit.metrics.psnr(image, truth, protocol=exact)):.2f} dB, SSIM {numbers[name]:.3f}")
apart = numbers["SSIM raised"] - numbers["SSIM lowered"]
srkit.exercises.recall(
    "20-same-decibels", "less than 0.1" if apart < 0.1 else "0.1 to 0.4" if apart <= 0.4 else "more than 0.4"
)

# %%
srkit.widgets.compare(
    {name: image.clamp(0, 1) for name, image in ways.items()},
    truth=truth,
    protocol=srkit.Protocol(channel="rgb", border=0),
    height=560,
    alt="Three pictures of a dog with the same squared error: ruined, noisy, and hardly damaged",
)

# %% [markdown]
# Three pictures with one PSNR. (Shown and counted below the viewer are the pictures as files hold them: clamped, which
# changes the last digits.) It works in the other direction, too: SSIM can be kept while the error grows, and any
# measure that a network is trained on can be raised without anybody liking the picture better. What is left, where a
# decision matters, is to ask people.
#
# ## 4. Asking people
#
# ### The idea
#
# "How good is this picture, from 1 to 5?" is hard to answer twice in the same way. "Which of the two?" is easy. Bradley
# and Terry (*Rank analysis of incomplete block designs*, Biometrika 39, 1952) give each method a *strength* $s_i > 0$
# such that
#
# $$P(i \text{ is preferred to } j) = \frac{s_i}{s_i + s_j}$$
#
# With $W_i$ the wins of $i$ and $n_{ij}$ how often the pair was shown, the most likely strengths are the limit of
#
# $$s_i \leftarrow W_i \Big/ \sum_{j \neq i} \frac{n_{ij}}{s_i + s_j}$$
#
# followed by division by the sum, so that all strengths add up to 1.
#
# ### By hand: exercise 20.4
#
# `wins` is `(n, n)`; `wins[i, j]` says how often i was preferred to j, and the diagonal is 0. Begin with equal
# strengths, apply the update `rounds` times to all of them at once, and return the strengths, `(n,)`.


# %% exercise bradley_terry
def bradley_terry(wins, rounds):
    """Return the strengths of n methods, (n,), from a table of wins (n, n)."""
    ### BEGIN SOLUTION
    asked = wins + wins.T
    strengths = torch.full((len(wins),), 1 / len(wins))
    for _ in range(rounds):
        strengths = wins.sum(1) / (asked / (strengths[:, None] + strengths)).sum(1)
        strengths = strengths / strengths.sum()
    return strengths
    ### END SOLUTION


# %% check bradley_terry
srkit.exercises.check("bradley_terry", bradley_terry)

# %% [markdown]
# ### See it
#
# Sixty voters who do not exist, each with twelve votes, of which one in ten says "no difference". They follow the model
# with strengths that are known, so that one can see what the votes give back.

# %%
METHODS = list(networks)
TRUE = torch.tensor([0.05, 0.25, 0.45, 0.25])


def simulated(voters, each, seed):
    """Draw votes (voters, each, 3): left, right, and the preferred one, or -1."""
    draw = torch.Generator().manual_seed(seed)
    pairs = torch.rand(voters, each, len(TRUE), generator=draw).argsort(-1)[..., :2]
    left, right = pairs[..., 0], pairs[..., 1]
    goes_left = torch.rand(voters, each, generator=draw) < TRUE[left] / (TRUE[left] + TRUE[right])
    chosen = torch.where(goes_left, left, right)
    chosen[torch.rand(voters, each, generator=draw) < 0.1] = -1
    return torch.stack([left, right, chosen], dim=-1)


def table_of(votes):
    """Count wins (4, 4); a tie is half a win for each."""
    wins = torch.zeros(len(TRUE), len(TRUE))
    for left, right, chosen in votes.flatten(0, 1).tolist():
        for one, other in ((left, right), (right, left)):
            wins[one, other] += 0.5 if chosen == -1 else float(chosen == one)
    return wins


wins = table_of(simulated(60, 12, seed=0))
lines = ["| method | wins | strength found | planted |", "|---|--:|--:|--:|"]
for name, won, found, true in zip(METHODS, wins.sum(1), bradley_terry(wins, 200), TRUE):
    lines.append(f"| {name} | {won:g} | {found:.3f} | {true:.2f} |")
Markdown("\n".join(lines))

# %% [markdown]
# ### The library's version
#
# It refuses a table for which no finite strengths exist, as when a method never lost.

# %%
from srkit.evaluation import bradley_terry as most_likely

theirs = most_likely(wins)
print(f"your strengths and the library's differ by at most {(bradley_terry(wins, 200) - theirs).abs().max():.0e}")
srkit.widgets.source(most_likely)

# %% [markdown]
# ## 5. A ranking that knows what it does not know
#
# ### The plan
#
# Sixty voters gave these numbers; sixty others would have given others. How different? Draw sixty of *these* voters
# with replacement, so that some come twice and some not at all, compute everything again, and repeat. Whole voters are
# drawn and not single votes, because the votes of one person hang together.
#
# ### By hand: exercise 20.5
#
# `votes` is `(v, k, 3)`: of each of v voters k votes (left, right, preferred), the last one -1 where there was no
# difference; methods are numbered 0 to n - 1. `draws` is `(r, v)`: each row says which voters are taken. For any set of
# voters make a table of wins (a tie is half a win for each), add half a win to every pair in both directions, apply the
# update of 20.4 thirty times, and turn the strengths into *scores* $400 \log_{10} s_i$, moved so that their mean is
# 0. Return three tensors `(n,)`: the scores of all voters, and the quantiles 0.05 and 0.95 of the scores of the rows of
# `draws`.


# %% exercise ranking
def ranking(votes, n, draws):
    """Return (score, low, high) of n methods, each (n,), from votes (v, k, 3) and rows of voters (r, v)."""

    ### BEGIN SOLUTION
    def scores(some):
        wins = torch.full((n, n), 0.5)
        wins.fill_diagonal_(0)
        for left, right, chosen in some.flatten(0, 1).tolist():
            for one, other in ((left, right), (right, left)):
                wins[one, other] += 0.5 if chosen == -1 else float(chosen == one)
        asked, strengths = wins + wins.T, torch.full((n,), 1 / n)
        for _ in range(30):
            strengths = wins.sum(1) / (asked / (strengths[:, None] + strengths)).sum(1)
            strengths = strengths / strengths.sum()
        found = 400 * strengths.log10()
        return found - found.mean()

    again = torch.stack([scores(votes[voters]) for voters in draws])  # (r, n)
    return scores(votes), again.quantile(0.05, dim=0), again.quantile(0.95, dim=0)
    ### END SOLUTION


# %% check ranking
srkit.exercises.check("ranking", ranking)

# %% [markdown]
# ### See it
#
# The same voters, five of them, twenty, and all sixty: how wide are the intervals, and from when on would you print the
# order?

# %%
votes = simulated(60, 12, seed=0)
planted = 400 * TRUE.log10() - 400 * TRUE.log10().mean()
lines = ["| voters | " + " | ".join(METHODS) + " |", "|---|" + "--:|" * len(METHODS)]
for count in (5, 20, 60):
    draws = torch.randint(0, count, (200, count), generator=torch.Generator().manual_seed(count))
    score, low, high = ranking(votes[:count], len(METHODS), draws)
    cells = [f"{s:+.0f} ({a:+.0f} to {b:+.0f})" for s, a, b in zip(score, low, high)]
    lines.append(f"| {count} | " + " | ".join(cells) + " |")
lines.append("| planted | " + " | ".join(f"{value:+.0f}" for value in planted) + " |")
Markdown("\n".join(lines))

# %% [markdown]
# The planted scores of the best and of the worst lie further apart than those found. One vote in ten was a tie, whatever
# the strengths, and half a win for each draws scores together: the model of the count is not the model of the voters.
# An interval from drawn voters says how much chance there is in a number. It says nothing of a wrong model.
#
# Two methods, one of which is preferred in 60 of 100 cases: about 200 votes with a decision are needed to notice it
# four times out of five, at a level of 5 % (by the normal approximation, 194). Many papers ask fewer people than that.
# And now yours:

# %%
mine = ballot.wins
if mine.sum() == 0:
    print("No votes yet. Vote at the top of the notebook, then run this cell again.")
else:
    found = 400 * most_likely(mine, virtual=0.5).log10()
    for name, value in sorted(zip(METHODS, found - found.mean()), key=lambda pair: -pair[1]):
        print(f"{name:14} {value:+5.0f}")
    print(f"{mine.sum():g} votes of one person: far too few for an order, enough to see whether you agree with PSNR.")

# %% [markdown]
# ## What was reported, what we got
#
# | what | reported | here |
# |---|---|---|
# | a random truth against the best guess | exactly twice the mean square error, 3.01 dB (Blau and Michaeli, CVPR 2018) | the last row of the table in section 2 |
# | no method is best on both axes | the corner of low error and natural looks stays empty in their plane of many methods (Blau and Michaeli, CVPR 2018) | five networks of one family, in one figure |
# | the planted strengths come back | where the votes follow the model (Bradley and Terry, 1952) | the order does; the ties, which do not, draw the scores together |
#
# ## Recap
#
# * Agreement with the small image needs no truth and finds what is impossible. It does not find what is invented.
# * Distortion compares pairs, perception compares heaps. Past a point one is bought with the other; the most natural
# answer costs up to 3 dB.
# * Two pictures of the same PSNR can be hardly damaged and ruined. A measure that is optimised stops measuring.
# * Ask people for choices, not for marks; hide names and sides; draw voters, not votes, for the intervals.
#
# Three questions to see whether it stayed:
#
# <details><summary>A result agrees with the small image to 60 dB. Is it right?</summary>It is possible. So is every
# other picture that differs from it only by what the reduction removes.</details>
# <details><summary>A team reports PSNR for one set of weights and NIQE for another. What is wrong?</summary>Each number
# is one coordinate of another point. The two points may both lie on the front, and no network reaches both
# numbers.</details>
# <details><summary>In a test of two methods nobody ever prefers the first. What is the strength of the
# second?</summary>There is no finite ratio that fits best. Report the counts, or say that half a win was added to
# each.</details>
#
# **Further doors.** Lesson 10 has the dial between the two networks, lesson 12 the damage of real photographs. A task
# to carry over: ask ten people with `srkit.widgets.votes`, put their votes together, and draw the plane again with your
# score as the second axis.
