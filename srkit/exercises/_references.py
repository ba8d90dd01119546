"""What the references give, recorded in small files, and how they are computed afresh.

``references/<exercise>.json`` holds, for the cases of the two fixed seeds, the outputs of every reference, keyed by a
digest of the inputs. Cases of any other seed are computed. A recorded value wins, so that neither a changed library nor
a patched one moves the goal unnoticed; ``python tools/references.py --check`` compares the files with the code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srkit._home import clone
from srkit.errors import BadFile
from srkit.exercises._beside import Value, measure
from srkit.exercises._model import Case, Exercise

__all__ = ["computed_outputs", "digest", "expected_outputs", "from_json", "reference_file", "to_json"]


@lru_cache(maxsize=1024)
def expected_outputs(exercise: Exercise, case: Case) -> list[dict[str, Any]]:
    """Return the outputs of each accepted reference on this case: recorded where there is a record, else computed.

    They are worked out once for a case, which a whole class is asked; nobody changes them.
    """
    record = _records(exercise.name).get(digest(case.inputs))
    return [from_json(outputs) for outputs in record] if record is not None else computed_outputs(exercise, case)


def computed_outputs(exercise: Exercise, case: Case) -> list[dict[str, Any]]:
    """Run each reference on this case.

    Raises:
        BadFile: a reference fails on its own case, which is a defect of the exercise.
    """
    observations = [measure(exercise.perform, reference, case.inputs) for reference in exercise.references]
    for observation in observations:
        if observation.outputs is None or observation.changed:
            raise BadFile(
                f"A reference of the exercise {exercise.name!r} fails on its own case {case.criterion!r}: "
                f"{observation.message or 'it changes ' + str(observation.changed)}. Mend srkit/exercises/."
            )
    return [dict(observation.outputs or {}) for observation in observations]


def reference_file(name: str) -> Path:
    """Return where the record of an exercise lies."""
    return Path(__file__).with_name("references") / f"{name}.json"


def digest(inputs: Mapping[str, Value]) -> str:
    """Return a short fingerprint of the inputs: the same values give the same text on every machine."""
    return hashlib.sha256(json.dumps(to_json(dict(inputs)), sort_keys=True).encode()).hexdigest()[:16]


def to_json(value: Any) -> Any:
    """Turn a plain value into JSON; float32 numbers are written with nine digits, which is exact."""
    if isinstance(value, Tensor):
        numbers = [float(f"{number:.9g}") for number in value.double().flatten().tolist()]
        return {"tensor": numbers, "shape": list(value.shape), "dtype": str(value.dtype).removeprefix("torch.")}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def from_json(value: Any) -> Any:
    """Undo :func:`to_json`."""
    if isinstance(value, dict) and "tensor" in value:
        return torch.tensor(value["tensor"], dtype=getattr(torch, value["dtype"])).reshape(value["shape"])
    if isinstance(value, dict):
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return value


@lru_cache
def _records(name: str) -> dict[str, Any]:
    path = reference_file(name)
    if not path.is_file():
        return {}
    try:
        records: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        repair = "Write it again with `python tools/references.py`." if clone() else "Install srkit again."
        raise BadFile(f"{path} cannot be read ({problem}). {repair}") from None
    return records
