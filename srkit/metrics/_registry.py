"""The registry of metrics: a function, and what an evaluation must know to print its numbers."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor

from srkit._registry import Registry
from srkit.errors import BadInput
from srkit.metrics.protocol import Protocol
from srkit.ops.check import check_image

__all__ = ["METRICS", "Metric", "register_metric"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A registered metric.

    Attributes:
        name: under which it is requested.
        function: ``f(sr, hr, *, protocol=None)``; without ``hr`` where no reference is needed, and without
            ``protocol`` where ``conditions`` say how it is taken. Gives a float for an image ``(3, h, w)``.
        title: what tables call it.
        unit: of its numbers, or nothing.
        digits: behind the decimal point in tables.
        higher_is_better: False for distances.
        needs_reference: whether it compares with the true image.
        conditions: empty where the protocol applies; else how it is taken, in words.
        ready: called before an evaluation begins; raises what would stop the metric, for example missing weights.
    """

    name: str
    function: Callable[..., Any]
    title: str
    unit: str = ""
    digits: int = 4
    higher_is_better: bool = True
    needs_reference: bool = True
    conditions: str = ""
    ready: Callable[[], object] | None = None

    def __call__(self, sr: Tensor, hr: Tensor | None = None, *, protocol: Protocol | None = None) -> float:
        """Return the value for one image, ``(3, h, w)`` in [0, 1]."""
        if self.needs_reference and hr is None:
            raise BadInput(f"{self.name} compares a result with the true image, and no true image was given.")
        images = (sr, hr) if self.needs_reference else (sr,)
        for image, which in zip(images, ("sr", "hr"), strict=False):
            check_image(image, name=which, channels=(1, 3))
        value = self.function(*images) if self.conditions else self.function(*images, protocol=protocol)
        if isinstance(value, Tensor) and value.numel() == 1:
            value = value.item()
        worst = -math.inf if self.higher_is_better else math.inf
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value) or value == worst:
            raise BadInput(
                f"The metric {self.name!r} gave {value!r} for one image; it must give a number that is not NaN, and "
                "infinity only for a perfect result."
            )
        return float(value)

    @property
    def heading(self) -> str:
        """Name and unit, with an arrow where lower is better: ``"PSNR dB"``, ``"LPIPS ↓"``."""
        arrow = "" if self.higher_is_better else "↓"
        return " ".join(filter(None, [self.title, self.unit, arrow]))

    @property
    def remark(self) -> str:
        """The sentence that belongs under its numbers, or nothing."""
        parts = ["" if self.higher_is_better else "lower is better", self.conditions]
        said = "; ".join(filter(None, parts))
        return f"{self.title}: {said}." if said else ""

    def spoken(self, value: float) -> str:
        """Return a value formatted as in tables."""
        return f"{value:.{self.digits}f}"

    def gain(self, ours: float, theirs: float) -> float:
        """Return by how much ``ours`` is better than ``theirs``; negative where it is worse."""
        if ours == theirs:  # both may be infinite
            return 0.0
        return ours - theirs if self.higher_is_better else theirs - ours


METRICS: Registry[Metric] = Registry("metric")


def register_metric(
    name: str,
    *,
    title: str = "",
    unit: str = "",
    digits: int = 4,
    higher_is_better: bool = True,
    needs_reference: bool = True,
    conditions: str = "",
    ready: Callable[[], object] | None = None,
) -> Callable[[F], F]:
    """Make a metric available under ``name`` to evaluations, tables and the command line; returns a decorator.

    Args:
        name: what ``metrics=(…)`` and ``--metrics`` call it.
        title: what tables call it; the name where it is left out.
        unit: of its numbers.
        digits: behind the decimal point in tables.
        higher_is_better: False for distances.
        needs_reference: False for a function ``f(sr, *, protocol=None)`` that needs no true image.
        conditions: how the metric is taken, in words, where no protocol applies; the function is then called without
            ``protocol``.
        ready: see :class:`Metric`.

    Raises:
        BadInput: the name is not made of lower case letters, digits and underscores, or the function cannot be called
            as these words say.
        DuplicateName: the name is taken.

    Example:
        >>> @register_metric("mae", higher_is_better=False)                      # doctest: +SKIP
        ... def mae(sr, hr, *, protocol=None):
        ...     return float((sr - hr).abs().mean())
    """

    def register(function: F) -> F:
        _check_signature(name, function, reference=needs_reference, protocol=not conditions)
        METRICS.register(name)(
            Metric(
                name=name,
                function=function,
                title=title or name,
                unit=unit,
                digits=digits,
                higher_is_better=higher_is_better,
                needs_reference=needs_reference,
                conditions=conditions,
                ready=ready,
            )
        )
        return function

    return register


def _check_signature(name: str, function: Callable[..., Any], *, reference: bool, protocol: bool) -> None:
    if not callable(function):
        raise BadInput(
            f"register_metric({name!r}) decorates a function (sr, hr, *, protocol=None) -> number and got "
            f"{type(function).__name__}. Write it above a `def`."
        )
    images, keywords = ["sr", "hr"][: 1 + reference], {"protocol": None} if protocol else {}
    try:
        inspect.signature(function).bind(*images, **keywords)
    except TypeError as problem:
        called = ", ".join([*images, *(f"{word}=None" for word in keywords)])
        raise BadInput(
            f"The function registered as {name!r} is called as function({called}), and that does not fit: {problem}. "
            f"Write def {name}({called.replace('protocol', '*, protocol')}). A metric that needs no true image is "
            "registered with needs_reference=False, one that no protocol applies to with conditions='how it is taken'."
        ) from None
    except ValueError:  # a function in C that does not tell its parameters
        return
