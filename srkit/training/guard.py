"""The spike guard: an update that would ruin the weights is not made.

Deep SR networks without normalisation now and then meet a batch on which the loss jumps by orders of magnitude; one
such update can undo days of training. The guard looks at the loss and at the norm of the gradient *before* the
optimiser moves, so that a refused step leaves weights, optimiser and average exactly as they were.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from srkit.errors import BadInput

__all__ = ["Guard"]

_WINDOW = 100
_WARM = 10


class Guard:
    """Decide for each step whether its update may be made.

    Args:
        factor: refuse a loss more than this many times the largest of the last 100 accepted ones (once ten were
            accepted); None accepts everything, NaN included.
        max_skips: refuse this many in a row, and :meth:`check` raises.

    Attributes:
        skipped: how many updates were refused so far.
    """

    def __init__(self, *, factor: float | None = 10.0, max_skips: int = 50) -> None:
        self.factor = factor
        self.max_skips = max_skips
        self.skipped = 0
        self._in_a_row = 0
        self._recent: deque[float] = deque(maxlen=_WINDOW)

    def check(self, loss: float, gradient_norm: float | None = None) -> str:
        """Return the reason to skip the update, or ``""`` to make it.

        Args:
            loss: the loss of this step.
            gradient_norm: L2 norm of the whole gradient before clipping; None where it was not computed.

        Raises:
            BadInput: ``max_skips`` updates in a row had to be skipped; the message says what usually helps.
        """
        reason = "" if self.factor is None else self._reason(loss, gradient_norm)
        if not reason:
            self._recent.append(loss)
            self._in_a_row = 0
            return ""
        self.skipped += 1
        self._in_a_row += 1
        if self._in_a_row >= self.max_skips:
            raise BadInput(
                f"{self._in_a_row} updates in a row had to be skipped (the last because {reason}): the run has "
                "diverged. Start again from the last good checkpoint with a smaller learning_rate, or with clip=1.0, "
                "and look at the images if the very first step fails. guard=None switches this check off."
            )
        return reason

    def _reason(self, loss: float, gradient_norm: float | None) -> str:
        if not math.isfinite(loss):
            return f"the loss is {loss}"
        if gradient_norm is not None and not math.isfinite(gradient_norm):
            return f"the norm of the gradient is {gradient_norm}"
        largest = max(self._recent) if len(self._recent) >= _WARM else math.inf
        if self.factor is not None and loss > self.factor * largest > 0:
            return f"the loss {loss:.3g} is over {self.factor:g} times the largest recent one, {largest:.3g}"
        return ""

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs to decide as this one would have."""
        return {"skipped": self.skipped, "in_a_row": self._in_a_row, "recent": list(self._recent)}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take up where :meth:`state_dict` left off."""
        self.skipped, self._in_a_row = int(saved["skipped"]), int(saved["in_a_row"])
        self._recent = deque(saved["recent"], maxlen=_WINDOW)
