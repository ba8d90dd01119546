"""``evaluate``: run a network over a dataset and measure every image."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from srkit.datasets import Pair, load
from srkit.errors import BadFile, BadInput
from srkit.evaluation.saving import ResultsFolder
from srkit.evaluation.score import Alone, choose, grey_note, score
from srkit.evaluation.table import Row, Table
from srkit.inference import measure_reach, upscale
from srkit.inference.bounded import TileChoice
from srkit.inference.ensemble import Ensemble
from srkit.inference.mode import scale_of
from srkit.metrics import Protocol
from srkit.metrics._registry import Metric
from srkit.ops.check import describe
from srkit.ops.files import list_images, read

__all__ = ["evaluate"]

_PLUS = {False: "", True: "+", "mean": "+", "median": "+ (median)"}
_NOTHING = Row(name="nothing yet", scores={}, seconds=0.0)


class _Folder(Sequence[Alone]):
    """The images of a folder, read when they are asked for.

    Args:
        folder: where they lie; folders below are not looked into.
    """

    def __init__(self, folder: Path) -> None:
        self.files, self.name = list_images(folder), folder.absolute().name

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: Any) -> Any:
        """Return one image; slices are not needed."""
        return Alone(self.files[index].stem, read(self.files[index]))


def evaluate(
    net: nn.Module,
    dataset: str | Path | Sequence[Pair] | None = None,
    *,
    lr: str | Path | None = None,
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
        lr: instead, a folder of images to enlarge of which no true large ones exist; ``metrics`` are then such as need
            no reference, for example ``"niqe"``.
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
        BadInput: scale and network do not fit, the dataset is empty, an image cannot be measured (NaN, sizes), or a
            metric needs true images and there are none.
        UnknownName: there is no such dataset or metric.
        BadFile: the dataset, the folder for the results or a file a metric needs cannot be used, or no image can be
            read; where some can, ``table.failed`` says why the others cannot.

    Example:
        >>> table = srkit.evaluate(net, "set5")          # doctest: +SKIP
        >>> table.mean.psnr                              # doctest: +SKIP
        33.66
    """
    factor = _agreed_scale(net, scale)
    pairs = _images(dataset, lr, factor, root)
    label = str(getattr(pairs, "name", "pairs"))
    used, chosen = Protocol.papers(factor) if protocol is None else protocol, choose(metrics, truth=lr is None)
    said = str(used) if lr is None else _without_truth(used, chosen)
    empty = Table(network=_name_of(net) + _PLUS[ensemble], dataset=label, scale=factor, protocol=said, rows=(_NOTHING,))
    halo = measure_reach(net) if isinstance(tile, int) else None
    enlarge = partial(upscale, net=net, tile=tile, halo=halo, ensemble=ensemble)
    if save is None:
        return _measured(empty, pairs, enlarge, used, chosen, progress)
    with ResultsFolder(Path(save), empty, used, chosen, pairs=save_pairs) as results:
        return results.finish(_measured(empty, pairs, enlarge, used, chosen, progress, keep=results.add))


def _images(
    dataset: str | Path | Sequence[Pair] | None, lr: str | Path | None, scale: int, root: str | Path | None
) -> Sequence[Pair] | Sequence[Alone]:
    """Return what is measured on, loaded where it is a name or a folder."""
    if (dataset is None) == (lr is None):
        raise BadInput(
            "Say what to measure on: a dataset, or lr=FOLDER for images without true large ones; one of them."
        )
    if lr is not None:
        return _Folder(Path(lr))
    pairs = load(dataset, scale=scale, root=root) if isinstance(dataset, str | Path) else dataset
    if not isinstance(pairs, Sequence):
        raise BadInput(f"A dataset is a name, a folder or loaded pairs; {describe(pairs)} was given.")
    if not len(pairs):
        raise BadInput(
            f"The dataset {str(getattr(pairs, 'name', 'pairs'))!r} has no images, so there is nothing to evaluate."
        )
    return pairs


def _without_truth(protocol: Protocol, metrics: Sequence[Metric]) -> str:
    """Return how numbers without true images are taken: the protocol where a metric follows it."""
    return "no true images" + (f"; {protocol}" if any(not metric.conditions for metric in metrics) else "")


def _measured(
    empty: Table,
    pairs: Sequence[Pair] | Sequence[Alone],
    enlarge: Callable[[Tensor], Tensor],
    protocol: Protocol,
    metrics: Sequence[Metric],
    progress: Callable[[int, int], object] | None,
    keep: Callable[[Pair | Alone, Tensor, Row], object] | None = None,
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
