"""Jobs over many files: planned first, carried out item by item, resumable, with a record of the inputs of each result.

A plan says of every item what will happen before anything does. A journal beside the results says with which inputs
each of them was made, so that a repeated call does what is missing and never takes the result of other settings for
its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import marshal
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch

from srkit.errors import BadFile, BadInput, SrkitError
from srkit.ops.atomic import locked, sweep
from srkit.ops.device import free_bytes
from srkit.ops.files import IMAGE_LIKE, SUFFIXES, is_image, natural_key

__all__ = ["Item", "Journal", "carry_out", "digest", "find_images", "plan"]

NOWHERE = Path(os.devnull)
"""The target of an item that only gives numbers."""
_JOURNAL, _LOCK = ".srkit-done.jsonl", ".srkit-job.lock"
_NOBODYS = ("Thumbs.db", "desktop.ini")
State = Literal["to do", "kept", "done", "refused", "failed"]
Check = Callable[["Item"], tuple[int, int] | None]
Memory = Callable[["Item"], float]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One piece of a job.

    Attributes:
        source: the file it begins with.
        target: the file that will be written; ``NOWHERE`` where none will be.
        settings: what decides the result beside the files, as JSON values.
        reads: files whose content decides the result, by what they are: the source alone, where nothing is said.
        number: its place in the job, for jobs whose items are more than files.
        state: ``"to do"``; ``"kept"`` from before, made with the same inputs; ``"done"`` now; ``"refused"`` before the
            work or ``"failed"`` in it, with the ``problem``.
        problem: why there is no result.
        size: height and width of the result, where they are known before the work.
        memory: bytes that the work needs beside the program, as far as it is known before it.
        known: whether the journal says how a result that is kept was made.
        address: where the source came from, if it was fetched.
    """

    source: Path
    target: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    reads: Mapping[str, Path] | None = None
    number: int = 0
    state: State = "to do"
    problem: SrkitError | None = None
    size: tuple[int, int] | None = None
    memory: float = 0
    known: bool = True
    address: str = ""

    @property
    def called(self) -> str:
        """What was given for it."""
        return self.address or str(self.source)

    @property
    def writes(self) -> bool:
        """Whether there will be a file, and not only numbers to print."""
        return self.target != NOWHERE

    def inputs(self) -> dict[str, Any]:
        """Return settings and SHA-256 of everything read."""
        files = {"picture": self.source} if self.reads is None else self.reads
        found = {**self.settings, **{name: digest(path) for name, path in files.items()}}
        plain: dict[str, Any] = json.loads(json.dumps(found))
        return plain


class Journal:
    """What was made in a folder, and of what: a hidden file of one JSON line for each result."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / _JOURNAL
        self._known: dict[str, dict[str, Any]] = {}
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for line in self.path.read_bytes().splitlines():
                with contextlib.suppress(ValueError, TypeError, KeyError):  # the last line may be cut short
                    entry = json.loads(line)
                    self._known[entry["target"]] = entry

    @property
    def facts(self) -> dict[str, Any]:
        """What was noted beside the inputs of each result, by the name of its file."""
        return {name: entry["facts"] for name, entry in self._known.items() if "facts" in entry}

    def difference(self, item: Item) -> str | None:
        """Return how the inputs of a result that is there differ from those wanted: "" where they do not, None unknown.

        A result that was changed since it was noted counts as unknown.
        """
        entry = self._known.get(item.target.name)
        if entry is None or entry["size"] not in (None, item.target.stat().st_size):
            return None
        before, now = entry["inputs"], item.inputs()
        names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        return "; ".join(f"{name} {_short(before.get(name))} then, {_short(now.get(name))} now" for name in names)

    def is_begun(self, item: Item) -> bool:
        """Tell whether an item was begun with the same inputs and its end was not noted."""
        entry = self._known.get(item.target.name)
        return entry is not None and entry["size"] is None and entry["inputs"] == item.inputs()

    def is_of(self, items: Sequence[Item]) -> bool:
        """Tell whether all that was done in the folder was done for these items, with the same inputs."""
        if not self._known:
            return not any(path.is_file() and not path.name.startswith(".") for path in self.path.parent.glob("*"))
        inputs = {item.target.name: item.inputs for item in items}
        done = {name: entry["inputs"] for name, entry in self._known.items() if entry["size"] is not None}
        return all(name in inputs and before == inputs[name]() for name, before in done.items())

    def note(self, item: Item, facts: Any = None, *, begun: bool = False) -> None:
        """Record that an item is begun, or done; the record is on disk before the call returns."""
        size = None if begun else item.target.stat().st_size
        entry = {"target": item.target.name, "inputs": item.inputs(), "size": size}
        entry |= {"facts": facts} if facts is not None else {}
        try:
            with self.path.open("ab") as file:
                torn = file.tell() > 0 and not self._ends_whole()
                file.write((b"\n" if torn else b"") + json.dumps(entry).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BadFile(
                f"{self.path} could not be written ({error.strerror}), so a repeated call would begin anew."
            ) from error
        self._known[item.target.name] = entry

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    digest_like = len(text) == 64 and " " not in text
    return f"{text[:10]}…" if digest_like else text if len(text) <= 200 else f"{text[:200]}…"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadFile(f"{path} cannot be read ({error.strerror}).") from error


def code_of(*functions: Any) -> str:
    """Return a digest of what functions do, as far as that stands in them: other code, another digest."""
    codes = [getattr(inspect.unwrap(function), "__code__", None) for function in functions]
    return hashlib.sha256(b"".join(marshal.dumps(code) for code in codes)).hexdigest()


def find_images(folder: Path, *, below: bool = False) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the images of a folder, told by their content, and what looks like one and is left out, with the reason.

    Args:
        below: also look into the folders in it, at any depth; links to folders are not followed.
    """
    if not folder.is_dir():
        raise BadFile(f"{folder} is {'a file' if folder.exists() else 'missing'}; a folder with images was expected.")
    images: list[Path] = []
    left: list[tuple[Path, str]] = []
    for path in _walk(folder, below):
        if path.is_dir():
            left.append((path, "a folder; --recursive goes into it"))
        elif path.suffix.lower() in SUFFIXES or is_image(path):  # one that only looks so is refused by its name
            images.append(path)
        elif path.suffix.lower() in IMAGE_LIKE:
            left.append((path, f"{path.suffix.lower()} is not read here"))
    return images, left


def _walk(folder: Path, below: bool) -> Iterator[Path]:
    for path in sorted(folder.iterdir(), key=lambda p: (natural_key(p.name), p.name)):
        if path.name.startswith(".") or path.name in _NOBODYS:
            continue
        if path.is_dir() and below and not path.is_symlink():
            yield from _walk(path, below)
        elif path.exists():
            yield path


def plan(
    items: Sequence[Item],
    *,
    overwrite: bool,
    check: Check,
    keep_unknown: bool = False,
    memory: Memory = lambda item: item.memory,
) -> list[Item]:
    """Decide of every item, before any is begun, whether it is to be done, was done already, or cannot be.

    Args:
        check: raises for an item that cannot succeed: what its target cannot hold, rights, an unreadable source;
            returns height and width of the result, or None.
        keep_unknown: keep results of which nothing says how they were made, instead of refusing their items.
        memory: gives the bytes that an item, whose size is known by then, needs beside the program.
    """
    wanted: dict[str, Item] = {}
    journals: dict[Path, Journal] = {}
    found = []
    for item in items:
        place = os.path.abspath(item.target.parent.resolve() / item.target.name)  # noqa: PTH100 - may be too long a name
        first = wanted.setdefault(os.path.normcase(place), item)
        if first is item or not item.writes:
            home = Path(place).parent
            journal = journals[home] = journals.get(home) or Journal(home)
            judged = _judged(item, journal, overwrite, check, keep_unknown)
            found.append(_weighed(judged, memory) if judged.state == "to do" else judged)
        else:
            both = (
                f"{item.target} is the result of {first.called} already; rename one of the two or choose another place."
            )
            found.append(replace(item, state="refused", problem=BadInput(both)))
    return found


def _judged(item: Item, journal: Journal, overwrite: bool, check: Check, keep_unknown: bool) -> Item:
    if item.state == "refused":
        return item
    try:
        there = item.writes and item.target.exists()
        if there and item.target.resolve() == item.source.resolve():
            raise BadInput(f"{item.source} would be replaced by its own result; choose another name for it.")
        if there and not overwrite:
            difference = journal.difference(item)
            if difference == "" or (difference is None and keep_unknown):
                known = difference is not None
                return item if journal.is_begun(item) else replace(item, state="kept", known=known)
            made = "and nothing says how it was made" if difference is None else f"made otherwise ({difference})"
            raise BadInput(f"{item.target} exists already, {made}. Choose another place, or say overwrite=True.")
        return replace(item, size=check(item))
    except (SrkitError, OSError) as error:
        return replace(item, state="refused", problem=_told(error, item.target))


def _weighed(item: Item, memory: Memory) -> Item:
    """Refuse an item that needs more memory than is free."""
    needed, free = memory(item), free_bytes(torch.device("cpu"))
    if free is None or needed <= free:
        return replace(item, memory=needed)
    problem = BadInput(
        f"{item.called} needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free. Close other "
        "programs, or cut the picture first."
    )
    return replace(item, state="refused", problem=problem)


def room(planned: Sequence[Item]) -> Iterator[tuple[Path, int, int]]:
    """Yield the places where a plan may need more bytes than are free, with both numbers.

    Counted are four bytes for each pixel of the results to come, which compressed pictures do not reach.
    """
    needed: Counter[Path] = Counter()
    for item in planned:
        if item.state == "to do" and item.size is not None and item.writes:
            parents = (place for place in item.target.resolve().parents if place.is_dir())
            needed[next(parents)] += 4 * item.size[0] * item.size[1]
    for place, much in needed.items():
        free = shutil.disk_usage(place).free
        if much > free:
            yield place, much, free


def carry_out(items: Sequence[Item], work: Callable[[Item], Any]) -> Iterator[Item]:
    """Process the planned items in turn; an item that fails is named and the others continue.

    Args:
        work: makes the target of an item and returns facts to note, or None.

    Yields:
        Every item of the plan in its final state, as soon as it has one.
    """
    journals: dict[Path, Journal] = {}
    with contextlib.ExitStack() as locks:
        for item in items:
            if item.state == "kept" and (item.target.parent / _LOCK).exists():  # of a job that was killed at its end
                with contextlib.suppress(BadInput), alone_in(item.target.parent):
                    pass
            yield item if item.state != "to do" else _carried_out(item, work, journals, locks)


def _carried_out(
    item: Item, work: Callable[[Item], Any], journals: dict[Path, Journal], locks: contextlib.ExitStack
) -> Item:
    place = item.target.parent
    try:
        if not item.writes:
            work(item)
            return replace(item, state="done")
        if place not in journals:
            place.mkdir(parents=True, exist_ok=True)
            locks.enter_context(alone_in(place))
            journals[place] = Journal(place)
        sweep(item.target)
        journals[place].note(item, begun=True)
        facts = work(item)
        journals[place].note(item, facts)
    except Exception as error:  # whatever a library raises about one item, the others go on
        return replace(item, state="failed", problem=_told(error, item.target))
    return replace(item, state="done")


def alone_in(place: Path) -> AbstractContextManager[None]:
    """Hold the lock of the jobs that write into a folder."""
    return locked(place / _LOCK, f"working into {place}", advice="Wait for it, then call again.")


def complain(items: Sequence[Item]) -> None:
    """Raise the problem of the items that were refused or failed, if there are any; several are named in one."""
    bad = [item for item in items if item.problem is not None]
    if len(bad) == 1 and bad[0].problem is not None:
        raise bad[0].problem
    if bad:
        named = "\n".join(f"  {item.called}: {item.problem}" for item in bad)
        raise BadFile(f"{len(bad)} of {len(items)} could not be done; the others are.\n{named}")


def _told(error: Exception, target: Path) -> SrkitError:
    """Return an error as one of the project's; an unforeseen one keeps its name and its cause."""
    if isinstance(error, SrkitError):
        return error
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        problem: SrkitError = BadInput(
            f"There was not enough memory for {target}; close other programs, or use a smaller tile."
        )
    elif isinstance(error, OSError):
        problem = BadFile(f"{error.strerror or error} ({target}).")
    else:
        problem = BadInput(
            f"{target}: unexpected {type(error).__name__}: {error}. Please report it as a fault of srkit."
        )
    problem.__cause__ = error
    return problem
