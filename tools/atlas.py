"""Print docs/ATLAS.md, docs/atlas.svg and docs/map.svg from the cards of the networks; with --check, only compare.

Usage: python tools/atlas.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from srkit.models import atlas

DOCS = Path(__file__).resolve().parents[1] / "docs"
LESSONS = DOCS.parent / "lessons"
TEXT = """# Atlas

Every registered network, in order of year. This page is printed by `python tools/atlas.py` from the cards in
`srkit/models/`; a test compares the two, so edit a card, not this page.

Parameters are those of the paper's configuration at the scale shown, multiply-adds are counted for one output pixel
(times 921 600 for an image of 1280x720), bytes are the most that image and feature maps take at once in float32 when
nothing is kept for a gradient; both for an LR image of 64x64, on which only global attention depends.
PSNR (dB) / SSIM are on the Y channel of Set5 with border = scale; the source of each published number and what each
network does differently from its paper stand on its card, for example `srkit.models.card("rcan")`.

`srkit.models.atlas().by("psnr", descending=True)` sorts it by any column, and `srkit.models.atlas().draw()` draws it:

![PSNR on Set5 x4 of the networks, against multiply-adds per output pixel and against the year of publication: from 28.4
dB (bicubic) over 30.5 dB (SRCNN) to 33.1 dB (DAT). SwinIR light comes within 0.02 dB of EDSR with a fortieth of its
multiply-adds.](atlas.svg)

All networks as a map of ideas, each in the colour of its framework; [opened by itself](map.svg) it can be clicked: a
lesson leads to its notebook, a network to its paper, and a pointer at rest shows the idea on the card
(`srkit.models.atlas().map()`):

[![The networks in four branches: where the image grows, how the network is built, what it is taught, and what is done
if the degradation is not known; each branch with its lessons and their networks.](map.svg)](map.svg)

{table}
"""


def pages() -> dict[Path, str]:
    """Return the text of the page and of the pictures in it."""
    table = atlas()
    lessons = {path.name[:2]: f"../lessons/{path.name}" for path in sorted(LESSONS.glob("[0-9]*.ipynb"))}
    pictures = {"atlas.svg": table.draw(), "map.svg": table.map(lessons)}
    return {DOCS / "ATLAS.md": TEXT.format(table=table)} | {DOCS / name: made.svg for name, made in pictures.items()}


def main(arguments: list[str]) -> int:
    """Write all, or compare them; return the exit code."""
    parser = argparse.ArgumentParser(description="Print docs/ATLAS.md and its picture from the cards of the networks.")
    parser.add_argument("--check", action="store_true", help="only compare; exit code 1 if something is out of date")
    only_compare, stale = parser.parse_args(arguments).check, False
    for path, text in pages().items():
        if only_compare and (path.read_text("utf-8") if path.exists() else "") != text:
            print(f"docs/{path.name} is out of date; run: python tools/atlas.py", file=sys.stderr)
            stale = True
        elif not only_compare:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
