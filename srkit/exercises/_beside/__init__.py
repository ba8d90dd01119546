"""What runs beside a student's code: what measures any answer, and in ``lesson_NN`` how each exercise runs its own.

Of an exercise both files go into a grader's box, as they are. So nothing in this folder knows a reference, an
expected value, a tolerance or a point, and what stands here is all that its files import of :mod:`srkit.exercises`.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import io
import math
import site
import sysconfig
import traceback
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

__all__ = [
    "Answer",
    "Foreign",
    "Inputs",
    "Observation",
    "Outputs",
    "Perform",
    "Unusable",
    "Value",
    "fill",
    "measure",
    "plain",
    "watched",
]

Value: TypeAlias = Tensor | bool | int | float | str | Sequence["Value"] | None
Inputs: TypeAlias = Mapping[str, Any]  # of Value
Outputs: TypeAlias = Mapping[str, Any]  # of Value, or Foreign for what is none
Answer: TypeAlias = Callable[..., Any]  # the student's function or class
Perform: TypeAlias = Callable[[Any, Inputs], dict[str, Value]]
Trouble = Literal["", "stub", "unusable", "error"]
_LONGEST_MESSAGE = 600
_LONGEST_PRINT = 16_384


class Unusable(Exception):
    """Raised inside ``perform``: the answer is not the kind of thing that was requested; the message says what is."""


@dataclass(frozen=True)
class Foreign:
    """Stands for a returned thing that is no plain value; only its type is kept."""

    kind: str


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What came out of one run.

    Attributes:
        outputs: what ``perform`` returned, made plain; None when there was trouble.
        trouble: ``""``, ``"stub"`` (not written yet), ``"unusable"`` (wrong kind of answer) or ``"error"``.
        message: what happened, when there was trouble.
        changed: names of inputs the answer changed in place.
        printed: what was written to stdout, stderr and as warnings. Evidence, never a score.
    """

    outputs: Mapping[str, Any] | None
    trouble: Trouble = ""
    message: str = ""
    changed: tuple[str, ...] = ()
    printed: str = field(default="", compare=False)


def measure(perform: Perform, answer: Any, inputs: Mapping[str, Value]) -> Observation:
    """Run ``perform(answer, inputs)`` on a copy of the inputs and report what happened.

    Exceptions become observations. KeyboardInterrupt is let through, so that a time limit can end an endless loop.
    """
    given = copy.deepcopy(dict(inputs))
    printed = _Kept()
    outputs: Mapping[str, Any] | None = None
    trouble: Trouble = ""
    message = ""
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            outputs = {name: plain(value) for name, value in perform(answer, given).items()}
        except Unusable as problem:
            trouble, message = "unusable", str(problem)
        except NotImplementedError as problem:
            trouble, message = "stub", str(problem)
        except (Exception, SystemExit) as problem:
            trouble, message = "error", _explain(problem)
    changed = tuple(name for name, value in inputs.items() if not _same(value, given.get(name)))
    return Observation(outputs=outputs, trouble=trouble, message=message, changed=changed, printed=printed.getvalue())


class _Kept(io.StringIO):
    """Keeps the beginning of what is written and forgets the rest."""

    def write(self, text: str) -> int:
        """Take ``text``; return its length, as every file does."""
        super().write(text[: max(0, _LONGEST_PRINT - self.tell())])
        return len(text)


def plain(value: Any) -> Any:
    """Return ``value`` as a plain :data:`Value`, or a :class:`Foreign` that names its type.

    Tensors are detached, moved to the CPU and copied; subclasses and objects that merely act like numbers are foreign.
    """
    if type(value) in (Tensor, torch.nn.Parameter) and value.device.type != "meta":  # which has no values
        return value.detach().to("cpu", copy=True).contiguous()
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) in (list, tuple):
        return [plain(item) for item in value]
    return Foreign(type(value).__name__)


def _same(before: Value, after: Any) -> bool:
    if isinstance(before, Tensor):
        return isinstance(after, Tensor) and before.shape == after.shape and torch.equal(before, after)
    if isinstance(before, Sequence) and not isinstance(before, str):
        return isinstance(after, Sequence) and len(before) == len(after) and all(map(_same, before, after))
    return bool(before == after)


def _explain(problem: BaseException) -> str:
    """Say what was raised and in which of the student's lines."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if _is_hers(frame.filename)]
    where = f", in line {frames[-1].lineno} of your code: {(frames[-1].line or '').strip()}" if frames else ""
    text = f"{type(problem).__name__}: {problem}".strip()
    return (text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " …") + where


def _is_hers(filename: str) -> bool:
    """Tell whether code was written by the student; a name that is no path is a cell's, but for Python's and ours."""
    path = Path(filename)
    if not path.is_absolute():
        return not filename.startswith(("<frozen", "<srkit"))
    return not any(path.resolve().is_relative_to(folder) for folder in _not_hers())


def _not_hers() -> set[Path]:
    """Return where the library, Python, and installed packages lie."""
    library = importlib.util.find_spec("srkit")
    found = [*(library.submodule_search_locations or ())] if library else []
    found += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    found += [*site.getsitepackages(), site.getusersitepackages(), str(Path(torch.__file__).parent)]
    return {Path(folder).resolve() for folder in found}


def fill(net: torch.nn.Module, seed: int) -> None:
    """Give every parameter values that depend on its shape alone, whatever it is called and wherever it stands.

    So two networks with parameters of the same shapes compute the same, if they compute alike.
    """
    for parameter in net.parameters():
        draw = zlib.crc32(f"{seed}:{tuple(parameter.shape)}".encode())
        bound = 1.5 / math.sqrt(max(1, parameter[0].numel()))
        drawn = torch.rand(parameter.shape, generator=torch.Generator().manual_seed(draw), dtype=torch.float32)
        parameter.data.copy_((2 * drawn - 1) * bound)


def watched(answered: Any, name: str, inputs: Inputs, *told: Any) -> dict[str, Value]:
    """Return what a network of a known plan shows: ``watch`` is parameters, size, sr, or losses (of its ``fit``).

    ``weights`` seeds :func:`fill`; for losses ``lr`` and ``hr`` hold a batch in each row. ``told`` is given to the
    network after ``lr``.

    Raises:
        Unusable: it is no network, or ``fit`` gives no list.
    """
    net: Any = answered  # whose methods are the student's
    if not isinstance(answered, torch.nn.Module):
        raise Unusable(f"{name}(…) should be an nn.Module; it is {type(answered).__name__}.")
    if inputs["watch"] == "parameters":
        shapes = sorted(",".join(map(str, parameter.shape)) for parameter in net.parameters())
        return {"number_of_parameters": sum(p.numel() for p in net.parameters()), "shapes": shapes}
    fill(net, inputs["weights"])
    if inputs["watch"] == "losses":
        return {"losses": net.fit(list(zip(inputs["lr"], inputs["hr"], strict=True)), 0.01)}
    with torch.no_grad():
        sr = net(inputs["lr"], *told)
    if inputs["watch"] == "size":
        return {"size": list(sr.shape) if isinstance(sr, Tensor) else None}
    return {"sr": sr}
