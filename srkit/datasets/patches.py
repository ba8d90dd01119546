"""Training patches: batches that depend on nothing but the seed and the number of the step.

Training looks at small squares cut out of large images, mirrored and turned at random. Here batch ``k`` is a function
of ``(seed, k)`` alone: workers, the order of events and earlier batches have no influence. A run that was killed
resumes exactly by asking for the batch after the last one, and several processes divide one batch among themselves by
taking their part of it, so that one machine and eight see the same data.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srkit.datasets.pair import Pairs
from srkit.datasets.places import cache_home
from srkit.datasets.store import Store, open_store
from srkit.errors import BadInput

__all__ = ["Patches", "dihedral"]

_BATCHES, _EPOCHS = 0, 1


class Patches:
    """Random aligned patches of pairs, in batches.

    In each pass through the images (an *epoch* of ``len(pairs)`` patches) every image gives one patch, in an order
    shuffled anew, as in EDSR-PyTorch; the place of the patch is uniform, on whole LR pixels.

    Args:
        pairs: where the patches come from. Values are rounded to 8 bits.
        patch: side of the HR patch in pixels, a multiple of the scale (EDSR-PyTorch's ``--patch_size``).
        batch: number of patches in a batch, over all processes.
        seed: whole number >= 0; with the step it determines everything.
        augment: mirror and turn each pair of patches by one of the eight symmetries of the square, chosen at random.
        rank: which process this is, ``0 … world-1``.
        world: number of processes; it must divide ``batch``. Process ``rank`` gets the ``rank``-th part of each batch.
        cache: folder of the pixel cache; ``"auto"`` is ``patches`` in the user's cache folder, None keeps the decoded
            images in memory.

    Raises:
        BadInput: an argument that cannot be, or no image as large as a patch.
        BadFile: an image cannot be read.

    Images smaller than a patch are left out, with a warning that names them.

    Example:
        >>> patches = Patches(samples(scale=2), patch=96, batch=16, seed=0)      # doctest: +SKIP
        >>> lr, hr = patches.batch(0)                                            # doctest: +SKIP
        >>> lr.shape, hr.shape                                                   # doctest: +SKIP
        (torch.Size([16, 3, 48, 48]), torch.Size([16, 3, 96, 96]))
    """

    def __init__(
        self,
        pairs: Pairs,
        *,
        patch: int = 96,
        batch: int = 16,
        seed: int = 0,
        augment: bool = True,
        rank: int = 0,
        world: int = 1,
        cache: Path | str | Literal["auto"] | None = "auto",
    ) -> None:
        _check(pairs.scale, patch, batch, seed, rank, world)
        self.scale, self.patch, self.seed, self.augment = pairs.scale, patch, seed, augment
        self.rank, self.world = rank, world
        self._batch = batch
        self._store = open_store(pairs, _folder(cache))
        self._usable = _large_enough(self._store, pairs.name, patch)
        self._order: tuple[int, NDArray[np.int64]] = (-1, np.empty(0, np.int64))

    def __len__(self) -> int:
        """Return the number of images patches are taken from, the length of an epoch in patches."""
        return len(self._usable)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batch 0, 1, 2, … without end."""
        return self.starting_at(0)

    def starting_at(self, step: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batch ``step``, ``step + 1``, … without end; this is how a run is resumed."""
        while True:
            yield self.batch(step)
            step += 1

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return this process's part of batch ``step``.

        Args:
            step: whole number >= 0.

        Returns:
            ``lr (n, 3, patch/scale, patch/scale)`` and ``hr (n, 3, patch, patch)``, float32 in [0, 1], with
            ``n = batch / world``.
        """
        if step < 0:
            raise BadInput(f"Steps are counted from 0; there is no batch {step}.")
        count = self._batch // self.world
        lr_side = self.patch // self.scale
        lr = np.empty((count, 3, lr_side, lr_side), np.uint8)
        hr = np.empty((count, 3, self.patch, self.patch), np.uint8)
        draws = _draws(self.seed, _BATCHES, step, 3 * self._batch).reshape(self._batch, 3)
        for row, place in enumerate(range(self.rank * count, (self.rank + 1) * count)):
            image = self._image(step * self._batch + place)
            self._cut(image, draws[place], lr[row], hr[row])
        return _floats(lr), _floats(hr)

    def _image(self, position: int) -> int:
        """Return the number of the image that gives the ``position``-th patch of the whole run."""
        epoch, place = divmod(position, len(self._usable))
        if self._order[0] != epoch:
            shuffled = np.argsort(_draws(self.seed, _EPOCHS, epoch, len(self._usable)), kind="stable")
            self._order = (epoch, self._usable[shuffled])
        return int(self._order[1][place])

    def _cut(self, image: int, draw: NDArray[np.float64], lr_out: NDArray[np.uint8], hr_out: NDArray[np.uint8]) -> None:
        """Copy one patch at the place and in the orientation that ``draw`` (3 numbers in [0, 1)) says."""
        lr, hr = self._store.arrays(image)
        side, scale = lr_out.shape[-1], self.scale
        top = int(draw[0] * (lr.shape[0] - side + 1))
        left = int(draw[1] * (lr.shape[1] - side + 1))
        turn = int(draw[2] * 8) if self.augment else 0
        lr_out[...] = dihedral(lr[top : top + side, left : left + side], turn).transpose(2, 0, 1)
        top, left, side = top * scale, left * scale, side * scale
        hr_out[...] = dihedral(hr[top : top + side, left : left + side], turn).transpose(2, 0, 1)


def dihedral(image: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """Return one of the eight mirrored and turned versions of an array ``(h, w, …)``; a view.

    Args:
        turn: 0…7; bit 0 mirrors left and right, bit 1 top and bottom, bit 2 exchanges rows and columns. 0 is identity.
    """
    if turn & 1:
        image = image[:, ::-1]
    if turn & 2:
        image = image[::-1]
    return image.swapaxes(0, 1) if turn & 4 else image


def _draws(seed: int, stream: int, number: int, count: int) -> NDArray[np.float64]:
    """Return ``count`` numbers in [0, 1) that depend on nothing but the arguments (Philox, a counter-based generator).

    The raw output of numpy's bit generators is guaranteed to stay the same between versions, so it is used directly.
    """
    raw = np.random.Philox(key=seed, counter=(stream << 192) + (number << 64)).random_raw(count)
    return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _floats(block: NDArray[np.uint8]) -> Tensor:
    """Return bytes as float32 in [0, 1]."""
    return torch.from_numpy(block).to(torch.float32).div_(255)


def _folder(cache: Path | str | None) -> Path | None:
    if cache is None:
        return None
    return cache_home() / "patches" if cache == "auto" else Path(cache).expanduser()


def _large_enough(store: Store, name: str, patch: int) -> NDArray[np.int64]:
    small = [slot for slot in store.slots if min(slot.hr_size) < patch]
    if len(small) == len(store):
        largest = max(min(slot.hr_size) for slot in store.slots)
        raise BadInput(
            f"No image of {name!r} is as large as a patch of {patch}x{patch}: the largest square in them has side "
            f"{largest}. Choose patch <= {largest}, a multiple of the scale."
        )
    if small:
        names = ", ".join(slot.name for slot in small[:5]) + (", …" if len(small) > 5 else "")
        warnings.warn(
            f"Left out of {name!r}, because smaller than a patch of {patch}x{patch}: {len(small)} of {len(store)} "
            f"images ({names}).",
            RuntimeWarning,
            stacklevel=3,
        )
    return np.array([i for i, slot in enumerate(store.slots) if min(slot.hr_size) >= patch], np.int64)


def _check(scale: int, patch: int, batch: int, seed: int, rank: int, world: int) -> None:
    if patch < 1 or patch % scale:
        near = max(scale, round(patch / scale) * scale)
        raise BadInput(
            f"patch is the side of the HR patch and must be a positive multiple of the scale {scale}; got {patch}. "
            f"The nearest that works is {near}."
        )
    if batch < 1 or world < 1 or batch % world:
        raise BadInput(
            f"batch={batch} patches cannot be divided among {world} processes; use a multiple of their number."
        )
    if not 0 <= rank < world:
        raise BadInput(f"The rank must lie in 0…{world - 1} among {world} processes, and is {rank}.")
    if seed < 0:
        raise BadInput(f"seed must be a whole number >= 0 and is {seed}.")
