"""Borrow a network for inference and hand it back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.ops.check import describe

__all__ = ["check_network", "evaluating", "place_of", "scale_of"]


@contextmanager
def evaluating(net: nn.Module) -> Iterator[nn.Module]:
    """Put ``net`` in eval mode without gradients for the length of a ``with`` block.

    Every sub-module gets its own training flag back afterwards, also after an error, so a network whose batch norm
    was frozen by hand stays frozen.

    Args:
        net: any network.
    """
    check_network(net)
    in_training = [module for module in net.modules() if module.training]
    net.eval()
    try:
        with torch.inference_mode():
            yield net
    finally:
        for module in in_training:
            module.training = True


def check_network(net: nn.Module) -> None:
    """Refuse what is not a network.

    Raises:
        BadInput: with the line that makes one.
    """
    if not isinstance(net, nn.Module):
        raise BadInput(
            f"A network was expected and {describe(net)} was given. Make one with "
            "srkit.models.create('edsr_baseline', scale=2) or srkit.models.load('weights.safetensors')."
        )


def place_of(net: nn.Module, fallback: Tensor) -> tuple[torch.device, torch.dtype]:
    """Return the device and floating dtype ``net`` works in; those of ``fallback`` for a net without parameters."""
    for tensor in (*net.parameters(), *net.buffers()):
        if tensor.is_floating_point():
            return tensor.device, tensor.dtype
    return fallback.device, fallback.dtype


def scale_of(net: nn.Module) -> int:
    """Return the enlargement factor of ``net``: its ``scale`` attribute, or else measured on a 16 x 16 image.

    Raises:
        BadInput: the output is not a whole multiple of the input.
    """
    check_network(net)
    scale = getattr(net, "scale", None)
    if isinstance(scale, int) and scale >= 1:
        return scale
    anywhere = torch.zeros((), dtype=torch.float32)
    device, dtype = place_of(net, anywhere)
    with evaluating(net):
        height, width = net(torch.full((1, 3, 16, 16), 0.5, device=device, dtype=dtype)).shape[-2:]
    if height != width or height % 16:
        raise BadInput(
            f"The network turned 16 x 16 pixels into {height} x {width}, which is not a whole enlargement. "
            "It must give (b, 3, scale*h, scale*w); set net.scale to its factor."
        )
    return int(height // 16)
