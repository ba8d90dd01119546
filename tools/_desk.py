"""The desk: ``work/`` holds the reader's own copies of the lessons, so that what she writes is hers.

``lessons/`` belongs to the project and changes when it is updated; ``work/`` is never touched by an update. A copy she
has not changed is renewed; beside one she has changed, the new version is laid under another name.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

__all__ = ["lay_out"]


def lay_out(lessons: Path, desk: Path) -> list[str]:
    """Copy new and renewed lessons to the desk.

    Args:
        lessons: the folder of pressed lessons.
        desk: the reader's folder; made if absent.

    Returns:
        One sentence for each lesson that was laid out.
    """
    desk.mkdir(exist_ok=True)
    record = desk / ".lessons.json"
    copied: dict[str, str] = json.loads(record.read_text("utf-8")) if record.exists() else {}
    told = []
    for lesson in sorted([*lessons.glob("[0-9]*.ipynb"), *lessons.glob("ko/[0-9]*.ipynb")]):
        told += _lay(lesson, desk / lesson.relative_to(lessons), copied)
    draft = record.with_suffix(".draft")
    draft.write_text(json.dumps(copied, indent=1, sort_keys=True), "utf-8")
    draft.replace(record)
    return told


def _lay(lesson: Path, copy: Path, copied: dict[str, str]) -> list[str]:
    korean = copy.parent.name == "ko"
    key = f"ko/{lesson.name}" if korean else lesson.name
    new, old = _hash(lesson), copied.get(key)
    if copy.exists() and old == new:
        return []
    copied[key] = new
    if not copy.exists() or _hash(copy) == old:
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(lesson, copy)
        return [] if korean else [f"Lesson {lesson.stem} is on your desk: {copy.parent.name}/{copy.name}"]
    if _hash(copy) == new:
        return []
    beside = copy.with_name(f"{lesson.stem}.{new[:6]}.ipynb")
    shutil.copyfile(lesson, beside)
    return [f"Lesson {lesson.stem} has a new version; yours is untouched and the new one is beside it: {beside.name}"]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
