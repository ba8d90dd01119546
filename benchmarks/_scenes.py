"""What a real-world system is measured on: pictures, and degradations whose truth is known."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

import srkit
from benchmarks._peers import Missing
from srkit.degrade import align, apply_kernel, draw, gaussian_variances, gaussian_widths

__all__ = [
    "CHAINS",
    "COLUMNS",
    "DIRECT",
    "KERNELS",
    "SIDE",
    "Column",
    "Picture",
    "Seen",
    "middle",
    "pictures",
    "recorded",
]

CHAINS = {
    "A rich": "bsrgan({s})",
    "B JPEG": "down({s}) > jpeg(40)",
    "C noise": "down({s}) > noise(10) > jpeg(80)",
    "D blur": "blur(1.5) > down({s}) > noise(5) > jpeg(60)",
    "clean": "down({s}, kind=bicubic8)",
}
DIRECT = ("round", "stretched")
KERNELS = (*DIRECT, "soft")
SIDE = 240


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture without a fault.

    Attributes:
        name: of its file, without the suffix.
        digest: the first twelve digits of the SHA-256 of its bytes.
        hr: ``(3, h, w)``; None where only the cells that were made of it are asked for.
    """

    name: str
    digest: str
    hr: Tensor | None = None

    @classmethod
    def of(cls, name: str, hr: Tensor) -> Picture:
        """Return a picture with the digest of its values."""
        return cls(name=name, digest=digest_of(hr), hr=hr)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a system is given, and what only the measurement knows.

    Attributes:
        lr: ``(3, h, w)`` in 8 bits.
        hr: ``(3, s*h, s*w)``.
        scale: reduction factor.
        blur: true blur ``(k, k)`` around its middle; None where there is none to be told.
        centred: LR once more, by the kernel around its middle: as networks of blind training were given it. Where
            nothing is left out of the blurred image, this is ``lr``.
        column: its degradation.
    """

    lr: Tensor
    hr: Tensor
    scale: int
    blur: Tensor | None
    centred: Tensor
    column: Column

    @property
    def kernel(self) -> Tensor | None:
        """The kernel of ``lr``, to be applied by correlation; None where that is not all that was done."""
        return align(self.blur, self.scale) if self.blur is not None and self.column.kind in DIRECT else None

    @property
    def digest(self) -> str:
        """The first twelve digits of the SHA-256 of the LR image's bytes."""
        return digest_of(self.lr)


@dataclass(frozen=True)
class Column:
    """A degradation at one scale.

    Attributes:
        kind: one of :data:`CHAINS`; or a blur of which every s-th pixel is kept, ``"round"`` (of width 0.8 to 1.6 at
            x2, as in the literature's eight) or ``"stretched"`` (as DIV2KRK's generator draws it); or ``"soft"``, a
            round blur before MATLAB's bicubic reduction.
        scale: reduction factor.
    """

    kind: str
    scale: int

    @property
    def name(self) -> str:
        """Kind and scale: ``"round x2"``."""
        return f"{self.kind} x{self.scale}"

    @property
    def chain(self) -> str:
        """The formula of the degradation; empty for a blur that each image draws for itself."""
        return CHAINS.get(self.kind, "").format(s=self.scale)

    def of(self, picture: Picture, seed: int) -> Seen:
        """Return the picture as this degradation leaves it; name and seed decide what is drawn.

        Raises:
            Missing: only the name of the picture is known.
        """
        if picture.hr is None:
            raise Missing(f"picture {picture.name}: --root, the folder that holds its data set, was not given")
        rng = torch.Generator().manual_seed(zlib.crc32(f"{self.name} {picture.name} {seed}".encode()))
        hr, blur = srkit.ops.modcrop(picture.hr, self.scale), None
        if self.chain:
            lr = centred = srkit.degrade.parse(self.chain)(hr, rng=rng)
        else:
            blur = self._blur(rng)
            lr = centred = self._reduce(hr, blur)
            if self.kind in DIRECT:
                lr = self._reduce(hr, align(blur, self.scale))
        lr, centred = srkit.ops.quantise(lr), srkit.ops.quantise(centred)
        return Seen(lr=lr, hr=hr, scale=self.scale, blur=blur, centred=centred, column=self)

    def _reduce(self, hr: Tensor, kernel: Tensor) -> Tensor:
        blurred = apply_kernel(hr, kernel, border="symmetric")
        if self.kind == "soft":
            return srkit.ops.imresize(blurred, 1 / self.scale)
        return blurred[:, :: self.scale, :: self.scale]

    def _blur(self, rng: torch.Generator) -> Tensor:
        s = self.scale
        if self.kind != "stretched":
            return gaussian_widths(10 * s + 1, draw.uniform(rng, 0.4 * s, 0.8 * s))
        first, second = (draw.uniform(rng, 0.175 * s, 2.5 * s) for _ in range(2))
        kernel = gaussian_variances(5 * s + 1, first, second, draw.uniform(rng, 0, math.pi))
        kernel = kernel * (0.6 + 0.8 * torch.rand(kernel.shape, generator=rng, dtype=kernel.dtype))
        return kernel / kernel.sum()


COLUMNS: Mapping[str, Column] = {
    column.name: column for scale in (2, 4) for kind in (*KERNELS, *CHAINS) for column in [Column(kind, scale)]
}


def digest_of(image: Tensor) -> str:
    """Return the first twelve digits of the SHA-256 of an image's 8-bit values."""
    return hashlib.sha256(srkit.ops.pixels.to_uint8(image).contiguous().numpy().tobytes()).hexdigest()[:12]


def middle(image: Tensor, side: int) -> Tensor:
    """Return the middle of ``(3, h, w)``, as large as it is where it is smaller than ``side``."""
    top, left = (max(0, (size - side) // 2) for size in image.shape[-2:])
    return image[:, top : top + side, left : left + side]


def pictures(data: str, root: Path | None, *, count: int | None = None, side: int | None = SIDE) -> list[Picture]:
    """Return pictures of a data set: ``count`` of them at equal distances in the order of their names, or all."""
    pairs = srkit.datasets.load(data, scale=1, root=root)
    every = max(1, len(pairs) // count) if count else 1
    chosen = range(0, len(pairs), every)[:count]
    cut = [(pairs[place].name, pairs[place].hr) for place in chosen]
    return [Picture.of(name, hr if side is None else middle(hr, side)) for name, hr in cut]


def recorded(file: Path, seen_as: str, found: Sequence[Picture]) -> list[Picture]:
    """Return the pictures that cells were made of: those in hand, or by name and digest those that a file lists.

    The file is written where it does not list this set of pictures yet.

    Args:
        file: JSON that holds for each set the digests by name.
        seen_as: name of the set, with what was taken of it.
        found: pictures in hand; none where there is no folder of them.

    Raises:
        Missing: the pictures in hand are others than those in the file, or there are none at all.
    """
    sets: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    known = sets.get(seen_as)
    if not found:
        if known is None:
            raise Missing(f"the pictures of {seen_as} are not known: give --root, the folder that holds them")
        return [Picture(name=name, digest=digest) for name, digest in known.items()]
    digests = {one.name: one.digest for one in found}
    if known not in (None, digests):
        raise Missing(f"{seen_as} has other pictures in this folder than in {file.name}")
    if known is None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**sets, seen_as: digests}, indent=1) + "\n", "utf-8")
    return [*found]
