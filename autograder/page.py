"""The frame of every page: one file, no script, no request, readable in dark and light.

A Content-Security-Policy in the page forbids scripts, frames, forms and every address but ``data:`` pictures, so that
even a mistake in escaping could not act.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from srkit.exercises import EXERCISES

__all__ = ["escape", "in_order", "page", "share_bar", "status"]

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --panel: #f4f6f8; --line: #cfd6dd; --soft: #55606b;
  --link: #0b5cad; --good: #0b5cad; --bad: #a84300; --wait: #6a4c9c; --bar: #2f7ed8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebef; --paper: #14181d; --panel: #1e242b; --line: #3a444f;
  --soft: #a9b4bf; --link: #7db8f5; --good: #7db8f5; --bad: #f5a463; --wait: #c3a6f2; --bar: #5aa2ee; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; }
p { margin: .4rem 0; max-width: 46rem; } .soft { color: var(--soft); }
section.card { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .25rem 1rem 1rem;
  margin: 1rem 0; } section.card h2 { margin-top: .75rem; display: flex; justify-content: space-between; gap: 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
tr:last-child > td { border-bottom: 0; } th { color: var(--soft); font-weight: 600; font-size: .875rem; }
td.number, th.number { text-align: right; } td.number, .name { white-space: nowrap; } a { color: var(--link); }
td.status { white-space: nowrap; width: 1%; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); } b { font-weight: 650; }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: .375rem; padding: .6rem .75rem;
  margin: .5rem 0; overflow-x: auto; font: 13.5px/1.45 ui-monospace, monospace; max-height: 24rem; }
td p { margin: .15rem 0 0; overflow-wrap: anywhere; white-space: pre-line; }
summary { cursor: pointer; color: var(--soft); }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; margin: .75rem 0; } figure { margin: 0; }
figure img { image-rendering: pixelated; display: block; border: 1px solid var(--line); max-width: 100%; height: auto; }
figcaption { font-size: .8125rem; color: var(--soft); margin-top: .25rem; }
.bar { display: block; width: 8rem; margin-top: .5rem;
  height: .6rem; background: var(--line); border-radius: .3rem; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--bar); } .scroll { overflow-x: auto; }
.chart { width: 100%; max-width: 46rem; height: auto; display: block; } .chart rect { fill: var(--bar); }
.chart text { fill: var(--ink); font: 12px system-ui, sans-serif; } .chart line { stroke: var(--line); }
@media print { section.card { break-inside: avoid; } }
"""

_MARKS = {
    "correct": ("good", "✓", "met"),
    "partial": ("bad", "◐", "partly"),
    "wrong": ("bad", "✗", "not met"),
    "error": ("bad", "✗", "error"),
    "timeout": ("bad", "✗", "took too long"),
    "memory": ("bad", "✗", "too much memory"),
    "died": ("bad", "✗", "ended by itself"),
    "no answer": ("bad", "–", "no answer"),
    "infrastructure": ("wait", "?", "waits for a person"),
}


def page(title: str, body: str) -> str:
    """Return a whole page.

    Args:
        title: plain text.
        body: HTML in which everything foreign is escaped already.
    """
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def escape(text: object) -> str:
    """Return text that shows as itself: markup is escaped, control characters are replaced."""
    tame = re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", str(text)
    )
    return html.escape(tame)


def status(outcome: str) -> str:
    """Return an outcome as colour, sign and word, so that it does not depend on seeing colours."""
    kind, sign, word = _MARKS.get(outcome, ("bad", "✗", outcome))
    return f'<span class="{kind}">{sign} {escape(word)}</span>'


def in_order(names: Iterable[str]) -> list[str]:
    """Return exercises in the order of the course; a record read from a file has them by name."""
    return sorted(names, key=lambda name: [int(part) for part in EXERCISES.get(name).number.split(".")])


def share_bar(share: float) -> str:
    """Return a bar that is filled from the left by a share between 0 and 1."""
    return f'<span class="bar" aria-hidden="true"><i style="width:{100 * min(max(share, 0.0), 1.0):.0f}%"></i></span>'
