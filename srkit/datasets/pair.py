"""A pair is a small image and the large one it came from; pairs are a sequence of them, decoded on access.

Two conventions decide what a pair is, and both are those of the papers' MATLAB scripts:

* the HR image is cut at its right and lower edge to a multiple of the scale (*modcrop*), so that LR times scale is
  exactly its size;
* an LR image that does not exist on disk is made from that HR image by MATLAB's bicubic ``imresize`` on 8-bit
  integers, so that an LR made in memory and one read from a MATLAB-made file are the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import torch
from torch import Tensor

from srkit.datasets.header import is_grey
from srkit.datasets.maker import Maker
from srkit.degrade.chain import Chain
from srkit.errors import BadInput
from srkit.ops import check, files, pixels, resize

__all__ = ["Pair", "Pairs", "Source", "bicubic_lr"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One image at two sizes; unpacks as ``name, lr, hr = pair``.

    Attributes:
        name: file name without its suffix.
        lr: float32 ``(3, h, w)`` in [0, 1].
        hr: float32 ``(3, scale*h, scale*w)`` in [0, 1].
        grey: the HR file has a single channel (the papers' scripts score such a file as stored, see
            ``srkit.metrics.Protocol``).
    """

    name: str
    lr: Tensor
    hr: Tensor
    grey: bool = False

    def __iter__(self) -> Iterator[str | Tensor]:
        return iter((self.name, self.lr, self.hr))

    def __repr__(self) -> str:
        lr, hr = ("x".join(map(str, image.shape[-2:])) for image in (self.lr, self.hr))
        return f"<Pair {self.name}: LR {lr}, HR {hr} (height x width){', grey' if self.grey else ''}>"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one pair comes from.

    Attributes:
        name: file name without its suffix.
        hr: path of the HR file, or the image itself.
        lr: path of the LR file, the image itself, or what makes it from HR; None where that is MATLAB's bicubic.
    """

    name: str
    hr: Path | Tensor
    lr: Path | Tensor | Maker | None = None


def bicubic_lr(hr: Tensor, scale: int) -> Tensor:
    """Return the LR image that MATLAB's ``imresize(hr, 1/scale, 'bicubic')`` makes of an 8-bit image.

    Args:
        hr: float ``(3, h, w)`` in [0, 1]; rounded to 8 bits first. ``h`` and ``w`` must be multiples of ``scale``.

    Returns:
        float32 ``(3, h/scale, w/scale)`` in [0, 1], on the 256 levels of an 8-bit file.
    """
    return pixels.from_uint8(resize.imresize(pixels.to_uint8(hr), 1 / scale))


class Pairs(Sequence[Pair]):
    """A sequence of pairs at one scale. ``pairs[i]`` decodes; nothing is kept in memory.

    Slices and ``+`` give new ``Pairs``. Iterate with ``for pair in pairs`` or ``for name, lr, hr in pairs``.

    Args:
        sources: where each pair comes from, at least one.
        name: what the set is called in tables and messages.
        scale: enlargement factor; 1 for pairs of equal size.

    Raises:
        BadInput: no sources, or a scale that is not a positive whole number.
    """

    def __init__(self, sources: Sequence[Source], *, name: str, scale: int) -> None:
        if isinstance(scale, bool) or not isinstance(scale, int) or scale < 1:
            raise BadInput(f"scale must be a whole number of at least 1, for example 2, and is {scale!r}.")
        if not sources:
            raise BadInput(f"The dataset {name!r} holds no pair at all; give it at least one image.")
        self.name = name
        self.scale = scale
        self.sources = tuple(sources)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the pairs, in order."""
        return tuple(source.name for source in self.sources)

    @property
    def paths(self) -> tuple[tuple[Path | None, Path | None], ...]:
        """For each pair the paths of its LR and HR file; None for an image that lies on no disk."""
        return tuple((_path(source.lr), _path(source.hr)) for source in self.sources)

    def __len__(self) -> int:
        return len(self.sources)

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> Pairs: ...
    def __getitem__(self, index: int | slice) -> Pair | Pairs:
        """Decode one pair, or return the ``Pairs`` of a slice.

        Raises:
            BadFile: a file cannot be read.
            BadInput: the two sizes do not belong together.
        """
        if isinstance(index, slice):
            return Pairs(self.sources[index], name=self.name, scale=self.scale)
        return decode(self.sources[index], self.scale)

    def __add__(self, other: Pairs) -> Pairs:
        if not isinstance(other, Pairs):
            return NotImplemented
        if other.scale != self.scale:
            raise BadInput(
                f"{self.name!r} is at scale {self.scale} and {other.name!r} at scale {other.scale}: "
                "only pairs of one scale can be joined. Load both with the same scale=."
            )
        return Pairs(self.sources + other.sources, name=f"{self.name}+{other.name}", scale=self.scale)

    def named(self, name: str) -> Pairs:
        """Return the same pairs under another name."""
        return Pairs(self.sources, name=name, scale=self.scale)

    def made_by(self, chain: Chain, *, seed: int = 0) -> Pairs:
        """Return the same HR images with LR made by a chain of degradations; image ``i`` always gets the same draws."""
        sources = [Source(s.name, s.hr, Maker(chain, seed, number)) for number, s in enumerate(self.sources)]
        return Pairs(sources, name=f"{self.name} | {chain}", scale=self.scale)

    def __repr__(self) -> str:
        if isinstance(self.sources[0].lr, Maker):
            return f"<Pairs {self.name}: {len(self)} at x{self.scale}, LR made by the chain>"
        made = sum(source.lr is None for source in self.sources)
        lr = "LR from files" if not made else "LR made by MATLAB bicubic" if made == len(self) else "LR partly made"
        return f"<Pairs {self.name}: {len(self)} at x{self.scale}, {lr}>"


def decode(source: Source, scale: int) -> Pair:
    """Read one pair, cut HR to a multiple of ``scale``, make LR if it is missing, and check that the sizes agree."""
    whole = _image(source.hr, f"{source.name} (HR)")
    height, width = whole.shape[-2:]
    if min(height, width) < scale:
        raise BadInput(
            f"{source.name}: HR is {height}x{width} (height x width), too small to be reduced {scale} times."
        )
    hr = pixels.modcrop(whole, scale)
    lr = _lr(source, hr, scale)
    grey = isinstance(source.hr, Path) and is_grey(source.hr)
    return Pair(source.name, _agreed(source, lr, whole, scale).contiguous(), hr.contiguous(), grey)


def _lr(source: Source, hr: Tensor, scale: int) -> Tensor:
    if source.lr is None:
        return bicubic_lr(hr, scale)
    return source.lr(hr) if isinstance(source.lr, Maker) else _image(source.lr, f"{source.name} (LR)")


def _agreed(source: Source, lr: Tensor, whole: Tensor, scale: int) -> Tensor:
    """Return LR, less the extra line that ``imresize`` adds when the HR size is no multiple of the scale."""
    got = tuple(lr.shape[-2:])
    floor = tuple(n // scale for n in whole.shape[-2:])
    ceil = tuple(-(-n // scale) for n in whole.shape[-2:])
    if all(g in (f, c) for g, f, c in zip(got, floor, ceil, strict=True)):
        return lr[..., : floor[0], : floor[1]]
    height, width = whole.shape[-2:]
    raise BadInput(
        f"The pair {source.name!r} does not fit together at scale {scale}: LR is {got[0]}x{got[1]} and HR "
        f"{height}x{width} (height x width), so LR should be {floor[0]}x{floor[1]}."
        f"{_likely_scale(got, (height, width))} Files: LR {_where(source.lr)}, HR {_where(source.hr)}."
    )


def _likely_scale(lr: tuple[int, ...], hr: tuple[int, int]) -> str:
    if lr == hr:
        return " Both have the same size: this is a set of registered pairs, to be loaded with scale=1."
    fits = [s for s in range(2, 17) if all(n // s <= m <= -(-n // s) for m, n in zip(lr, hr, strict=True))]
    return f" These sizes would fit scale {fits[0]}." if fits else " Perhaps they are two different images."


def _image(thing: Path | Tensor, what: str) -> Tensor:
    if isinstance(thing, Path):
        return files.read(thing)
    check.check_image(thing, name=what)
    return thing.to(torch.float32)


def _path(thing: Path | Tensor | Maker | None) -> Path | None:
    return thing if isinstance(thing, Path) else None


def _where(thing: Path | Tensor | Maker | None) -> str:
    return str(thing) if isinstance(thing, Path) else "in memory"
