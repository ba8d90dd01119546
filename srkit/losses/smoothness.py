"""Smoothness losses of a single image."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.losses._registry import register_loss
from srkit.ops.check import check_kind

__all__ = ["TV", "tv"]

Normalisation = Literal["mean", "size"]


def tv(image: Tensor, *, normalisation: Normalisation = "mean", eps: float = 1e-12) -> Tensor:
    """Return the isotropic total variation, ``sqrt(dx**2 + dy**2 + eps)`` averaged over the image.

    As on the lecture's slide, per channel, with both differences cut to ``(h-1) x (w-1)`` so that the root is defined
    everywhere. Much code is anisotropic instead, ``|dx| + |dy|`` (which the slide's words describe), or takes the mean
    of the squares without a root (``leftthomas/SRGAN``). Rudin, Osher, Fatemi, "Nonlinear total variation based noise
    removal algorithms", Physica D 60, 1992.

    Args:
        image: ``(..., h, w)``, at least 2x2 pixels.
        normalisation: ``"mean"`` divides by the ``(h-1)*(w-1)`` places there are (a ramp then gives the same value
            at any size); ``"size"`` divides by ``h*w`` as the slide prints it.
        eps: keeps the root's gradient finite; flat regions get gradient 0 and cost ``sqrt(eps)``.

    Raises:
        BadInput: not floats, fewer than 2x2 pixels, an unknown normalisation, or ``eps`` not positive.
    """
    check_kind(image)
    if image.ndim < 2 or min(image.shape[-2:]) < 2:
        raise BadInput(f"Total variation needs at least 2x2 pixels and was given shape {tuple(image.shape)}.")
    _check_options(normalisation, eps)
    if image.dtype in (torch.float16, torch.bfloat16):
        image = image.float()  # eps would vanish in half precision
    dx = image[..., :-1, 1:] - image[..., :-1, :-1]  # (..., h-1, w-1)
    dy = image[..., 1:, :-1] - image[..., :-1, :-1]  # (..., h-1, w-1)
    mean = torch.sqrt(dx.square() + dy.square() + eps).mean()
    if normalisation == "mean":
        return mean
    h, w = image.shape[-2:]
    return mean * ((h - 1) * (w - 1) / (h * w))


def _check_options(normalisation: str, eps: float) -> None:
    if normalisation not in ("mean", "size"):
        raise BadInput(f"TV's normalisation is 'mean' or 'size', not {normalisation!r}.")
    if not eps > 0:
        raise BadInput(f"TV needs eps > 0 and was given {eps!r}: the root's gradient at a flat pixel would be NaN.")


@register_loss("TV")
class TV(nn.Module):
    """Total variation of ``sr``; ``hr`` is not looked at. See :func:`tv`.

    Args:
        normalisation: ``"mean"`` or ``"size"``.
        eps: under the root.
    """

    def __init__(self, *, normalisation: Normalisation = "mean", eps: float = 1e-12) -> None:
        super().__init__()
        _check_options(normalisation, eps)
        self.normalisation = normalisation
        self.eps = eps

    def forward(self, sr: Tensor, hr: Tensor | None = None) -> Tensor:
        """Return the scalar loss of ``(b, c, h, w)`` images."""
        return tv(sr, normalisation=self.normalisation, eps=self.eps)
