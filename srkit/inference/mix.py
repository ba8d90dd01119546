"""Interpolation between the weights of two networks.

Wang et al., "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", ECCV Workshops 2018, section 3.4: from
the network trained for PSNR to the one that was fine-tuned from it against a discriminator, artefacts fade and detail
stays. The path means something only if one network was trained from the other; between two that began at different
random weights the results are noise.
"""

from __future__ import annotations

import copy
import math

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.ops.device import exact

__all__ = ["mix"]


def mix(first: nn.Module, second: nn.Module, alpha: float) -> nn.Module:
    """Return a network with the weights ``(1 - alpha) * first + alpha * second``, entry by entry of the state dict.

    Args:
        first: what ``alpha=0`` gives, exactly.
        second: what ``alpha=1`` gives, exactly; the same network with other weights.
        alpha: usually in [0, 1]; other numbers go on in the same direction.

    Returns:
        A new network in the mode of ``first``, on its device. Whole numbers in the state (counters) are those of the
        nearer network.

    Raises:
        BadInput: the networks are not alike, or ``alpha`` is not a finite number.

    Example:
        >>> between = mix(trained_for_psnr, fine_tuned_against_a_critic, 0.8)        # doctest: +SKIP
    """
    if not math.isfinite(alpha):
        raise BadInput(f"alpha={alpha!r} is not a place between two networks; give a number, usually in [0, 1].")
    ours, theirs = first.state_dict(), second.state_dict()
    _check_alike(first, second)
    between = copy.deepcopy(first)
    between.load_state_dict({name: _blend(ours[name], theirs[name], alpha) for name in ours})
    return between


def _blend(ours: Tensor, theirs: Tensor, alpha: float) -> Tensor:
    theirs = theirs.to(ours.device)
    if alpha in (0, 1) or not ours.is_floating_point():
        return theirs if alpha > 0.5 else ours
    return ((1 - alpha) * exact(ours) + alpha * exact(theirs)).to(ours)


def _check_alike(first: nn.Module, second: nn.Module) -> None:
    reason = _difference(first, second)
    if reason:
        raise BadInput(
            f"These two networks cannot be mixed: {reason}. Only weights of one and the same architecture can, and "
            "they mean something only if one network was fine-tuned from the other."
        )


def _difference(first: nn.Module, second: nn.Module) -> str:
    if type(first) is not type(second):
        return f"one is a {type(first).__name__}, the other a {type(second).__name__}"
    for what in ("name", "scale"):
        one, other = getattr(first, what, None), getattr(second, what, None)
        if one != other:
            return f"the {what} of one is {one!r}, of the other {other!r}"
    ours, theirs = first.state_dict(), second.state_dict()
    for name in [*ours, *theirs]:
        if name not in ours or name not in theirs:
            return f"only one of them has {name!r}"
        if ours[name].shape != theirs[name].shape:
            return f"{name!r} is {tuple(ours[name].shape)} in one and {tuple(theirs[name].shape)} in the other"
    return ""
