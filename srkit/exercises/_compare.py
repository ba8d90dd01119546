"""Compare one output with the expected one and say in words how they differ, without saying what is right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from srkit.exercises._beside import Foreign
from srkit.exercises._model import Tolerance

__all__ = ["agree", "difference"]

_ADVICE = {  # type of what was returned -> what to do
    "ndarray": "; torch.from_numpy(x) makes a tensor of it",
    "coroutine": "; write def, not async def",
    "generator": "; give the value back with return, not yield",
    "function": "; is a call missing?",
    "method": "; is a call missing?",
    "Tensor": " on the meta device, which holds no values",
    **dict.fromkeys(
        ("float16", "float32", "float64", "int32", "int64"), " of NumPy; x.item() makes a plain number of it"
    ),
}

_PLURAL = {"differs": "differ", "has": "have", "holds": "hold", "is": "are"}


def agree(outputs: Mapping[str, Any], expected: Mapping[str, Any], tolerance: Tolerance) -> bool:
    """Tell whether every expected output is there and within the tolerance."""
    return all(difference(name, outputs.get(name), value, tolerance) is None for name, value in expected.items())


def difference(name: str, output: Any, expected: Any, tolerance: Tolerance) -> str | None:
    """Return None when ``output`` agrees with ``expected``, else one sentence about the first way in which it does not.

    Checked in this order: kind, shape, dtype, NaN and infinity, values.
    """
    what = name if "[" in name else f"The {name.replace('_', ' ')}"
    told = _first_difference(what, output, expected, tolerance)
    if told and told.startswith(f"{what} ") and what.endswith("s") and not what.endswith("ss"):  # the weights differ
        verb, rest = told.removeprefix(f"{what} ").split(" ", 1)
        told = f"{what} {_PLURAL.get(verb, verb)} {rest}"
    return told


def _first_difference(what: str, output: Any, expected: Any, tolerance: Tolerance) -> str | None:
    if isinstance(expected, Tensor):
        return _tensor_difference(what, output, expected, tolerance)
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        agrees = type(output) is type(expected) and output == expected
        return None if agrees else f"{what} is {_describe(output)}, which is not what was asked for."
    if isinstance(expected, (int, float)):
        return _number_difference(what, output, expected, tolerance)
    return _list_difference(what, output, expected, tolerance)


def _tensor_difference(what: str, output: Any, expected: Tensor, tolerance: Tolerance) -> str | None:
    if not isinstance(output, Tensor):
        return f"{what} should be a tensor; yours is {_describe(output)}."
    if output.shape != expected.shape:
        return f"{what} has the shape {tuple(output.shape)}; {tuple(expected.shape)} was expected."
    if output.dtype != expected.dtype:
        return (
            f"{what} has the dtype {output.dtype}; {expected.dtype} was expected. Whatever you compute in, turn the "
            f"answer into that at the end: .to({expected.dtype})."
        )
    if not torch.isfinite(output).all():
        count = int((~torch.isfinite(output)).sum())
        return f"{what} holds {count} value(s) that are NaN or infinite, out of {output.numel()}."
    gap = (output.double() - expected.double()).abs()
    excess = gap - tolerance.absolute - tolerance.relative * expected.double().abs()
    if output.numel() == 0 or excess.max() <= 0:
        return None
    if output.ndim == 0:
        return f"{what} is off by {gap.item():.3g}."
    place = tuple(int(i) for i in torch.unravel_index(excess.argmax(), excess.shape))
    share = 100 * float((excess > 0).double().mean())
    return f"{what} differs in {share:.0f} % of its values, by up to {gap.max():.3g}; most of all at {place}."


def _number_difference(what: str, output: Any, expected: float, tolerance: Tolerance) -> str | None:
    if isinstance(output, bool) or not isinstance(output, (int, float)):
        advice = "; x.item() makes a number of it" if isinstance(output, Tensor) and output.numel() == 1 else ""
        return f"{what} should be a plain Python number; yours is {_describe(output)}{advice}."
    if not math.isfinite(output):
        return f"{what} is {output}."
    if isinstance(expected, int):
        return None if output == expected else f"{what} is {output:,}; that is not the number asked for."
    gap = abs(output - expected)
    return None if gap <= tolerance.absolute + tolerance.relative * abs(expected) else f"{what} is off by {gap:.3g}."


def _list_difference(what: str, output: Any, expected: Any, tolerance: Tolerance) -> str | None:
    if not isinstance(output, list):
        return f"{what} should be a list; yours is {_describe(output)}."
    if len(output) != len(expected):
        return f"{what} should have {len(expected)} entries; yours has {len(output)}."
    for index, (mine, theirs) in enumerate(zip(output, expected, strict=True)):
        problem = difference(f"{what.removeprefix('The ')}[{index}]", mine, theirs, tolerance)
        if problem is not None:
            return problem
    return None


def _describe(output: Any) -> str:
    """Name a value briefly and safely."""
    if isinstance(output, Foreign):
        return f"an object of type {output.kind}{_ADVICE.get(output.kind, '')}"
    if isinstance(output, Tensor):
        return f"a tensor of shape {tuple(output.shape)}"
    if output is None:
        return "None (is a return statement missing?)"
    if isinstance(output, list):
        return f"a list of {len(output)}"
    return f"{type(output).__name__} {str(output)[:80]!r}" if isinstance(output, str) else f"{output!r}"
