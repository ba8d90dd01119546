"""Exercise 03.2: what a network costs for each pixel it gives."""

from __future__ import annotations

from collections.abc import Sequence

from srkit.exercises._beside import Value, lesson_03
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="multiply_adds",
    number="3.2",
    title="Multiply-adds per output pixel",
    difficulty=2,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="one", points=1, text="one layer on the large image costs as many as it has weights"),
        Criterion(name="large", points=1, text="several layers on the large image add up"),
        Criterion(name="small", points=2, text="layers on the small image cost less"),
        Criterion(name="pyramid", points=1, text="layers of several sizes in one network are right", hidden=True),
    ),
    cases=_cases,
    perform=lesson_03.multiply_adds,
    references=(_reference,),
    tolerance=Tolerance(
        absolute=0.0, relative=1e-6, reason="products of whole numbers, divided once or layer by layer"
    ),
    slips={
        "all_of_one_size": Slip(
            "You count every layer as if it ran once for each large pixel. How often does a layer on the small image "
            "run?",
            wrong=lambda layers, scale: _power(layers, scale, size_power=0),
        ),
        "one_direction": Slip(
            "An image that is half as wide is also half as high.",
            wrong=lambda layers, scale: _power(layers, scale, size_power=1),
        ),
        "per_small_pixel": Slip(
            "Yours is the count for one pixel of the small image. It gives several large ones.",
            wrong=lambda layers, scale: scale**2 * _power(layers, scale),
        ),
        "kernel_in_one_direction": Slip(
            "A kernel of 3 looks at nine pixels, not at three.",
            wrong=lambda layers, scale: _power(layers, scale, kernel_power=1),
        ),
        "with_constants": Slip(
            "You count the constants. Adding one is no multiplication.",
            wrong=lambda layers, scale: _power(layers, scale, biases=True),
        ),
    },
    avoid=(),
    hints=(
        "How many multiplications does one convolution need for one number of its result? How many such numbers are "
        "there for each pixel of the large image?",
        "For one place a layer multiplies once with each of its weights. The large image has scale x scale places for "
        "each of the small one, a layer of relative size r has r x r.",
        "Begin with total = 0 and for size, kernel, into, out in layers:; how many weights does this layer have?",
    ),
    hides=("srkit.models.count:multiply_adds",),
)
