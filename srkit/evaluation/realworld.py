"""Two benches for "real-world" claims: known blurs with a truth, and photographs without one.

Under the eight Gaussians of the literature ("Gaussian8") PSNR can be measured, and a method that is told the blur
stands beside those that are not. For photographs there is no truth: there are NIQE and the pictures side by side.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from srkit.datasets import Pair, load
from srkit.degrade import align, apply_kernel, gaussian8
from srkit.errors import BadFile, BadInput
from srkit.evaluation.run import evaluate
from srkit.evaluation.table import Table, write_text
from srkit.inference import upscale
from srkit.metrics import Naturalness, niqe
from srkit.ops.files import list_images, read, write
from srkit.ops.pixels import quantise

__all__ = ["Contender", "Photograph", "bench_gaussian8", "bench_photographs"]

Contender = Callable[[Tensor | None], nn.Module]


@dataclass(frozen=True, kw_only=True)
class Photograph:
    """What became of one photograph.

    Attributes:
        name: of the picture.
        contender: who enlarged it.
        niqe: lower is more natural; None without statistics, or where the picture is too small.
        file: the enlarged picture.
    """

    name: str
    contender: str
    niqe: float | None
    file: Path


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
        contenders: by name, a function that makes a network; it is handed the kernel, which only those that are told it
            will use.
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
        raise BadInput("There is nobody to compare; name at least one network or method.")
    pairs = load(dataset, scale=scale, root=root) if isinstance(dataset, str | Path) else dataset
    kernels = gaussian8(scale)
    found: dict[str, list[Table]] = {name: [] for name in contenders}
    for number, kernel in enumerate(kernels):
        blurred = [_blurred(pairs[index], kernel, scale) for index in range(len(pairs))]
        for position, (name, make) in enumerate(contenders.items()):
            found[name].append(evaluate(make(kernel), blurred, scale=scale))
            if progress is not None:
                progress(number * len(contenders) + position + 1, len(kernels) * len(contenders))
    return found


def bench_photographs(
    contenders: Mapping[str, Contender],
    folder: str | Path,
    out: str | Path,
    *,
    natural: Naturalness | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> list[Photograph]:
    """Enlarge photographs that have no truth, and write the pictures and a page that shows them side by side.

    Args:
        contenders: as in :func:`bench_gaussian8`; they are told no kernel.
        folder: of photographs.
        out: folder that receives the pictures and ``index.html``.
        natural: NIQE's statistics; None leaves the number out.
        progress: called as ``progress(done, total)`` after each picture.

    Raises:
        BadFile: no photographs, or a place that cannot be written.
        BadInput: no contenders.
    """
    if not contenders:
        raise BadInput("There is nobody to compare; name at least one network or method.")
    pictures, out = list_images(Path(folder)), Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadFile(f"The folder {out} cannot be made ({error.strerror}).") from error
    nets = {name: make(None) for name, make in contenders.items()}
    found: list[Photograph] = []
    for picture in pictures:
        lr = read(picture)
        for name, net in nets.items():
            sr = upscale(lr, net)
            file = out / f"{picture.stem}_{name}.png"
            write(file, sr, overwrite=True)
            found.append(Photograph(name=picture.stem, contender=name, niqe=_naturalness(sr, natural), file=file))
            if progress is not None:
                progress(len(found), len(pictures) * len(nets))
    write_text(out / "index.html", _page(found, list(nets)))
    return found


def _blurred(pair: Pair, kernel: Tensor, scale: int) -> Pair:
    lr = apply_kernel(pair.hr, align(kernel, scale), border="symmetric")[:, ::scale, ::scale]
    return Pair(pair.name, quantise(lr).contiguous(), pair.hr, pair.grey)


def _naturalness(sr: Tensor, natural: Naturalness | None) -> float | None:
    if natural is None or (sr.shape[-2] // 96) * (sr.shape[-1] // 96) < 2:
        return None
    return niqe(sr, natural)


def _page(found: Sequence[Photograph], names: Sequence[str]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    rows = []
    for picture in dict.fromkeys(one.name for one in found):
        cells = "".join(_cell(one) for one in found if one.name == picture)
        rows.append(f"<tr><th>{html.escape(picture)}</th>{cells}</tr>")
    style = (
        "body{font:1rem sans-serif;margin:2rem}img{max-width:24rem;display:block}td{padding:.3rem;vertical-align:top}"
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Photographs without a truth</title>'
        f"<style>{style}</style><h1>Photographs without a truth</h1><p>There is no PSNR here. NIQE, where it is given, "
        "is lower for what looks more natural by its statistics; trust your eyes more.</p>"
        f"<table><tr><td></td>{head}</tr>{''.join(rows)}</table></html>\n"
    )


def _cell(one: Photograph) -> str:
    number = "" if one.niqe is None else f"NIQE {one.niqe:.2f}"
    words = html.escape(f"{one.name} enlarged by {one.contender}")
    return f'<td><img src="{html.escape(one.file.name)}" alt="{words}">{number}</td>'
