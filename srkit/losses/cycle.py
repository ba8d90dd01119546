"""Cycle-consistency losses."""

from __future__ import annotations

from torch import Tensor, nn

from srkit.losses._distance import Form, check_form, distance
from srkit.losses._registry import register_loss
from srkit.ops.check import check_pair

__all__ = ["Cycle", "cycle"]


def cycle(returned: Tensor, original: Tensor, *, form: Form = "norm", eps: float = 1e-24) -> Tensor:
    """Return the difference between an image and its reconstruction after a cycle: ``F(G(x))`` against ``x``.

    The lecture prints a norm divided by the size, ``1/(h*w*c) * sqrt(sum((F(G(x)) - x)**2))``. CycleGAN (Zhu et al.,
    ICCV 2017) takes the mean absolute difference (``form="l1"``), CinCGAN (Yuan et al., CVPRW 2018) the mean square
    (``form="mse"``).

    Args:
        returned: the reconstructed image ``F(G(x))``, ``(b, c, h, w)``.
        original: the original image ``x``, the same shape.
        form: ``"norm"`` (averaged over the batch), ``"l1"`` or ``"mse"``.
        eps: added under the root of ``"norm"``, whose gradient would be NaN at a perfect return.

    Raises:
        BadInput: the shapes differ, ``original`` is no picture in [0, 1], or the form is unknown.
    """
    check_pair(returned, original, names=("returned", "original"))
    return distance(returned, original, form=form, eps=eps)


@register_loss("Cycle")
class Cycle(nn.Module):
    """Cycle consistency; see :func:`cycle`. In a formula it compares sr with hr.

    Args:
        form: ``"norm"``, ``"l1"`` or ``"mse"``.
    """

    def __init__(self, *, form: Form = "norm") -> None:
        super().__init__()
        check_form(form)
        self.form: Form = form

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the scalar loss of ``(b, c, h, w)`` images."""
        return cycle(sr, hr, form=self.form)
