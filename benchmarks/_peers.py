"""Loading single numeric files of other projects, and racing functions against each other."""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Missing", "load", "race", "run_kernelgan", "table"]

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


@contextmanager
def without_cuda() -> Iterator[None]:
    """Let ``.cuda()`` of tensors and networks leave them where they are."""
    kept = [(kind, kind.cuda) for kind in (Tensor, nn.Module)]
    try:
        for kind, _ in kept:
            kind.cuda = lambda self, *_: self  # type: ignore[method-assign]
        yield
    finally:
        for kind, method in kept:
            kind.cuda = method  # type: ignore[method-assign]


def run_kernelgan(peers: Path | None, lr: Tensor, seed: int, *, steps: int = 3000) -> tuple[Tensor, int]:
    """Let sefibk/KernelGAN, below ``peers``, find the kernel of ``(3, h, w)``; returns ``(k, k)`` and the steps.

    Nothing of its arithmetic is touched. Its ZSSR is not run, and what a GPU, a picture file and Matplotlib are asked
    for is pretended.

    Raises:
        Missing: its source or SciPy is not there.
    """
    import numpy as np

    torch.manual_seed(seed)
    np.random.seed(seed)
    pixels = (lr * 255).round().permute(1, 2, 0).numpy().astype(np.uint8)
    pretend: dict[str, dict[str, Any]] = {"ZSSRforKernelGAN": {}, "ZSSRforKernelGAN.ZSSR": {"ZSSR": None}}
    if not hasattr(np, "int"):
        np.int = int  # type: ignore[attr-defined]
    with without_cuda():
        util = load(peers, "KernelGAN/util.py", pretend=pretend)
        util.read_image = lambda path: pixels
        sys.modules["util"] = util
        try:
            parts = {name: load(peers, f"KernelGAN/{name}.py") for name in ("networks", "loss", "data", "learner")}
            program = load(peers, "KernelGAN/kernelGAN.py", pretend={name: vars(part) for name, part in parts.items()})
        finally:
            sys.modules.pop("util", None)
        settings = {
            action.dest: action.default for action in load(peers, "KernelGAN/configs.py").Config().parser._actions
        }
        given = SimpleNamespace(**{**settings, "max_iters": steps, "G_structure": [7, 5, 3, 1, 1, 1]})
        gan = program.KernelGAN(given)
        data, learner = parts["data"].DataGenerator(given, gan), parts["learner"].Learner()
        for step in range(steps):
            gan.train(*data[step])
            learner.update(step, gan)
        found = util.post_process_k(gan.curr_k, n=given.n_filtering)
    return torch.from_numpy(np.array(found)), steps
