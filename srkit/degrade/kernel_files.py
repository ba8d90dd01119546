"""Reading kernels from MATLAB files, old (version 5, by SciPy) and new (version 7.3, which is HDF5, by h5py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from srkit.errors import BadFile, BadInput

__all__ = ["read_kernel", "read_kernels", "read_matrix"]

_NAMES = ("Kernel", "kernel", "kernels", "k", "blur_kernel")
_NEARLY = 0.02


def read_kernel(path: str | Path, *, key: str | None = None, index: int = 0) -> Tensor:
    """Return one kernel of a ``.mat`` file; see :func:`read_kernels`.

    Raises:
        BadFile: as :func:`read_kernels`.
        BadInput: an index outside the file.
    """
    found = read_kernels(path, key=key)
    if not -len(found) <= index < len(found):
        raise BadInput(f"{path} holds {len(found)} kernels, 0 to {len(found) - 1}; number {index} was asked for.")
    return found[index]


def read_kernels(path: str | Path, *, key: str | None = None) -> list[Tensor]:
    """Return the kernels of a ``.mat`` file: a single matrix, a cell array of matrices, or a stack ``(k, k, n)``.

    Values written with few digits (sums within two parts in a hundred of 1) are divided by their sum.

    Args:
        path: a MATLAB file of any version since 5.
        key: name of the variable; where it is left out, the one variable there is, or ``Kernel``, ``kernels`` and the
            like.

    Returns:
        float64 ``(k, k)`` each.

    Raises:
        BadFile: missing, no MATLAB file, no such variable (the message lists those there are), or no kernels in it.
    """
    path = Path(path)
    content = _load(path)
    name = _choose(path, content, key)
    return [_as_kernel(path, name, matrix) for matrix in _matrices(path, name, content[name])]


def read_matrix(path: str | Path, key: str) -> Tensor:
    """Return one numeric variable of a ``.mat`` file as it is, float64.

    Raises:
        BadFile: missing, no MATLAB file, or no such variable; the message lists those there are.
    """
    path = Path(path)
    content = _load(path)
    return torch.from_numpy(np.array(content[_choose(path, content, key)], dtype=np.float64))


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BadFile(f"There is no file {path} (looked in {Path.cwd()}).")
    with path.open("rb") as file:
        head = file.read(520)
    if b"MATLAB 7.3" in head or head[:4] == b"\x89HDF" or head[512:516] == b"\x89HDF":
        return _load_hdf5(path)
    import scipy.io

    try:
        content = scipy.io.loadmat(path)
    except Exception as error:  # SciPy's reader raises whatever a foreign file makes it trip over
        raise BadFile(
            f"{path} is no MATLAB file that can be read ({error}). Save it with save -v7 or -v7.3."
        ) from error
    return {name: value for name, value in content.items() if not name.startswith("__")}


def _load_hdf5(path: Path) -> dict[str, Any]:
    import h5py

    try:
        with h5py.File(path) as file:
            return {name: _plain(file, node) for name, node in file.items() if not name.startswith("#")}
    except OSError as error:
        raise BadFile(f"{path} is a damaged HDF5 file ({error}).") from error


def _plain(file: Any, node: Any) -> Any:
    """Return a dataset as MATLAB shows it: HDF5 keeps the axes in reverse order, and cells as references."""
    import h5py

    if not isinstance(node, h5py.Dataset):
        return None
    if node.dtype == h5py.ref_dtype:
        cells = [np.array(file[reference]).T for reference in np.array(node).ravel()]
        found = np.empty(len(cells), dtype=object)
        found[:] = cells
        return found
    return np.array(node).T


def _choose(path: Path, content: dict[str, Any], key: str | None) -> str:
    numeric = [name for name, value in content.items() if isinstance(value, np.ndarray) and value.dtype.kind in "fiuO"]
    listed = ", ".join(sorted(numeric)) or "no matrix at all"
    if key is not None:
        if key not in numeric:
            raise BadFile(f"{path} holds no matrix called {key!r}; it holds: {listed}.")
        return key
    found = numeric if len(numeric) == 1 else [name for name in _NAMES if name in numeric]
    if not found:
        raise BadFile(f"Which variable of {path} is the kernel? It holds: {listed}. Say key=….")
    return found[0]


def _matrices(path: Path, name: str, value: Any) -> list[Any]:
    if value.dtype == object:
        return list(value.ravel())
    if value.ndim == 2:
        return [value]
    if value.ndim == 3:
        return list(np.moveaxis(value, -1, 0))
    raise BadFile(f"{path}: {name} has shape {value.shape}; a kernel is (k, k), several are a cell array or (k, k, n).")


def _as_kernel(path: Path, name: str, matrix: Any) -> Tensor:
    kernel = torch.from_numpy(np.array(matrix, dtype=np.float64, order="C"))
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise BadFile(f"{path}: {name} is {tuple(kernel.shape)} and not a square kernel (k, k).")
    total = float(kernel.sum())
    if not abs(total - 1) <= _NEARLY:
        raise BadFile(f"{path}: {name} adds up to {total:.4g}; a blur kernel adds up to 1. Is it another variable?")
    return kernel / total
