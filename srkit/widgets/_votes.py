"""``votes``: which of two pictures would people rather have? Without names, in random order and on random sides.

The output holds the pictures once and the viewer's script; it works in a saved notebook, and the votes are counted in
the page. With a kernel, Python can read them. Where scripts are stripped, the labelled pictures are left.
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.widgets._compare import Comparison, compare
from srkit.widgets._static import fill, root, votes_module, votes_script
from srkit.widgets._twin import come_alive, display_with_twin

__all__ = ["Ballot", "votes"]

Vote = Sequence[int]


@dataclass(frozen=True, eq=False)
class Ballot:
    """What :func:`votes` returns: a notebook draws it, ``print`` says what will be asked."""

    question: str
    methods: tuple[str, ...]
    images: Mapping[str, Comparison] = field(repr=False)  # of each image the results of all methods
    pairs: tuple[tuple[int, int, int], ...]  # in the order asked: image, method on the left, method on the right

    def __repr__(self) -> str:
        return (
            f"{self.question} {len(self.pairs)} pairs, {len(self.methods)} methods ({', '.join(self.methods)}), "
            f"{len(self.images)} images ({', '.join(self.images)})."
        )

    def config(self) -> dict[str, Any]:
        """Return the settings of the browser half, without the pictures."""
        return {
            "question": self.question,
            "methods": self.methods,
            "pairs": self.pairs,
            "viewers": [_viewer(comparison) for comparison in self.images.values()],
            "votes": [],
        }

    def page(self) -> str:
        """Return the part that needs no script: of each image the labelled results."""
        return fill("votes", images={name: one.page() for name, one in self.images.items()}, question=self.question)

    def root(self, inside: str) -> str:
        """Return the element that contains the votes, around ``inside``."""
        return root("votes", "viewer", self.config(), inside)

    def _repr_html_(self) -> str:
        """Return pictures, style and script in one piece."""
        return self.root(f"{self.page()}<script>{votes_script()}</script>")


def votes(
    results: Mapping[str, Mapping[str, Any]],
    /,
    *,
    question: str = "Which picture is better?",
    repeats: int = 3,
    seed: int = 0,
    height: int = 420,
    live: bool = False,
) -> Any:
    """Let people choose between the results of methods, two at a time, without telling which is which.

    Every pair of methods is shown once for each image, on random sides and in random order. Some pairs come again at
    the end with the sides changed, which shows how steady a person's choices are.

    Args:
        results: image -> (method -> picture, as :func:`srkit.widgets.show` takes it); each image has the same methods,
            and all its pictures have one size.
        question: what is asked, above the pictures.
        repeats: pairs that are asked again.
        seed: of the order and the sides.
        height: of the stage, in screen pixels.
        live: return a widget whose ``votes``, rows of (image, left, right, preferred method or -1), and ``wins``, the
            table that :func:`srkit.evaluation.bradley_terry` takes, Python can read (needs a kernel and anywidget).

    Returns:
        A :class:`Ballot`, or with ``live=True`` a widget.

    Raises:
        BadInput: no image, fewer than two methods, or methods that differ from image to image.

    Example:
        >>> votes({"dog": {"bicubic": a, "rcan": b}})                                   # doctest: +SKIP
    """
    methods = tuple(next(iter(results.values()), ()))
    if len(methods) < 2 or any(set(pictures) != set(methods) for pictures in results.values()):
        raise BadInput(
            "votes() needs image -> {method: picture}, with the same two or more methods for every image; given: "
            + (", ".join(f"{name}: {list(pictures)}" for name, pictures in results.items()) or "no image")
            + "."
        )
    images = {
        name: compare({method: pictures[method] for method in methods}, alt=name, height=height)
        for name, pictures in results.items()
    }
    draw = random.Random(seed)
    asked: list[tuple[int, int, int]] = []
    for image, pair in product(range(len(images)), combinations(range(len(methods)), 2)):
        left, right = draw.sample(pair, 2)
        asked.append((image, left, right))
    draw.shuffle(asked)
    again = [(image, right, left) for image, left, right in asked[: max(0, repeats)]]
    ballot = Ballot(question, methods, images, (*asked, *again))
    return live_ballot(ballot) if live else ballot


def _viewer(comparison: Comparison) -> dict[str, Any]:
    """Return the settings of a viewer of two nameless pictures of these."""
    two = {"names": ["A", "B"], "whole": [["", ""]] * 2, "alt": "Two pictures without names"}
    return {**comparison.config(), **two, "view": {"mode": "side"}}


def count_wins(cast: Sequence[Vote], n: int) -> Tensor:
    """Return how often i was preferred to j, ``(n, n)`` float64; a vote without preference is half a win for each."""
    wins = torch.zeros(n, n, dtype=torch.float64)
    for _, left, right, chosen in cast:
        for one, other in ((left, right), (right, left)):
            wins[one, other] += 0.5 if chosen == -1 else float(chosen == one)
    return wins


def live_ballot(ballot: Ballot) -> Any:
    """Return ``ballot`` as an anywidget whose votes Python can read."""
    otherwise = " and reload the page, or leave live out: votes are then counted in the page alone."
    return come_alive(_widget_class, ballot, asked="votes(..., live=True) needs", otherwise=otherwise)


@functools.cache
def _widget_class() -> type:
    import anywidget
    import traitlets

    class LiveBallot(anywidget.AnyWidget):  # type: ignore[misc]
        """A ballot whose votes are shared between Python and the browser."""

        _esm = votes_module()
        _page = traitlets.Unicode().tag(sync=True)
        _config = traitlets.Unicode().tag(sync=True)
        _twin = traitlets.Unicode().tag(sync=True)
        votes = traitlets.List().tag(sync=True)

        def __init__(self, ballot: Ballot) -> None:
            super().__init__(_page=ballot.root(ballot.page()), _config=json.dumps(ballot.config()))
            self.ballot = ballot

        @property
        def wins(self) -> Tensor:
            """How often each method was preferred to each other, ``(n, n)``, a tie being half a win for each."""
            return count_wins(self.votes, len(self.ballot.methods))

        def _ipython_display_(self) -> None:
            display_with_twin(self, self.ballot)

    return LiveBallot
