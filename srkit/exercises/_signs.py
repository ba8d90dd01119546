"""Signs of slips that several exercises share: tests on inputs, outputs and expected outputs of a case."""

from __future__ import annotations

from torch import Tensor

from srkit.exercises._beside import Inputs, Outputs
from srkit.exercises._model import Sign

__all__ = ["infinite_slope", "tensor_among", "too_few_parameters", "too_many_parameters"]


def too_few_parameters(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    """Tell whether a network has fewer parameters than it should."""
    count = outputs.get("number_of_parameters")
    return isinstance(count, int) and count < expected["number_of_parameters"]


def too_many_parameters(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    """Tell whether a network has more parameters than it should."""
    count = outputs.get("number_of_parameters")
    return isinstance(count, int) and count > expected["number_of_parameters"]


def infinite_slope(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    """Tell whether a gradient is infinite or no number."""
    gradient = outputs.get("gradient")
    return isinstance(gradient, Tensor) and not bool(gradient.isfinite().all())


def tensor_among(name: str) -> Sign:
    """Return the sign that a list of numbers holds tensors, and with them the graphs that made them."""

    def sign(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
        values = outputs.get(name)
        return isinstance(values, list) and any(isinstance(value, Tensor) for value in values)

    return sign
