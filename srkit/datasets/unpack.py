"""Safe unpacking of archives: nothing outside the folder, no links, all files or none."""

from __future__ import annotations

import lzma
import os
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from srkit.errors import BadFile

__all__ = ["unpack"]

_DAMAGED = (  # RuntimeError: it wants a password, or is packed in a way Python does not know
    *(OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, lzma.LZMAError),
    *(zipfile.BadZipFile, tarfile.TarError),
)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip or tar archive into ``folder``; files that are there already under the same name are replaced.

    Everything is unpacked beside ``folder`` first and moved in when it is complete and every name in it was harmless.

    Returns:
        ``folder``.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        fresh = Path(temporary)
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
