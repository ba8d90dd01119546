"""Problems of a folder of data, and the command that repairs them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from srkit.datasets._registry import DATASETS
from srkit.datasets.catalogue import where
from srkit.datasets.pair import Source, decode
from srkit.datasets.trees import hr_folder, lr_folder, match_lr, mixed_tree
from srkit.errors import BadFile, SrkitError
from srkit.ops.files import SUFFIXES, list_images

__all__ = ["Report", "Row", "doctor"]

Status = Literal["ok", "no LR", "no HR", "unreadable", "does not fit"]
_MARK = {"ok": "ok", "no LR": "MISSING", "no HR": "extra", "unreadable": "UNREADABLE", "does not fit": "DOES NOT FIT"}


@dataclass(frozen=True)
class Row:
    """What was found about one image: its name, a status, and a sentence where something is wrong."""

    name: str
    status: Status
    detail: str = ""


@dataclass(frozen=True)
class Report:
    """The findings about one folder; ``print(report)`` shows them."""

    folder: Path  # the folder looked at
    scale: int  # the scale asked for
    tree: tuple[str, ...]  # the folder as a drawing, one line each
    rows: tuple[Row, ...]  # one for each image
    problems: tuple[str, ...]  # what concerns the folder as a whole
    fixes: tuple[str, ...]  # what to do, in the order in which to do it

    @property
    def ok(self) -> bool:
        """Whether the folder can be loaded as it is."""
        return bool(self.rows) and not self.problems and all(row.status in ("ok", "no HR") for row in self.rows)

    def count(self, status: Status) -> int:
        """Return the number of images with a status."""
        return sum(row.status == status for row in self.rows)

    def __str__(self) -> str:
        lines = [*self.tree, ""]
        lines += [
            f"{_MARK[row.status]:<13}{row.name}  {row.detail}".rstrip() for row in self.rows if row.status != "ok"
        ]
        lines += list(self.problems)
        pairs = len(self.rows) - self.count("no HR")
        end = "." if self.ok else "; to put it right:"
        lines.append(f"{self.count('ok')} of {pairs} pairs are in order at x{self.scale}{end}")
        return "\n".join([*lines, *(f"  {fix}" for fix in self.fixes)])


def doctor(path: str | Path, scale: int, *, root: str | Path | None = None) -> Report:
    """Look at every image of a data set and say what is wrong; nothing is changed and no folder is made.

    Args:
        path: a folder, or the name of a data set of the catalogue.
        scale: the scale at which it shall be used.
        root: where to look for a data set given by name.

    Returns:
        A :class:`Report`; a folder that does not exist gives one too.
    """
    folder = Path(path).expanduser()
    if isinstance(path, str) and path in DATASETS and not folder.is_dir():
        folder = where(path, root) or folder
    if not folder.is_dir():
        return _nothing(folder, scale, [f"There is no folder {folder.absolute()}.{_near(folder)}"])
    tree = tuple(_drawing(folder))
    try:
        mixed = mixed_tree(folder, scale)
        if mixed is not None:
            return Report(folder, scale, tree, tuple(_look(source, scale) for source in mixed.sources), (), ())
        hr = hr_folder(folder)
    except BadFile as problem:
        return _nothing(folder, scale, [str(problem)], tree)
    rows, fixes = _examine(folder, hr, scale)
    return Report(folder, scale, tree, tuple(rows), (), tuple(fixes))


def _examine(folder: Path, hr: Path, scale: int) -> tuple[list[Row], list[str]]:
    images, lr = list_images(hr), lr_folder(folder, hr, scale)
    small = [] if lr is None else _images(lr)
    partners = match_lr(images, small, scale)
    rows, fixes = [], []
    for path in images:
        if lr is not None and path not in partners:
            rows.append(Row(path.name, "no LR", f"no {path.stem}x{scale}{path.suffix} in {lr}"))
        else:
            rows.append(_look(Source(path.stem, path, partners.get(path)), scale))
    rows += [
        Row(path.name, "no HR", f"in {lr}, belongs to no HR image") for path in small if path not in partners.values()
    ]
    states = {row.status for row in rows}
    if "unreadable" in states:
        fixes.append("replace or remove the unreadable files")
    if "does not fit" in states:
        fixes.append(f"srkit data make-lr {hr} --scale {scale} --overwrite")
    elif "no LR" in states:
        fixes.append(f"srkit data make-lr {hr} --scale {scale}")
    return rows, fixes


def _look(source: Source, scale: int) -> Row:
    name = source.hr.name if isinstance(source.hr, Path) else source.name
    try:
        pair = decode(source, scale)
    except BadFile as problem:
        return Row(name, "unreadable", str(problem))
    except SrkitError as problem:
        return Row(name, "does not fit", str(problem))
    return Row(name, "ok", "one channel" if pair.grey else "")


def _nothing(folder: Path, scale: int, problems: Sequence[str], tree: tuple[str, ...] = ()) -> Report:
    fixes = (
        f"put HR images into {folder / 'HR'} (LR is made in memory, or by srkit data make-lr {folder} --scale {scale})",
        "or fetch a data set: srkit data list",
    )
    return Report(folder, scale, tree, (), tuple(problems), fixes)


def _near(folder: Path) -> str:
    parent = folder.absolute().parent
    while not parent.is_dir():
        parent = parent.parent
    names = [path.name for path in parent.iterdir() if path.is_dir() and not path.name.startswith(".")]
    close = difflib.get_close_matches(folder.name, names, n=3, cutoff=0.5)
    found = close or sorted(names)[:8]
    return f" In {parent} there {'are' if len(found) > 1 else 'is'}: {', '.join(found) or 'no folder'}."


def _drawing(folder: Path, indent: str = "", depth: int = 3) -> list[str]:
    """Return the folders below ``folder``, with the number of images in each."""
    lines = [f"{folder}{_contents(folder)}"] if not indent else []
    below = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    for number, path in enumerate(below[:20]):
        last = number == len(below) - 1
        lines.append(f"{indent}{'└── ' if last else '├── '}{path.name}{_contents(path)}")
        if depth > 1:
            lines += _drawing(path, indent + ("    " if last else "│   "), depth - 1)
    return lines + ([f"{indent}… {len(below) - 20} more folders"] if len(below) > 20 else [])


def _contents(folder: Path) -> str:
    images = len(_images(folder))
    return f"  ({images} image{'s' if images != 1 else ''})" if images else ""


def _images(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )
