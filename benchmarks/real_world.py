"""Every system for real photographs in one table, cell by cell: python -m benchmarks real-world --root FOLDER.

Rows are systems, columns are degradations of the same ten pictures (the middle 240x240 of every tenth picture of B100,
which nothing was trained on or tuned for), each with three seeds. A cell is made once and kept below --out as a line
of JSON with all that decided it; the same command goes on where it was stopped, and what is not there is printed as
missing. A row is called real where its gain over the best of the trivial rows is positive on eight of ten pictures and
above twice its standard error; else it is a demonstration. --preset small takes two pictures and two columns; --data
set5 --whole takes all pictures of another set, uncut. --press prints from the cells, without pictures, the page
docs/REAL_WORLD.md and what cards, help texts and lessons say of each system.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks._cells import Cell, Records, Standing, standing
from benchmarks._peers import Missing
from benchmarks._scenes import COLUMNS, SIDE, Column, Picture, Seen, pictures, recorded
from benchmarks._systems import ROWS, TRIVIAL, Row, Workshop
from srkit._verdicts import file_of_verdicts
from srkit.methods import kernel_psnr
from srkit.metrics import Protocol, psnr, ssim

HOME = Path(__file__).parent / "records"
PAGE = HOME.parents[1] / "docs" / "REAL_WORLD.md"
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "full": {"rows": [*ROWS], "columns": [*COLUMNS], "count": 10, "seeds": 3},
    "small": {"rows": [*TRIVIAL, "EDSR small"], "columns": ["round x2", "C noise x2"], "count": 2, "seeds": 1},
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The cells that there shall be."""

    rows: Mapping[str, Row]
    columns: Mapping[str, Column]
    pictures: Sequence[Picture]
    seeds: int
    workshop: Workshop
    known: dict[str, Records] = field(default_factory=dict, repr=False)

    def records(self, row: str) -> Records:
        """Return what is on disk of a row, which is read once."""
        if row not in self.known:
            self.known[row] = Records(self.workshop.folder / f"{file_name(row)}.jsonl")
        return self.known[row]

    def cells(self, row: str, column: Column) -> tuple[list[Cell], list[tuple[Picture, int, str]]]:
        """Return the cells of a row in a column that are on disk, and what is missing: picture, seed, made by what."""
        known, there, missing = self.records(row), [], []
        for picture in self.pictures:
            for seed in range(self.seeds):
                made_by = self.made_by(row, column, picture)
                cell = known.find((column.name, picture.name, seed), made_by)
                if cell is None:
                    missing.append((picture, seed, made_by))
                else:
                    there.append(cell)
        return there, missing

    def made_by(self, row: str, column: Column, picture: Picture) -> str:
        """Return in words what decides a cell besides its seed."""
        steps = f", {self.workshop.steps} steps" * self.rows[row].learns
        return f"{self.rows[row].settings}{steps}; {column.chain or column.kind}; {picture.digest}"


def file_name(row: str) -> str:
    """Return the name of a row's file."""
    return "".join(letter if letter.isalnum() else "_" for letter in row.lower())


def make(plan: Plan) -> Iterator[str]:
    """Make what is missing, column by column and the rows in their order; yields what happened, a line each."""
    for column in plan.columns.values():
        for name, row in plan.rows.items():
            if not row.takes(column):
                continue
            missing, records = plan.cells(name, column)[1], plan.records(name)
            for picture, seed, made_by in missing:
                begin = _seconds()
                try:
                    seen = column.of(picture, seed)
                    made = row.enlarge(seen, seed, plan.workshop)
                except Missing as reason:
                    yield f"{name}, {column.name}: {reason}"
                    break
                scores = measured(seen, made.image, made.kernel)
                records.add(
                    Cell(
                        column=column.name, picture=picture.name, seed=seed, made_by=made_by, steps=made.steps,
                        seconds=round(_seconds() - begin - made.training, 2), training=round(made.training, 1),
                        **scores,
                    )
                )  # fmt: skip
                yield f"{name}, {column.name}, {picture.name}, seed {seed}: {scores['psnr']:.2f} dB"


def measured(seen: Seen, image: torch.Tensor, kernel: torch.Tensor | None) -> dict[str, Any]:
    """Return PSNR and SSIM on luma, and the PSNR of the kernel where the truth is one."""
    protocol = Protocol.papers(seen.scale)
    known = kernel is not None and seen.kernel is not None
    return {
        "psnr": round(float(psnr(image, seen.hr, protocol=protocol)), 4),
        "ssim": round(float(ssim(image, seen.hr, protocol=protocol)), 5),
        "kernel": round(kernel_psnr(torch.as_tensor(kernel), torch.as_tensor(seen.kernel)), 3) if known else None,
    }


def _seconds() -> float:
    times = os.times()
    return sum(times[:4])


def standings(plan: Plan) -> dict[str, dict[str, Standing | int]]:
    """Return for each column what each row has there; for a row without a cell, how many are missing."""
    table: dict[str, dict[str, Standing | int]] = {}
    for name, column in plan.columns.items():
        found = {row: plan.cells(row, column) for row in plan.rows if plan.rows[row].takes(column)}
        trivial = {row: cells for row, (cells, _) in found.items() if row in TRIVIAL}
        table[name] = {}
        for row, (cells, missing) in found.items():
            compared, size = {} if row in TRIVIAL else trivial, {"pictures": len(plan.pictures), "seeds": plan.seeds}
            table[name][row] = standing(cells, compared, **size) if cells else len(missing)
    return table


def printed(plan: Plan) -> str:
    """Return the tables in Markdown, one for each column of which there is a cell."""
    seen = ", ".join(f"{one.name} {one.digest}" for one in plan.pictures)
    seeds = "1 seed" if plan.seeds == 1 else f"{plan.seeds} seeds"
    parts = [f"Pictures and the first digits of their SHA-256: {seen}. {seeds}; one thread."]
    found = standings(plan)
    for column, rows in found.items():
        made = {row: one for row, one in rows.items() if isinstance(one, Standing)}
        if made:
            scale = plan.columns[column].scale
            said = plan.columns[column].chain or plan.columns[column].kind
            parts += [f"\n### {column}: `{said}`, PSNR on {Protocol.papers(scale)}\n", *_HEAD]
            parts += [f"| {row} | {_line(one, plan.seeds)} |" for row, one in made.items()]
        absent = [f"{row} ({one})" for row, one in rows.items() if not isinstance(one, Standing)]
        if absent:
            parts.append(f"\nMissing in {column}, with the number of cells: {', '.join(absent)}.")
    files = [plan.records(row) for row in plan.rows]
    parts += [f"\nline {line} of {file.path.name} holds no cell" for file in files for line in file.unread]
    return "\n".join(parts)


_HEAD = (
    "| | PSNR | over the best trivial row | better on | SSIM | kernel | CPU s | training | |",
    "|---|--:|---|--:|--:|--:|--:|--:|---|",
)


def _line(one: Standing, seeds: int) -> str:
    spread = "" if one.spread is None else f" ± {one.spread:.2f}"
    gain = "" if one.gain is None else f"{one.gain:+.2f} ({one.baseline})"
    better = "" if one.gain is None else f"{one.better}/{one.pictures}"
    kernel = "" if one.kernel is None else f"{one.kernel:.1f}"
    fewer = [f"{one.seeds} of {seeds} seeds"] * (one.seeds < seeds)
    training = f"{one.training:.0f}" if one.training else ""
    words = ", ".join([one.verdict] * bool(one.verdict) + fewer + [f"{one.missing} cells missing"] * bool(one.missing))
    cost = f"{one.seconds:.1f} | {training}"
    return f"{one.psnr:.2f}{spread} | {gain} | {better} | {one.ssim:.4f} | {kernel} | {cost} | {words}"


def verdicts(plan: Plan, of: str = "") -> dict[str, list[dict[str, object]]]:
    """Return, for each registered name with a row, what the columns say about it in which all pictures are there.

    Args:
        plan: of the table.
        of: the set of pictures, where it is not that of the table of all systems.
    """
    found: dict[str, list[dict[str, object]]] = {row.card: [] for row in plan.rows.values() if row.card}
    for column, rows in standings(plan).items():
        for row, one in rows.items():
            card = plan.rows[row].card
            if card and isinstance(one, Standing) and one.verdict in ("real", "demonstration"):
                facts = {"row": row, "column": f"{column}{of}", "verdict": one.verdict, "psnr": round(one.psnr, 2)}
                facts |= {"gain": round(one.gain or 0, 2)}
                facts |= {"baseline": one.baseline, "better": one.better, "pictures": one.pictures, "seeds": one.seeds}
                found[card].append(facts)
    return found


def press(arguments: Sequence[str]) -> int:
    """Print the page and the verdicts from the cells; with ``--check`` compare, and return 1 where they differ."""
    parts, told = [_TOP], dict[str, list[dict[str, object]]]()
    for (heading, of), words in _PARTS.items():
        plan = plan_of(_parsed(words))
        parts.append(f"## {heading}\n\n{printed(plan)}\n")
        for name, found in verdicts(plan, of).items():
            told[name] = told.get(name, []) + found
    wanted = {PAGE: "\n".join(parts), file_of_verdicts(): json.dumps(told, indent=1, sort_keys=True) + "\n"}
    differs = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in differs:
        if "--check" not in arguments:
            path.write_text(wanted[path], "utf-8")
        print(f"{path.name} {'differs from its source' if '--check' in arguments else 'printed'}")
    return int(bool(differs) and "--check" in arguments)


_ONE_JUMP = ["--whole", "--seeds", "1", "--columns", "clean x2", "--rows", *TRIVIAL[:2], "EDSR small", "ZSSR official"]
_PRIORS = ["--columns", "clean x4", "stretched x2", "--rows", *TRIVIAL, "EDSR small", "DIP lesson", "DIP-FKP lesson"]
_PARTS: Mapping[tuple[str, str], Sequence[str]] = {
    ("The ten pictures", ""): (),
    ("Deep image priors on the middle of Set5", ", middle of Set5"): (
        *("--data", "set5", "--count", "5", "--side", "96"),
        *_PRIORS,
    ),
    ("ZSSR over the whole of Set5", ", whole of Set5"): ("--data", "set5", *_ONE_JUMP),
    ("ZSSR over the whole of Set14", ", whole of Set14"): ("--data", "set14", *_ONE_JUMP),
}
_TOP = """# Systems for real photographs: what was measured

Printed by `python -m benchmarks real-world --press` from the cells below `benchmarks/records`; nothing here is written
by hand. `python -m benchmarks real-world --root FOLDER` makes the cells that are missing. The machine is that of
[BENCHMARKS.md](BENCHMARKS.md), which tells what was tried and why. "Kernel" is the PSNR of the kernel found, in dB.

A row is **real** where its gain over the best trivial row (bicubic; back-projection; back-projection with a round
Gaussian taken on trust) is positive on four of five pictures, and in the mean above twice its standard error; else it
is a **demonstration**. Oracles are told the truth. "CPU s" is what one picture takes, the mean over the cells;
"training" is what a training that is done here takes once for all pictures of a seed, in CPU seconds. ZSSR's paper has
37.37 dB on Set5 and 33.00 dB on Set14 at x2.
"""


def plan_of(words: argparse.Namespace) -> Plan:
    """Return the plan that the words of the command line ask for.

    Raises:
        Missing: pictures that are not known, or others than those the cells were made of.
    """
    preset = PRESETS[words.preset]
    rows, columns = words.rows or preset["rows"], words.columns or preset["columns"]
    count, side = (None, None) if words.whole else (words.count or preset["count"], words.side)
    seen_as = words.data if words.whole else f"{words.data}, {count} pictures, middle {side}"
    found = pictures(words.data, words.root, count=count, side=side) if words.root or words.data == "samples" else []
    return Plan(
        rows={name: ROWS[name] for name in rows},
        columns={name: COLUMNS[name] for name in columns},
        pictures=recorded(words.out / "pictures.json", seen_as, found),
        seeds=words.seeds or preset["seeds"],
        workshop=Workshop(folder=words.out, root=words.root, peers=words.peers, steps=words.steps),
    )


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="folder that holds B100, T91 and BSDS200")
    parser.add_argument("--data", default="b100", help="another data set to take the pictures of")
    parser.add_argument("--whole", action="store_true", help="all pictures of it, uncut")
    parser.add_argument("--count", type=int, help="so many of its pictures, at equal distances")
    parser.add_argument("--side", type=int, default=SIDE, help="of the middle that is cut out")
    parser.add_argument("--preset", choices=PRESETS, default="full")
    parser.add_argument("--rows", nargs="+", choices=ROWS, metavar="ROW", help="of: " + "; ".join(ROWS))
    parser.add_argument("--columns", nargs="+", choices=COLUMNS, metavar="COLUMN", help="of: " + "; ".join(COLUMNS))
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--steps", type=int, default=1000, help="of the rows that are trained here")
    parser.add_argument("--peers", type=Path, help="folder that holds pytorch-ZSSR and KernelGAN")
    parser.add_argument("--out", type=Path, default=HOME, help="folder of the records")
    parser.add_argument("--table", action="store_true", help="make nothing, print what is there")
    parser.add_argument("--press", action="store_true", help=f"print {PAGE.name} and {file_of_verdicts().name}")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make what is missing, and print the tables."""
    words = _parsed(arguments)
    torch.set_num_threads(1)
    try:
        if words.press:
            raise SystemExit(press(()))
        plan = plan_of(words)
    except Missing as reason:
        raise SystemExit(f"Nothing was made: {reason}.") from None
    for line in () if words.table else make(plan):
        print(line, flush=True)
    print(printed(plan))


if __name__ == "__main__":
    main()
