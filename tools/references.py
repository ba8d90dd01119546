"""Write what the references of all exercises give into srkit/exercises/references, or compare it with --check.

python tools/references.py            write the files that differ
python tools/references.py NAME       of one exercise
python tools/references.py --check    leave with 1 and name what differs, write nothing
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from srkit.exercises import EXERCISES, Exercise
from srkit.exercises._compare import agree
from srkit.exercises._grade import CHECK_SEED, SUBMISSION_SEED
from srkit.exercises._references import computed_outputs, digest, from_json, reference_file, to_json
from srkit.ops.atomic import write_atomically

__all__ = ["main", "record", "stale"]

Record = dict[str, list[dict[str, Any]]]


def record(exercise: Exercise) -> Record:
    """Return the outputs of every reference on the cases of both fixed seeds, by digest of the inputs."""
    cases = [case for seed in (CHECK_SEED, SUBMISSION_SEED) for case in exercise.cases(seed)]
    return {digest(case.inputs): [to_json(outputs) for outputs in computed_outputs(exercise, case)] for case in cases}


def stale(exercise: Exercise) -> bool:
    """Tell whether the file is missing, holds other cases, or other values than the references give now.

    Values are compared with the tolerance of the exercise: another processor adds in another order.
    """
    path, fresh = reference_file(exercise.name), record(exercise)
    old: Record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if old.keys() != fresh.keys():
        return True
    return not all(_same(exercise, old[key], fresh[key]) for key in fresh)


def main(arguments: list[str]) -> int:
    """Write or check; return the exit status."""
    asked = [word for word in arguments if word != "--check"] or EXERCISES.names()
    names = [name for name in asked if stale(EXERCISES.get(name))]
    if "--check" in arguments:
        for name in names:
            print(f"{reference_file(name)} is out of date. Write it again: python tools/references.py")
        return 1 if names else 0
    for name in names:
        _write(reference_file(name), record(EXERCISES.get(name)))
        print(f"wrote {reference_file(name)}")
    return 0


def _same(exercise: Exercise, old: list[dict[str, Any]], fresh: list[dict[str, Any]]) -> bool:
    pairs = [(from_json(a), from_json(b)) for a, b in zip(old, fresh, strict=False)]
    return len(old) == len(fresh) and all(agree(a, b, exercise.tolerance) for a, b in pairs)


def _write(path: Path, fresh: Record) -> None:
    path.parent.mkdir(exist_ok=True)
    rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(outputs)}" for key, outputs in sorted(fresh.items()))
    write_atomically(path, f"{{\n{rows}\n}}\n".encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
