"""Exercise 11.2: from a folder of the A2001 kind to a list of pairs, without mixing them up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from srkit.exercises._beside import Inputs, Outputs, lesson_11
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(root: Path, scale: int) -> list[tuple[Path, Path]]:
    pairs = []
    for hr in sorted((root / "HR").glob("*.png")):
        if hr.name.startswith("."):
            continue
        lr = root / "LR_bicubic" / f"X{scale}" / f"{hr.stem}x{scale}.png"
        if not lr.is_file():
            raise FileNotFoundError(f"{hr.name} has no partner: {lr} does not exist.")
        pairs.append((hr, lr))
    return pairs


def _tree(names: Sequence[str], *scales: int) -> list[str]:
    return [f"HR/{name}.png" for name in names] + [f"LR_bicubic/X{s}/{name}x{s}.png" for s in scales for name in names]


def _cases(seed: int) -> list[Case]:
    numbers = sorted({100 + int(900 * float(value)) for value in noise(6, seed=seed)})
    plain = [f"img{number}" for number in numbers]
    tricky = [f"t{numbers[0]}", f"t{numbers[0]}b", f"t{numbers[0]}b2", f"flex3ible{numbers[1]}", "x3", "dot.dot", "ax3"]
    lost = f"LR_bicubic/X2/{plain[len(plain) // 2]}x2.png"
    clutter = ["HR/Thumbs.db", "HR/.DS_Store", f"HR/._{plain[0]}.png", "HR/notes.txt", "LR_bicubic/X2/Thumbs.db"]
    return [
        Case(criterion="pairs", inputs={"files": _tree(plain, 2), "scale": 2, "lost": ""}),
        Case(criterion="names", inputs={"files": _tree(tricky, 2, 3), "scale": 3, "lost": ""}),
        Case(
            criterion="missing",
            inputs={"files": [f for f in _tree(plain, 2) if f != lost], "scale": 2, "lost": Path(lost).name},
        ),
        Case(criterion="clutter", inputs={"files": _tree(plain, 2, 4) + clutter, "scale": 2, "lost": ""}),
    ]


def _swapped(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    pairs = outputs["pairs"]
    return isinstance(pairs, list) and bool(pairs) and [pair[::-1] for pair in pairs] == expected["pairs"]


def _unsorted(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    pairs = outputs["pairs"]
    return isinstance(pairs, list) and sorted(pairs) == expected["pairs"]


def _mixed_up(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    """Tell whether the right files stand in the wrong pairs."""
    pairs, right = outputs["pairs"], expected["pairs"]
    return sorted(p[1] for p in pairs) == sorted(p[1] for p in right) and sorted(pairs) != right


def _other_files(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    pairs, right = outputs["pairs"], expected["pairs"]
    return len(pairs) > len(right)


EXERCISE = define(
    lesson_11.find_pairs,
    cases=_cases,
    references=(_reference,),
    signs={
        "missing_unnoticed": lambda inputs, outputs, expected: outputs.get("refused") is False,
        "missing_unnamed": lambda inputs, outputs, expected: (
            outputs.get("refused") is True and outputs.get("named") is False
        ),
        "swapped": _swapped,
        "unsorted": _unsorted,
        "mixed_up": _mixed_up,
        "other_files": _other_files,
    },
)
