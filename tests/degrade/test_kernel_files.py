"""Kernels in files: read as SciPy, NumPy and h5py read them, and whatever else a file holds is refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
import torch

from srkit import degrade
from srkit.degrade import gaussian_widths, read_kernel
from srkit.degrade.kernel_files import read_kernels, read_matrix, write_kernel
from srkit.errors import BadFile, BadInput, SrkitError
from srkit.ops._matlab import Damaged, read_version_5

ROUND = np.ones((5, 5)) / 25
RNG = np.random.default_rng(0)
CELLS = np.empty((1, 3), dtype=object)
CELLS[:] = [[ROUND, np.eye(3) / 3, ROUND.astype(np.float32)]]
KINDS = ("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")
VARIABLES: dict[str, dict[str, Any]] = {
    "matrix": {"Kernel": ROUND},
    "cells": {"kernels": CELLS},
    "stack": {"kernels": np.stack([ROUND] * 3, -1)},
    "numbers of every kind": {f"k_{kind}": RNG.integers(0, 99, (3, 4)).astype(kind) for kind in KINDS},
    "much else": {
        "Kernel": ROUND,
        "text": "name",
        "s": {"a": 1.0, "b": "c"},
        "z": ROUND * 1j,
        "empty": np.zeros((0, 3)),
        "sparse": scipy.sparse.eye(3).tocsc(),
        "four": RNG.random((2, 3, 4, 5)),
        "flags": ROUND > 0,
    },
}


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, np.ndarray) and theirs.dtype == object:
        return ours.shape == theirs.shape and all(same(a, b) for a, b in zip(ours.ravel(), theirs.ravel(), strict=True))
    return bool(ours.shape == theirs.shape and ours.dtype == theirs.dtype and np.array_equal(ours, theirs))


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "compressed"])
@pytest.mark.parametrize("what", VARIABLES)
def test_the_reader_reads_what_scipy_reads(tmp_path: Path, what: str, compressed: bool) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, VARIABLES[what], do_compression=compressed)
    ours, theirs = read_version_5(path.read_bytes()), scipy.io.loadmat(path)
    assert list(ours) == [name for name in theirs if not name.startswith("__")]
    numeric = {name: value for name, value in ours.items() if value is not None and name not in ("text", "s")}
    assert numeric
    assert ours.get("text", "name") == "name"
    assert all(same(value, theirs[name]) for name, value in numeric.items())
    assert not {"z", "sparse"} & set(numeric)


def test_a_file_of_the_other_order_of_bytes_is_read_too() -> None:
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00" + b"MI"
    flags, sizes = b"\0\0\0\6\0\0\0\x08\0\0\0\6\0\0\0\0", b"\0\0\0\5\0\0\0\x08\0\0\0\1\0\0\0\2"
    name, numbers = b"\0\1\0\1k\0\0\0", b"\0\0\0\x09\0\0\0\x10" + np.array([1.5, -2.0], ">f8").tobytes()
    body = flags + sizes + name + numbers
    found = read_version_5(head + b"\0\0\0\x0e" + len(body).to_bytes(4, "big") + body)
    np.testing.assert_array_equal(found["k"], [[1.5, -2.0]])


def test_a_byte_that_crashed_scipy_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"Kernel": np.ones((15, 15)) / 225})
    content = bytearray(path.read_bytes())
    for kind in range(256):
        content[184] = kind
        path.write_bytes(content)
        if kind == 9:
            assert read_kernel(path).shape == (15, 15)
        else:
            with pytest.raises(BadFile, match=r"a\.mat"):
                read_kernels(path)
    with pytest.raises(SrkitError, match=r"a\.mat"):
        degrade.parse(f'blur_file("{path}")')


def hdf5(path: Path, variables: dict[str, Any]) -> None:
    with h5py.File(path, "w", userblock_size=512) as file:
        file["Kernel"] = ROUND
        file["note"] = "text beside the kernel"
        file["none"] = h5py.Empty("f8")
        file["where"] = file["Kernel"].regionref[:2]
        cells = file.create_dataset("kernels", (3, 1), h5py.ref_dtype)
        for number, cell in enumerate(CELLS.ravel()):
            file[f"#refs#/{number}"] = cell
            cells[number, 0] = file[f"#refs#/{number}"].ref
        file.create_group("group")["x"] = ROUND
    del variables


def version_5(path: Path, variables: dict[str, Any]) -> None:
    scipy.io.savemat(path, variables)


def compressed(path: Path, variables: dict[str, Any]) -> None:
    scipy.io.savemat(path, variables, do_compression=True)


@pytest.mark.parametrize("save", [version_5, compressed, hdf5])
def test_a_file_with_bytes_changed_gives_kernels_or_an_error_that_names_it(
    tmp_path: Path, save: Callable[[Path, dict[str, Any]], None]
) -> None:
    path = tmp_path / "a.mat"
    save(path, {"Kernel": ROUND, **VARIABLES["cells"], "text": "x", "s": {"a": 1.0}})
    whole, rng, refused = path.read_bytes(), random.Random(0), 0
    begin = 512 if save is hdf5 else 116
    for number in range(400):
        changed = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 8))):
            changed[rng.randrange(begin, len(whole))] = rng.choice((0, 1, 9, 14, 15, 127, 255, rng.randrange(256)))
        path.write_bytes(changed[: rng.randrange(len(whole))] if number % 10 == 0 else changed)
        for key in ("Kernel", "kernels"):
            try:
                assert all(kernel.shape[0] == kernel.shape[1] for kernel in read_kernels(path, key=key))
            except BadFile as error:
                refused += str(path) in str(error)
                assert str(path) in str(error)  # noqa: PT017
    assert refused > 40


def test_hdf5_with_texts_and_references_beside_the_kernels_is_read(tmp_path: Path) -> None:
    hdf5(tmp_path / "a.mat", {})
    assert torch.allclose(read_kernel(tmp_path / "a.mat"), torch.from_numpy(ROUND))
    sides = [kernel.shape[0] for kernel in read_kernels(tmp_path / "a.mat", key="kernels")]
    assert sides == [5, 3, 5]
    for name in ("note", "none", "where", "group"):
        with pytest.raises(BadFile, match=rf"no matrix called '{name}'"):
            read_matrix(tmp_path / "a.mat", name)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.ones((3, 5)) / 15, "a matrix of 3 x 5 and not a square kernel"),
        (np.ones((3, 3)), "adds up to 9"),
        (np.full((3, 3), np.nan), "adds up to nan"),
        (np.zeros((0, 0)), "0 x 0"),
        (np.ones((1, 2, 3, 4)), "shape"),
    ],
)
def test_what_is_no_kernel_is_refused_in_its_own_words(tmp_path: Path, matrix: Any, words: str) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"k": matrix})
    with pytest.raises(BadFile, match=words):
        read_kernels(tmp_path / "a.mat")


def test_cells_nested_without_end_and_bombs_are_refused() -> None:
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01" + b"IM"
    body = b""
    for _ in range(100):
        inside = (
            b"\x06\0\0\0\x08\0\0\0\x01\0\0\0\0\0\0\0"
            + b"\x05\0\0\0\x08\0\0\0\1\0\0\0\1\0\0\0"
            + b"\1\0\1\0k\0\0\0"
            + body
        )
        body = b"\x0e\0\0\0" + len(inside).to_bytes(4, "little") + inside
    with pytest.raises(Damaged, match="cells within cells"):
        read_version_5(head + body)


def test_a_kernel_that_is_not_square_is_refused_with_the_size_it_was_given_with() -> None:
    with pytest.raises(BadInput, match=r"square matrix.*\(3, 5\)"):
        degrade.align(torch.full((3, 5), 1 / 15), 2)


def test_structures_and_text_come_out_as_scipy_reads_them(tmp_path: Path) -> None:
    record = {"name": "level1_conv1_f", "value": np.arange(24, dtype=np.float32).reshape(2, 3, 4)}
    scipy.io.savemat(tmp_path / "a.mat", {"net": {"params": [record, record], "note": "größe"}}, do_compression=True)
    ours = read_version_5((tmp_path / "a.mat").read_bytes())["net"].ravel()[0]
    theirs = scipy.io.loadmat(tmp_path / "a.mat")["net"][0, 0]
    assert ours["note"] == str(theirs["note"][0]) == "größe"
    for one, other in zip(ours["params"].ravel(), theirs["params"].ravel(), strict=True):
        one, other = one.ravel()[0], other[0, 0]
        assert one["name"] == str(other["name"][0])
        assert np.array_equal(one["value"], other["value"])
        assert one["value"].dtype == np.float32


@pytest.mark.parametrize(("suffix", "within"), [(".mat", 1e-15), (".npy", 1e-15), (".png", 2e-4)])
def test_a_kernel_that_is_written_is_read_again(tmp_path: Path, suffix: str, within: float) -> None:
    kernel = gaussian_widths(9, 1.7, 0.8, 0.4)
    write_kernel(tmp_path / f"k{suffix}", kernel)
    assert float((read_kernel(tmp_path / f"k{suffix}") - kernel).abs().max()) <= within
    with pytest.raises(BadFile, match="exists"):
        write_kernel(tmp_path / f"k{suffix}", kernel)


def test_scipy_and_numpy_read_what_is_written(tmp_path: Path) -> None:
    kernel = gaussian_widths(8, 1.7, 0.8, 0.4)  # lopsided, so that rows and columns cannot be mixed up
    for suffix in (".mat", ".npy"):
        write_kernel(tmp_path / f"k{suffix}", kernel)
    np.testing.assert_array_equal(scipy.io.loadmat(tmp_path / "k.mat")["Kernel"], kernel.numpy())
    np.testing.assert_array_equal(np.load(tmp_path / "k.npy"), kernel.numpy())


def test_a_damaged_numpy_file_and_one_of_other_things_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "k.npy"
    write_kernel(file, gaussian_widths(5, 1.0))
    whole = file.read_bytes()
    for content in (whole[:100], whole[:20], whole.replace(b"<f8", b"|O8"), whole.replace(b"{", b"[")):
        file.write_bytes(content)
        with pytest.raises(BadFile, match="damaged NumPy"):
            read_kernel(file)
    np.save(file, np.array(["text"]))
    with pytest.raises(BadFile, match="not numbers"):
        read_kernel(file)
    with pytest.raises(BadInput, match=r"\.mat, \.npy or \.png"):
        write_kernel(tmp_path / "k.txt", gaussian_widths(5, 1.0))
