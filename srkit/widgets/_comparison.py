"""What a comparison consists of, before anything is drawn: pictures of one size, their names, their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.metrics import Protocol, psnr, ssim
from srkit.widgets._frame import Frame, frames

__all__ = ["Contents", "gather", "region_numbers", "spoken_psnr", "spoken_ssim"]

WINDOW = 11


@dataclass(frozen=True, eq=False)
class Contents:
    """The pictures of one comparison and what was measured on them."""

    names: tuple[str, ...]  # in the order given; the truth, if there is one, last
    frames: tuple[Frame, ...]  # the 8-bit pictures
    truth: int  # position of the truth, or -1
    protocol: Protocol  # how the whole pictures were measured
    # for each picture PSNR and SSIM as text, empty where there is nothing to compare
    whole: tuple[tuple[str, str], ...]
    # how often each pixel is repeated to cover the largest picture (1, or the scale for a small LR)
    factors: tuple[int, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the largest picture."""
        return max(frame.width for frame in self.frames), max(frame.height for frame in self.frames)

    @property
    def channel(self) -> str:
        """What the browser compares: ``"y"``, ``"rgb"``, or ``"grey"`` for one-channel pictures taken as stored."""
        return "grey" if _as_stored(self.protocol, self.frames) else str(self.protocol.channel)


def gather(
    pictures: Mapping[str, Any], *, truth: Any = None, scale: int | None = None, protocol: Protocol | None = None
) -> Contents:
    """Read the pictures, check that they belong together and measure each against the truth.

    Args:
        scale: gives the protocol of the papers (luma, ``scale`` pixels of border cut off).
    """
    if not pictures:
        raise BadInput("compare() was given no picture. Name what it shall show: compare(bicubic=a, rcan=b, truth=hr).")
    chosen = _protocol(protocol, scale)
    every = {**pictures, **({} if truth is None else {"truth": truth})}
    names = tuple(every)
    read = tuple(_single(picture, name) for name, picture in every.items())
    position = len(names) - 1 if truth is not None else -1
    factors = _factors(names, read, position)
    stored = _as_stored(chosen, read)
    whole = tuple(
        ("", "") if position in (-1, i) or factors[i] != 1 else _whole(frame, read[position], chosen, stored=stored)
        for i, frame in enumerate(read)
    )
    return Contents(names, read, position, chosen, whole, factors)


def spoken_psnr(value: float) -> str:
    """Return a PSNR as the viewer writes it, for example ``"27.43 dB"``."""
    return "identical" if value == float("inf") else f"{value:.2f} dB"


def spoken_ssim(value: float) -> str:
    """Return an SSIM as the viewer writes it, for example ``"0.9158"``."""
    return f"{value:.4f}"


def _protocol(protocol: Protocol | None, scale: int | None) -> Protocol:
    if protocol is None:
        return Protocol(channel="y", border=0) if scale is None else Protocol.papers(scale)
    if not protocol.quantise:
        raise BadInput(
            "compare() draws 8-bit pictures and measures what it draws, so its protocol must round to 8 bits. Use "
            "Protocol(channel=..., border=..., quantise=True), or srkit.metrics.psnr for numbers of unrounded tensors."
        )
    return protocol


def _single(picture: Any, name: str) -> Frame:
    found = frames(picture, name=f"the picture {name!r}")
    if len(found) != 1:
        raise BadInput(f"{name!r} is a batch of {len(found)} pictures; compare() takes one each: {name}={name}[0].")
    return found[0]


def _factors(names: tuple[str, ...], read: tuple[Frame, ...], truth: int) -> tuple[int, ...]:
    """Return how often each picture's pixels must be repeated to match the truth (or the largest picture)."""
    model = read[truth] if truth >= 0 else max(read, key=lambda frame: frame.width * frame.height)
    for name, frame in zip(names, read, strict=True):
        factor = model.width // frame.width
        if factor < 1 or (frame.width * factor, frame.height * factor) != (model.width, model.height):
            raise BadInput(
                f"{name!r} is {frame.size} and {names[read.index(model)]!r} is {model.size}. The pictures of a "
                "comparison have one size, or are smaller by a whole factor (an LR input). A truth not cropped "
                "to a multiple of the scale is often the cause: crop it with srkit.ops.pixels.modcrop(hr, scale)."
            )
    return tuple(model.width // frame.width for frame in read)


def _as_stored(protocol: Protocol, read: tuple[Frame, ...]) -> bool:
    return protocol.grey_as_stored and all(frame.pixels.ndim == 2 for frame in read)


def _whole(frame: Frame, truth: Frame, protocol: Protocol, *, stored: bool) -> tuple[str, str]:
    if "NaN" in frame.warning or "NaN" in truth.warning:
        return "NaN", "NaN"
    least = min(frame.width, frame.height) - 2 * protocol.border
    if least < 1:
        raise BadInput(
            f"The pictures are {frame.size}; with {protocol.border} pixels of border cut off nothing remains to "
            "measure. Give a smaller scale, or protocol=srkit.Protocol(channel='y', border=0)."
        )
    ours, theirs = _tensor(frame, stored), _tensor(truth, stored)
    whole = spoken_psnr(float(psnr(ours, theirs, protocol=protocol)))
    if least < WINDOW:
        return whole, f"needs {WINDOW} x {WINDOW} px"
    return whole, spoken_ssim(float(ssim(ours, theirs, protocol=protocol)))


def region_numbers(contents: Contents, region: tuple[int, int, int, int]) -> dict[str, tuple[float, float]]:
    """Return name -> (PSNR, SSIM) of one rectangle ``(x, y, width, height)``, as the browser computes them.

    The rectangle is cut out and measured under the same protocol without cutting a border.
    """
    protocol = replace(contents.protocol, border=0)
    x, y, w, h = region
    stored = contents.channel == "grey"
    truth = _tensor(contents.frames[contents.truth], stored)[:, y : y + h, x : x + w]
    numbers = {}
    for i, (name, frame) in enumerate(zip(contents.names, contents.frames, strict=True)):
        if i != contents.truth and contents.factors[i] == 1:
            ours = _tensor(frame, stored)[:, y : y + h, x : x + w]
            similarity = float(ssim(ours, truth, protocol=protocol)) if min(w, h) >= WINDOW else float("nan")
            numbers[name] = float(psnr(ours, truth, protocol=protocol)), similarity
    return numbers


def _tensor(frame: Frame, stored: bool) -> Tensor:
    """Return ``(3, h, w)``, or ``(1, h, w)`` for a grey picture that is to be taken as stored, float64 in [0, 1]."""
    planes = torch.from_numpy(frame.pixels)
    planes = planes[None] if planes.ndim == 2 else planes.permute(2, 0, 1)
    return (planes if stored else planes.expand(3, -1, -1)).double() / 255
