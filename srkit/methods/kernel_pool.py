"""A pool of kernels from photographs: blur is estimated in textured patches.

R. Zhou, S. Süsstrunk, "Kernel Modeling Super-Resolution on Real Low-Resolution Images", ICCV 2019, first stage: real
photographs are enlarged by bicubic, and the kernel of each patch is estimated by dark-channel deblurring. What is found
blurs a good image as enlarging a photograph does.

Deviations: which patches have texture is decided by a rule of ours (:func:`textured_patches`); the public program
leaves that step out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srkit.datasets import Pairs, load
from srkit.degrade import save_pool
from srkit.errors import BadInput
from srkit.methods._method import Progress
from srkit.methods.dark_channel import estimate_kernel
from srkit.ops.check import check_image
from srkit.ops.resize import imresize

__all__ = ["build_pool", "textured_patches"]

_CELL = 16


def textured_patches(
    photo: Tensor, *, patch: int = 512, stride: int | None = None, deviation: float = 0.02, share: float = 0.5
) -> list[Tensor]:
    """Return the patches of a photograph in which there is enough to see that a kernel can be estimated.

    A patch is cut into cells of 16x16 pixels; a cell has texture where its grey values deviate enough from their mean,
    and a patch where enough of its cells have.

    Args:
        photo: ``(3, h, w)`` in [0, 1].
        patch: side of the patches.
        stride: pixels from one to the next; a whole patch where it is left out.
        deviation: least standard deviation of a cell with texture, 1 being the whole range.
        share: least share of cells with texture.

    Returns:
        ``(3, patch, patch)`` each, none where there is no texture.
    """
    check_image(photo, name="photo")
    h, w = photo.shape[-2:]
    if photo.ndim != 3 or min(h, w) < patch or patch < _CELL or (stride is not None and stride < 1):
        raise BadInput(
            f"Patches of {patch} x {patch} (at least {_CELL}), {stride or patch} pixels apart, cannot be cut from "
            f"{tuple(photo.shape)}: give a larger photograph (3, h, w), or a smaller patch={min(h, w)}."
        )
    step, found = stride or patch, []
    for top in range(0, h - patch + 1, step):
        for left in range(0, w - patch + 1, step):
            piece = photo[:, top : top + patch, left : left + patch]
            if _textured_share(piece, deviation) >= share:
                found.append(piece)
    return found


def _textured_share(piece: Tensor, deviation: float) -> float:
    grey = piece.mean(0)  # (patch, patch)
    cells = grey.unfold(0, _CELL, _CELL).unfold(1, _CELL, _CELL).flatten(2)  # (n, m, 256)
    return float((cells.std(-1) >= deviation).float().mean())


def build_pool(
    photos: Pairs | str | Path | Iterable[Tensor],
    *,
    scale: int,
    patch: int = 512,
    limit: int | None = None,
    out: str | Path | None = None,
    preset: str = "PAPER",
    progress: Progress | None = None,
    texture: dict[str, Any] | None = None,
    **changes: Any,
) -> Tensor:
    """Return the kernels ``(n, k, k)`` of photographs: one for each of their textured patches, after enlarging them.

    Args:
        photos: images ``(3, h, w)``, a folder, the name of a data set, or pairs whose HR is taken.
        scale: by how much networks will enlarge; 1 estimates the blur of the photographs as they are.
        patch: side of the patches in the enlarged photographs.
        limit: stop after this many kernels.
        out: where to write the pool (:func:`srkit.degrade.save_pool`).
        preset: of :func:`~srkit.methods.estimate_kernel`.
        progress: called as ``progress(done, limit or 0)`` after each kernel; a true answer ends the search.
        texture: settings of :func:`textured_patches`.
        **changes: of :func:`~srkit.methods.estimate_kernel`.

    Raises:
        BadInput: no photograph, one smaller than the patch, or no textured patch in any of them.
    """
    kernels: list[Tensor] = []
    for piece in _pieces(photos, scale, patch, texture or {}):
        kernels.append(estimate_kernel(piece, preset=preset, **changes))
        asked_to_stop = progress is not None and bool(progress(len(kernels), limit or 0))
        if asked_to_stop or len(kernels) == limit:
            break
    if not kernels:
        raise BadInput(
            f"No photograph has a textured patch of {patch} x {patch} pixels, so no kernel can be estimated: take "
            "photographs with detail, a smaller patch, or texture={'deviation': 0.01}."
        )
    if out is not None:
        save_pool(out, kernels)
    return torch.stack(kernels)


def _pieces(
    photos: Pairs | str | Path | Iterable[Tensor], scale: int, patch: int, texture: dict[str, Any]
) -> Iterator[Tensor]:
    if isinstance(photos, str | Path):
        photos = load(photos, scale=1)
    images = (pair.hr for pair in photos) if isinstance(photos, Pairs) else photos
    for photo in images:
        check_image(photo, name="photo")
        enlarged = photo if scale == 1 else imresize(photo, scale).clamp(0, 1)
        yield from textured_patches(enlarged, patch=patch, **texture)
