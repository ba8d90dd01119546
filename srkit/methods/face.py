"""An adapter that lets a method be used wherever a network is expected."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.methods._method import Method, Progress, Result
from srkit.methods._registry import create

__all__ = ["MethodNetwork", "as_network"]


class MethodNetwork(nn.Module):
    """Runs a method on each image of a batch.

    Attributes:
        name: of the method, for tables.
        last: the result on the last image: kernel, curves, the reason why it ended.
        trains: that it is trained on each image, so that a small one does not tell what a large one needs.
    """

    trains = True

    def __init__(self, method: Method, *, scale: int, progress: Progress | None = None) -> None:
        super().__init__()
        self.method = method
        self.scale = scale
        self.progress = progress
        self.name = method.name or type(method).__name__.lower()
        self.last: Result | None = None
        self.register_buffer("place", torch.empty(0, dtype=torch.uint8), persistent=False)  # is where ``to`` moved it

    def extra_repr(self) -> str:
        """Say which method with which settings: equal for equal results, as digests of networks need it."""
        return ", ".join([self.name, *(f"{name}={_settled(value)}" for name, value in vars(self.method).items())])

    def foreseen_bytes(self, size: tuple[int, int]) -> float:
        """Return the bytes that an image of ``size`` (h, w) LR pixels will take, as the method foresees them."""
        return self.method.foreseen_bytes(size, self.scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Restore ``(b, 3, h, w)`` image by image to ``(b, 3, scale*h, scale*w)``."""
        images = []
        for one in lr:
            self.last = self.method.restore(one, scale=self.scale, progress=self.progress)
            images.append(self.last.image)
        return torch.stack(images)  # (b, 3, scale*h, scale*w)


def as_network(method: Method | str, *, scale: int, progress: Progress | None = None, **settings: Any) -> MethodNetwork:
    """Wrap a method as a network: for ``srkit.evaluate``, ``srkit.upscale``, tables and widgets.

    Use it without tiles: a method needs the whole image.

    Args:
        method: a method, or the name of one.
        scale: whole enlargement factor.
        progress: passed to the method.
        **settings: of the method, where it is given by name.

    Raises:
        BadInput: settings for a method that is made already.

    Example:
        >>> srkit.evaluate(as_network("back_projection", scale=2), "set5")            # doctest: +SKIP
    """
    if isinstance(method, str):
        return MethodNetwork(create(method, **settings), scale=scale, progress=progress)
    if settings:
        raise BadInput(f"This {method.name} is made already; its settings cannot be changed: {', '.join(settings)}.")
    return MethodNetwork(method, scale=scale, progress=progress)


def _settled(value: Any) -> str:
    """Return a setting as text that differs where the setting does."""
    if isinstance(value, nn.Module):
        return _settled(list(value.state_dict().items()))
    if isinstance(value, Tensor):
        return hashlib.sha256(value.detach().cpu().contiguous().numpy().tobytes()).hexdigest()
    if isinstance(value, list | tuple):
        return ", ".join(map(_settled, value))
    return str(value)
