"""Two benches for "real-world" claims: known blurs with a truth, and photographs without one.

Under the eight Gaussians of the literature ("Gaussian8") PSNR can be measured, and methods that are given the blur
stand beside methods that are not. For photographs there is no true image: there are metrics without a reference, and
the pictures side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor, nn

from srkit._html import render
from srkit.datasets import Pair, load
from srkit.degrade import align, apply_kernel
from srkit.degrade.kernels import gaussian8
from srkit.errors import BadFile, BadInput
from srkit.evaluation.run import evaluate
from srkit.evaluation.score import choose
from srkit.evaluation.table import Table, write_text
from srkit.inference.enlarge import upscale
from srkit.inference.pictures import plan_pictures
from srkit.metrics import METRICS, Naturalness, niqe
from srkit.metrics._registry import Metric
from srkit.ops.files import list_images, read
from srkit.ops.jobs import Item, carry_out, find_images
from srkit.ops.pixels import quantise

__all__ = ["Contender", "Photograph", "bench_gaussian8", "bench_photographs"]

Contender = Callable[[Tensor | None], nn.Module]


@dataclass(frozen=True, kw_only=True)
class Photograph:
    """The result for one photograph."""

    name: str  # of the picture
    contender: str  # who enlarged it
    # what was measured, by the name of the metric; None where the picture is too small for it
    scores: Mapping[str, float | None]
    file: Path  # the enlarged picture
    problem: str = ""  # why there is none; empty where there is

    @property
    def spoken(self) -> tuple[str, ...]:
        """Each value with the name of its metric: ``("NIQE ↓ 4.31",)``."""
        told = ((METRICS.get(name), value) for name, value in self.scores.items())
        return tuple(
            f"{metric.heading} {'not measured: too small' if value is None else metric.spoken(value)}"
            for metric, value in told
        )


def bench_gaussian8(
    contenders: Mapping[str, Contender],
    dataset: str | Path | Sequence[Pair],
    *,
    scale: int,
    root: str | Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> dict[str, list[Table]]:
    """Measure each contender under the eight round Gaussians: aligned kernel, every s-th pixel kept, 8 bits.

    Args:
        contenders: by name, a function that makes a network; it is given the kernel, which only some networks use.
        dataset: a name, a folder or pairs; only HR is used.
        scale: 2, 3 or 4.
        root: where a named dataset lies.
        progress: called as ``progress(done, total)`` after each table.

    Returns:
        For each contender eight tables, from the narrowest blur to the widest.

    Raises:
        BadInput: no contenders, or a scale without such a set.
    """
    if not contenders:
        raise BadInput("There is nothing to compare; name at least one network or method.")
    pairs = load(dataset, scale=scale, root=root) if isinstance(dataset, str | Path) else dataset
    kernels = gaussian8(scale)
    found: dict[str, list[Table]] = {name: [] for name in contenders}
    for number, kernel in enumerate(kernels):
        blurred, failed = [], []
        for index in range(len(pairs)):
            try:
                blurred.append(_blurred(pairs[index], kernel, scale))
            except BadFile as problem:
                failed.append(str(problem))
        for position, (name, make) in enumerate(contenders.items()):
            found[name].append(replace(evaluate(make(kernel), blurred, scale=scale), failed=tuple(failed)))
            if progress is not None:
                progress(number * len(contenders) + position + 1, len(kernels) * len(contenders))
    return found


def bench_photographs(
    contenders: Mapping[str, Contender],
    folder: str | Path,
    out: str | Path,
    *,
    metrics: str | Sequence[str] = (),
    natural: Naturalness | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> list[Photograph]:
    """Enlarge photographs that have no truth, and write the pictures and a page that shows them side by side.

    A photograph that cannot be enlarged is named on the page and the others go on; what an earlier call made of the
    same photograph by the same network is kept.

    Args:
        contenders: as in :func:`bench_gaussian8`; they are given no kernel.
        folder: of photographs.
        out: folder that receives the pictures and ``index.html``.
        metrics: names of registered metrics that need no reference.
        natural: NIQE's statistics; NIQE is then measured by them.
        overwrite: replace pictures that were made otherwise.
        progress: called as ``progress(done, total)`` after each picture.

    Raises:
        BadFile: no photographs, or a place that cannot be written.
        BadInput: no contenders, or a metric that needs a reference.
        UnknownName: there is no such metric.
    """
    bench = PhotographBench(contenders, folder, out, metrics=metrics, natural=natural, overwrite=overwrite)
    ended: list[Item] = []
    for item in carry_out(bench.planned, bench.work):
        ended.append(item)
        if progress is not None:
            progress(len(ended), len(bench.planned))
    return bench.finish(ended)


class PhotographBench:
    """The items of :func:`bench_photographs`, which takes the same arguments.

    Attributes:
        planned: an item for each photograph and contender.
        left: what was left out, with the reason.
    """

    def __init__(
        self,
        contenders: Mapping[str, Contender],
        folder: str | Path,
        out: str | Path,
        *,
        metrics: str | Sequence[str] = (),
        natural: Naturalness | None = None,
        overwrite: bool = False,
        below: bool = False,
    ) -> None:
        if not contenders:
            raise BadInput("There is nothing to compare; name at least one network or method.")
        self.metrics, self.out = _metrics(metrics, natural), Path(out)
        self.nets = {name: make(None) for name, make in contenders.items()}
        self.home = Path(folder)
        images, self.left = find_images(self.home, below=below)
        if not images:
            list_images(folder)  # says what is there instead
        places = {image: self.out / image.relative_to(folder).parent for image in images}
        wanted = [
            Item(source=image, target=places[image] / f"{image.stem}_{name}.png", settings={"contender": name})
            for image in images
            for name in self.nets
        ]
        self.planned = [
            item
            for group in zip(*(self._planned(wanted, name, overwrite) for name in self.nets), strict=True)
            for item in group
        ]

    def _planned(self, wanted: Sequence[Item], name: str, overwrite: bool) -> list[Item]:
        mine = [item for item in wanted if item.settings["contender"] == name]
        return plan_pictures(mine, self.nets[name], overwrite=overwrite, said={"contender": name})

    def work(self, item: Item) -> None:
        """Enlarge the photograph of an item."""
        upscale(item.source, self.nets[item.settings["contender"]], out=item.target, overwrite=True)

    def finish(self, ended: Sequence[Item]) -> list[Photograph]:
        """Measure what was made and write the page."""
        found = [self._photograph(item) for item in ended]
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadFile(f"The folder {self.out} cannot be made ({error.strerror}).") from error
        write_text(self.out / "index.html", _page(found, list(self.nets), self.out))
        return found

    def _photograph(self, item: Item) -> Photograph:
        scores = {}
        if item.problem is None and self.metrics:
            sr = read(item.target)
            scores = {metric.name: _measured(sr, metric) for metric in self.metrics}
        problem = "" if item.problem is None else str(item.problem)
        name = item.settings["contender"]
        called = item.source.relative_to(self.home).with_suffix("").as_posix()
        return Photograph(name=called, contender=name, scores=scores, file=item.target, problem=problem)


def _blurred(pair: Pair, kernel: Tensor, scale: int) -> Pair:
    lr = apply_kernel(pair.hr, align(kernel, scale), border="symmetric")[:, ::scale, ::scale]
    return Pair(pair.name, quantise(lr).contiguous(), pair.hr, pair.grey)


def _metrics(names: str | Sequence[str], natural: Naturalness | None) -> list[Metric]:
    """Return the metrics of these names, and NIQE by the statistics that were given."""
    wanted = names.split(",") if isinstance(names, str) else names
    named = [name for name in wanted if name.strip() and (natural is None or METRICS.key(name) != "niqe")]
    found = list(choose(named)) if named else []
    needy = [metric.name for metric in found if metric.needs_reference]
    if needy:
        raise BadInput(f"Photographs have no true image, and {', '.join(needy)} would compare with one: leave it out.")
    if natural is not None:
        found.append(replace(METRICS.get("niqe"), function=lambda sr: niqe(sr, natural)))
    return found


def _measured(sr: Tensor, metric: Metric) -> float | None:
    try:
        return metric(sr)
    except BadInput:  # too small for it
        return None


def _page(found: Sequence[Photograph], names: Sequence[str], home: Path) -> str:
    rows = {name: [one for one in found if one.name == name] for name in dict.fromkeys(one.name for one in found)}
    return render(Path(__file__).with_name("photographs.html"), names=names, rows=rows, home=home)
