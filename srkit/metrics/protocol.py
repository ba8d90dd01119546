"""The protocol of a comparison: channel, border and rounding.

The same pair gives 26.1 dB or 27.4 dB, depending on the protocol (see :func:`srkit.metrics.explain`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import check_image, check_same_shape
from srkit.ops.color import STUDIO_LUMA
from srkit.ops.device import capable, exact
from srkit.ops.pixels import crop_border, levels

__all__ = ["LUMA", "Protocol", "planes", "prepare"]

Channel = Literal["y", "rgb"]

LUMA = (STUDIO_LUMA, 16.0)  # levels 0…255 of Y for RGB in [0, 1], and its black
_NAMES = {"y": "Y", "rgb": "RGB"}


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The conditions of a comparison. The defaults are the papers', but for the border, which depends on the scale.

    Attributes:
        channel: ``"y"``, the luma of MATLAB's ``rgb2ycbcr`` (16 to 235), or ``"rgb"``, all three channels alike.
        border: pixels left out on each side; usually the scale.
        quantise: round both images to 8 bits first, as writing them to a file does.
        grey_as_stored: compare images of one channel, ``(1, h, w)``, as they are stored (0 to 255) instead of on Y. The
            usual MATLAB scripts do; it makes such an image 1.32 dB worse, and Set14, which holds one, 0.09 dB.
        round_y: round Y to whole numbers, as MATLAB's ``rgb2ycbcr`` does with uint8 images.

    Raises:
        BadInput: an unknown channel or a negative border.
    """

    channel: Channel = "y"
    border: int = 0
    quantise: bool = True
    grey_as_stored: bool = False
    round_y: bool = False

    def __post_init__(self) -> None:
        if self.channel not in _NAMES:
            raise BadInput(f'channel is "y" or "rgb"; {self.channel!r} was given.')
        if isinstance(self.border, bool) or not isinstance(self.border, int) or self.border < 0:
            raise BadInput(f"border is a whole number of pixels, 0 or more; {self.border!r} was given.")

    @classmethod
    def papers(cls, scale: int) -> Protocol:
        """Return the protocol of the literature's tables for an enlargement by ``scale``: Y, 8 bits, border = scale."""
        return cls(border=scale)

    def __str__(self) -> str:
        """Return the protocol in words, to be printed with every number."""
        name = ("rounded " if self.round_y and self.channel == "y" else "") + _NAMES[self.channel]
        source = "of 8-bit RGB" if self.channel == "y" else "of 8 bits"
        text = f"{name} {source if self.quantise else 'of unrounded values'}, border {self.border}"
        return text + ", grey files as stored" * self.grey_as_stored


def prepare(sr: Tensor, hr: Tensor, protocol: Protocol | None) -> tuple[Tensor, Tensor, Protocol]:
    """Check a pair, cut its border off, and return it as batches ``(b, c, h, w)`` with the protocol.

    Raises:
        BadInput: not images of the same shape, NaN, or nothing left inside the border.
    """
    check_image(sr, name="sr", channels=(1, 3))
    check_image(hr, name="hr", channels=(1, 3))
    check_same_shape(sr, hr)
    used = Protocol() if protocol is None else protocol
    a, b = (crop_border(capable(x.detach()), used.border) for x in (sr, hr))  # (…, c, h', w')
    return (a[None], b[None], used) if a.ndim == 3 else (a, b, used)


def planes(x: Tensor, protocol: Protocol) -> Tensor:
    """Return what ``protocol`` compares of ``(b, c, h, w)``: ``(b, 1 or 3, h, w)``, float64, levels 0…255."""
    x = exact(levels(x)) if protocol.quantise else exact(x) * 255
    if protocol.channel == "rgb" or (x.shape[1] == 1 and protocol.grey_as_stored):
        return x
    y = luma(x, LUMA)
    return (y + 0.5).floor() if protocol.round_y else y


def luma(x: Tensor, recipe: tuple[tuple[float, ...], float]) -> Tensor:
    """Return weights times ``(b, 1 or 3, h, w)`` plus black, ``(b, 1, h, w)``, in levels."""
    weights, black = recipe
    row = torch.tensor(weights, dtype=x.dtype, device=x.device) / 255
    if x.shape[1] == 1:
        return x * row.sum() + black
    mixed = row[None, None] @ x.flatten(2)  # (b, 1, h * w)
    return mixed.add_(black).unflatten(2, x.shape[2:])  # type: ignore[no-untyped-call, no-any-return]
