"""``evaluate``: run a network over a dataset and measure every image."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from torch import Tensor, nn

from srkit.datasets import Pair, load
from srkit.errors import BadFile, BadInput
from srkit.evaluation.saving import ResultsFolder
from srkit.evaluation.score import choose, grey_note, score
from srkit.evaluation.table import Row, Table
from srkit.inference import measure_reach, upscale
from srkit.inference.bounded import TileChoice
from srkit.inference.ensemble import Ensemble
from srkit.inference.mode import scale_of
from srkit.metrics import Protocol
from srkit.metrics._registry import Metric
from srkit.ops.check import describe

__all__ = ["evaluate"]

_PLUS = {False: "", True: "+", "mean": "+", "median": "+ (median)"}
_NOTHING = Row(name="nothing yet", scores={}, seconds=0.0)


def evaluate(
    net: nn.Module,
    dataset: str | Path | Sequence[Pair],
    *,
    scale: int | None = None,
    protocol: Protocol | None = None,
    metrics: str | Sequence[str] = ("psnr", "ssim"),
    ensemble: bool | Ensemble = False,
    tile: TileChoice = None,
    save: str | Path | None = None,
    save_pairs: bool = False,
    root: str | Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Table:
    """Measure a network on every image of a dataset: PSNR and SSIM, or any registered metrics.

    Args:
        net: a network of the contract; it is handed back in the mode it came in.
        dataset: a name of the catalogue ("set5"), a folder, or pairs already loaded.
        scale: enlargement factor; None takes the network's.
        protocol: how to measure; None takes the papers': luma, a border of ``scale`` pixels left out, 8-bit values.
        metrics: names of registered metrics (``srkit.metrics.METRICS.names()``, and your own by
            :func:`srkit.register_metric`); the first is the one the page compares with bicubic interpolation.
        ensemble: mean (True) or ``"median"`` over eight flips and rotations ("EDSR+"); the network's name gets a ``+``.
        tile: LR pixels a side, ``"auto"`` or None, as in :func:`srkit.upscale`.
        save: a folder that receives ``results-<dataset>/`` with the images, ``metrics.csv`` and ``index.html``.
            Results that are already there are moved aside to ``results-<dataset>.1``, never overwritten.
        save_pairs: with ``save``, write the LR and HR images beside the results.
        root: where the dataset lies, when ``dataset`` is a name.
        progress: called as ``progress(done, total)`` after each image.

    Returns:
        A table with one row per image; ``table.mean`` is the mean, and ``table.mean["niqe"]`` that of one metric.

    Raises:
        BadInput: scale and network do not fit, the dataset is empty, an image cannot be measured (NaN, sizes).
        UnknownName: there is no such dataset or metric.
        BadFile: the dataset, the folder for the results or a file a metric needs cannot be used, or no image can be
            read; where some can, ``table.failed`` says why the others cannot.

    Example:
        >>> table = srkit.evaluate(net, "set5")          # doctest: +SKIP
        >>> table.mean.psnr                              # doctest: +SKIP
        33.66
    """
    factor = _agreed_scale(net, scale)
    pairs = load(dataset, scale=factor, root=root) if isinstance(dataset, str | Path) else dataset
    if not isinstance(pairs, Sequence):
        raise BadInput(f"A dataset is a name, a folder or loaded pairs; {describe(pairs)} was given.")
    label = str(getattr(pairs, "name", "pairs"))
    if not len(pairs):
        raise BadInput(f"The dataset {label!r} has no images, so there is nothing to evaluate.")
    used, chosen = Protocol.papers(factor) if protocol is None else protocol, choose(metrics)
    empty = Table(
        network=_name_of(net) + _PLUS[ensemble], dataset=label, scale=factor, protocol=str(used), rows=(_NOTHING,)
    )
    halo = measure_reach(net) if isinstance(tile, int) else None
    enlarge = partial(upscale, net=net, tile=tile, halo=halo, ensemble=ensemble)
    if save is None:
        return _measured(empty, pairs, enlarge, used, chosen, progress)
    with ResultsFolder(Path(save), empty, used, chosen, pairs=save_pairs) as results:
        return results.finish(_measured(empty, pairs, enlarge, used, chosen, progress, keep=results.add))


def _measured(
    empty: Table,
    pairs: Sequence[Pair],
    enlarge: Callable[[Tensor], Tensor],
    protocol: Protocol,
    metrics: Sequence[Metric],
    progress: Callable[[int, int], object] | None,
    keep: Callable[[Pair, Tensor, Row], object] | None = None,
) -> Table:
    rows: list[Row] = []
    failed: list[BadFile] = []
    grey = 0
    for index in range(len(pairs)):
        try:
            pair = pairs[index]
            began = time.perf_counter()
            sr = enlarge(pair.lr)
            seconds = time.perf_counter() - began
            row = Row(name=pair.name, seconds=seconds, scores=score(sr, pair, protocol, metrics))
            if keep is not None:
                keep(pair, sr, row)
        except BadFile as problem:  # one image that cannot be read does not hide the others
            failed.append(problem)
        else:
            rows.append(row)
            grey += bool(getattr(pair, "grey", False))
        if progress is not None:
            progress(index + 1, len(pairs))
    if not rows:
        raise failed[0]
    problems = tuple(map(str, failed))
    return replace(empty, rows=tuple(rows), note=grey_note(grey, len(rows), protocol), failed=problems)


def _agreed_scale(net: nn.Module, scale: int | None) -> int:
    own = scale_of(net)
    if scale is not None and scale != own:
        raise BadInput(
            f"The network enlarges x{own} and scale={scale} was asked for. Leave scale out, or make the network for "
            f"x{scale}: srkit.models.create({_name_of(net)!r}, scale={scale})."
        )
    return own


def _name_of(net: nn.Module) -> str:
    name = getattr(net, "name", None)
    return name if isinstance(name, str) else type(net).__name__.lower()
