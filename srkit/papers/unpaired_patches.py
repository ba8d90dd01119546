"""Patches for training on unpaired images, and the requirements on the two sets they come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from srkit.datasets import Pairs, Patches, load
from srkit.datasets.degraded import at_scale
from srkit.datasets.header import read_header
from srkit.errors import BadInput
from srkit.ops import pixels
from srkit.ops.resize import imresize

__all__ = ["Images", "Reordered", "UnpairedPatches", "check_unpaired", "images_of"]

Images = Pairs | str | Path
Batch = tuple[Tensor, Tensor, dict[str, Tensor]]


class UnpairedPatches:
    """Batches of three kinds of patches: from real small images, from large ones, and the latter reduced by bicubic.

    Args:
        real: small images as they are found: a folder, a name, or pairs whose HR is taken.
        large: good large images, likewise; they need not show what ``real`` shows.
        patch: side of the large patch; the small ones have ``patch / scale``.

    Attributes:
        scale: as given.
    """

    def __init__(
        self, real: Images, large: Images, *, scale: int, patch: int = 128, batch: int = 16, seed: int = 0
    ) -> None:
        self.scale = scale
        self._real = Patches(images_of(real), patch=patch // scale, batch=batch, seed=seed)
        self._large = Patches(images_of(large), patch=patch // scale * scale, batch=batch, seed=seed + 1)

    def __len__(self) -> int:
        """Return the number of large images."""
        return len(self._large)

    def batch(self, step: int) -> Batch:
        """Return real small patches ``(b, 3, h, w)``, large ones ``(b, 3, scale*h, scale*w)``, and the clean small."""
        large = self._large.batch(step)[1]
        clean = pixels.quantise(imresize(large, 1 / self.scale))  # (b, 3, h, w)
        return self._real.batch(step)[1], large, {"clean": clean}


class Reordered:
    """The same patches as a training wants them: ``order(real, large, clean)`` gives source, goal and condition."""

    def __init__(self, batches: UnpairedPatches, order: Callable[[Tensor, Tensor, Tensor], Batch]) -> None:
        self.batches, self.order = batches, order

    def batch(self, step: int) -> Batch:
        """Return source and goal, ``(b, 3, h, w)`` each, and the condition."""
        real, large, condition = self.batches.batch(step)
        return self.order(real, large, condition["clean"])


def check_unpaired(
    real: Images, large: Images, *, patch: int, scale: int, alone: str = "give good ones of other scenes"
) -> None:
    """Check that two sets can be used for training: both readable, not the same, and with images as large as a patch.

    Args:
        alone: what to do where there is only one set.
    """
    if _origin(real) == _origin(large):
        raise BadInput(
            f"The real images and the large ones are the same, {_named(real)}: there is nothing to learn from a "
            f"difference that does not exist. If there is only one set, {alone}."
        )
    for role, given, side in (("real", real, patch // scale), ("large", large, patch)):
        largest = max(_side(source.hr) for source in images_of(given).sources)
        if largest < side:
            by = scale if role == "real" else 1
            raise BadInput(
                f"All {role} images ({_named(given)}) are smaller than a patch: the largest square in them has side "
                f"{largest}, and patch={patch} at x{scale} takes {side}. Give larger images or patch={largest * by}."
            )


def images_of(given: Images) -> Pairs:
    """Return what is named or given as pairs of equal size, of which HR is taken."""
    return at_scale(load(given, scale=1) if isinstance(given, str | Path) else given, 1)


def _side(image: Path | Tensor) -> int:
    if isinstance(image, Tensor):
        return min(image.shape[-2:])
    header = read_header(image)
    return min(header.height, header.width)


def _origin(given: Images) -> object:
    if isinstance(given, Pairs):
        return tuple(source.hr if isinstance(source.hr, Path) else id(source.hr) for source in given.sources)
    return Path(given).expanduser().resolve()


def _named(given: Images) -> str:
    return repr(given.name) if isinstance(given, Pairs) else str(given)
