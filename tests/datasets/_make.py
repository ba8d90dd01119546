"""Small pictures and trees for these tests, written with Pillow and not with srkit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return a random colour picture ``(height, width, 3)``."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write a picture, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def picture(path: Path, height: int = 32, width: int = 40, seed: int = 0) -> Path:
    """Write a random colour picture."""
    return save(path, noise(height, width, seed))


def enlarged(lr: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    """Repeat each pixel, so that any aligned cut of the result shows which LR pixels it came from."""
    return lr.repeat(scale, axis=0).repeat(scale, axis=1)


def edsr_tree(root: Path, names: tuple[str, ...] = ("a", "b"), *, scale: int = 2, height: int = 16) -> Path:
    """Write ``HR/<name>.png`` and ``LR_bicubic/X<scale>/<name>x<scale>.png``; HR is LR with each pixel repeated."""
    for seed, name in enumerate(names):
        lr = noise(height, height + 4, seed)
        save(root / "HR" / f"{name}.png", enlarged(lr, scale))
        save(root / "LR_bicubic" / f"X{scale}" / f"{name}x{scale}.png", lr)
    return root
