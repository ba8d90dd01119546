"""Decoded images as one block of bytes, in memory or in a mapped cache file that is never used when it is out of date.

Decoding a PNG of two megapixels to cut a 96 pixel patch out of it takes a hundred milliseconds; cutting it out of a
mapped file takes a hundredth of one. Such a cache must not be used after its sources changed. Four rules ensure this:

* it is written to a temporary file and then renamed, so that a half-written cache has never the cache's name;
* its name carries a fingerprint of its sources (names, sizes, times, first and last bytes); when that
  differs, a new file is made and the old one removed;
* its last bytes hold the index and its checksum, so that a shortened file is noticed when it is opened;
* each image has a checksum, looked at the first time the image is used.

Of two processes that want the same cache one builds it and the other waits. A folder that cannot be written, a full
disk, or a damaged file that Windows does not let go of costs a warning, and the images are kept in memory.

Layout: the pixels of each pair (HR, then LR; rows, columns, channels; 8 bits), the index as JSON, its length and CRC-32
as two little-endian integers of 8 bytes, and the eight bytes ``SRKPIX01``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from srkit.datasets.maker import Maker
from srkit.datasets.pair import Pairs
from srkit.errors import BadFile
from srkit.ops import pixels
from srkit.ops.atomic import locked, sweep, write_atomically

__all__ = ["Slot", "Store", "fingerprint", "open_store", "store_path"]

Bytes = NDArray[np.uint8]
_MAGIC = b"SRKPIX01"
_TRAILER = struct.Struct("<QQ8s")
_EDGE = 4096


class _Stale(Exception):
    """The cache file is missing, damaged, or made from something else."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The position of one pair in the block of bytes."""

    name: str
    hr_at: int
    hr_size: tuple[int, int]
    lr_at: int
    lr_size: tuple[int, int]
    crc: int


class Store:
    """Images by number, as arrays ``(h, w, 3)`` of uint8. Pickled, it is opened again at the other end.

    Args:
        path: the cache file; None for data in memory.
    """

    def __init__(self, data: Bytes, slots: list[Slot], pairs: Pairs, path: Path | None) -> None:
        self.slots = slots
        self._data, self._pairs, self._path = data, pairs, path
        self._trusted = [path is None] * len(slots)

    def __len__(self) -> int:
        return len(self.slots)

    def __reduce__(self) -> tuple[Callable[..., Store], tuple[Pairs, Path | None]]:
        return open_store, (self._pairs, None if self._path is None else self._path.parent)

    def arrays(self, index: int) -> tuple[Bytes, Bytes]:
        """Return LR and HR of pair ``index``, without copying: ``(h, w, 3)`` and ``(scale*h, scale*w, 3)``."""
        if not self._trusted[index]:
            self._verify(index)
        slot = self.slots[index]
        return _view(self._data, slot.lr_at, slot.lr_size), _view(self._data, slot.hr_at, slot.hr_size)

    def _verify(self, index: int) -> None:
        if not self._is_right(index) and self._path is not None:
            self._data = np.empty(0, np.uint8)  # Windows replaces no file that is mapped
            self._data, self.slots, self._path = _opened(self._pairs, self._path.parent, renew=True)
            self._trusted = [self._path is None] * len(self.slots)
        if not self._is_right(index):
            raise BadFile(
                f"The pixel cache reads {self.slots[index].name!r} differently from what was just written to it. The "
                "disk or the memory is failing, or the folder is on a file system that cannot map files: set "
                "SRKIT_CACHE to another folder; in Python cache=None does without."
            )
        self._trusted[index] = True

    def _is_right(self, index: int) -> bool:
        return _crc(self._data, self.slots[index]) == self.slots[index].crc


def open_store(pairs: Pairs, folder: Path | None) -> Store:
    """Return the decoded images of ``pairs``: from the cache file in ``folder``, made first if need be, or in memory.

    Args:
        pairs: what to decode. Pairs that lie on no disk are always kept in memory.
        folder: where the cache file lies; None keeps everything in memory.
    """
    if folder is None or any(hr is None for _, hr in pairs.paths):
        return Store(*_in_memory(pairs), pairs, None)
    data, slots, path = _opened(pairs, folder)
    return Store(data, slots, pairs, path)


def _opened(pairs: Pairs, folder: Path, *, renew: bool = False) -> tuple[Bytes, list[Slot], Path | None]:
    """Map the cache file, made first if need be (or in any case: ``renew``); without a path what is in memory."""
    try:
        path = store_path(pairs, folder)
        data, slots = _renewed(pairs, path) if renew else _found(pairs, path)
        return data, slots, path
    except (_Stale, OSError) as problem:
        if isinstance(problem, BadFile) and problem.errno is None:  # an image cannot be read
            raise
        warnings.warn(f"No pixel cache in {folder} ({problem}); {pairs.name} is kept in memory.", RuntimeWarning, 4)
    return *_in_memory(pairs), None


def _found(pairs: Pairs, path: Path) -> tuple[Bytes, list[Slot]]:
    with contextlib.suppress(_Stale):
        return _read(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_suffix(".lock"), f"decoding {pairs.name} into {path.parent}", wait=True):
        with contextlib.suppress(_Stale):  # somebody else has built it meanwhile
            return _read(path)
        sweep(path)
        return _renewed(pairs, path)


def store_path(pairs: Pairs, folder: Path) -> Path:
    """Return the name of the cache file: one per data set, scale, place it is read from and state of its sources."""
    return folder / f"{_family(pairs)}-{fingerprint(pairs)[:16]}.pixels"


def _family(pairs: Pairs) -> str:
    """Return the part of the name that stays the same when the images change."""
    makers = [repr(source.lr) for source in pairs.sources if isinstance(source.lr, Maker)]
    place = hashlib.sha256(repr([*(str(p) for pair in pairs.paths for p in pair), *makers]).encode()).hexdigest()[:12]
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in pairs.name)[:60]
    return f"{safe}_x{pairs.scale}_{place}"


def fingerprint(pairs: Pairs) -> str:
    """Return a hash that changes when a source file does: names, sizes, times, first and last 4096 bytes."""
    digest = hashlib.sha256(f"{_MAGIC!r} x{pairs.scale}".encode())
    for source, paths in zip(pairs.sources, pairs.paths, strict=True):
        digest.update(repr(source.name).encode())
        digest.update(repr(source.lr).encode() if isinstance(source.lr, Maker) else b"")
        for path in paths:
            digest.update(b"made" if path is None else _identity(path))
    return digest.hexdigest()


def _identity(path: Path) -> bytes:
    try:
        status = path.stat()
        with path.open("rb") as file:
            head = file.read(_EDGE)
            file.seek(max(0, status.st_size - _EDGE))
            tail = file.read(_EDGE)
    except OSError as problem:
        raise BadFile(f"{path} cannot be read ({problem}). Has it been moved since the dataset was loaded?") from None
    return (
        repr((path.name, status.st_size, status.st_mtime_ns, status.st_ctime_ns)).encode()
        + hashlib.sha256(head + tail).digest()
    )


def _encoded(pairs: Pairs) -> Iterator[tuple[str, Bytes, Bytes]]:
    for pair in pairs:
        hr, lr = (
            np.ascontiguousarray(pixels.to_uint8(image.clamp(0, 1)).permute(1, 2, 0).numpy())
            for image in (pair.hr, pair.lr)
        )
        yield pair.name, hr, lr


def _slots(pairs: Pairs, write: Callable[[Any], object]) -> list[Slot]:
    """Hand the bytes of each pair to ``write`` and return where they then lie."""
    slots, at = [], 0
    for name, hr, lr in _encoded(pairs):
        write(hr.data)
        write(lr.data)
        crc = zlib.crc32(lr.data, zlib.crc32(hr.data))
        slots.append(Slot(name, at, hr.shape[:2], at + hr.nbytes, lr.shape[:2], crc))
        at += hr.nbytes + lr.nbytes
    return slots


def _in_memory(pairs: Pairs) -> tuple[Bytes, list[Slot]]:
    block = bytearray()
    slots = _slots(pairs, block.extend)
    return np.frombuffer(block, dtype=np.uint8), slots


def _renewed(pairs: Pairs, path: Path) -> tuple[Bytes, list[Slot]]:
    _build(pairs, path)
    for old in path.parent.glob(f"{_family(pairs)}*.pixels"):
        if old != path:
            with contextlib.suppress(OSError):  # Windows: still mapped by somebody; removed the next time
                old.unlink()
    return _read(path)


def _build(pairs: Pairs, path: Path) -> None:
    """Write the cache file under a temporary name and rename it; nothing is left behind on failure."""

    def fill(file: BinaryIO) -> None:
        slots = _slots(pairs, file.write)
        index = json.dumps({"slots": [asdict(slot) for slot in slots]}).encode()
        file.write(index + _TRAILER.pack(len(index), zlib.crc32(index), _MAGIC))

    write_atomically(path, fill, durable=True)


def _read(path: Path) -> tuple[Bytes, list[Slot]]:
    """Map a cache file, or say why it is of no use."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (FileNotFoundError, ValueError) as problem:
        raise _Stale(str(problem)) from None
    try:
        index = _index(mapped)
    except _Stale:
        mapped.close()
        raise
    slots = [
        Slot(**{**slot, "hr_size": tuple(slot["hr_size"]), "lr_size": tuple(slot["lr_size"])})
        for slot in index["slots"]
    ]
    return np.frombuffer(mapped, dtype=np.uint8), slots


def _index(mapped: mmap.mmap) -> dict[str, Any]:
    end = len(mapped) - _TRAILER.size
    if end < 0:
        raise _Stale("it is too short")
    length, crc, magic = _TRAILER.unpack_from(mapped, end)
    if magic != _MAGIC or length > end:
        raise _Stale("its end is missing")
    text = mapped[end - length : end]
    if zlib.crc32(text) != crc:
        raise _Stale("its index is damaged")
    index: dict[str, Any] = json.loads(text)
    pixels_end = sum(3 * slot[size][0] * slot[size][1] for slot in index["slots"] for size in ("hr_size", "lr_size"))
    if pixels_end != end - length:
        raise _Stale("it has lost pixels")
    return index


def _view(data: Bytes, at: int, size: tuple[int, int]) -> Bytes:
    height, width = size
    return data[at : at + 3 * height * width].reshape(height, width, 3)


def _crc(data: Bytes, slot: Slot) -> int:
    end = slot.lr_at + 3 * slot.lr_size[0] * slot.lr_size[1]
    return zlib.crc32(data[slot.hr_at : end].data)
