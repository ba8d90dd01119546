"""Exercise 10.1: batch normalisation in training, with its running statistics (Ioffe, Szegedy, ICML 2015)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_10
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]

Three = tuple[Tensor, Tensor, Tensor]
_PLACES = (0, 2, 3)


def _written(
    x: Tensor, mean: Tensor, variance: Tensor, momentum: float, *, unbiased: bool = True, keep: bool = False
) -> Three:
    now = x.mean(_PLACES)
    spread = x.var(_PLACES, unbiased=False)
    seen = x.var(_PLACES, unbiased=unbiased)
    old, new = (momentum, 1 - momentum) if keep else (1 - momentum, momentum)
    normalised = (x - now[:, None, None]) / (spread[:, None, None] + 1e-5).sqrt()
    return normalised, old * mean + new * now, old * variance + new * seen


def _by_running(x: Tensor, mean: Tensor, variance: Tensor, momentum: float) -> Three:
    _, new_mean, new_variance = _written(x, mean, variance, momentum)
    return F.batch_norm(x, mean, variance), new_mean, new_variance


def _undivided(x: Tensor, mean: Tensor, variance: Tensor, momentum: float) -> Three:
    centred = x - x.mean(_PLACES, keepdim=True)
    return centred / (x.var(_PLACES, unbiased=False, keepdim=True) + 1e-5), *_written(x, mean, variance, momentum)[1:]


def _cases(seed: int) -> list[Case]:
    contrast = torch.tensor([1.0, 0.2]).reshape(2, 1, 1, 1)
    x = contrast * noise(2, 3, 3, 4, seed=seed) + 0.3 * noise(2, 1, 1, 1, seed=seed + 1)
    kept = {"mean": noise(3, seed=seed + 2), "variance": 1 + noise(3, seed=seed + 3)}
    return [
        Case(criterion="normalised", inputs={"x": x, **kept, "momentum": 0.1, "watch": ["normalised"]}),
        Case(criterion="mean", inputs={"x": x, **kept, "momentum": 0.1, "watch": ["mean"]}),
        Case(criterion="variance", inputs={"x": x, **kept, "momentum": 0.25, "watch": ["variance"]}),
    ]


EXERCISE = Exercise(
    answer="batch_norm",
    number="10.1",
    title="Batch normalisation and its memory",
    difficulty=2,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="normalised", points=1, text="each channel of the batch gets mean 0 and variance 1"),
        Criterion(name="mean", points=1, text="the running mean moves towards the batch's by the momentum"),
        Criterion(name="variance", points=1, text="the running variance does too, as PyTorch counts it", hidden=True),
    ),
    cases=_cases,
    perform=lesson_10.batch_norm,
    references=(_written,),
    tolerance=Tolerance(
        absolute=2e-5, relative=1e-4, reason="a float32 variance as a difference of squares is right to 1e-6"
    ),
    slips={
        "each_image_alone": Slip(
            "You normalise each image by itself. Batch normalisation has one mean for the whole batch.",
            wrong=lambda x, mean, variance, momentum: (F.instance_norm(x), *_written(x, mean, variance, momentum)[1:]),
        ),
        "running_statistics_used": Slip(
            "You normalise by the running statistics. They are for later; in training the batch's count.",
            wrong=_by_running,
        ),
        "divided_by_the_variance": Slip(
            "You divide by the variance. Then contrast twice as high comes out half as high.",
            wrong=_undivided,
        ),
        "momentum_exchanged": Slip(
            "Your memory forgets nearly all in one step. PyTorch's momentum is the share of the new.",
            wrong=lambda x, mean, variance, momentum: _written(x, mean, variance, momentum, keep=True),
        ),
        "biased_memory": Slip(
            "The running variance is a little small: it is meant for all images, of which the batch is a sample. "
            "Divide by n - 1 there.",
            wrong=lambda x, mean, variance, momentum: _written(x, mean, variance, momentum, unbiased=False),
        ),
        "statistics_replaced": Slip(
            "You return the batch's statistics instead of moving the running ones towards them.",
            wrong=lambda x, mean, variance, momentum: _written(x, mean, variance, 1.0),
        ),
    },
    avoid=("batch_norm", "BatchNorm2d", "native_batch_norm"),
    hints=(
        "Over how many numbers is the mean of one channel taken, if the features are (b, c, h, w)?",
        "Mean and variance over batch, rows and columns give (c,) each; give them back two axes before you use them on "
        "the features. The new running value is (1 - momentum) times the old plus momentum times the new.",
        "Begin with now = x.mean((0, 2, 3)).",
    ),
)
