"""Iterative back-projection: the error of the reduced result is enlarged and added to the result.

M. Irani, S. Peleg, "Improving Resolution by Image Registration", CVGIP: Graphical Models and Image Processing 53(3),
1991. For a known blur without noise, ten steps of it give nearly all that a trained zero-shot network gives: the
baseline for every method that is given the kernel.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.methods._method import LOADED, Method, MethodCard, Progress, Result, Watch
from srkit.methods._registry import register_method
from srkit.methods.pieces import corrected_bytes, in_pieces, pieces_of, reach_of
from srkit.methods.reduction import Reduction

__all__ = ["BackProjection", "back_project"]

CARD = MethodCard(
    title="Back-projection",
    year=1991,
    citation='M. Irani, S. Peleg, "Improving Resolution by Image Registration", CVGIP 53(3), 1991',
    url="https://doi.org/10.1016/1049-9652(91)90045-L",
    idea="What the enlarged image gets wrong when it is made small again is enlarged and added back.",
    tiny={"steps": 50},
)


def back_project(sr: Tensor, lr: Tensor, reduction: Reduction, *, steps: int) -> Tensor:
    """Correct ``sr`` so that it agrees with ``lr``: ``sr += enlarge(lr - reduce(sr))``, clipped to [0, 1] each time."""
    size, small = (sr.shape[-2], sr.shape[-1]), (lr.shape[-2], lr.shape[-1])
    for _ in range(steps):
        sr = (sr + reduction.enlarge(lr - reduction.reduce(sr, small), size)).clamp(0, 1)
    return sr


@register_method("back_projection", CARD)
class BackProjection(Method):
    """Bicubic enlargement and steps of back-projection.

    Args:
        kernel: the blur ``(k, k)`` by which the LR image was made (every s-th pixel kept), by correlation; None for
            bicubic reduction.
        steps: of back-projection.
        aligned: the kernel's weight is moved to where plain enlargement expects it; turn it off for a kernel that lies
            as it was used.

    Raises:
        BadInput: fewer than 0 steps.
    """

    def __init__(self, *, kernel: Tensor | None = None, steps: int = 10, aligned: bool = True) -> None:
        if steps < 0:
            raise BadInput(f"steps is 0 or more; {steps} was given.")
        self.kernel, self.steps, self.aligned = kernel, steps, aligned

    def foreseen_bytes(self, size: tuple[int, int], scale: int) -> float:
        """Return the bytes of the largest piece, of the picture and of the result."""
        reduction = Reduction.by(scale, self.kernel, aligned=self.aligned)
        return LOADED + corrected_bytes(size, reduction, margin=reach_of(reduction, back_projections=self.steps))

    @torch.no_grad()
    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Enlarge ``(3, h, w)`` and correct it; a large image piece by piece, and a step counts for each piece."""
        reduction = Reduction.by(scale, self.kernel, aligned=self.aligned)
        margin = reach_of(reduction, back_projections=self.steps)
        watch = Watch(progress, total=self.steps * len(pieces_of(lr, reduction, margin=margin)))

        def piece(lr: Tensor) -> Tensor:
            sr = reduction.enlarge(lr).clamp(0, 1)  # (3, scale*h, scale*w)
            for _ in range(self.steps):
                if not watch.goes_on():
                    break
                error = lr - reduction.reduce(sr, (lr.shape[-2], lr.shape[-1]))
                sr = back_project(sr, lr, reduction, steps=1)
                watch.stepped(error=float(error.square().mean().sqrt()))
            return sr

        with watch.listening():
            sr = in_pieces(piece, lr, reduction, margin=margin)
        return watch.result(sr, f"done: {self.steps} back-projections", kernel=self.kernel)
