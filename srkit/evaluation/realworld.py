"""Two benches for "real-world" claims: known blurs with a truth, and photographs without one.

Under the eight Gaussians of the literature ("Gaussian8") PSNR can be measured, and methods that are given the blur
stand beside methods that are not. For photographs there is no true image: there are metrics without a reference, and
the pictures side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor, nn

from srkit._html import render
from srkit.datasets import Pair, Pairs, load
from srkit.datasets.maker import Maker
from srkit.degrade import parse
from srkit.degrade.kernels import gaussian8, gaussian8_widths
from srkit.errors import BadFile, BadInput
from srkit.evaluation.run import Evaluation
from srkit.evaluation.score import choose
from srkit.evaluation.table import Table, write_text
from srkit.inference.enlarge import upscale
from srkit.inference.pictures import plan_pictures
from srkit.metrics import METRICS, Naturalness, niqe
from srkit.metrics._registry import Metric
from srkit.ops.files import list_images, read
from srkit.ops.jobs import Item, carry_out, find_images

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
    save: str | Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> dict[str, list[Table]]:
    """Measure each contender under the eight round Gaussians: aligned kernel, every s-th pixel kept, 8 bits.

    Args:
        contenders: by name, a function that makes a network; it is given the kernel, which only some networks use.
        dataset: a name, a folder or pairs; only HR is used.
        scale: 2, 3 or 4.
        root: where a named dataset lies.
        save: a folder that receives ``<contender>/results-<dataset>_blur_<width>/``, as of :func:`srkit.evaluate`;
            a repeated call does what is missing.
        progress: called as ``progress(done, total)`` after each image under each blur by each contender.

    Returns:
        For each contender eight tables, from the narrowest blur to the widest.

    Raises:
        BadFile: no image can be read; where some can, ``table.failed`` says why the others cannot.
        BadInput: no contenders, a scale without such a set, or an image that cannot be measured.
    """
    bench = GaussianBench(contenders, dataset, scale=scale, root=root, save=save)
    problems = []
    for item in bench.carry_out(progress):
        if item.problem is not None:
            problems.append(item.problem)
            if not isinstance(item.problem, BadFile):
                raise item.problem
    if problems and not any(bench.found.values()):
        raise problems[0]
    return {name: list(tables.values()) for name, tables in bench.found.items()}


class GaussianBench:
    """The items of :func:`bench_gaussian8`, which takes the same arguments.

    Args:
        overwrite: make results anew that are there.
        below: of a path, take the images of the folders below too.

    Attributes:
        planned: an item for each image under each blur by each contender; a problem that is the same under all of them
            stands there once.
        left: what was left out, with the reason.
        widths: of the eight Gaussians, in pixels.
        found: for each contender the table of each width it has come to the end of.
    """

    def __init__(
        self,
        contenders: Mapping[str, Contender],
        dataset: str | Path | Sequence[Pair],
        *,
        scale: int,
        root: str | Path | None = None,
        save: str | Path | None = None,
        overwrite: bool = False,
        below: bool = False,
    ) -> None:
        if not contenders:
            raise BadInput("There is nothing to compare; name at least one network or method.")
        pairs = load(dataset, scale=scale, root=root, below=below) if isinstance(dataset, str | Path) else dataset
        self.widths = gaussian8_widths(scale)
        self.found: dict[str, dict[float, Table]] = {name: {} for name in contenders}
        self._jobs: list[tuple[str, float, Evaluation]] = []
        for width, kernel in zip(self.widths, gaussian8(scale), strict=True):
            blurred = _blurred(pairs, width, scale)
            for name, make in contenders.items():
                place = None if save is None else Path(save) / name
                job = Evaluation(make(kernel), blurred, scale=scale, save=place, overwrite=overwrite)
                self._jobs.append((name, width, job))
        self.left = self._jobs[0][2].left
        self.planned = list(
            _once(_called(item, name, width) for name, width, job in self._jobs for item in job.planned)
        )

    def carry_out(self, progress: Callable[[int, int], object] | None = None) -> Iterator[Item]:
        """Measure what is to be measured; yields the items of the plan in their final states."""
        return _once(self._carried_out(progress))

    def _carried_out(self, progress: Callable[[int, int], object] | None) -> Iterator[Item]:
        done, total = 0, sum(len(job.planned) for *_, job in self._jobs)
        for name, width, job in self._jobs:
            ended = []
            for item in job.carry_out():
                ended.append(item)
                yield _called(item, name, width)
                done += 1
                if progress is not None:
                    progress(done, total)
            if any(item.problem is None for item in ended):
                self.found[name][width] = job.finish(ended)


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


def _blurred(pairs: Sequence[Pair], width: float, scale: int) -> Sequence[Pair]:
    """Return pairs whose LR is blurred by the Gaussian of this width, of which every s-th pixel is kept."""
    chain = parse(f"blur({width!r}, size=21, border=symmetric, aligned={scale}) > down({scale}, direct)")
    if isinstance(pairs, Pairs):
        return pairs.made_by(chain).named(f"{pairs.name} blur {width:.2f}")
    return [replace(pair, lr=Maker(chain, 0, number)(pair.hr)) for number, pair in enumerate(pairs)]


def _called(item: Item, contender: str, width: float) -> Item:
    """Return an item that says of which of many tables it is one."""
    return replace(item, address=f"{item.source}, blur {width:.2f}, {contender}")


def _once(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items without those whose problem was told before."""
    told: set[str] = set()
    for item in items:
        if str(item.problem) not in told:
            yield item
        if item.problem is not None:
            told.add(str(item.problem))


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
