"""Kernels in files: MATLAB's, old (version 5) and new (version 7.3, which is HDF5, by h5py), NumPy's, and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from srkit._optional import optional
from srkit.degrade.kernels import check_kernel
from srkit.errors import BadFile, BadInput
from srkit.ops._matlab import LARGEST, Damaged, read_version_5, write_version_5
from srkit.ops.atomic import check_path, write_atomically
from srkit.ops.files import is_image, read, write_picture
from srkit.ops.picture import Picture

__all__ = ["read_kernel", "read_kernels", "read_matrix", "write_kernel"]

_NAMES = ("Kernel", "kernel", "kernels", "k", "blur_kernel")
_NEARLY = 0.02


def read_kernel(path: str | Path, *, key: str | None = None, index: int = 0) -> Tensor:
    """Return one kernel of a file; see :func:`read_kernels`.

    Raises:
        BadFile: as :func:`read_kernels`.
        BadInput: an index outside the file.
    """
    found = read_kernels(path, key=key)
    if not -len(found) <= index < len(found):
        raise BadInput(f"{path} holds {len(found)} kernels, 0 to {len(found) - 1}; number {index} was asked for.")
    return found[index]


def read_kernels(path: str | Path, *, key: str | None = None) -> list[Tensor]:
    """Return the kernels of a file: a single matrix, a cell array of matrices, or a stack ``(k, k, n)``.

    Values written with few digits (sums within two parts in a hundred of 1) are divided by their sum; those of a
    picture always are.

    Args:
        path: a MATLAB file of any version since 5, a NumPy array (``.npy``), or a grey picture; its content decides.
        key: name of the variable; where it is left out, the one variable there is, or ``Kernel``, ``kernels`` and the
            like.

    Returns:
        float64 ``(k, k)`` each.
    """
    path = check_path(path)
    content = _load(path)
    name = _choose(path, content, key)
    return [_as_kernel(path, name, matrix) for matrix in _matrices(path, name, content[name])]


def read_matrix(path: str | Path, key: str) -> Tensor:
    """Return one numeric variable of a ``.mat`` file as it is, float64."""
    path = check_path(path)
    content = _load(path)
    value = content[_choose(path, content, key)]
    if value.dtype == object:
        raise BadFile(f"{path}: {key} is a cell array and not a matrix of numbers.")
    return torch.from_numpy(np.array(value, dtype=np.float64))


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BadFile(f"There is no file {path} (looked in {Path.cwd()}).")
    try:
        if path.stat().st_size > LARGEST:
            raise BadFile(f"{path} has more than {LARGEST >> 20} MB, which is no file of kernels.")
        content = path.read_bytes()
    except OSError as error:
        raise error if isinstance(error, BadFile) else BadFile(f"{path} cannot be read ({error}).") from error
    if content.startswith(b"\x93NUMPY"):
        return {"kernel": _load_numpy(path)}
    if is_image(path):
        planes = read(path)[:1].double().numpy()[0]
        return {"kernel": planes / max(float(planes.sum()), 1e-12)}
    if b"MATLAB 7.3" in content[:520] or b"\x89HDF" in (content[:4], content[512:516]):
        return _load_hdf5(path)
    try:
        return {name: value if _is_plain(value) else None for name, value in read_version_5(content).items()}
    except Damaged as error:
        raise BadFile(
            f"{path} is no MATLAB file that can be read ({error}). Save it with save -v7 or -v7.3."
        ) from error


def _load_numpy(path: Path) -> Any:
    try:
        array = np.asarray(np.load(path, allow_pickle=False))  # of an archive, objects
    except Exception as error:  # the header is an expression of Python, and NumPy lets through what it trips over
        raise BadFile(f"{path} is a damaged NumPy file ({str(error) or type(error).__name__}).") from error
    if array.dtype.kind not in "fiu":
        raise BadFile(f"{path} holds {array.dtype} and not numbers; a kernel is a matrix of numbers.")
    return array


def write_kernel(path: str | Path, kernel: Tensor, *, overwrite: bool = False) -> None:
    """Write a kernel as ``.mat`` (variable ``Kernel``), ``.npy``, or ``.png`` (16 bits, the largest value white).

    Args:
        path: the file; its suffix decides the format. :func:`read_kernel` reads all three.
    """
    path = check_path(path)
    values = check_kernel(kernel).detach().cpu().double()
    if path.suffix.lower() == ".mat":
        write_atomically(path, write_version_5({"Kernel": values.numpy()}), overwrite=overwrite)
    elif path.suffix.lower() == ".npy":
        write_atomically(path, lambda file: np.save(file, values.numpy()), overwrite=overwrite)
    elif path.suffix.lower() == ".png":
        shown = (values / values.max()).clamp(0, 1).float().expand(3, -1, -1)
        write_picture(path, shown, like=Picture(rgb=shown, depth=16, grey=True), overwrite=overwrite)
    else:
        raise BadInput(f"{path}: a kernel is written as .mat, .npy or .png; give one of these suffixes.")


def _is_plain(value: Any) -> bool:
    """Whether it is a matrix, or cells with no text and no structures in them."""
    inside = value.ravel() if isinstance(value, np.ndarray) and value.dtype == object else [value]
    return all(one is None or isinstance(one, np.ndarray) for one in inside)


def _load_hdf5(path: Path) -> dict[str, Any]:
    h5py = optional("h5py", "kernels")

    try:
        with h5py.File(path) as file:
            return {name: _plain(file, node) for name, node in file.items() if not name.startswith("#")}
    except Exception as error:  # h5py raises whatever a damaged file makes it trip over
        raise BadFile(f"{path} is a damaged HDF5 file ({str(error) or type(error).__name__}).") from error


def _plain(file: Any, node: Any, depth: int = 0) -> Any:
    """Return a dataset as MATLAB shows it: HDF5 keeps the axes in reverse order, and cells as references.

    None for what is no matrix of numbers and no cell array: groups, text, and what is larger than a kernel can be.
    """
    h5py = optional("h5py", "kernels")

    if not isinstance(node, h5py.Dataset) or node.shape is None or node.size * node.dtype.itemsize > LARGEST:
        return None
    if h5py.check_ref_dtype(node.dtype) is h5py.Reference and depth == 0:
        cells = [
            _plain(file, file[reference], depth + 1) if reference else None for reference in np.array(node).ravel()
        ]
        found = np.empty(len(cells), dtype=object)
        found[:] = cells
        return found
    return np.array(node).T if node.dtype.kind in "fiu" else None


def _choose(path: Path, content: dict[str, Any], key: str | None) -> str:
    numeric = [name for name, value in content.items() if isinstance(value, np.ndarray) and value.dtype.kind in "fiuO"]
    listed = ", ".join(sorted(numeric)) or "no matrix at all"
    if key is not None:
        if key not in numeric:
            raise BadFile(f"{path} holds no matrix called {key!r}; it holds: {listed}.")
        return key
    found = numeric if len(numeric) == 1 else [name for name in _NAMES if name in numeric]
    if not found:
        raise BadFile(
            f"Which variable of {path} is the kernel? It holds: {listed}. Keep that alone in a file; "
            "in Python key=… names it."
        )
    return found[0]


def _matrices(path: Path, name: str, value: Any) -> list[Any]:
    if value.dtype == object:
        cells = list(value.ravel())
        if not cells or any(not isinstance(cell, np.ndarray) or cell.dtype == object for cell in cells):
            raise BadFile(f"{path}: {name} is a cell array that holds something else than {len(cells)} matrices.")
        return cells
    if value.ndim == 2:
        return [value]
    if value.ndim == 3:
        return list(np.moveaxis(value, -1, 0))
    raise BadFile(f"{path}: {name} has shape {value.shape}; a kernel is (k, k), several are a cell array or (k, k, n).")


def _as_kernel(path: Path, name: str, matrix: Any) -> Tensor:
    kernel = torch.from_numpy(np.array(matrix, dtype=np.float64, order="C"))
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1] or not kernel.numel():
        shape = " x ".join(map(str, kernel.shape))
        raise BadFile(f"{path}: {name} is a matrix of {shape} and not a square kernel, k x k.")
    total = float(kernel.sum())
    if not abs(total - 1) <= _NEARLY:
        raise BadFile(f"{path}: {name} adds up to {total:.4g}; a blur kernel adds up to 1. Is it another variable?")
    return kernel / total
