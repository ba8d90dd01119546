"""Print docs/ATLAS.md from the cards of the networks; with --check, only compare.

Usage: python tools/atlas.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from srkit.models import atlas

PAGE = Path(__file__).resolve().parents[1] / "docs" / "ATLAS.md"
TEXT = """# Atlas

Every network on the shelf, in order of year. This page is printed by `python tools/atlas.py` from the cards in
`srkit/models/`; a test compares the two, so edit a card, not this page.

Parameters are those of the paper's configuration at the scale shown, multiply-adds are counted for one output pixel
(times 921 600 for an image of 1280x720). PSNR (dB) / SSIM are on the Y channel of Set5 with border = scale; the source
of each published number and what each network does differently from its paper stand on its card, for example
`srkit.models.card("rcan")`.

{table}
"""


def page() -> str:
    """Return the text of the page."""
    return TEXT.format(table=atlas())


def main() -> int:
    """Write the page, or compare it; return the exit code."""
    parser = argparse.ArgumentParser(description="Print docs/ATLAS.md from the cards of the networks.")
    parser.add_argument("--check", action="store_true", help="only compare; exit code 1 if the page is out of date")
    text = page()
    if parser.parse_args().check:
        current = PAGE.read_text("utf-8") if PAGE.exists() else ""
        if current != text:
            print("docs/ATLAS.md is out of date; run: python tools/atlas.py", file=sys.stderr)
        return int(current != text)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
