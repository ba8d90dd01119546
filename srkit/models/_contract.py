"""The one place where the input of a network is looked at.

:func:`install_contract` adds one forward pre-hook to a network; ``create`` and ``load`` do it for every network, the
reader's own included. The look costs microseconds: shapes and types, never the pixels. A module-level hook survives
copying, pickling, DataParallel, DistributedDataParallel and ``torch.compile``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput

__all__ = ["SMALLEST", "check_lr", "install_contract"]

SMALLEST = 8
"""Every network of the house accepts images from 8x8 pixels upwards."""


def install_contract(net: nn.Module) -> nn.Module:
    """Make ``net`` refuse, with a reason, what the contract does not allow; doing it twice changes nothing."""
    if check_lr not in net._forward_pre_hooks.values():
        net.register_forward_pre_hook(check_lr)
    return net


def check_lr(net: nn.Module, inputs: tuple[Any, ...]) -> None:
    """Raise unless the first input is a float ``(b, 3, h, w)`` tensor of at least 8x8 pixels.

    Raises:
        BadInput: with what was given, what is expected, and the line that repairs it.
    """
    if not inputs:
        return
    lr = inputs[0]
    who = getattr(net, "name", type(net).__name__)
    if not isinstance(lr, Tensor):
        raise BadInput(
            f"{who} reads a tensor (b, 3, h, w) and was given {_article(type(lr).__name__)}. "
            "srkit.read(path) makes a tensor of a file; srkit.upscale(path, net) takes the path itself."
        )
    _check_shape(lr, who)
    _check_kind(lr, who, next(net.parameters(), None))


def _check_shape(lr: Tensor, who: str) -> None:
    shape = tuple(lr.shape)
    if lr.ndim == 3:
        raise BadInput(
            f"{who} reads a batch (b, 3, h, w) and was given one image of shape {shape}. "
            "Write net(lr[None])[0], or srkit.upscale(lr, net), which takes single images."
        )
    if lr.ndim != 4:
        raise BadInput(f"{who} reads a batch (b, 3, h, w) and was given a tensor of shape {shape}.")
    if lr.shape[1] != 3:
        raise BadInput(
            f"{who} reads RGB, 3 channels in the second place, and was given shape {shape}. {_channel_hint(lr)}"
        )
    if min(lr.shape[2:]) < SMALLEST:
        raise BadInput(
            f"{who} needs images of at least {SMALLEST}x{SMALLEST} pixels and was given {shape[2]}x{shape[3]}. "
            "Take a larger image or patch (a patch is measured in HR pixels: at scale s it must be at least 8*s)."
        )


def _check_kind(lr: Tensor, who: str, weight: Tensor | None) -> None:
    if not lr.is_floating_point():
        raise BadInput(
            f"{who} reads floats in [0, 1] and was given {lr.dtype}. Write lr.float() / 255 for 8-bit pixels."
        )
    if weight is None:
        return
    if lr.device != weight.device:
        raise BadInput(
            f"{who} is on {weight.device} and the image on {lr.device}. Write net(lr.to({weight.device.type!r}))."
        )
    if lr.dtype != weight.dtype and not torch.is_autocast_enabled(lr.device.type):
        raise BadInput(
            f"{who} holds {weight.dtype} weights and the image is {lr.dtype}. "
            f"Write net(lr.to({weight.dtype})), or net.to({lr.dtype})."
        )


def _channel_hint(lr: Tensor) -> str:
    if lr.shape[-1] == 3:
        return "The channels come last here: lr.permute(0, 3, 1, 2) puts them second."
    if lr.shape[1] == 1:
        return "A grey image becomes RGB by lr.expand(-1, 3, -1, -1)."
    if lr.shape[1] == 4:
        return "The fourth channel is usually alpha: net(lr[:, :3]), or srkit.upscale(path, net), which keeps it apart."
    return "Reorder or select the channels first."


def _article(name: str) -> str:
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
