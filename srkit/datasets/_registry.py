"""The registry of data sets: a name, the function that finds its pairs, and a card that describes it.

The library's own entries (:mod:`srkit.datasets.catalogue`) and a student's own stand side by side; whatever takes a
data set by name (:func:`srkit.datasets.load`, training, evaluation, the command line) looks here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from srkit._registry import Registry
from srkit.datasets.pair import Pairs
from srkit.errors import BadInput

__all__ = ["DATASETS", "DatasetCard", "DatasetEntry", "Finder", "register_dataset"]


class Finder(Protocol):
    """What is registered: called with both keywords, it returns pairs or the folder that holds them."""

    def __call__(self, *, scale: int, root: Path | None) -> Pairs | Path | str:
        """Return the pairs of one scale, or a folder to be read as a tree.

        Args:
            root: the folder the caller named, or None where none was named.
        """
        ...


F = TypeVar("F", bound=Callable[..., Pairs | Path | str])


@dataclass(frozen=True, kw_only=True)
class DatasetCard:
    """Facts about a data set.

    Attributes:
        title: the name as papers print it.
        images: number of HR images, or None where it depends on the copy.
        citation: who made it, and where it was published.
        terms: licence or conditions, in words.
        use: what it is customarily used for.
        note: peculiarities a user must know.
        how_to_get: what to do by hand where no direct download exists, else empty.
    """

    title: str
    images: int | None
    citation: str
    terms: str
    use: str = ""
    note: str = ""
    how_to_get: str = ""


@dataclass(frozen=True)
class DatasetEntry:
    """A registered data set: the function that finds it, and its card if it has one."""

    factory: Finder
    card: DatasetCard | None = None


DATASETS: Registry[DatasetEntry] = Registry("dataset")


def register_dataset(name: str, card: DatasetCard | None = None) -> Callable[[F], F]:
    """Register a data set under ``name``; returns a function decorator.

    The function is called as ``function(scale=2, root=Path or None)`` and returns :class:`~srkit.datasets.Pairs`
    (usually made with :func:`~srkit.datasets.from_folders`) or the path of a folder, which is then read as a tree.

    Args:
        name: lower case letters, digits and underscores.
        card: what is known about it; optional.

    Raises:
        BadInput: the name cannot be a name, or the function does not take ``scale`` and ``root``.
        DuplicateName: the name is taken by something else.

    Example:
        >>> @register_dataset("my_holiday")          # doctest: +SKIP
        ... def my_holiday(*, scale, root):
        ...     return srkit.datasets.from_folders(hr="photos/2025", scale=scale)
    """

    def file(function: F) -> F:
        _check_signature(name, function)
        DATASETS.register(name)(DatasetEntry(function, card))
        return function

    return file


def _check_signature(name: str, function: object) -> None:
    if not callable(function):
        raise BadInput(
            f"register_dataset({name!r}) decorates a function (scale, root) -> pairs and got "
            f"{type(function).__name__}. Write it above a `def`."
        )
    try:
        inspect.signature(function).bind(scale=2, root=None)
    except TypeError as problem:
        raise BadInput(
            f"The function registered as {name!r} is called as function(scale=2, root=None), and that does not fit: "
            f"{problem}. Give it exactly the parameters `scale` and `root`, for example def {name}(*, scale, root)."
        ) from None
