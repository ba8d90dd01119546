"""The few free photographs that come with the course, so that every lesson runs without a network.

``samples/train`` and ``samples/test`` share no picture. Origin, author and licence of each are in
``data/samples/SOURCES.md``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from srkit.datasets._registry import DATASETS, DatasetEntry
from srkit.datasets.pair import Pairs
from srkit.datasets.places import shipped
from srkit.datasets.trees import from_folders

__all__ = ["samples"]


def samples(*, scale: int = 2, split: Literal["train", "test"] = "test") -> Pairs:
    """Return the photographs that come with the course.

    Args:
        scale: enlargement factor.
        split: ``"test"`` for measuring, ``"train"`` for learning; they share no picture.

    Returns:
        Pairs with LR made by MATLAB bicubic.
    """
    name = "samples" if split == "test" else "samples_train"
    return from_folders(hr=shipped() / "samples" / split, scale=scale, name=name)


def _test(*, scale: int, root: Path | None) -> Pairs:
    return samples(scale=scale, split="test")


def _train(*, scale: int, root: Path | None) -> Pairs:
    return samples(scale=scale, split="train")


DATASETS.register("samples")(DatasetEntry(_test))
DATASETS.register("samples_train")(DatasetEntry(_train))
