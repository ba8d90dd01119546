"""Which files and functions of srkit one call enters; ``python -m tests.house._walk`` prints the table."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import srkit
from tests.house._code import ROOT, lines

HOME = str(ROOT / "srkit")


@dataclass(frozen=True)
class Walk:
    """What a call entered: functions of srkit, by file, and the moves from one of its files to another."""

    functions: frozenset[CodeType]
    moves: frozenset[tuple[str, str]]

    @property
    def files(self) -> list[str]:
        """The files entered, below ``srkit/``, sorted."""
        return sorted({Path(code.co_filename).relative_to(HOME).as_posix() for code in self.functions})

    @property
    def row(self) -> tuple[int, int, int, int, str]:
        """Files, lines in them, functions, moves from file to file, and the moves that are made both ways."""
        length = sum(len(lines(ROOT / "srkit" / name)) for name in self.files)
        both = sorted(f"{Path(a).stem} / {Path(b).stem}" for a, b in self.moves if a < b and (b, a) in self.moves)
        return len(self.files), length, len(self.functions), len(self.moves), ", ".join(both) or "none"


def walk(call: Callable[[], Any]) -> Walk:
    """Run a call and return the functions of srkit that it entered; what importing a module runs is not counted."""
    entered: set[CodeType] = set()
    moves: set[tuple[str, str]] = set()
    importing = [0]

    def watch(frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(HOME) or event not in {"call", "return"}:
            return
        if code.co_name == "<module>":
            importing[0] += 1 if event == "call" else -1
        elif event == "call" and not importing[0]:
            entered.add(code)
            if (back := _caller(frame)) and back != code.co_filename:
                moves.add((back, code.co_filename))

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        call()
    finally:
        sys.setprofile(before)
    return Walk(frozenset(entered), frozenset(moves))


def _caller(frame: FrameType) -> str | None:
    """Return the file of srkit that a frame was called from, whatever other packages lie between."""
    back = frame.f_back
    while back and not back.f_code.co_filename.startswith(HOME):
        back = back.f_back
    return back.f_code.co_filename if back else None


def read_before(pairs: Any) -> Any:
    """Return pairs whose images have been read from their files."""
    for pair in pairs:
        assert pair.lr.numel() < pair.hr.numel()
    return pairs


def calls(folder: Path) -> dict[str, Callable[[], Any]]:
    """Return the calls of the table, ready to be made."""
    pairs, photo = read_before(srkit.datasets.samples(scale=2)), folder / "photo.png"
    srkit.write(photo, pairs[0].lr[:, :48, :48])
    net = srkit.models.create("edsr", scale=2, tiny=True)
    upscale, evaluate, train = srkit.upscale, srkit.evaluate, srkit.train  # looked up before: the call itself counts

    def total_variation(image: Any) -> Any:
        return (image[..., 1:] - image[..., :-1]).abs().mean() + (image[..., 1:, :] - image[..., :-1, :]).abs().mean()

    return {
        'models.create("rcan", scale=4)': lambda: srkit.models.create("rcan", scale=4, tiny=True),
        'upscale("photo.png", net)': lambda: upscale(photo, net),
        "the same with tile=16": lambda: upscale(photo, net, tile=16),
        'exercises.check("tv_loss", f)': lambda: srkit.exercises.check("tv_loss", total_variation),
        "widgets.compare(...), displayed": lambda: srkit.widgets.compare(
            a=pairs[0].hr, b=pairs[0].hr.flip(-1), truth=pairs[0].hr
        )._repr_html_(),
        "evaluate(net, pairs)": lambda: evaluate(net, pairs),
        "train(net, pairs), 3 steps": lambda: train(net, pairs, steps=3, batch=2, patch=32),
        "the same with out=folder": lambda: train(net, pairs, steps=3, batch=2, patch=32, out=folder / "run"),
    }


def main() -> int:
    """Print the table; with ``--warm`` the files of each call as JSON, after a training that makes the pixel cache."""
    rows = ["| call | files entered | lines in them | functions | moves from file to file | moves both ways |"]
    rows += ["|---|--:|--:|--:|--:|---|"]
    with tempfile.TemporaryDirectory() as folder:
        made = calls(Path(folder))
        if "--warm" in sys.argv:
            made["train(net, pairs), 3 steps"]()
        found = {name: walk(call) for name, call in made.items()}
    rows += [f"| `{name}` | {' | '.join(map(str, each.row))} |" for name, each in found.items()]
    files = json.dumps({name: each.files for name, each in found.items()})
    sys.stdout.write((files if "--warm" in sys.argv else "\n".join(rows)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
