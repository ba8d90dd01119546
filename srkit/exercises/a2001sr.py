"""Exercise 11.4: the network A2001SR, four convolutions that add to the bicubic image what it misses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Inputs, Outputs, Value, lesson_11
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.models.a2001sr import A2001SR

__all__ = ["EXERCISE"]


def _cases(seed: int) -> list[Case]:
    drawn = int(noise(1, seed=seed + 4) * 2**24)  # the seed itself stays on the grader's side

    def inputs(watch: str, lr: Tensor, *, silent: bool = False) -> dict[str, Value]:
        return {"watch": watch, "lr": lr, "seed": drawn, "silent": silent}

    return [
        Case(criterion="parameters", inputs=inputs("parameters", noise(1, 3, 8, 8, seed=seed))),
        Case(criterion="size", inputs=inputs("size", noise(2, 3, 9, 12, seed=seed + 1))),
        Case(criterion="bicubic", inputs=inputs("sr", noise(1, 3, 8, 9, seed=seed + 2), silent=True)),
        Case(criterion="output", inputs=inputs("sr", noise(1, 3, 8, 10, seed=seed + 3))),
        Case(criterion="scale", inputs=inputs("refusal", noise(1, 3, 8, 8, seed=seed))),
    ]


class _Variant(nn.Module):
    """A2001SR with one thing changed: what a misconception would have produced."""

    def __init__(
        self, *, scale: int, enlarge: str = "bicubic", relus: int = 2, last: bool = False, residual: float = 1.0
    ) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 32, 5, padding=2), nn.Conv2d(32, 64, 3, padding=1)
        self.third, self.fourth = nn.Conv2d(64, 256, 3, padding=1), nn.Conv2d(64, 3, 3, padding=1)
        self.enlarge, self.relus, self.last, self.residual = enlarge, relus, last, residual

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` by two."""
        x = self.second(F.relu(self.first(lr)) if self.relus > 0 else self.first(lr))  # (b, 64, h, w)
        x = self.third(F.relu(x) if self.relus > 1 else x)  # (b, 256, h, w)
        x = self.fourth(F.pixel_shuffle(F.relu(x) if self.relus > 2 else x, 2))  # (b, 3, 2*h, 2*w)
        align = None if self.enlarge == "nearest" else False
        added = F.interpolate(lr, scale_factor=2.0, mode=self.enlarge, align_corners=align)  # (b, 3, 2*h, 2*w)
        return (F.relu(x) if self.last else x) + self.residual * added


def _variant(**changes: Any) -> Callable[..., nn.Module]:
    return lambda *, scale: _Variant(scale=scale, **changes)


def _few_channels(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    count, right = outputs["number_of_parameters"], expected["number_of_parameters"]
    return isinstance(count, int) and count < right


def _clamped(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    return bool(((outputs["sr"] - expected["sr"].clamp(0, 1)).abs() < 1e-4).all())


def _many_parameters(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    count, right = outputs["number_of_parameters"], expected["number_of_parameters"]
    return isinstance(count, int) and count > right


EXERCISE = Exercise(
    answer="A2001SR",
    number="11.4",
    title="The network A2001SR",
    difficulty=3,
    importance=5,
    minutes=15,
    criteria=(
        Criterion(name="parameters", points=1, text="it has the four layers of the plan, weights and biases"),
        Criterion(name="size", points=1, text="any image comes out twice as high and twice as wide"),
        Criterion(name="bicubic", points=1, text="with its last layer set to zero it gives the bicubic image"),
        Criterion(name="output", points=1, text="with given weights it gives the image it should", hidden=True),
        Criterion(name="scale", points=1, text="asked for another scale than 2 it says no", hidden=True),
    ),
    cases=_cases,
    perform=lesson_11.a2001sr,
    references=(A2001SR,),
    tolerance=Tolerance(
        absolute=2e-5,
        relative=1e-4,
        reason="float32 convolutions summed in another order (1 or 4 threads, another CPU) differ by 1e-6",
    ),
    slips={
        "scale_ignored": Slip(
            "Asked for x3 it enlarges by 2 without a word. Refuse with a ValueError what it cannot do.",
            sign=lambda inputs, outputs, expected: outputs["refused"] is False,
        ),
        "sizes_do_not_fit": Slip(
            "What the layers compute and what you add to it differ in size. Print both shapes: are pixels lost at the "
            "edge, and is the image enlarged before it is added?",
            raises="must match the size|Kernel size",
        ),
        "clamped": Slip(
            "The values stop at 0 and 1. Clamping is left to whoever writes the image to a file: a network that clamps "
            "gets no gradient there.",
            sign=_clamped,
        ),
        "too_few_parameters": Slip(
            "Fewer parameters than the plan has. After a shuffle of 2 a quarter of the channels is left: how many must "
            "there be before it? And has every layer its bias?",
            sign=_few_channels,
        ),
        "too_many_parameters": Slip(
            "More parameters than the plan has. Bicubic interpolation and the shuffle have none; check the kernel "
            "sizes and the channels of each convolution.",
            sign=_many_parameters,
        ),
        "no_global_residual": Slip(
            "With the last layer silenced nothing is left. Something has to be added to what it computes.",
            wrong=_variant(residual=0.0),
        ),
        "nearest": Slip(
            "What you add is made of blocks of 2x2 equal pixels. Which interpolation does the plan name?",
            wrong=_variant(enlarge="nearest"),
        ),
        "bilinear": Slip(
            "What you add is smoother than it should be. Which interpolation does the plan name?",
            wrong=_variant(enlarge="bilinear"),
        ),
        "relu_at_the_end": Slip(
            "The residual is never negative, so the network can only brighten.",
            wrong=_variant(last=True),
        ),
        "relu_before_the_shuffle": Slip("There is one activation more than in the plan.", wrong=_variant(relus=3)),
        "no_activation": Slip(
            "Without activations, convolutions in a row are one big convolution.",
            wrong=_variant(relus=0),
        ),
    },
    avoid=(),
    hints=(
        "Write down the shape after each line of the plan, as comments, before you write the layers.",
        "nn.PixelShuffle(2) turns 4*c channels of h x w into c channels of 2h x 2w. The last convolution works at the "
        "large size, and so must whatever is added to its output.",
        "In __init__: if scale != 2, raise ValueError(…). Then nn.Conv2d(3, 32, 5, padding=2) is the first layer. In "
        "forward, F.interpolate(lr, scale_factor=2, mode=…, align_corners=False) makes the image to add to.",
    ),
)
