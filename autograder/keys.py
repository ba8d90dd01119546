"""What a record's key is made of: everything that could change a score, and nothing else."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy
import torch

from autograder.limits import Limits
from autograder.masks import ROOT

__all__ = ["record_key", "submission_hash"]


def submission_hash(data: bytes) -> str:
    """Return the SHA-256 of a submission's bytes."""
    return hashlib.sha256(data).hexdigest()


def record_key(submission: str, exercises: Sequence[str], seed: int, limits: Limits) -> str:
    """Return the SHA-256 of (submission, exercises and their definitions, environment, seed, limits, grader)."""
    environment = [platform.python_version(), platform.machine(), torch.__version__, numpy.__version__]
    parts = [submission, list(exercises), _code(), environment, seed, limits.to_dict()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@lru_cache
def _code() -> str:
    """Return a digest of the library, with the exercises and what is recorded of them, and of the grader."""
    digest = hashlib.sha256()
    for folder in (ROOT, Path(__file__).resolve().parent):
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".json"} and "mutants" not in path.parts:
                digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
