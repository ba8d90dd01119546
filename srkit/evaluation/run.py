"""``evaluate``: run a network over a dataset and measure every image."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from srkit.datasets import Pair, Pairs, load
from srkit.datasets.maker import Maker
from srkit.errors import BadFile, BadInput
from srkit.evaluation.saving import ResultsFolder
from srkit.evaluation.score import Alone, choose, grey_note, is_transparent, score, transparency_note
from srkit.evaluation.table import Row, Table
from srkit.inference import measure_reach, upscale
from srkit.inference.bounded import TileChoice, foreseen_bytes
from srkit.inference.ensemble import Ensemble
from srkit.inference.mode import network_digest, scale_of
from srkit.metrics import Protocol
from srkit.metrics._registry import Metric
from srkit.ops.check import describe
from srkit.ops.files import check_enlarged, list_images, probe, read
from srkit.ops.jobs import NOWHERE, Item, Journal, carry_out, code_of, find_images, plan

__all__ = ["evaluate"]

_PLUS = {False: "", True: "+", "mean": "+", "median": "+ (median)"}
_ALWAYS, _MEASURED = 115e6, 54  # bytes that every image takes; for each of its pixels while it is measured
_NOTHING = Row(name="nothing yet", scores={}, seconds=0.0)


class _Folder(Sequence[Alone]):
    """The images of a folder, read on access.

    Args:
        folder: where they lie.
        below: take those of the folders below too.
    """

    def __init__(self, folder: Path, *, below: bool) -> None:
        self.files, self.left = find_images(folder, below=below)
        self.home, self.name = folder, folder.absolute().name
        if not self.files:
            list_images(folder)  # says what is there instead

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: Any) -> Any:
        """Return one image; slices are not needed."""
        return Alone(self.called(index), read(self.files[index]))

    def called(self, index: int) -> str:
        """Return the name of an image, with its place below the folder."""
        return self.files[index].relative_to(self.home).with_suffix("").as_posix()


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
        net: a network of the contract; it is returned in the mode it came in.
        dataset: a name of the catalogue ("set5"), a folder, or pairs already loaded.
        lr: instead, a folder of images to enlarge of which no true large ones exist; ``metrics`` are then such as need
            no reference, for example ``"niqe"``.
        scale: enlargement factor; None takes the network's.
        protocol: how to measure; None takes the papers': luma, a border of ``scale`` pixels left out, 8-bit values.
        metrics: names of registered metrics (``srkit.metrics.METRICS.names()``, and your own by
            :func:`srkit.register_metric`); the first is the one the page compares with bicubic interpolation.
        ensemble: mean (True) or ``"median"`` over eight flips and rotations ("EDSR+"); the network's name gets a ``+``.
        tile: LR pixels a side, ``"auto"`` or None, as in :func:`srkit.upscale`.
        save: a folder that receives ``results-<dataset>/``: each image as soon as it is made, at the end
            ``metrics.csv`` and ``index.html``. A call that is repeated with the same network, settings and pictures
            does what is missing; results of others are moved aside to ``results-<dataset>.1``.
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
    how: dict[str, Any] = {"scale": scale, "protocol": protocol, "metrics": metrics, "ensemble": ensemble, "tile": tile}
    job = Evaluation(net, dataset, lr=lr, save=save, save_pairs=save_pairs, root=root, **how)
    ended = []
    for item in job.carry_out(progress):
        if item.problem is not None and not isinstance(item.problem, BadFile):
            raise item.problem
        ended.append(item)
    return job.finish(ended)


class Evaluation:
    """The items of :func:`evaluate`, which takes the same arguments.

    Args:
        overwrite: make results anew that are there.
        below: of a path, take the images of the folders below too.

    Attributes:
        planned: an item for each image.
        left: what was left out, with the reason.
    """

    def __init__(
        self,
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
        overwrite: bool = False,
        below: bool = False,
    ) -> None:
        factor = _agreed_scale(net, scale)
        self.images = _images(dataset, lr, factor, root, below)
        self.left: Sequence[tuple[Path, str]] = getattr(self.images, "left", ())
        self.protocol = Protocol.papers(factor) if protocol is None else protocol
        self.metrics = choose(metrics, truth=lr is None)
        self._empty = Table(
            network=_name_of(net) + _PLUS[ensemble],
            dataset=str(getattr(self.images, "name", "pairs")),
            scale=factor,
            protocol=str(self.protocol) if lr is None else _without_truth(self.protocol, self.metrics),
            rows=(_NOTHING,),
        )
        halo = measure_reach(net) if isinstance(tile, int) else None
        self._enlarge = partial(upscale, net=net, tile=tile, halo=halo, ensemble=ensemble)
        self._facts: dict[int, dict[str, Any]] = {}
        self._results: ResultsFolder | None = None
        if save is not None:
            self._results = ResultsFolder(Path(save), self._empty, self.protocol, self.metrics, pairs=save_pairs)
        said: dict[str, Any] = {"network": network_digest(net), "pairs": save_pairs} if save is not None else {}
        self.planned = self._plan([self._item(number, said) for number in range(len(self.images))], overwrite)

    def _plan(self, wanted: Sequence[Item], overwrite: bool) -> list[Item]:
        self._aside = not overwrite and not all(
            Journal(place).is_of([item for item in wanted if item.target.parent == place])
            for place in {item.target.parent for item in wanted if item.writes}
        )
        return plan(wanted, overwrite=overwrite or self._aside, check=self._check, memory=self._memory)

    def _memory(self, item: Item) -> float:
        """Return the bytes for network and metrics, where the size of the image is known."""
        if item.size is None:
            return 0.0
        scale, pixels = self._empty.scale, math.prod(item.size)
        options = {name: self._enlarge.keywords[name] for name in ("tile", "halo", "ensemble")}
        net, lr = self._enlarge.keywords["net"], (item.size[0] // scale, item.size[1] // scale)
        held = foreseen_bytes(net, lr, **options) + 12 * pixels
        return _ALWAYS + max(held, _MEASURED * pixels)

    def _item(self, number: int, said: dict[str, Any]) -> Item:
        name, reads, made = _origin(self.images, number, saved=self._results is not None)
        item = Item(source=next(iter(reads.values()), Path(name)), target=NOWHERE, reads=reads, number=number)
        if self._results is None:
            return item
        settings = {**said, "named": self._empty.network, "protocol": self._empty.protocol, **made}
        settings["metrics"] = {one.name: code_of(one.function) for one in self.metrics}
        return replace(item, target=self._results.place_of(name), settings=settings)

    def _check(self, item: Item) -> tuple[int, int] | None:
        reads = item.reads or {}
        scale, path = (1, reads["hr"]) if "hr" in reads else (self._empty.scale, reads.get("lr"))
        if path is None:
            return None
        if item.writes:
            return check_enlarged(path, item.target, scale)
        seen = probe(path)
        return None if seen is None else (scale * seen[0], scale * seen[1])

    def carry_out(self, progress: Callable[[int, int], object] | None = None) -> Iterator[Item]:
        """Measure what is to be measured; yields each item as :func:`srkit.ops.jobs.carry_out` does."""
        if self._results is not None:
            self._results.begin(aside=self._aside)
        for done, item in enumerate(carry_out(self.planned, self._measure), 1):
            yield item
            if progress is not None:
                progress(done, len(self.planned))

    def _measure(self, item: Item) -> dict[str, Any]:
        pair = self.images[item.number]
        began = time.perf_counter()
        sr = self._enlarge(pair.lr)
        seconds = time.perf_counter() - began
        row = Row(name=pair.name, seconds=seconds, scores=score(sr, pair, self.protocol, self.metrics))
        if self._results is not None:
            self._results.add(item.target, pair, sr, row)
        facts = {"name": row.name, "scores": row.scores, "seconds": seconds, "grey": getattr(pair, "grey", False)}
        facts["transparent"] = is_transparent((item.reads or {}).values())
        self._facts[item.number] = facts
        return facts

    def table(self, ended: Sequence[Item]) -> Table:
        """Return the numbers of what is done, or raise the first problem where nothing is."""
        for item in ended:
            if item.state == "kept":
                self._facts[item.number] = Journal(item.target.parent).facts[item.target.name]
        failed = [item.problem for item in ended if item.problem is not None]
        known = [self._facts[item.number] for item in ended if item.problem is None]
        if not known and failed:
            raise failed[0]
        rows = tuple(Row(name=one["name"], scores=one["scores"], seconds=one["seconds"]) for one in known)
        grey = grey_note(sum(one["grey"] for one in known), len(rows), self.protocol)
        transparent = transparency_note(sum(one.get("transparent", False) for one in known))
        note = " ".join(filter(None, [grey, transparent]))
        return replace(self._empty, rows=rows, note=note, failed=tuple(map(str, failed)))

    def finish(self, ended: Sequence[Item]) -> Table:
        """Return the table of a job that has come to its end, and write it and the page beside the results."""
        table = self.table(ended)
        if self._results is None:
            return table
        made = [item for item in ended if item.problem is None]
        for item, row in zip(made, table, strict=True):
            if item.state == "kept":
                self._results.show(item.target, self.images[item.number], read(item.target), row)
        return self._results.finish(table, [item.target for item in made])


def _origin(
    images: Sequence[Pair] | Sequence[Alone], number: int, *, saved: bool
) -> tuple[str, dict[str, Path], dict[str, Any]]:
    """Return name and files of an image, and what else decides its pixels, where that has to be known."""
    if isinstance(images, _Folder):
        return images.called(number), {"lr": images.files[number]}, {}
    source = images.sources[number] if isinstance(images, Pairs) else None
    if source is not None and isinstance(source.hr, Path) and not isinstance(source.lr, Tensor):
        files = {"hr": source.hr} | ({"lr": source.lr} if isinstance(source.lr, Path) else {})
        return source.name, files, {"made": repr(source.lr)} if isinstance(source.lr, Maker) else {}
    if not saved:
        return f"image {number + 1}", {}, {}
    pair = images[number]
    pixels = hashlib.sha256()
    for image in (pair.lr, pair.hr):
        pixels.update(b"" if image is None else image.cpu().numpy().tobytes())
    return pair.name, {}, {"pixels": pixels.hexdigest()}


def _images(
    dataset: str | Path | Sequence[Pair] | None,
    lr: str | Path | None,
    scale: int,
    root: str | Path | None,
    below: bool,
) -> Sequence[Pair] | Sequence[Alone]:
    """Return what is measured on, loaded where it is a name or a folder."""
    if (dataset is None) == (lr is None):
        raise BadInput(
            "Say what to measure on: a dataset, or lr=FOLDER for images without true large ones; one of them."
        )
    if lr is not None:
        return _Folder(Path(lr), below=below)
    pairs = load(dataset, scale=scale, root=root, below=below) if isinstance(dataset, str | Path) else dataset
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


def _agreed_scale(net: nn.Module, scale: int | None) -> int:
    own = scale_of(net)
    if scale is not None and scale != own:
        raise BadInput(
            f"The network enlarges x{own} and scale={scale} was asked for. Leave scale out, or make the network for "
            f"x{scale}."
        )
    return own


def _name_of(net: nn.Module) -> str:
    name = getattr(net, "name", None)
    return name if isinstance(name, str) else type(net).__name__.lower()
