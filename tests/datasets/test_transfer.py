from __future__ import annotations

import errno
import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from srkit.datasets import transfer
from srkit.datasets.manifest import Item
from srkit.datasets.transfer import download
from srkit.errors import BadFile, Offline
from tests.datasets._server import Site, serve

BODY = bytes(range(256)) * 40
SUM = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(Site(files={"/a.png": BODY})) as running:
        yield running


def item(site: Site, sha256: str = SUM) -> Item:
    return Item(address=f"{site.base}/a.png", name="a.png", sha256=sha256)


def test_a_file_is_brought_whole_and_its_checksum_returned(site: Site, tmp_path: Path) -> None:
    seen: list[int] = []
    assert download(item(site), tmp_path / "a.png", progress=seen.append) == SUM
    assert (tmp_path / "a.png").read_bytes() == BODY
    assert sum(seen) == len(BODY)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    site.breaks = 2
    download(item(site), tmp_path / "a.png")
    assert [asked for _, asked in site.asked] == [None, "bytes=1000-", "bytes=2000-"]
    assert (tmp_path / "a.png").read_bytes() == BODY


def test_what_came_before_the_network_went_is_kept_for_the_next_call(site: Site, tmp_path: Path) -> None:
    site.breaks = 3
    with pytest.raises(Offline, match=r"3000 bytes of it are here.*put it at .*a\.png"):
        download(item(site), tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()
    download(item(site), tmp_path / "a.png")
    assert site.asked[-1][1] == "bytes=3000-"
    assert (tmp_path / "a.png").read_bytes() == BODY


def test_a_server_that_gives_no_parts_is_asked_for_everything(site: Site, tmp_path: Path) -> None:
    site.breaks, site.ranges = 1, False
    download(item(site), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == BODY


def test_a_file_with_a_wrong_checksum_is_refused_and_removed(site: Site, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=rf"SHA-256 {SUM}, and {'0' * 64} is expected.*removed"):
        download(item(site, "0" * 64), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_beginning_that_is_of_another_file_is_found_out_and_removed(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.png.part").write_bytes(b"x" * 500)
    with pytest.raises(BadFile, match="is expected"):
        download(item(site), tmp_path / "a.png")
    download(item(site), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == BODY


def test_a_beginning_longer_than_the_file_is_thrown_away(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.png.part").write_bytes(b"x" * (len(BODY) + 5))
    download(item(site), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == BODY


def test_a_complete_part_left_by_a_killed_process_is_used_without_a_request(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.png.part").write_bytes(BODY)
    download(item(site), tmp_path / "a.png")
    assert site.asked == []


def test_a_wrong_new_version_does_not_replace_a_file_that_is_there(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"precious")
    with pytest.raises(BadFile):
        download(item(site, "0" * 64), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"precious"


def test_a_server_in_trouble_is_asked_again_and_a_missing_file_is_not(site: Site, tmp_path: Path) -> None:
    site.fails = [503, 500]
    download(item(site), tmp_path / "a.png")
    assert len(site.asked) == 3
    gone = Item(address=f"{site.base}/gone.png", name="gone.png")
    with pytest.raises(Offline, match=r"gone\.png.*404"):
        download(gone, tmp_path / "gone.png")
    assert len(site.asked) == 4


def test_no_network_names_the_address_and_the_place_for_a_file_brought_by_hand(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nowhere = Item(address=f"http://127.0.0.1:{port}/a.png", name="a.png")
    with pytest.raises(Offline, match=rf"127\.0\.0\.1:{port}/a\.png.*bring the file in another way and put it at"):
        download(nowhere, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_file_address_works_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "mirror.png").write_bytes(BODY)
    local = Item(address=(tmp_path / "mirror.png").as_uri(), name="a.png", sha256=SUM)
    assert download(local, tmp_path / "a.png") == SUM
    with pytest.raises(Offline, match="not_there"):
        download(Item(address=(tmp_path / "not_there").as_uri(), name="b"), tmp_path / "b")


def test_other_kinds_of_address_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="only http, https, file"):
        download(Item(address="ftp://example.org/a.png", name="a.png"), tmp_path / "a.png")


def test_a_full_disk_says_so_and_keeps_what_has_come(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: object, file: object, progress: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(transfer, "_copy", full)
    with pytest.raises(BadFile, match=r"could not be written.*free space"):
        download(item(site), tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()
