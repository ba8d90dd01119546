"""Checkpoints: one file that holds a whole run, written so that there is always a complete one.

The file is what ``torch.load(path, weights_only=True)`` reads: tensors, numbers and texts, no code. It holds the
weights, the optimiser, the average, the guard, the discriminators of an adversarial training, the gradient scaler, the
step, the history (or its length, where it stands beside), the best weights, the config and where network, loss and
images came from. Random generators are not in it because nothing in a run remembers one: patches and dropout are
functions of (seed, step).
"""

from __future__ import annotations

import json
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from srkit._version import __version__
from srkit.errors import BadFile
from srkit.ops.atomic import write_atomically
from srkit.ops.pickles import check_pickle_reader
from srkit.training.history import History, Ledger
from srkit.training.state import Best, State

__all__ = ["load_checkpoint", "restore", "save_checkpoint"]

_FORMAT, _VERSION = "srkit training checkpoint", 1
_FORMER_NAMES = {"Correcting": ("net.", ""), "Packed": ("net.", ""), "Translation": ("maker.", "generator.")}
_UNREADABLE = (
    zipfile.BadZipFile, pickle.UnpicklingError, OSError, EOFError, RuntimeError, ValueError, KeyError, IndexError,
    AttributeError, TypeError, NotImplementedError,
)  # fmt: skip


def save_checkpoint(path: Path, state: State, origin: Mapping[str, Any], *, tables: bool = True) -> None:
    """Write the state of a run; until the new file is complete on disk, the old one stays.

    Args:
        path: usually ``<run folder>/checkpoint.pt``.
        state: between two steps.
        origin: where network, loss and images came from, as plain values.
        tables: False leaves the history out, because it stands beside the checkpoint as ``history.csv`` and
            ``skipped.csv``; what a long run writes then grows with its steps and not with their square.

    Raises:
        BadFile: it could not be written; the previous checkpoint is intact.
    """
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "srkit": __version__,
        "origin": dict(origin),
        "config": state.config.as_dict(),
        "step": state.step,
        "seconds": state.seconds,
        "net": state.net.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "average": None if state.average is None else state.average.state_dict(),
        "guard": state.guard.state_dict(),
        "discriminators": [one.state_dict() for one in state.discriminators],
        "scaler": state.scaler.state_dict(),
        "history": None if state.history is None else _told(state.history, tables),
        "skips": _told(state.skips, tables),
        "best": None if state.best is None else _plain(state.best),
    }
    write_atomically(path, lambda file: torch.save(content, file), durable=True)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint without running any code in it.

    Raises:
        BadFile: there is none, it is damaged, or it is something else; the message says which.
    """
    if not path.is_file():
        raise BadFile(_nothing_to_go_on_from(path))
    check_pickle_reader(path)
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()  # torch does not compare the check sums it writes
        if broken:
            raise zipfile.BadZipFile(f"check sum of {broken}")
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except PermissionError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}.") from error
    except _UNREADABLE as error:
        raise BadFile(
            f"{path} ({path.stat().st_size:,} bytes) is damaged or not a checkpoint of srkit; nothing was run from it. "
            "Take another checkpoint, or begin again with init=<weights>."
        ) from error
    if not isinstance(saved, dict) or saved.get("format") != _FORMAT:
        raise BadFile(
            f"{path} is not a checkpoint of a run. To begin a run from the weights in it, say init={str(path)!r}."
        )
    if saved["version"] != _VERSION:
        raise BadFile(
            f"{path} was written by srkit {saved['srkit']} in format {saved['version']}; this is srkit {__version__}, "
            f"which reads format {_VERSION}. Resume it with the srkit that wrote it."
        )
    return saved


def _nothing_to_go_on_from(path: Path) -> str:
    """Say that there is no checkpoint, and of a run that ended before its first one, how it gets one sooner."""
    try:
        settings = json.loads((path.parent / "config.json").read_text("utf-8"))
        every, steps = int(settings["save_every"]), int(settings["steps"])
    except (OSError, ValueError, LookupError, TypeError):
        return f"There is no checkpoint at {path}: expected the checkpoint.pt of a run folder (out=…)."
    rather = max(1, min(every, steps) // 10)
    return (
        f"{path.parent} holds a run that ended before its first checkpoint, which was to come after {every:,} steps: "
        f"there is nothing to go on from. Begin it again and save more often: save_every={rather} (--save-every "
        f"{rather}). What is in the folder is renamed then, not deleted."
    )


def restore(state: State, saved: Mapping[str, Any], *, folder: Path | None = None) -> None:
    """Put a run back where :func:`save_checkpoint` found it.

    Args:
        state: of the same network and settings.
        saved: of :func:`load_checkpoint`.
        folder: where ``history.csv`` and ``skipped.csv`` lie, if they are not in the checkpoint itself.

    Raises:
        BadFile: the network or the average is not the one that was saved.
    """
    saved = _unwrapped(saved)
    try:
        state.net.load_state_dict(saved["net"])
    except RuntimeError as error:
        raise BadFile(
            f"The network handed in is not the one this run trained ({saved['origin'].get('net')}): "
            f"{str(error).splitlines()[-1].strip()}"
        ) from error
    state.optimiser.load_state_dict(saved["optimiser"])
    if state.average is not None and saved["average"] is not None:
        state.average.load_state_dict(saved["average"])
    state.guard.load_state_dict(saved["guard"])
    for one, then in zip(state.discriminators, _discriminators(saved), strict=False):
        one.load_state_dict(then)
    if saved["scaler"]:
        state.scaler.load_state_dict(saved["scaler"])
    state.step, state.seconds = saved["step"], saved["seconds"]
    if saved["history"] is not None:
        state.history = History.from_csv_text(_text_of(saved["history"], folder, "history.csv"))
    state.skips = Ledger.from_csv_text(_text_of(saved["skips"], folder, "skipped.csv"))
    state.best = None if saved["best"] is None else _best(saved["best"])


def _told(table: Ledger, whole: bool) -> str | dict[str, Any]:
    return table.to_csv_text() if whole else {"rows": len(table), "columns": list(table.columns)}


def _text_of(told: str | Mapping[str, Any], folder: Path | None, name: str) -> str:
    """Return a table as it was when the checkpoint was written: the file beside it may have got further since."""
    if isinstance(told, str):
        return told
    lines = [",".join(told["columns"]) + "\n"]
    if folder is not None and (folder / name).is_file():
        lines = (folder / name).read_text("utf-8").splitlines(keepends=True)[: told["rows"] + 1]
    if len(lines) <= told["rows"]:
        warnings.warn(
            f"{name} beside the checkpoint holds {len(lines) - 1} of {told['rows']} rows: the history of this run is "
            "not complete from here on. The weights are.",
            RuntimeWarning,
            stacklevel=3,
        )
    return "".join(lines)


def _unwrapped(saved: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a checkpoint of srkit 0.1 with the names that weights have now: conditional networks were wrapped."""
    then, now = _FORMER_NAMES.get(saved["origin"].get("net", {}).get("class"), ("", ""))
    if not any(name.startswith(then) for name in saved["net"] if then):
        return saved

    def bare(weights: Mapping[str, Any]) -> dict[str, Any]:
        return {now + name.removeprefix(then): value for name, value in weights.items()}

    average, best = saved["average"], saved["best"]
    return {
        **saved,
        "net": bare(saved["net"]),
        "average": None if average is None else {**average, "net": bare(average["net"])},
        "best": None if best is None else {**best, "weights": bare(best["weights"])},
    }


def _discriminators(saved: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the states of all discriminators; checkpoints of srkit 0.1 hold that of one, or several by name."""
    if "discriminators" in saved:
        return list(saved["discriminators"])
    then = saved.get("rival") or {}
    return [then] if "net" in then else list(then.values())


def _plain(best: Best) -> dict[str, Any]:
    return {
        "step": best.step, "scores": dict(best.scores), "weights": dict(best.weights), "values": list(best.values)
    }  # fmt: skip


def _best(saved: Mapping[str, Any]) -> Best:
    """Read the best validation; checkpoints of srkit 0.1 hold mean PSNR and SSIM, and no values of single images."""
    scores = saved.get("scores") or {name: saved[name] for name in ("psnr", "ssim") if saved[name] is not None}
    return Best(saved["step"], scores, saved["weights"], tuple(saved.get("values", ())))
