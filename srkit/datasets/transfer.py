"""Bringing one file here: resumed where it broke off, verified before it gets its name, removed if it is wrong."""

from __future__ import annotations

import errno
import hashlib
import http.client
import importlib.util
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from srkit.datasets.manifest import Item
from srkit.errors import BadFile, Offline

__all__ = ["download", "sha256"]

_CHUNK = 1 << 20
_SCHEMES = ("http", "https", "file")
_ATTEMPTS = 3
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EISDIR, errno.EFBIG)

Progress = Callable[[int], None]


class _Interrupted(Exception):
    """The connection ended before the file did."""


def download(item: Item, target: Path, *, timeout: float = 30.0, progress: Progress | None = None) -> str:
    """Bring ``item`` to ``target`` and return its SHA-256.

    The bytes go to ``target`` plus ``.part``. A download that breaks off is continued there, now (three attempts) or
    the next time. Only when the checksum is right is the file given its name.

    Args:
        item: what to bring.
        target: the file to write; an existing one is replaced.
        timeout: seconds without a sign of life after which an attempt is given up.
        progress: called with the number of new bytes as they come.

    Raises:
        Offline: the address cannot be reached or the transfer broke off; what has come is kept.
        BadFile: the address gives something else than the manifest expects (what has come is removed), or the disk
            is full.
    """
    if urlsplit(item.address).scheme not in _SCHEMES:
        raise BadFile(f"{item.address} cannot be downloaded: only {', '.join(_SCHEMES)} addresses are.")
    part = target.with_name(target.name + ".part")
    if not (item.sha256 and part.is_file() and sha256(part) == item.sha256):
        _receive_all(item, target, part, timeout, progress)
    digest = sha256(part)
    if item.sha256 and digest != item.sha256:
        size = part.stat().st_size
        part.unlink()
        raise BadFile(
            f"{item.address} gave {size} bytes with SHA-256 {digest}, and {item.sha256} is expected: a damaged "
            "transfer, or the file there has changed. It was removed. Try again; if it happens again, the source is "
            "not what it was."
        )
    part.replace(target)
    return digest


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _receive_all(item: Item, target: Path, part: Path, timeout: float, progress: Progress | None) -> None:
    problem: Exception | None = None
    for _ in range(_ATTEMPTS):
        try:
            _receive(item.address, part, timeout, progress)
            return
        except urllib.error.HTTPError as error:
            problem = error
            if error.code == 416:  # the part is longer than the file, so it is not its beginning
                part.unlink(missing_ok=True)
            elif error.code < 500:
                break
        except (_Interrupted, http.client.HTTPException, urllib.error.URLError, TimeoutError, ConnectionError) as error:
            problem = error
        except OSError as error:
            if error.errno not in _DISK:
                problem = error
                continue
            raise BadFile(
                f"{part} could not be written ({error}). What has come is kept; free space and repeat."
            ) from error
    have = part.stat().st_size if part.exists() else 0
    raise Offline(
        f"{item.address} could not be downloaded ({problem}); {have} bytes of it are here. With a network, repeat the "
        f"command and it goes on from there. Without one, bring the file in another way and put it at {target}."
    )


def _receive(address: str, part: Path, timeout: float, progress: Progress | None) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"User-Agent": "srkit", "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=timeout, context=_certificates(address)) as answer:
        resumed = getattr(answer, "status", None) == 206
        start = have if resumed else 0
        length = answer.headers.get("Content-Length")
        expected = None if length is None else start + int(length)
        if progress is not None and resumed:
            progress(start)
        with part.open("ab" if resumed else "wb") as file:
            _copy(answer, file, progress)
    got = part.stat().st_size
    if expected is not None and got != expected:
        raise _Interrupted(f"the connection ended after {got} of {expected} bytes")


def _copy(source: IO[bytes], file: IO[bytes], progress: Progress | None) -> None:
    while chunk := source.read(_CHUNK):
        file.write(chunk)
        if progress is not None:
            progress(len(chunk))


def _certificates(address: str) -> ssl.SSLContext | None:
    """Return certifi's certificates where that package is, because some Python builds come without any."""
    if urlsplit(address).scheme != "https":
        return None
    if importlib.util.find_spec("certifi") is None:
        return ssl.create_default_context()
    import certifi

    return ssl.create_default_context(cafile=certifi.where())
