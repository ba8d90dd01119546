"""Files of ``torch.save``, read without PyTorch's reader: tensors are rebuilt, nothing that a file names is ever run.

A pickle is a program that calls functions by name. Here every name it may call is one of the few below, which make
tensors, dicts and numbers; any other becomes an :class:`Unknown`, which keeps what it was given and does nothing. So a
file may hold a configuration, an optimiser or a whole network beside its weights, and the weights can still be read.
Formats: the zip archive of PyTorch 1.6 and later, and the sequence of pickles before it, as ``torch/serialization.py``
of PyTorch writes both.
"""

from __future__ import annotations

import builtins
import io
import os
import pickle
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from srkit.errors import BadFile, BadInput

__all__ = ["Unknown", "read_pickle"]

MAGIC = 0x1950A86A20F9469CFC6C
"""What the older format begins with, itself pickled."""

_DTYPES = {
    "Float": torch.float32,
    "Double": torch.float64,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
    "ComplexFloat": torch.complex64,
    "ComplexDouble": torch.complex128,
    "Untyped": torch.uint8,
}
_HOSTILE = {
    "os",
    "posix",
    "nt",
    "subprocess",
    "sys",
    "shutil",
    "runpy",
    "importlib",
    "socket",
    "ctypes",
    "pty",
    "webbrowser",
}
_PLAIN = {"set", "frozenset", "list", "tuple", "dict", "int", "float", "complex", "bool", "str"}
_INERT = {"object", "slice", "range", "bytes", "bytearray", "type", "getattr"}  # not called


class _Quantised(Exception):
    """The numbers of a tensor are codes of a quantisation."""


class Unknown:
    """An object of a class that is not rebuilt.

    Attributes:
        given: the arguments it was made with.
        state: what it held.
    """

    given: tuple[object, ...]
    state: dict[str, Any]

    def __new__(cls, *given: object, **named: object) -> Unknown:
        """Make one without calling anything: a pickle may ask for it with any arguments."""
        made = super().__new__(cls)
        made.given, made.state = given, dict(named)
        return made

    def __init__(self, *given: object, **named: object) -> None:
        """Take any arguments."""

    def __setstate__(self, state: object) -> None:
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, Mapping):
                self.state.update({str(key): value for key, value in part.items()})

    def __setitem__(self, key: object, value: object) -> None:
        self.state[str(key)] = value

    def append(self, value: object) -> None:
        """Take what a pickled list is filled with."""

    def extend(self, values: object) -> None:
        """Take what a pickled list is filled with."""


def read_pickle(path: Path) -> object:
    """Return what ``torch.save`` wrote: tensors on the CPU inside dicts, lists and :class:`Unknown` objects.

    Args:
        path: of a zip archive that holds ``data.pkl``, or of a pickle.

    Raises:
        BadFile: the file is damaged or cut short, or names a function that would do harm.
    """
    try:
        if zipfile.is_zipfile(path):
            return _read_archive(path)
        with path.open("rb") as file:
            return _read_sequence(file)
    except BadFile as error:
        raise BadFile(
            f"{path} was not opened: besides numbers it holds {error}, and reading that would run code from the file. "
            "Do not use it; whoever made the weights can write torch.save(net.state_dict(), path)."
        ) from error
    except _Quantised as error:
        raise BadFile(
            f"{path} holds quantised numbers ({error}), from which its network cannot be built here; look for the "
            "weights before they were quantised."
        ) from error
    except Exception as error:  # a damaged pickle may call anything with anything
        raise BadFile(
            f"{path} is not a PyTorch file with weights, or is damaged or cut short ({type(error).__name__}: {error}). "
            "Fetch it again; torch.save(net.state_dict(), path) writes what is expected."
        ) from error


def _read_archive(path: Path) -> object:
    with zipfile.ZipFile(path) as archive:
        (main,) = (name for name in archive.namelist() if name == "data.pkl" or name.endswith("/data.pkl"))
        folder = main.removesuffix("data.pkl")
        held: dict[str, Tensor] = {}

        def storage(kind: torch.dtype, key: str, count: int) -> Tensor:
            if key not in held:
                held[key] = _numbers(archive.read(f"{folder}data/{key}"), kind)
            return held[key]

        return _Reader(io.BytesIO(archive.read(main)), storage).load()


def _read_sequence(file: IO[bytes]) -> object:
    """Read a pickle each of: a number, a version, the system, the object, the storages' keys; then their bytes."""
    first = _Reader(file, _no_storage).load()
    if first != MAGIC:
        return first  # a plain pickle
    for _ in ("version", "system"):
        _Reader(file, _no_storage).load()
    held: dict[str, Tensor] = {}
    place = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(place)

    def storage(kind: torch.dtype, key: str, count: int) -> Tensor:
        if count * kind.itemsize > size:
            raise BadInput("a storage larger than the file")
        return held.setdefault(key, torch.empty(count, dtype=kind))

    content = _Reader(file, storage).load()
    for key in _Reader(file, _no_storage).load():
        target = held[str(key)]
        count = int.from_bytes(file.read(8), "little")
        data = file.read(count * target.element_size())
        target.copy_(_numbers(data, target.dtype))  # a wrong length is an error here
    return content


def _numbers(data: bytes, kind: torch.dtype) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=kind) if data else torch.empty(0, dtype=kind)


def _no_storage(kind: torch.dtype, key: str, count: int) -> Tensor:
    raise BadInput("a tensor outside an archive")


class _Reader(pickle.Unpickler):
    def __init__(self, file: IO[bytes], storage: Callable[[torch.dtype, str, int], Tensor]) -> None:
        super().__init__(file, encoding="latin1")
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name: one of our own functions, or an :class:`Unknown`."""
        if (module, name) in _REBUILT:
            return _REBUILT[module, name]
        if module in ("builtins", "__builtin__") and name in _PLAIN:
            return getattr(builtins, name)
        if module.split(".")[0] in _HOSTILE or (module in ("builtins", "__builtin__") and name not in _INERT):
            raise BadFile(f"{module}.{name}")
        if module in ("torch", "torch.storage") and name.endswith("Storage"):
            if re.match(r"QU?Int\d", name):
                raise _Quantised(name)
            return _DTYPES[name.removesuffix("Storage")]
        if module == "torch" and isinstance(found := getattr(torch, name, None), torch.dtype):
            return found
        return Unknown

    def persistent_load(self, pid: Any) -> Any:
        """Return the numbers that a pickled tensor lies in, of its type, in one row."""
        if pid[0] == "module":  # before 1.6 a class came with its source code, which nobody needs
            return pid[1]
        _, kind, key, _, count, *_ = pid
        if not isinstance(kind, torch.dtype):
            raise BadInput(f"a storage of {kind!r}")
        return self._storage(kind, str(key), int(count))


def _tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Tensor:
    count = torch.Size(size).numel()
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if min((offset, *size, *stride)) < 0 or (count and last >= len(storage)) or count > len(storage):
        raise BadInput("a tensor that is larger than its storage")
    return storage.as_strided(size, stride, offset)


def _typed(
    storage: Tensor, offset: int, size: Any, stride: Any, _grad: object, _hooks: object, kind: Any, *_: object
) -> Tensor:
    return _tensor(storage.view(kind), offset, size, stride)


def _first(data: object, *_: object) -> object:
    return data


def _stored_inside(data: bytes) -> object:
    """Return a tensor's numbers as Python's own pickle holds them: a file of the older format inside the pickle."""
    return _read_sequence(io.BytesIO(data))


def _dict(*given: Any) -> dict[Any, Any]:
    return dict(*given[-1:]) if given and isinstance(given[-1], (Mapping, list)) else {}


class _Ordered(dict[Any, Any]):
    """A dict that takes the attributes a state dict was pickled with, and leaves them."""

    def __setstate__(self, state: object) -> None: ...


_REBUILT: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _typed,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch._utils", "_rebuild_parameter_with_state"): _first,
    ("torch.storage", "_load_from_bytes"): _stored_inside,
    ("torch._tensor", "_rebuild_from_type_v2"): lambda make, kind, given, state: make(*given),
    ("torch", "Size"): tuple,
    ("torch", "device"): str,
    ("collections", "OrderedDict"): _Ordered,
    ("collections", "defaultdict"): _dict,
    ("collections", "Counter"): dict,
}
