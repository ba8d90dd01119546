"""The page that shows results: one HTML file without scripts and without a single request to anywhere else.

The full-size images lie beside it; everything the page itself shows is inside it.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import quote

from torch import Tensor

from srkit.evaluation.regions import COLOURS, Box, error_levels, jpeg_uri, nice_top, paint, png_uri, worst_box
from srkit.evaluation.table import Row, Table
from srkit.ops.pixels import quantise

__all__ = ["Entry", "make_entry", "render"]

_SIDE = 64
_PREVIEW = 300


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the page shows of one image; pictures are ``data:`` addresses."""

    row: Row
    baseline: Row
    size: tuple[int, int]
    box: Box
    top: int
    overview: str
    error_overview: str
    crops: dict[str, str]
    file: str


def make_entry(row: Row, baseline: Row, sr: Tensor, hr: Tensor, bicubic: Tensor, *, border: int, file: str) -> Entry:
    """Prepare one image for the page.

    Args:
        row: its numbers.
        baseline: those of bicubic interpolation.
        sr: ``(3, h, w)`` in [0, 1].
        hr: the truth, same size.
        bicubic: the enlarged input, same size.
        border: pixels at the edge that were not measured; the worst region is sought inside.
        file: name of the full-size image beside the page.
    """
    ours, theirs = error_levels(sr, hr), error_levels(bicubic, hr)
    box = worst_box(ours, side=_SIDE, border=border)
    top = nice_top(box.of(ours), box.of(theirs))
    crops = {
        "truth": png_uri(quantise(box.of(hr))),
        "result": png_uri(quantise(box.of(sr))),
        "bicubic": png_uri(quantise(box.of(bicubic))),
        "error of the result": png_uri(paint(box.of(ours), top)),
        "error of bicubic": png_uri(paint(box.of(theirs), top)),
    }
    return Entry(
        row=row,
        baseline=baseline,
        size=(hr.shape[-1], hr.shape[-2]),
        box=box,
        top=top,
        overview=jpeg_uri(quantise(hr), side=_PREVIEW),
        error_overview=jpeg_uri(paint(ours, top), side=_PREVIEW),
        crops=crops,
        file=file,
    )


def render(table: Table, baseline: Table, entries: Sequence[Entry]) -> str:
    """Return the whole page as text.

    Args:
        table: the results.
        baseline: the same images enlarged by bicubic interpolation.
        entries: one per row of the table, in its order.
    """
    title = html.escape(f"{table.network} on {table.dataset}, x{table.scale}")
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{files('srkit.evaluation').joinpath('page.css').read_text(encoding='utf-8')}</style></head><body>",
        f"<h1>{title}</h1>",
        f'<p class="how">PSNR and SSIM measured with this protocol: {html.escape(table.protocol)}.</p>',
        _facts(table.mean, baseline.mean, len(table)),
        _overview(table, baseline),
        f'<p class="how">{html.escape(table.note)}</p>' if table.note else "",
        *(_sheet(index, entry, table.network) for index, entry in enumerate(entries)),
        _footer(),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _facts(mean: Row, base: Row, count: int) -> str:
    gain = mean.psnr - base.psnr
    items = [
        (f"{_db(mean.psnr)} dB", f"mean PSNR of {count} image{'s' if count > 1 else ''}"),
        (f"{mean.ssim:.4f}", "mean SSIM"),
        (f"{_signed(gain)} dB", f"over bicubic ({_db(base.psnr)} dB, {base.ssim:.4f})"),
        (f"{mean.seconds:.2f} s", "per image"),
    ]
    return (
        '<ul class="facts">' + "".join(f"<li><b>{big}</b><span>{small}</span></li>" for big, small in items) + "</ul>"
    )


def _overview(table: Table, baseline: Table) -> str:
    rows = list(zip((*table.rows, table.mean), (*baseline.rows, baseline.mean), strict=True))
    widest = max([1.0, *(abs(a.psnr - b.psnr) for a, b in rows if math.isfinite(a.psnr - b.psnr))])
    lines = []
    for index, (row, base) in enumerate(rows):
        is_mean = index == len(table)
        label = "mean" if is_mean else f'<a href="#image-{index}">{html.escape(row.name)}</a>'
        lines.append(
            f"<tr{' class=mean' if is_mean else ''}><td>{label}</td><td>{_db(row.psnr)}</td><td>{row.ssim:.4f}</td>"
            f"<td>{_db(base.psnr)}</td><td>{base.ssim:.4f}</td><td>{_signed(row.psnr - base.psnr)}</td>"
            f'<td class="bar">{_bar(row.psnr - base.psnr, widest)}</td><td>{row.seconds:.2f}</td></tr>'
        )
    head = (
        "<tr><th>image</th><th>PSNR dB</th><th>SSIM</th><th>bicubic PSNR</th><th>bicubic SSIM</th>"
        '<th>gain dB</th><th class="bar"></th><th>seconds</th></tr>'
    )
    caption = "<caption>Each image and the mean. The bar is the gain in PSNR over bicubic interpolation.</caption>"
    body = "".join(lines)
    return f'<div class="scroll"><table>{caption}<thead>{head}</thead><tbody>{body}</tbody></table></div>'


def _bar(gain: float, widest: float) -> str:
    if not math.isfinite(gain):
        return ""
    share = 100 * min(abs(gain) / widest, 1)
    kind = "loss" if gain < 0 else "gain"
    return f'<i class="{kind}" style="width:{share:.1f}%"></i>'


def _sheet(index: int, entry: Entry, network: str) -> str:
    row, base, box = entry.row, entry.baseline, entry.box
    name, result = html.escape(row.name), html.escape(network)
    where = f"{box.width} x {box.height} pixels at column {box.left}, row {box.top}"
    return f"""<section id="image-{index}"><h2>{name}</h2>
<p>{entry.size[0]} x {entry.size[1]} pixels. PSNR {_db(row.psnr)} dB, SSIM {row.ssim:.4f}; \
bicubic {_db(base.psnr)} dB, {base.ssim:.4f}. <a href="{quote(entry.file)}">Full-size result</a></p>
<div class="sheet"><div class="whole"><figure>{_view(entry.overview, entry, f"{name}, the truth")}\
<figcaption><b>Truth</b>. The frame marks where the result is farthest from it: {where}.</figcaption></figure>
<figure>{_view(entry.error_overview, entry, f"{name}, map of the error of the result")}\
<figcaption><b>Error of {result}</b></figcaption></figure></div>
<div class="crops">{_figure(entry, "truth", "Truth", name)}{_figure(entry, "result", result, name)}\
{_figure(entry, "bicubic", "Bicubic", name)}{_key(entry.top)}\
{_figure(entry, "error of the result", f"Error of {result}", name)}\
{_figure(entry, "error of bicubic", "Error of bicubic", name)}</div></div></section>"""


def _view(picture: str, entry: Entry, alt: str) -> str:
    (width, height), box = entry.size, entry.box
    place = (
        f"left:{100 * box.left / width:.3f}%;top:{100 * box.top / height:.3f}%;"
        f"width:{100 * box.width / width:.3f}%;height:{100 * box.height / height:.3f}%"
    )
    return f'<div class="view"><img src="{picture}" alt="{alt}"><span style="{place}"></span></div>'


def _figure(entry: Entry, key: str, title: str, name: str) -> str:
    return (
        f'<figure><img src="{entry.crops[key]}" width="{entry.box.width}" height="{entry.box.height}" '
        f'alt="{name}, {key}, worst region"><figcaption><b>{title}</b></figcaption></figure>'
    )


def _key(top: int) -> str:
    colours = ", ".join(f"rgb({r} {g} {b})" for r, g, b in COLOURS)
    ticks = "".join(f"<li>{top * part // 4}</li>" for part in range(4)) + f"<li>{top}+</li>"
    return (
        f'<div class="key"><div style="background:linear-gradient(to right, {colours})"></div><ol>{ticks}</ol>'
        "Absolute error of luma in 8-bit levels, the same scale for all maps of this image.</div>"
    )


def _footer() -> str:
    return (
        "<footer>The crops show the square with the largest squared luma error of the result, pixel by pixel. "
        "Bicubic is MATLAB's imresize with antialiasing, a = -0.5. The same numbers stand in "
        '<a href="metrics.csv">metrics.csv</a>.</footer>'
    )


def _db(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "inf"


def _signed(value: float) -> str:
    value = round(value, 2) + 0.0
    return f"{value:+.2f}" if math.isfinite(value) else "inf" if value > 0 else "n/a"
