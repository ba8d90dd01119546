"""The distance of two tensors in the three forms that content and cycle losses use."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import check_same_shape

__all__ = ["Form", "check_form", "distance"]

Form = Literal["mse", "l1", "norm"]


def distance(sr: Tensor, hr: Tensor, *, form: Form = "mse", eps: float = 1e-24) -> Tensor:
    """Return how far apart two batches of images or features are.

    The lecture prints a norm divided by the size, ``1/(h*w*c) * sqrt(sum((sr - hr)**2))`` per image. Code almost always
    takes the mean of the squares or of the absolute values. They differ by more than a factor: with n values of mean
    square m, the norm over the size is ``sqrt(m / n)``. Its gradient has the length 1/n however small the error is,
    that of the mean square goes to zero with it.

    Args:
        sr: ``(b, c, h, w)``.
        hr: the same shape.
        form: ``"mse"``, ``"l1"`` or ``"norm"`` (the lecture's, averaged over the batch).
        eps: added under the root of ``"norm"``, whose gradient would be NaN at equal images.

    Raises:
        BadInput: the shapes differ, or the form is unknown.
    """
    check_same_shape(sr, hr)
    check_form(form)
    if form == "mse":
        return F.mse_loss(sr, hr)
    if form == "l1":
        return F.l1_loss(sr, hr)
    squares = (sr - hr).square().flatten(1)  # (b, c*h*w)
    return torch.sqrt(squares.sum(1) + eps).mean() / squares.shape[1]  # scalar


def check_form(form: str) -> None:
    """Refuse a form that does not exist."""
    if form not in ("mse", "l1", "norm"):
        raise BadInput(f"A distance has the form 'mse', 'l1' or 'norm' (the lecture's), not {form!r}.")
