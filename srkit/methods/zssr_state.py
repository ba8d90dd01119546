"""The state of a training that may be killed: in a file while it runs, so that the next call goes on from there."""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srkit.ops.atomic import set_aside, sweep, write_atomically
from srkit.ops.pickles import check_pickle_reader

__all__ = ["StateFile", "digest_of"]

_DAMAGED = (
    OSError,
    RuntimeError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    pickle.UnpicklingError,
)
"""What PyTorch raises about a file that is none of its own."""


def digest_of(*inputs: Any) -> str:
    """Return a SHA-256 of tensors, by their bytes, and of anything else, by its ``repr``."""
    seen = hashlib.sha256()
    for thing in inputs:
        value = thing.detach().cpu().contiguous().numpy().tobytes() if isinstance(thing, Tensor) else repr(thing)
        seen.update(value if isinstance(value, bytes) else value.encode())
        seen.update(f"|{tuple(thing.shape) if isinstance(thing, Tensor) else ''}|".encode())
    return seen.hexdigest()


class StateFile:
    """The file in which a training keeps its state.

    Args:
        inputs: a digest of all that decides the result: a file of other inputs is not taken up.
    """

    def __init__(self, path: Path | None, inputs: str) -> None:
        self.path, self.inputs = path, inputs

    def load(self) -> dict[str, Any] | None:
        """Return the state that was saved for the same inputs, else warn and return None. No code in it is run."""
        if self.path is None:
            return None
        sweep(self.path)
        if not self.path.exists():
            return None
        check_pickle_reader(self.path)
        found: Any = None
        with contextlib.suppress(*_DAMAGED):
            found = torch.load(self.path, map_location="cpu", weights_only=True)
        known = isinstance(found, dict) and "inputs" in found
        if known and found["inputs"] == self.inputs:
            return dict(found)
        why = "belongs to other settings or another picture" if known else "is damaged"
        warnings.warn(
            f"{self.path}, the state of a training that was interrupted, {why}: the training begins anew, and the file "
            f"is kept as {set_aside(self.path)}.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None

    def save(self, state: dict[str, Any]) -> None:
        """Replace the file at once, whole."""
        if self.path is not None:
            write_atomically(self.path, lambda file: torch.save({**state, "inputs": self.inputs}, file))
