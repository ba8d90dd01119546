from __future__ import annotations

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from srkit.datasets import Pairs, load
from srkit.datasets import store as module
from srkit.datasets.store import open_store, store_path
from srkit.errors import BadFile
from tests.datasets import _make


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return _make.edsr_tree(tmp_path / "set", ("a", "b", "c"))


@pytest.fixture
def pairs(tree: Path) -> Pairs:
    return load(tree, scale=2)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that grows by one path each time a cache file is built."""
    built: list[Path] = []
    original = module._build

    def counted(pairs: Pairs, path: Path) -> None:
        built.append(path)
        original(pairs, path)

    monkeypatch.setattr(module, "_build", counted)
    return built


def assert_holds(store: module.Store, pairs: Pairs) -> None:
    assert len(store) == len(pairs)
    for index, pair in enumerate(pairs):
        for array, image in zip(store.arrays(index), (pair.lr, pair.hr), strict=True):
            np.testing.assert_array_equal(array, np.rint(image.permute(1, 2, 0).numpy() * 255).astype(np.uint8))


def leftovers(cache: Path) -> list[str]:
    return [path.name for path in cache.iterdir() if path.suffix != ".pixels"]


def test_the_cache_holds_the_pixels_and_is_built_once(
    pairs: Pairs, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = builds(monkeypatch)
    assert_holds(open_store(pairs, cache), pairs)
    assert_holds(open_store(pairs, cache), pairs)
    assert built == [store_path(pairs, cache)]
    assert leftovers(cache) == []


def test_no_image_is_decoded_when_the_cache_is_fresh(
    pairs: Pairs, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(pairs, cache)
    monkeypatch.setattr("srkit.ops.files.read", lambda path: pytest.fail(f"decoded {path}"))
    open_store(pairs, cache).arrays(2)


def replaced(tree: Path) -> None:
    _make.picture(tree / "HR/b.png", 32, 40, seed=99)


def touched(tree: Path) -> None:
    os.utime(tree / "HR/b.png", ns=(1, 1))


def edited_in_the_middle_with_its_old_time(tree: Path) -> None:
    path = tree / "LR_bicubic/X2/bx2.png"
    status = path.stat()
    _make.save(path, _make.noise(16, 20, seed=5))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("change", [replaced, touched, edited_in_the_middle_with_its_old_time])
def test_the_cache_is_made_anew_when_a_source_changes(
    tree: Path, cache: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(load(tree, scale=2), cache)
    built = builds(monkeypatch)
    change(tree)
    pairs = load(tree, scale=2)
    assert_holds(open_store(pairs, cache), pairs)
    assert len(built) == 1
    assert len(list(cache.iterdir())) == 1, "the old cache is replaced, not left to fill the disk"


def test_another_image_or_another_scale_has_its_own_cache(tree: Path, cache: Path) -> None:
    two = load(tree, scale=2)
    open_store(two, cache)
    _make.picture(tree / "HR/d.png", 32, 40)
    four = load(tree, scale=4)
    assert_holds(open_store(four, cache), four)
    assert_holds(open_store(two, cache), two)


@pytest.mark.parametrize("keep", [0, 1, 7, 20, 500, 5000, -1])
def test_a_cache_cut_short_anywhere_is_noticed_and_made_anew(
    pairs: Pairs, cache: Path, keep: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(pairs, cache)
    path = store_path(pairs, cache)
    path.write_bytes(path.read_bytes()[:keep])
    built = builds(monkeypatch)
    assert_holds(open_store(pairs, cache), pairs)
    assert len(built) == 1


@pytest.mark.parametrize("place", [0, 1000, 7000, -30, -10, -1])
def test_a_damaged_byte_anywhere_is_noticed_and_the_cache_made_anew(
    pairs: Pairs, cache: Path, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(pairs, cache)
    path = store_path(pairs, cache)
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= 0x40
    path.write_bytes(damaged)
    built = builds(monkeypatch)
    assert_holds(open_store(pairs, cache), pairs)
    assert len(built) == 1


def test_a_cache_that_is_damaged_again_at_once_is_an_error_and_no_endless_loop(
    pairs: Pairs, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(pairs, cache)
    monkeypatch.setattr(module, "_crc", lambda data, slot: slot.crc ^ 1)
    with pytest.raises(BadFile, match=r"reads 'a' differently.*cache=None"):
        store.arrays(0)


def test_an_error_while_building_leaves_nothing_and_the_old_cache_in_place(tree: Path, cache: Path) -> None:
    pairs = load(tree, scale=2)
    open_store(pairs, cache)
    path = store_path(pairs, cache)
    before = path.read_bytes()
    picture = tree / "HR/c.png"
    picture.write_bytes(picture.read_bytes()[:-200])
    with pytest.raises(BadFile, match=r"c\.png"):
        open_store(pairs, cache)
    assert path.read_bytes() == before
    assert leftovers(cache) == []


def test_a_file_left_by_a_killed_builder_is_never_taken_for_the_cache(pairs: Pairs, cache: Path) -> None:
    cache.mkdir()
    (cache / f".{store_path(pairs, cache).stem}-abc.tmp.pixels").write_bytes(b"half")
    assert_holds(open_store(pairs, cache), pairs)


def test_builders_at_the_same_time_end_with_one_right_file(pairs: Pairs, cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: open_store(pairs, cache), range(8)))
    for store in stores:
        assert_holds(store, pairs)
    assert [path.name for path in cache.iterdir()] == [store_path(pairs, cache).name]


def test_a_store_in_use_goes_on_with_its_pixels_when_the_file_is_replaced(tree: Path, cache: Path) -> None:
    pairs = load(tree, scale=2)
    store = open_store(pairs, cache)
    old = [tuple(array.copy() for array in store.arrays(index)) for index in range(3)]
    replaced(tree)
    open_store(load(tree, scale=2), cache)
    for index in range(3):
        for array, was in zip(store.arrays(index), old[index], strict=True):
            np.testing.assert_array_equal(array, was)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_disk_costs_a_warning_and_leaves_nothing(
    pairs: Pairs, cache: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.warns(RuntimeWarning, match=r"No pixel cache.*kept in memory"):
        store = open_store(pairs, cache)
    assert_holds(store, pairs)
    assert list(cache.iterdir()) == []


def test_a_cache_folder_that_is_a_file_costs_a_warning(pairs: Pairs, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.warns(RuntimeWarning, match="kept in memory"):
        assert_holds(open_store(pairs, tmp_path / "file" / "cache"), pairs)


def test_the_folder_of_the_images_is_never_written_to(tree: Path, cache: Path) -> None:
    before = sorted(str(path) for path in tree.rglob("*"))
    open_store(load(tree, scale=2), cache)
    assert sorted(str(path) for path in tree.rglob("*")) == before


def test_a_source_that_disappears_is_named(tree: Path, cache: Path) -> None:
    pairs = load(tree, scale=2)
    (tree / "HR/a.png").unlink()
    with pytest.raises(BadFile, match=r"a\.png.*moved"):
        open_store(pairs, cache)
