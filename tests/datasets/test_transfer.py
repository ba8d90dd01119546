from __future__ import annotations

import hashlib
import socket
import threading
import time
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


def test_a_single_byte_that_is_here_already_is_not_asked_for_again(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.png.part").write_bytes(BODY[:1])
    download(item(site), tmp_path / "a.png")
    assert [asked for _, asked in site.asked] == ["bytes=1-"]
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
    download(item(site), tmp_path / "a.png")
    assert [asked for _, asked in site.asked] == ["bytes=500-", None]
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_says_so(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.png.part").symlink_to("/dev/full")
    with pytest.raises(BadFile, match=r"could not be written: the disk is full.*Free some space"):
        download(item(site), tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()
    assert len(site.asked) == 1


def endless(_: bytes) -> Iterator[bytes]:
    while True:
        yield bytes(1 << 16)


@pytest.mark.parametrize("told", [{"size": 10_240}, {"at_most": 20_000}])
def test_a_server_that_does_not_stop_is_stopped_and_leaves_nothing(
    site: Site, tmp_path: Path, told: dict[str, int]
) -> None:
    site.heads, site.pieces = {"Content-Length": None}, endless
    wanted = Item(address=f"{site.base}/a.png", name="a.png", **told)  # type: ignore[arg-type]
    with pytest.raises(BadFile, match=r"gives \d+ bytes or more, and the file has at most \d+"):
        download(wanted, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
    site.heads, site.pieces = {}, None
    assert download(wanted, tmp_path / "a.png") == SUM


def test_a_file_announced_as_too_large_is_not_even_begun(site: Site, tmp_path: Path) -> None:
    site.heads, site.pieces = {"Content-Length": "99999999999"}, endless
    with pytest.raises(BadFile, match="gives 99999999999 bytes or more"):
        download(Item(address=f"{site.base}/a.png", name="a.png"), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_stops_sending_is_left_and_every_byte_of_it_kept(site: Site, tmp_path: Path) -> None:
    left = threading.Event()
    site.pieces, site.pause = lambda body: [body[:100], body[100:101], b""], lambda: left.wait(0.5)
    try:
        with pytest.raises(Offline, match=r"303 bytes of it are here"):
            download(item(site), tmp_path / "a.png", timeout=4)
    finally:
        left.set()
    assert [asked for _, asked in site.asked] == [None, "bytes=101-", "bytes=202-"]
    assert (tmp_path / "a.png.part").read_bytes() == BODY[:303]


def test_a_server_that_says_nothing_at_all_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        deaf = Item(address=f"http://127.0.0.1:{mute.getsockname()[1]}/a.png", name="a.png")
        with pytest.raises(Offline, match=r"nothing came for 0\.1 seconds|timed out"):
            download(deaf, tmp_path / "a.png", timeout=0.1)


def test_a_server_that_trickles_is_left_after_a_minute(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(0, 10**6, 7))  # seven seconds pass with each byte, whatever the clock on the wall says
    monkeypatch.setattr(transfer, "_clock", lambda: next(seconds))
    site.pieces = lambda body: (body[at : at + 1] for at in range(len(body)))
    site.pause = lambda: time.sleep(0.001)
    with pytest.raises(Offline, match=r"bytes came in 60 seconds"):
        download(item(site), tmp_path / "a.png")
    assert 0 < (tmp_path / "a.png.part").stat().st_size < len(BODY)


@pytest.mark.parametrize(
    "heads",
    [{"Content-Length": "abc"}, {"Content-Length": "-5"}, {"Content-Length": ""}, {"Content-Length": "9" * 30}],
    ids=str,
)
def test_a_length_that_is_no_number_is_not_believed(site: Site, tmp_path: Path, heads: dict[str, str]) -> None:
    site.heads = heads  # type: ignore[assignment]
    assert download(item(site), tmp_path / "a.png") == SUM


@pytest.mark.parametrize(
    "heads", [{"Content-Range": "bytes 0-9/10"}, {"Content-Range": "bytes 300-10239/10240"}], ids=str
)
def test_another_part_than_the_one_asked_for_is_not_glued_on(site: Site, tmp_path: Path, heads: dict[str, str]) -> None:
    (tmp_path / "a.png.part").write_bytes(BODY[:500])
    site.heads = heads  # type: ignore[assignment]
    assert download(Item(address=f"{site.base}/a.png", name="a.png", size=len(BODY)), tmp_path / "a.png") == SUM


@pytest.mark.parametrize(
    "place", ["http://[::1/x", "ftp://127.0.0.1/x", "file:///etc/hostname", "http://:0/", "//", "\t"]
)
def test_a_redirect_to_nowhere_is_no_traceback(site: Site, tmp_path: Path, place: str) -> None:
    site.moved["/a.png"] = place
    with pytest.raises((Offline, BadFile), match=r"a\.png"):
        download(item(site), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "address", ["http://[::1/x", "http:///x", "http://a b/x", "http://x:port/", "https://", "file://host/x"]
)
def test_an_address_that_is_none_is_no_traceback(tmp_path: Path, address: str) -> None:
    with pytest.raises((Offline, BadFile)):
        download(Item(address=address, name="x"), tmp_path / "x")


@pytest.mark.parametrize(
    "head", [b"", b"HTTP", b"\0" * 99, b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200]
)
def test_an_answer_that_is_none_is_no_traceback(tmp_path: Path, head: bytes) -> None:
    def answer() -> None:
        for _ in range(3):
            connection, _ = server.accept()
            with connection:
                connection.recv(9999)
                connection.sendall(head)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, daemon=True).start()
        nonsense = Item(address=f"http://127.0.0.1:{server.getsockname()[1]}/a.png", name="a.png")
        with pytest.raises(Offline, match="could not be downloaded"):
            download(nonsense, tmp_path / "a.png")
