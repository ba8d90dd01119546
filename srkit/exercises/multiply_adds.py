"""Exercise 03.2: what a network costs for each pixel it gives."""

from __future__ import annotations

from collections.abc import Sequence

from srkit.exercises._beside import Value, lesson_03
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Layers = Sequence[Sequence[int]]


def _reference(layers: Layers, scale: int) -> float:
    return sum(kernel**2 * into * out * size**2 for size, kernel, into, out in layers) / scale**2


def _power(layers: Layers, scale: int, *, kernel_power: int = 2, size_power: int = 2, biases: bool = False) -> float:
    total = 0.0
    for size, kernel, into, out in layers:
        total += (kernel**kernel_power * into * out + biases * out) * (size / scale) ** size_power
    return total


def _draw(seed: int, sizes: Sequence[int]) -> list[Value]:
    """Return one layer ``[size, kernel, channels in, channels out]`` for each size."""
    numbers = noise(len(sizes), 3, seed=seed)
    return [
        [size, 3 + 2 * int(3 * a), 8 + int(40 * b), 8 + int(40 * c)]
        for size, (a, b, c) in zip(sizes, numbers.tolist(), strict=True)
    ]


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="one", inputs={"layers": _draw(seed + 1, [2]), "scale": 2}),
        Case(criterion="large", inputs={"layers": _draw(seed + 2, [3, 3, 3]), "scale": 3}),
        Case(criterion="small", inputs={"layers": _draw(seed + 3, [1, 1]), "scale": 4}),
        Case(criterion="pyramid", inputs={"layers": _draw(seed + 4, [1, 1, 2, 4]), "scale": 4}),
    ]


EXERCISE = define(
    lesson_03.multiply_adds,
    cases=_cases,
    references=(_reference,),
    wrong={
        "all_of_one_size": lambda layers, scale: _power(layers, scale, size_power=0),
        "one_direction": lambda layers, scale: _power(layers, scale, size_power=1),
        "per_small_pixel": lambda layers, scale: scale**2 * _power(layers, scale),
        "kernel_in_one_direction": lambda layers, scale: _power(layers, scale, kernel_power=1),
        "with_constants": lambda layers, scale: _power(layers, scale, biases=True),
    },
)
