"""Where a result is wrong: the difference to the truth, in 8-bit levels, drawn with one labelled scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srkit.errors import BadInput
from srkit.evaluation.regions import error_levels
from srkit.ops.colours import DIVERGING, nice_top, painted
from srkit.widgets._frame import frames

__all__ = ["ErrorMap", "error_map"]

Kind = Literal["signed", "absolute"]


@dataclass(frozen=True, eq=False)
class ErrorMap:
    """The error of one result, to be handed to :func:`srkit.widgets.show`."""

    # ``(h, w)`` float64, ``sr - hr`` in 8-bit levels of luma (signed), or its absolute value
    levels: NDArray[np.float64]
    kind: Kind  # ``"signed"`` or ``"absolute"``
    # the level at the end of the colour scale, or None to let ``show`` choose one for all maps it draws
    limit: float | None = None

    @property
    def natural_limit(self) -> float:
        """The error that 99.5 % of the pixels stay below, rounded up to 1, 2 or 5 times a power of ten (at least 1)."""
        return nice_top(self.levels)

    def painted(self, limit: float) -> NDArray[np.uint8]:
        """Return the map as ``(h, w, 3)`` uint8 colours for a scale that ends at ``limit``."""
        if self.kind == "signed":
            return painted(0.5 + 0.5 * self.levels / limit, DIVERGING)
        return painted(self.levels / limit)

    def ticks(self, limit: float) -> tuple[str, str, str]:
        """Return the labels at the left end, the middle and the right end of the scale."""
        if self.kind == "signed":
            return f"-{limit:g} levels (too dark)", "0", f"+{limit:g} (too bright)"
        return "0", f"{limit / 2:g}", f"{limit:g} levels"

    @property
    def text(self) -> str:
        """Size and range in words."""
        low, high = float(self.levels.min()), float(self.levels.max())
        return (
            f"{self.levels.shape[1]} x {self.levels.shape[0]} px; error {low:+.1f} to {high:+.1f} levels of Y (of 255)"
        )


def error_map(sr: Any, hr: Any, *, kind: Kind = "signed", limit: float | None = None) -> ErrorMap:
    """Measure where ``sr`` differs from ``hr``.

    Both pictures are rounded to 8 bits first, as the published numbers are; the difference is taken on luma, with the
    weights of ITU-R BT.601 (studio swing).

    Args:
        sr: the result, a picture as :func:`srkit.widgets.show` takes it, in [0, 1].
        hr: the truth, of the same size.
        kind: ``"signed"`` (blue too dark, orange too bright) or ``"absolute"``.
        limit: the 8-bit level at the end of the colour scale; None lets ``show`` choose one scale for all maps.

    Raises:
        BadInput: the sizes differ, the kind is unknown, or the limit is not a positive number.
    """
    if kind not in ("signed", "absolute"):
        raise BadInput(f"An error map is 'signed' or 'absolute', not {kind!r}.")
    if limit is not None and not (math.isfinite(limit) and limit > 0):
        raise BadInput(
            f"limit={limit!r} cannot end a colour scale. Give a positive number of 8-bit levels, such as 32."
        )
    ours, theirs = _one(sr, "sr"), _one(hr, "hr")
    if ours.shape != theirs.shape:
        raise BadInput(
            f"sr is {ours.shape[2]} x {ours.shape[1]} px and hr {theirs.shape[2]} x {theirs.shape[1]} px. An error map "
            "needs two pictures of one size: enlarge the small one, or crop hr to a multiple of the scale first."
        )
    difference = error_levels(ours, theirs).numpy()
    return ErrorMap(difference if kind == "signed" else np.abs(difference), kind, limit)


def _one(thing: Any, name: str) -> Tensor:
    """Return the 8-bit picture as ``(3, h, w)`` in [0, 1]."""
    found = frames(thing, name=name)
    if len(found) != 1:
        raise BadInput(f"{name} is a batch of {len(found)} pictures. An error map is made of one: take {name}[0].")
    levels = torch.from_numpy(found[0].pixels).double() / 255
    return levels.expand(3, -1, -1) if levels.ndim == 2 else levels.permute(2, 0, 1)
