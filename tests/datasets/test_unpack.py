from __future__ import annotations

import io
import random
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from srkit.datasets.fetch import unpack
from srkit.errors import BadFile

HOSTILE = ["../evil.png", "/tmp/srkit-evil.png", "a/../../evil.png", "..\\evil.png", "C:/evil.png"]


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        for name, content in members.items():
            bundle.writestr(zipfile.ZipInfo(name), content)
    return path


def tarred(path: Path, members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w:gz") as bundle:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(content), kind, "/etc/passwd"
            bundle.addfile(info, io.BytesIO(content))
    return path


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("make", [zipped, tarred])
def test_an_archive_is_unpacked_into_its_folder_beside_what_is_there(tmp_path: Path, make: object) -> None:
    (tmp_path / "set/X3").mkdir(parents=True)
    (tmp_path / "set/X3/old.png").write_bytes(b"old")
    archive = make(tmp_path / "a.bin", {"X2/1.png": b"one", "2.png": b"two"})  # type: ignore[operator]
    assert unpack(archive, tmp_path / "set") == tmp_path / "set"
    assert listing(tmp_path / "set") == ["2.png", "X2", "X2/1.png", "X3", "X3/old.png"]
    assert (tmp_path / "set/X2/1.png").read_bytes() == b"one"
    assert listing(tmp_path) == ["a.bin", "set", *(f"set/{name}" for name in listing(tmp_path / "set"))]


@pytest.mark.parametrize("make", [zipped, tarred])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_leads_out_of_the_folder_stops_everything(tmp_path: Path, make: object, name: str) -> None:
    (tmp_path / "in").mkdir()
    archive = make(tmp_path / "in/a.bin", {"good.png": b"1", name: b"2"})  # type: ignore[operator]
    with pytest.raises(BadFile, match="outside its folder"):
        unpack(archive, tmp_path / "in/set")
    assert listing(tmp_path) == ["in", "in/a.bin"]
    assert not Path("/tmp/srkit-evil.png").exists()


def test_links_in_archives_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as bundle:
        bundle.writestr(link, "/etc/passwd")
    with pytest.raises(BadFile, match="link"):
        unpack(tmp_path / "a.zip", tmp_path / "set")
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
        with pytest.raises(BadFile, match="neither a file nor a folder"):
            unpack(tarred(tmp_path / "a.tar", {"x": b""}, kind), tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_a_damaged_archive_leaves_nothing(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"1.png": b"1" * 5000, "2.png": b"2" * 5000})
    damaged = bytearray(archive.read_bytes())
    damaged[6000] ^= 1
    archive.write_bytes(damaged)
    with pytest.raises(BadFile, match="could not be unpacked"):
        unpack(archive, tmp_path / "set")
    assert listing(tmp_path) == ["a.zip"]
    tarball = tarred(tmp_path / "b.tgz", {"1.png": bytes(range(256)) * 100})
    tarball.write_bytes(tarball.read_bytes()[:-40])
    with pytest.raises(BadFile, match="could not be unpacked"):
        unpack(tarball, tmp_path / "set")


@pytest.mark.parametrize("kind", ["zip", "tar", "gz", "bz2", "xz"])
def test_an_archive_with_any_byte_changed_is_unpacked_or_refused_whole(tmp_path: Path, kind: str) -> None:
    path, members = tmp_path / "a.bin", {"a.txt": b"one" * 100, "b/c.txt": bytes(range(256)) * 3}
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, content in members.items():
                bundle.writestr(name, content)
    else:
        with tarfile.open(path, "w" if kind == "tar" else f"w:{kind}") as bundle:  # type: ignore[call-overload]
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                bundle.addfile(info, io.BytesIO(content))
    whole, rng = path.read_bytes(), random.Random(0)
    for number in range(60):
        changed = bytearray(whole)
        changed[rng.randrange(len(whole))] ^= rng.randrange(1, 256)
        path.write_bytes(changed[: rng.randrange(len(whole))] if number % 4 == 0 else changed)
        try:
            unpack(path, tmp_path / f"set{number}")
        except BadFile:
            assert not (tmp_path / f"set{number}").exists()
    assert not [name for name in listing(tmp_path) if name.startswith(".")]


def test_an_archive_that_wants_a_password_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"1.png": b"1"})
    content = bytearray(archive.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(BadFile, match="password"):
        unpack(archive, tmp_path / "set")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("<html>404</html>")
    with pytest.raises(BadFile, match="neither a zip nor a tar"):
        unpack(tmp_path / "a.zip", tmp_path / "set")


def test_an_archive_larger_than_the_disk_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(tmp_path / "a.zip", {"1.png": b"1" * 5000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("usage", (), {"free": 4000})())
    with pytest.raises(BadFile, match="free"):
        unpack(archive, tmp_path / "set")
    assert listing(tmp_path) == ["a.zip"]
