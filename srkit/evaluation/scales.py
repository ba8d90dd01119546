"""One network, several scales: a table for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.evaluation.run import evaluate
from srkit.evaluation.table import Table

__all__ = ["evaluate_scales"]


class _AtScale(nn.Module):
    """A network that takes its scale as a keyword, as the network of one scale."""

    def __init__(self, net: nn.Module, *, scale: int, keyword: str) -> None:
        super().__init__()
        self.net = net
        self.scale = scale
        self.keyword = keyword
        self.name = getattr(net, "name", type(net).__name__.lower())

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        sr: Tensor = self.net(lr, **{self.keyword: self.scale})  # (b, 3, scale*h, scale*w)
        return sr


def evaluate_scales(
    net: nn.Module, dataset: str | Path, *, scales: Sequence[int], keyword: str = "scale", **settings: Any
) -> list[Table]:
    """Measure a network of several scales at each of them.

    Args:
        net: a :class:`srkit.training.Family`, or a network that takes its scale as a keyword (Meta-SR).
        dataset: a name or a folder; its pairs are loaded at each scale.
        scales: where to measure.
        keyword: how the network calls the scale, where it is not a family.
        **settings: as for :func:`srkit.evaluate`: protocol, ensemble, tile, root, ….

    Returns:
        One table per scale, in their order; :func:`srkit.evaluation.join_csv` writes them into one file.

    Raises:
        BadInput: no scale was given, or the network has none of that scale.
    """
    if not scales:
        raise BadInput("At which scales to measure was not said: scales=(2, 3, 4).")
    members = getattr(net, "members", None)
    return [
        evaluate(
            net[scale] if members is not None else _AtScale(net, scale=scale, keyword=keyword),  # type: ignore[index]
            dataset,
            **settings,
        )
        for scale in scales
    ]
