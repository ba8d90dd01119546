"""``srkit course``: a work folder with the lessons, which no update overwrites."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import click

from srkit import _home
from srkit.cli._help import examples
from srkit.errors import BadFile, BadInput

__all__ = ["RECORD", "command", "lay_out"]

RECORD = ".lessons.json"


@click.command("course", epilog=examples("srkit course my_course", "cd my_course", "srkit lab"))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> int:
    """Copy the lessons into FOLDER, which is created if it does not exist.

    Called again after an update of srkit, it renews the lessons you have not changed; beside one you have changed, the
    new version is laid under another name. Nothing of yours is ever overwritten.
    """
    told = lay_out(_home.lessons(), folder)
    for sentence in told:
        click.echo(sentence)
    if not told:
        click.echo(f"{folder} holds every lesson, each as new as this srkit.")
    return 0


def lay_out(lessons: Path, folder: Path) -> list[str]:
    """Copy new and renewed lessons to a folder.

    Returns:
        One sentence for each lesson that was laid out.
    """
    found = sorted([*lessons.glob("[0-9]*.ipynb"), *lessons.glob("ko/[0-9]*.ipynb")])
    if not found:
        raise BadFile(f"This srkit came without lessons: {lessons} holds none. Install it again.")
    record = folder / RECORD
    _check(folder, record)
    copied: dict[str, str] = json.loads(record.read_text("utf-8")) if record.exists() else {}
    before, told = dict(copied), []
    for lesson in found:
        told += _lay(lesson, folder / lesson.relative_to(lessons), copied)
    if copied != before:
        _write(record, json.dumps(copied, indent=1, sort_keys=True).encode())
    return told


def _check(folder: Path, record: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadFile(f"The folder {folder} cannot be made: {error.strerror}. Choose another place.") from error
    if not record.exists() and any(folder.iterdir()) and not any(folder.glob("[0-9]*.ipynb")):
        raise BadInput(f"{folder} holds other things and no lessons. Name a new folder, for example my_course.")


def _lay(lesson: Path, copy: Path, copied: dict[str, str]) -> list[str]:
    korean = copy.parent.name == "ko"
    key = f"ko/{lesson.name}" if korean else lesson.name
    new, old = _hash(lesson), copied.get(key)
    if copy.exists() and old == new:
        return []
    copied[key] = new
    if not copy.exists() or _hash(copy) == old:
        copy.parent.mkdir(exist_ok=True)
        _write(copy, lesson.read_bytes())
        return [] if korean else [f"Lesson {lesson.stem} is in {copy.parent}."]
    if _hash(copy) == new:
        return []
    beside = copy.with_name(f"{lesson.stem}.{new[:6]}.ipynb")
    _write(beside, lesson.read_bytes())
    return [f"Lesson {lesson.stem} has a new version; yours is untouched and the new one is beside it: {beside.name}"]


def _write(path: Path, content: bytes) -> None:
    from srkit.ops.atomic import atomic_path  # brings PyTorch with it, so only where something is written

    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
