from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from srkit.datasets import fetch, install_archive, load
from srkit.errors import BadFile, Offline, UnknownName
from tests.datasets import _make
from tests.datasets._server import Site, serve

NAMES = ["1.png", "2.png", "3 with space.png", "4.png", "5.png"]


def png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(_make.noise(16, 16, seed)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def site() -> Iterator[Site]:
    files = {f"/set/{name.replace(' ', '%20')}": png(seed) for seed, name in enumerate(NAMES)}
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("DIV2K_train_HR/0001.png", png(9))
    files["/DIV2K_train_HR.zip"] = bundle.getvalue()
    with serve(Site(files=files)) as running:
        yield running


@pytest.fixture
def manifest(site: Site, tmp_path: Path) -> Path:
    sums = "".join(f"{hashlib.sha256(png(seed)).hexdigest()}  {name}\n" for seed, name in enumerate(NAMES))
    (tmp_path / "manifest").mkdir()
    (tmp_path / "manifest/set5.sha256").write_text(sums)
    archive = hashlib.sha256(site.files["/DIV2K_train_HR.zip"]).hexdigest()
    path = tmp_path / "manifest/manifest.toml"
    path.write_text(
        f"""
[set5]
title = "Set5"
folder = "Set5"
images = 5
bytes = 5000
base = "{site.base}/set/"
sums = "set5.sha256"
citation = "c"
terms = "terms of Set5"
use = "test"

[both]
title = "Both"
parts = ["set5", "div2k"]
citation = "c"
terms = "t"
use = "test"

[div2k]
title = "DIV2K"
folder = "DIV2K"
citation = "c"
terms = "t"
use = "train"
archives = [{{ address = "{site.base}/DIV2K_train_HR.zip", sha256 = "{archive}", bytes = 1000 }}]

[by_hand]
title = "By hand"
folder = "ByHand"
citation = "c"
terms = "ask first"
use = "test"
how_to_get = "Write a letter."
"""
    )
    return path


def test_a_set_is_downloaded_once_and_then_loads_by_name(site: Site, manifest: Path, tmp_path: Path) -> None:
    said: list[str] = []
    folder = fetch("set5", home=tmp_path / "home", manifest=manifest, report=said.append)
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    assert "terms of Set5" in said[0]
    assert len(load("set5", scale=2, root=tmp_path / "home")) == 5
    asked = len(site.asked)
    fetch("set5", home=tmp_path / "home", manifest=manifest)
    assert len(site.asked) == asked == 5


def test_an_unfinished_set_does_not_bear_the_sets_name_and_is_finished_later(
    site: Site, manifest: Path, tmp_path: Path
) -> None:
    body = site.files.pop("/set/4.png")
    with pytest.raises(Offline, match=r"4\.png"):
        fetch("set5", home=tmp_path / "home", manifest=manifest)
    assert not (tmp_path / "home/Set5").exists()
    with pytest.raises(BadFile, match="not found"):
        load("set5", scale=2, root=tmp_path / "home")
    site.files["/set/4.png"] = body
    site.asked.clear()
    fetch("set5", home=tmp_path / "home", manifest=manifest)
    assert [path for path, _ in site.asked] == ["/set/4.png"]
    assert len(load("set5", scale=2, root=tmp_path / "home")) == 5


def test_a_file_that_was_damaged_on_disk_is_fetched_again(site: Site, manifest: Path, tmp_path: Path) -> None:
    folder = fetch("set5", home=tmp_path / "home", manifest=manifest)
    (folder / "2.png").write_bytes(b"rotten")
    site.asked.clear()
    fetch("set5", home=tmp_path / "home", manifest=manifest)
    assert [path for path, _ in site.asked] == ["/set/2.png"]
    assert (folder / "2.png").read_bytes() == png(1)


def test_a_file_that_is_not_what_the_manifest_says_is_refused(site: Site, manifest: Path, tmp_path: Path) -> None:
    site.files["/set/2.png"] = b"something else"
    with pytest.raises(BadFile, match=r"2\.png gave 14 bytes"):
        fetch("set5", home=tmp_path / "home", manifest=manifest)
    assert not any(path.name.startswith("2.png") for path in tmp_path.rglob("home/**/*"))


def test_an_archive_is_verified_unpacked_and_not_fetched_again(site: Site, manifest: Path, tmp_path: Path) -> None:
    for _ in range(2):
        folder = fetch("div2k", home=tmp_path / "home", manifest=manifest)
    assert (folder / "DIV2K_train_HR/0001.png").read_bytes() == png(9)
    assert len(site.asked) == 1
    assert not (tmp_path / "home/DIV2K_train_HR.zip").exists()
    with pytest.warns(RuntimeWarning, match="800 images and 1"):
        load("div2k", scale=2, root=tmp_path / "home")


def test_a_set_of_sets_brings_each_of_them(site: Site, manifest: Path, tmp_path: Path) -> None:
    fetch("both", home=tmp_path / "home", manifest=manifest)
    assert (tmp_path / "home/Set5").is_dir()
    assert (tmp_path / "home/DIV2K").is_dir()


def test_what_no_program_can_download_says_how_a_person_can(manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(Offline, match=r"Write a letter\..*ask first.*home/ByHand"):
        fetch("by_hand", home=tmp_path / "home", manifest=manifest)
    with pytest.raises(UnknownName, match="nothing to download"):
        fetch("nonsense", home=tmp_path / "home", manifest=manifest)


def test_too_little_room_is_noticed_before_anything_is_downloaded(
    site: Site, manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("usage", (), {"free": 100})())
    with pytest.raises(BadFile, match="SRKIT_DATA"):
        fetch("set5", home=tmp_path / "home", manifest=manifest)
    assert site.asked == []


def test_load_downloads_what_is_missing_and_only_then(
    site: Site, manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srkit.datasets.manifest.shipped", lambda: manifest.parent)
    monkeypatch.setenv("SRKIT_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadFile, match="srkit data fetch set5"):
        load("set5", scale=2)
    assert site.asked == []
    assert len(load("set5", scale=2, download=True)) == 5
    assert len(load("set5", scale=2, download=True)) == 5
    assert len(load("set5", scale=2)) == 5
    assert len(site.asked) == 5


def test_an_archive_brought_by_hand_is_unpacked_and_its_checksum_remembered(tmp_path: Path) -> None:
    lr = _make.noise(8, 8)
    for camera in ("Canon", "Nikon"):
        _make.save(tmp_path / f"raw/{camera}/Train/2/{camera}_001_HR.png", _make.enlarged(lr, 2))
        _make.save(tmp_path / f"raw/{camera}/Train/2/{camera}_001_LR2.png", lr)
    archive = tmp_path / "RealSR.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        for path in sorted((tmp_path / "raw").rglob("*.png")):
            bundle.write(path, path.relative_to(tmp_path / "raw"))
    said: list[str] = []
    install_archive("realsr", archive, home=tmp_path / "home", report=said.append)
    assert "no checksum is published; recorded" in said[0]
    assert load("realsr", scale=2, root=tmp_path / "home").names == ("Canon_001", "Nikon_001")
    install_archive("realsr", archive, home=tmp_path / "home")
    with zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr("more.txt", "changed")
    with pytest.raises(BadFile, match="the first time it was"):
        install_archive("realsr", archive, home=tmp_path / "home")
    with pytest.raises(BadFile, match="no file"):
        install_archive("realsr", tmp_path / "absent.zip", home=tmp_path / "home")


FETCHER = (
    "import sys\n"
    "from pathlib import Path\n"
    "from srkit.datasets import fetch\n"
    "sys.stdin.readline()\n"
    "fetch('set5', home=Path(sys.argv[1]), manifest=Path(sys.argv[2]), report=print)\n"
)


def test_processes_that_want_the_same_set_at_once_all_get_it_and_one_downloads(
    site: Site, manifest: Path, tmp_path: Path
) -> None:
    words = [sys.executable, "-c", FETCHER, str(tmp_path / "home"), str(manifest)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    processes = [subprocess.Popen(words, text=True, **pipes) for _ in range(2)]
    said = [process.communicate("go\n")[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert sorted(path.name for path in (tmp_path / "home").rglob("*")) == sorted([*NAMES, "Set5"])
    assert len(site.asked) == len(NAMES)


def test_what_a_portal_sent_in_place_of_an_archive_does_not_stand_in_the_way_of_the_right_one(
    site: Site, manifest: Path, tmp_path: Path
) -> None:
    manifest.write_text(
        re.sub(r'sha256 = "\w{64}", bytes = \d+', "", manifest.read_text()).replace('zip",  }', 'zip" }')
    )
    right = site.files["/DIV2K_train_HR.zip"]
    site.files["/DIV2K_train_HR.zip"] = b"<html>Log in first</html>"
    with pytest.raises(BadFile, match="neither a zip nor a tar"):
        fetch("div2k", home=tmp_path / "home", manifest=manifest)
    site.files["/DIV2K_train_HR.zip"] = right
    assert (fetch("div2k", home=tmp_path / "home", manifest=manifest) / "DIV2K_train_HR/0001.png").is_file()


@pytest.mark.parametrize("place", ["Set5", ".Set5.part", "Set5/1.png", "Set5/1.png.part"])
def test_whatever_lies_in_the_way_is_named(site: Site, manifest: Path, tmp_path: Path, place: str) -> None:
    way = tmp_path / "home" / place
    way.parent.mkdir(parents=True)
    if place.endswith("png") or place == "Set5/1.png.part":
        way.mkdir()
    else:
        way.write_text("in the way")
    with pytest.raises(BadFile, match=str(tmp_path / "home")):
        fetch("set5", home=tmp_path / "home", manifest=manifest)
