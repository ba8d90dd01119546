"""Download one file: resumed after an interruption, verified before it gets its name, removed if it is wrong.

A server is not trusted. It cannot send more than the file may have, keep a connection open without sending, or
leave anything behind that stands in the way of the right file.
"""

from __future__ import annotations

import contextlib
import email.message
import functools
import hashlib
import http.client
import queue
import re
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from srkit.datasets._connection import SCHEMES, advice, opener
from srkit.datasets.manifest import Item
from srkit.errors import BadFile, Offline
from srkit.ops.atomic import cannot_write

__all__ = ["download", "fetched", "is_address", "local", "sha256"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_CHUNK = 1 << 16
_ATTEMPTS = 3
_MOST = 1 << 30  # bytes of a file about whose size nothing is known
_WINDOW, _SLOWEST = 60.0, 1000  # seconds, and bytes that must come in each of them
_NETWORK = (http.client.HTTPException, OSError, ValueError)  # what urllib raises about servers and addresses
_clock = time.monotonic

Progress = Callable[[int], None]


class _Interrupted(Exception):
    """The connection failed before the file was complete."""


@dataclass(frozen=True)
class _Answer:
    """How a server begins: where in the file its bytes belong (-1: not where asked), and how long the whole is."""

    start: int
    total: int | None


_Piece = _Answer | bytes | Exception | None


def download(item: Item, target: Path, *, timeout: float = 30.0, progress: Progress | None = None) -> str:
    """Download ``item`` to ``target`` and return its SHA-256.

    The bytes go to ``target`` plus ``.part``. A download that breaks off is continued there, now (three attempts) or
    the next time. Only when the checksum is right is the file given its name. Proxies and certificates are those of
    the system and of the usual variables (``https_proxy``, ``SSL_CERT_FILE`` and so on).

    Args:
        item: what to bring. More than a quarter above ``size`` or ``at_most`` (1 GiB where neither is known) is not
            accepted.
        target: the file to write; an existing one is replaced.
        timeout: seconds without a sign of life after which an attempt is given up. So is one in which less than 1000
            bytes a second come for a minute.
        progress: called with the number of new bytes as they come.
    """
    _check_scheme(item.address)
    ways_on = (
        "With a network, repeat the command and it goes on from there. Without one, bring the file in another way and "
        f"put it at {target}."
    )
    part = target.with_name(target.name + ".part")
    continued = _size(part) > 0
    digest = sha256(part) if continued else ""
    if not digest or digest != item.sha256:
        _receive_all(item, part, timeout, progress, ways_on)
        digest = sha256(part)
    if continued and item.sha256 and digest != item.sha256:  # its beginning was of another file
        part.unlink()
        _receive_all(item, part, timeout, progress, ways_on)
        digest = sha256(part)
    if item.sha256 and digest != item.sha256:
        size = _size(part)
        part.unlink()
        raise BadFile(
            f"{item.address} gave {size} bytes with SHA-256 {digest}, and {item.sha256} is expected: a damaged "
            "transfer, or the file there has changed. It was removed. Try again; if it happens again, the source is "
            "not what it was."
        )
    try:
        part.replace(target)
    except OSError as error:
        raise cannot_write(target, error) from error
    return digest


def is_address(text: Any) -> bool:
    """Whether a text is the address of something, and no path."""
    return isinstance(text, str) and _ADDRESS.match(text) is not None


def fetched(address: str, *, timeout: float = 30.0) -> Path:
    """Return a file of what is at an http, https or file address, called as the address ends; it goes with the process.

    At most 1 GiB is taken, under the limits of :func:`download`.

    Raises:
        Offline: the address cannot be reached or the transfer broke off.
        BadFile: it is no such address, or gives more than that.
    """
    _check_scheme(address)
    ended = urllib.parse.unquote(urllib.parse.urlsplit(address).path).rpartition("/")[2]
    name = re.sub(r"[^\w.+ -]+", "_", ended)[-100:].strip(". ") or "unnamed"
    part = Path(tempfile.mkdtemp(dir=_until_the_end().name)) / name
    _receive_all(Item(address=address, name=name), part, timeout, None, "Fetch it in another way and give the file.")
    return part


def local(text: str) -> str:
    """Return a path as it is, and of an address the path of what is fetched from it."""
    return str(fetched(text)) if is_address(text) else text


@functools.cache
def _until_the_end() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="srkit-")


def _check_scheme(address: str) -> None:
    if address.partition(":")[0].lower() not in SCHEMES:
        raise BadFile(f"{address} cannot be downloaded: only {', '.join(SCHEMES)} addresses are.")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadFile(f"{path} cannot be read ({error.strerror or error}). Move it away and repeat.") from error


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _receive_all(item: Item, part: Path, timeout: float, progress: Progress | None, ways_on: str) -> None:
    problem: Exception | None = None
    for _ in range(_ATTEMPTS):
        try:
            _receive(item, part, timeout, progress)
            return
        except urllib.error.HTTPError as error:
            problem = error
            if error.code == 416:  # the part is longer than the file, so it is not its beginning
                part.unlink(missing_ok=True)
            elif error.code < 500:
                break
        except (BadFile, Offline):
            raise
        except (_Interrupted, *_NETWORK) as error:
            problem = error
    raise Offline(
        f"{item.address} could not be downloaded ({problem}); {_size(part)} bytes of it are here.{advice(problem)} "
        f"{ways_on}"
    )


def _receive(item: Item, part: Path, timeout: float, progress: Progress | None) -> None:
    """Make one attempt, and keep every byte of it that can be of use."""
    have = _size(part)
    known = item.size or item.at_most
    most = _MOST if known is None else known + known // 4 + _CHUNK
    with contextlib.closing(_watched(item.address, have, timeout)) as pieces:
        answer: _Answer = next(pieces)
        if answer.start < 0:
            part.unlink(missing_ok=True)
            raise _Interrupted(f"asked for bytes from {have} on, it gave others")
        _check_size(item, part, answer.total or 0, most)
        if progress is not None and answer.start:
            progress(answer.start)
        got = _write(part, answer.start, pieces, most, progress)
        _check_size(item, part, got, most)
    expected = item.size if answer.total is None else answer.total
    if expected is not None and got != expected:
        raise _Interrupted(f"the connection ended after {got} of {expected} bytes")


def _write(part: Path, start: int, pieces: Iterable[bytes], most: int, progress: Progress | None) -> int:
    """Append the pieces to the part as they come, until they are too many; returns how long it is."""
    got = start
    with _opened(part, "ab" if start else "wb") as file:
        for piece in pieces:
            try:
                file.write(piece)
            except OSError as error:
                raise cannot_write(part, error) from error
            got += len(piece)
            if got > most:
                break
            if progress is not None:
                progress(len(piece))
    return got


def _opened(part: Path, mode: str) -> IO[bytes]:
    try:
        return part.open(mode, buffering=0)
    except OSError as error:
        raise cannot_write(part, error) from error


def _check_size(item: Item, part: Path, size: int, most: int) -> None:
    if size > most:
        part.unlink(missing_ok=True)
        raise BadFile(
            f"{item.address} gives {size} bytes or more, and the file has at most {most}. What came was removed. It "
            "is not the file that was recorded; is there a login page or a proxy in between?"
        )


def _watched(address: str, have: int, timeout: float) -> Generator[Any, None, None]:
    """Yield the answer and then its bytes, and give up on a server that sends nothing or next to nothing.

    A thread of its own does what can hang: looking up the name, connecting, reading the head, reading on.
    """
    pieces: queue.Queue[_Piece] = queue.Queue(maxsize=4)
    over = threading.Event()
    threading.Thread(target=_fetch, args=(address, have, timeout, pieces, over), daemon=True).start()
    since, came = _clock(), 0
    try:
        while True:
            try:
                piece = pieces.get(timeout=timeout)
            except queue.Empty:
                raise _Interrupted(f"nothing came for {timeout:g} seconds") from None
            if piece is None:
                return
            if isinstance(piece, Exception):
                raise piece
            yield piece
            came += len(piece) if isinstance(piece, bytes) else 0
            if _clock() - since > _WINDOW:
                if came < _WINDOW * _SLOWEST:
                    raise _Interrupted(f"{came} bytes came in {_WINDOW:g} seconds, which is no use")
                since, came = _clock(), 0
    finally:
        over.set()


def _fetch(address: str, have: int, timeout: float, pieces: queue.Queue[_Piece], over: threading.Event) -> None:
    def give(piece: _Piece) -> None:
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                pieces.put(piece, timeout=0.1)
                return

    try:
        request = urllib.request.Request(address, headers={"User-Agent": "srkit", "Accept-Encoding": "identity"})
        if have:
            request.add_header("Range", f"bytes={have}-")
        with opener(address).open(request, timeout=timeout) as answer:
            give(_begun(answer.status or 200, answer.headers, have))
            while not over.is_set() and (piece := answer.read1(_CHUNK)):
                give(piece)
        give(None)
    except Exception as error:  # carried to the thread that waits, and raised there
        give(error)


def _begun(status: int, headers: email.message.Message, have: int) -> _Answer:
    """Read what an answer says about itself; lengths that are no numbers are not believed."""
    given = str(headers.get("Content-Length", ""))
    length = int(given) if re.fullmatch(r"\d{1,18}", given) else None
    if status != 206:
        return _Answer(0, length)
    piece = re.match(r"\s*bytes\s+(\d{1,18})-", str(headers.get("Content-Range", "")))
    right = have > 0 and (piece is None or int(piece.group(1)) == have)
    return _Answer(have if right else -1, None if length is None else have + length)
