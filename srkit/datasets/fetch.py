"""Downloading a data set of the catalogue once, whole, and verified.

Files go to ``downloads/.NAME.part`` and the folder gets its name when the last of them is there and its checksum is
right, so that a folder ``downloads/Set5`` is always complete. Of several processes that want the same
data set one downloads it; the others wait and find it there. Archives are unpacked all or not at all: nothing outside
the folder, no links.
"""

from __future__ import annotations

import contextlib
import json
import lzma
import os
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from srkit.datasets.manifest import Item, Record, record
from srkit.datasets.places import downloads
from srkit.datasets.transfer import download, sha256
from srkit.errors import BadFile, Offline, SrkitError
from srkit.ops.atomic import locked, sweep, write_atomically

__all__ = ["fetch", "install_archive", "unpack"]

_CONNECTIONS = 4
_RECORDED = "checksums.json"

Report = Callable[[str], None]


def fetch(
    name: str,
    *,
    scale: int | None = None,
    home: Path | None = None,
    report: Report | None = None,
    manifest: Path | None = None,
) -> Path:
    """Download a data set of the catalogue and return its folder. What is there already is verified, not fetched again.

    Args:
        name: name in the catalogue.
        scale: fetch the LR images of this scale too, where they are offered apart (DIV2K). They need not be: LR made by
            srkit is the same to the last bit.
        home: where to; by default :func:`~srkit.datasets.places.downloads`.
        report: called with a sentence now and then.
        manifest: another list than the one shipped.

    Raises:
        UnknownName: the catalogue has no such data set.
        Offline: it cannot be downloaded, or not by a program; the message says how to provide it by hand.
        BadFile: a checksum is wrong, the disk is full, or the folder cannot be used.
    """
    entry = record(name, manifest)
    home = downloads() if home is None else home
    say = report or _silent
    if entry.parts:
        for part in entry.parts:
            fetch(part, home=home, report=report, manifest=manifest)
        return home
    items = [item for item in entry.items if item.scale in (None, scale)]
    if not items:
        raise Offline(_by_hand(entry, home / entry.folder))
    with _alone(home, entry.folder, say):
        _make_room(home, entry, items)
        say(f"{entry.card.title}: {entry.card.terms}")
        if items[0].archive:
            return _fetch_archives(entry, items, home, say)
        return _fetch_files(entry, items, home, say)


def install_archive(name: str, archive: str | Path, *, home: Path | None = None, report: Report | None = None) -> Path:
    """Unpack an archive the user brought by hand as the data set ``name``; returns its folder.

    No checksum is known for such archives. The first one's is recorded in ``downloads/checksums.json``, and another
    archive under the same name is refused until that record is removed.

    Raises:
        BadFile: no such file, not an archive, or another one than the first time.
    """
    archive, home, say = Path(archive).expanduser(), downloads() if home is None else home, report or _silent
    if not archive.is_file():
        raise BadFile(f"There is no file {archive}. Give the path of the archive that was downloaded by hand.")
    entry = record(name)
    with _alone(home, entry.folder, say):
        return _unpack_trusted(entry.name, archive, sha256(archive), home / entry.folder, say)


@contextlib.contextmanager
def _alone(home: Path, folder: str, say: Report) -> Iterator[None]:
    """Work on a data set alone, and say what the system objects to in terms of its folder."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with locked(home / f".{folder}.lock", f"downloading {folder} to {home}", wait=True, report=say):
            yield
    except SrkitError:
        raise
    except OSError as problem:
        raise BadFile(
            f"{home} cannot be used for downloads ({problem}). Move away what is in the way, or set SRKIT_DATA to "
            "another folder you own."
        ) from problem


def _fetch_files(entry: Record, items: Sequence[Item], home: Path, say: Report) -> Path:
    folder = home / entry.folder
    working = folder if folder.is_dir() else home / f".{entry.folder}.part"
    missing = [item for item in items if not _is_there(working / item.name, item)]
    for item in missing:
        (working / item.name).parent.mkdir(parents=True, exist_ok=True)
    if missing:
        say(f"{entry.card.title}: {len(missing)} of {len(items)} files to download to {folder}")
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            jobs = [pool.submit(download, item, working / item.name) for item in missing]
        for job in jobs:
            job.result()
    if working != folder:
        working.rename(folder)
    say(f"{entry.card.title}: {len(items)} files verified in {folder}")
    return folder


def _fetch_archives(entry: Record, items: Sequence[Item], home: Path, say: Report) -> Path:
    folder = home / entry.folder
    for item in items:
        done = folder / f".{item.name}.unpacked"
        if done.is_file():
            (home / item.name).unlink(missing_ok=True)
            say(f"{item.name}: unpacked before in {folder}")
            continue
        archive = home / item.name
        if not _is_there(archive, item):
            say(f"{item.name}: {(item.size or 0) / 1e6:.0f} MB from {item.address}")
            download(item, archive)
        digest = sha256(archive)
        if item.sha256:
            unpack(archive, folder)
        else:
            _unpack_trusted(item.name, archive, digest, folder, say)
        sweep(done)
        write_atomically(done, f"{digest}\n".encode())
        archive.unlink()
        say(f"{item.name}: unpacked in {folder}")
    return folder


def _is_there(path: Path, item: Item) -> bool:
    return path.is_file() and bool(item.sha256) and sha256(path) == item.sha256


def _unpack_trusted(name: str, archive: Path, digest: str, folder: Path, say: Report) -> Path:
    """Unpack an archive without a published checksum: the first that can be unpacked is recorded, others refused."""
    path = folder.parent / _RECORDED
    with locked(folder.parent / ".checksums.lock", f"recording checksums in {path}", wait=True, report=say):
        recorded = _recorded(path)
        if recorded.setdefault(name, digest) != digest:
            raise BadFile(
                f"{name} has SHA-256 {digest}; the first time it was {recorded[name]} (recorded in {path}). If the "
                "source is known to have changed, remove that line and repeat."
            )
        unpack(archive, folder)
        sweep(path)
        write_atomically(path, (json.dumps(recorded, indent=1, sort_keys=True) + "\n").encode())
    say(f"{name}: no checksum is published; recorded {digest} in {path}")
    return folder


def _recorded(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return {str(name): str(digest) for name, digest in found.items()}
        reason: object = "it holds no table"
    except (OSError, ValueError) as problem:
        reason = problem
    raise BadFile(f"The checksums recorded in {path} cannot be read ({reason}). Mend the file or move it away.")


def _make_room(home: Path, entry: Record, items: Sequence[Item]) -> None:
    free = shutil.disk_usage(home).free
    archives = sum(item.size or 0 for item in items if item.archive)
    needed = 2 * archives if archives else entry.size or 0
    if needed > free:
        raise BadFile(
            f"{entry.card.title} needs {needed / 1e6:.0f} MB in {home}, and {free / 1e6:.0f} MB are free. "
            "Set SRKIT_DATA to a folder on a larger disk."
        )


def _by_hand(entry: Record, folder: Path) -> str:
    return (
        f"{entry.card.title} cannot be downloaded by a program. {entry.card.how_to_get} Terms: {entry.card.terms} "
        f"Put it at {folder}, or name its folder with root=."
    )


def _silent(_: str) -> None:
    return None


_DAMAGED = (  # RuntimeError: it wants a password, or is packed in a way Python does not know
    *(OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, lzma.LZMAError),
    *(zipfile.BadZipFile, tarfile.TarError),
)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip or tar archive into ``folder``; files that are there already under the same name are replaced.

    Everything is unpacked beside ``folder`` first and moved in when it is complete and every name in it was harmless.
    Only one process at once may do so; what one left that was killed is removed.

    Returns:
        ``folder``.
    """
    fresh = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        try:
            if zipfile.is_zipfile(archive):
                _unzip(archive, fresh)
            elif tarfile.is_tarfile(archive):
                _untar(archive, fresh)
            else:
                raise BadFile(f"{archive} is neither a zip nor a tar archive. Unpack it by hand into {folder}.")
        except BadFile:
            raise
        except _DAMAGED as problem:
            raise BadFile(f"{archive} could not be unpacked ({problem}); nothing was left in {folder}.") from problem
        _move(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _unzip(archive: Path, fresh: Path) -> None:
    with zipfile.ZipFile(archive) as bundle:
        members = bundle.infolist()
        _check_space(archive, fresh, sum(member.file_size for member in members))
        for member in members:
            _check_name(archive, member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise BadFile(f"{archive} holds a link, {member.filename!r}; it was not unpacked.")
        bundle.extractall(fresh, members)


def _untar(archive: Path, fresh: Path) -> None:
    with tarfile.open(archive) as bundle:
        members = bundle.getmembers()
        _check_space(archive, fresh, sum(member.size for member in members))
        for member in members:
            _check_name(archive, member.name)
            if not (member.isfile() or member.isdir()):
                raise BadFile(f"{archive} holds {member.name!r}, which is neither a file nor a folder; not unpacked.")
        for member in members:
            place = fresh / member.name
            if member.isdir():
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            source = bundle.extractfile(member)
            if source is not None:
                with source, place.open("wb") as file:
                    shutil.copyfileobj(source, file)


def _check_name(archive: Path, name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
        raise BadFile(
            f"{archive} holds a file that would land outside its folder, {name!r}; nothing of it was unpacked. "
            "Do not trust where it came from."
        )


def _check_space(archive: Path, fresh: Path, needed: int) -> None:
    free = shutil.disk_usage(fresh).free
    if needed > free:
        raise BadFile(f"{archive} unpacks to {needed / 1e6:.0f} MB and {fresh.parent} has {free / 1e6:.0f} MB free.")


def _move(fresh: Path, folder: Path) -> None:
    for place, _, files in os.walk(fresh):
        target = folder / Path(place).relative_to(fresh)
        target.mkdir(parents=True, exist_ok=True)
        for name in files:
            (Path(place) / name).replace(target / name)
