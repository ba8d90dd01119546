"""Loading single numeric files of other projects, and racing functions against each other."""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["Missing", "load", "race", "table"]

Job = Callable[[], Any]


class Missing(Exception):
    """A peer cannot take part; the message says why."""


def load(peers: Path | None, file: str, *, pretend: Mapping[str, Mapping[str, Any]] | None = None) -> ModuleType:
    """Execute one file below the folder of peers and return it as a module.

    Args:
        peers: the folder that holds the peers' source, one folder each.
        file: path below it.
        pretend: modules that the file imports and this measurement does not need, with the names they shall hold.

    Raises:
        Missing: there is no such file, or it cannot be imported here.
    """
    if peers is None or not (peers / file).is_file():
        raise Missing(f"{file} is not there" if peers else "no --peers folder was given")
    path, kept = peers / file, dict(sys.modules)
    sys.path.insert(0, str(path.parent))
    try:
        for name, content in (pretend or {}).items():
            module = ModuleType(name)
            vars(module).update(content)
            sys.modules[name] = module
        specification = importlib.util.spec_from_file_location(f"peer_{path.parent.name}_{path.stem}", path)
        if specification is None or specification.loader is None:
            raise Missing(f"{file} is not a Python file")
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
    except (ImportError, AttributeError) as error:
        raise Missing(f"{file} needs something that is not installed: {error}") from None
    finally:
        sys.path.remove(str(path.parent))
        for name in set(pretend or {}):
            sys.modules.pop(name, None)
            if name in kept:
                sys.modules[name] = kept[name]
    return module


def race(jobs: Mapping[str, Job], *, rounds: int) -> dict[str, tuple[float, float]]:
    """Let the jobs take turns; return the median CPU milliseconds of each and the median of its ratio to the first job.

    The ratio is taken within each round, so that what disturbs the machine disturbs both sides of it. It is CPU time,
    because other programs may be waiting for the processor too.
    """
    for job in jobs.values():
        job()
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            times[name].append((time.process_time() - start) * 1e3)
    first = times[next(iter(jobs))]
    return {
        name: (statistics.median(mine), statistics.median(m / f for m, f in zip(mine, first, strict=True)))
        for name, mine in times.items()
    }


def table(title: str, results: Mapping[str, tuple[float, float]], notes: Mapping[str, str]) -> str:
    """Return a markdown table: name, median milliseconds, ratio to the first, a remark."""
    lines = [f"### {title}", "", "| implementation | median CPU ms | times ours | result |", "|---|--:|--:|---|"]
    lines += [f"| {name} | {ms:.1f} | {ratio:.1f} | {notes.get(name, '')} |" for name, (ms, ratio) in results.items()]
    return "\n".join([*lines, ""])
