"""Publish the course as a static site: every lesson solved, run and exported, and a page of contents.

python tools/publish.py [LESSON …] [--out FOLDER]     build/site by default; LESSON is a number such as 02

The pages ask no other machine for anything: formulas are MathML, styles and pictures lie in the page, and the viewer
works without a kernel. Nothing here is for grading; the student's notebooks are in lessons/.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from srkit._html import render
from tools import press
from tools._lesson import read_lesson

__all__ = ["contents", "export", "formulas_to_mathml", "main", "solved", "title_of"]

_FENCE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_BLOCK = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_INLINE = re.compile(
    r"(?<![\\$])\$(?=\S)((?:[^\n]|\n(?!\s*\n))+?)(?<=\S)\$(?!\d)"
)  # may be broken over a line, as in Jupyter
_SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)


def solved(path: Path) -> Any:
    """Return the notebook of a lesson with its solutions in place, without the calls that are hidden."""
    import nbformat

    made = press.student_notebook(path)
    for cell, source in zip(made["cells"], read_lesson(path), strict=True):
        if source.kind == "exercise":
            kept = [line for line in source.source.splitlines(keepends=True) if "SOLUTION" not in line]
            cell["source"] = kept
    return nbformat.reads(press.text_of(made), as_version=4)


def title_of(path: Path) -> str:
    """Return the heading of a lesson."""
    first = next(cell.source for cell in read_lesson(path) if cell.kind == "text")
    return next(line.removeprefix("# ") for line in first.splitlines() if line.startswith("# "))


def formulas_to_mathml(text: str) -> str:
    """Replace ``$…$`` and ``$$…$$`` in Markdown, outside of code, by MathML, which browsers draw without help."""
    from latex2mathml.converter import convert

    def block(found: re.Match[str]) -> str:
        return convert(found[1].strip(), display="block").replace("\n", " ")

    def inline(found: re.Match[str]) -> str:
        return convert(found[1]).replace("\n", " ")

    pieces = _FENCE.split(text)
    pieces[::2] = [_INLINE.sub(inline, _BLOCK.sub(block, piece)) for piece in pieces[::2]]
    return "".join(pieces)


def export(notebook: Any, title: str) -> str:
    """Return a run notebook as one page that needs nothing else."""
    from nbconvert import HTMLExporter

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = formulas_to_mathml(cell.source)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["title"] = title
    exporter = HTMLExporter(template_name="lab", exclude_input_prompt=True, exclude_output_prompt=True)
    for address in ("mathjax_url", "require_js_url", "jquery_url", "mermaid_js_url", "jupyter_widgets_base_url"):
        setattr(exporter, address, "")
    page, _ = exporter.from_notebook_node(notebook)
    return _SCRIPT.sub(lambda found: "" if _fetches(found) else found[0], str(page))


def _fetches(script: re.Match[str]) -> bool:
    """Tell whether a script of the exporter's template would load another one: MathJax, require.js, Mermaid."""
    return any(word in script[1] for word in ("src=", "x-mathjax")) or "mermaid" in script[2][:2000]


def contents(rows: list[tuple[str, str]]) -> str:
    """Return the page of contents for (file, title) rows."""
    return render(Path(__file__).with_name("contents.html"), rows=rows)


def run(path: Path, folder: Path) -> tuple[Any, float]:
    """Run a solved lesson in ``folder``; return it with its outputs, and the seconds it took."""
    from nbclient import NotebookClient

    os.environ["PYTHONPATH"] = os.pathsep.join([str(press.ROOT), os.environ.get("PYTHONPATH", "")])
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a page may be made beside other work
    notebook, began = solved(path), time.monotonic()
    NotebookClient(
        notebook, timeout=1200, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook, time.monotonic() - began


def main(arguments: list[str]) -> int:
    """Publish the lessons asked for, or all of them; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lesson", nargs="*", help="numbers, for example 02 11; all by default")
    parser.add_argument("--out", type=Path, default=press.ROOT / "build" / "site")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    folder = press.ROOT / "build" / "site-work"
    folder.mkdir(parents=True, exist_ok=True)
    for path in press.sources():
        if options.lesson and path.stem[:2] not in options.lesson:
            continue
        print(f"running {path.stem} …", flush=True)
        notebook, seconds = run(path, folder)
        (options.out / f"{path.stem}.html").write_text(export(notebook, title_of(path)), "utf-8")
        print(f"  {seconds:.0f} s")
    there = [path for path in press.sources() if (options.out / f"{path.stem}.html").exists()]
    rows = [(f"{path.stem}.html", title_of(path)) for path in there]
    (options.out / "index.html").write_text(contents(rows), "utf-8")
    print(f"{len(rows)} lessons in {options.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
