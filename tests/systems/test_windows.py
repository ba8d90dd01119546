"""What a user of Windows does, under the rules of Windows: see ``tests/_windows.py``."""

from __future__ import annotations

import errno
import json
import mmap
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

import srkit
from srkit import datasets, evaluation, models, training
from srkit.datasets.fetch import fetch
from srkit.datasets.store import open_store, store_path
from srkit.exercises._study import predict
from srkit.inference import upscale_folder
from srkit.ops.atomic import locked
from srkit.ops.files import SUFFIXES
from tests.datasets import _make
from tests.datasets._server import Site, serve

pytestmark = pytest.mark.usefixtures("windows")
QUICK = {"steps": 2, "batch": 2, "patch": 16, "progress": False}


@pytest.fixture
def pairs(tmp_path: Path) -> datasets.Pairs:
    return datasets.load(_make.edsr_tree(tmp_path / "set", ("a", "b"), height=24), scale=2)


def test_the_rules_hold(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_text("a\nü")
    other.write_text("")
    assert path.read_bytes() == b"a\r\n\xfc", "text is cp1252 with CRLF unless one says otherwise"
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        for forbidden in (path.unlink, lambda: path.rename(tmp_path / "new"), lambda: other.replace(path)):
            with pytest.raises(PermissionError):
                forbidden()
    with pytest.raises(PermissionError):
        other.replace(path)  # closed, but still mapped
    with pytest.raises(PermissionError):
        tmp_path.rename(tmp_path.with_name("moved"))
    mapped.close()
    with pytest.raises(FileExistsError):
        other.rename(path)
    other.replace(path)
    with pytest.raises(OSError, match="name is wrong") as refused:
        (tmp_path / "a:b").write_text("")
    assert refused.value.errno == errno.EINVAL
    with pytest.raises(ImportError):
        import fcntl  # noqa: F401


def test_a_run_folder_is_used_again_and_again_and_its_last_run_resumed(tmp_path: Path, pairs: datasets.Pairs) -> None:
    for seed in range(3):
        net = models.create("a2001sr", scale=2, tiny=True)
        training.train(net, pairs, out=tmp_path / "run", seed=seed, valid=pairs[:1], valid_every=1, **QUICK)
    assert len(list(tmp_path.glob("run.2*"))) == 2
    assert json.loads((tmp_path / "run/config.json").read_text("utf-8"))["seed"] == 2
    run = training.resume(tmp_path / "run", pairs=pairs, valid=pairs[:1], steps=4, progress=False)
    assert run.history.rows[-1]["step"] == 4
    assert not list(tmp_path.rglob("lock"))


def test_a_cache_is_made_anew_while_the_old_one_is_in_use(tmp_path: Path, pairs: datasets.Pairs) -> None:
    held = open_store(pairs, tmp_path / "cache").arrays(0)[1]
    was = held.copy()
    _make.save(tmp_path / "set/HR/a.png", _make.noise(*was.shape[:2], seed=9))
    fresh = datasets.load(tmp_path / "set", scale=2)
    again = open_store(fresh, tmp_path / "cache")
    assert store_path(fresh, tmp_path / "cache").is_file(), "not kept in memory"
    assert not np.array_equal(again.arrays(0)[1], was)
    np.testing.assert_array_equal(held, was)


def test_a_damaged_cache_in_use_costs_a_warning_and_is_made_anew_when_nobody_uses_it(
    tmp_path: Path, pairs: datasets.Pairs
) -> None:
    user = open_store(pairs, tmp_path / "cache")
    view, path = user.arrays(0)[1], store_path(pairs, tmp_path / "cache")
    right = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(len(right) // 2)
        file.write(bytes([right[len(right) // 2] ^ 1]))
    with pytest.warns(RuntimeWarning, match="kept in memory"):
        assert zlib_of(user, 1) == user.slots[1].crc
    del view, user
    again = open_store(pairs, tmp_path / "cache")
    assert zlib_of(again, 1) == again.slots[1].crc
    assert path.read_bytes() == right


def zlib_of(store: datasets.store.Store, index: int) -> int:
    import zlib

    lr, hr = store.arrays(index)
    return zlib.crc32(lr.tobytes(), zlib.crc32(hr.tobytes()))


def test_sets_and_archives_are_downloaded_and_a_damaged_file_replaced(tmp_path: Path) -> None:
    picture = _make.picture(tmp_path / "1.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as bundle:
        bundle.writestr("HR/1.png", picture)
    with serve(Site(files={"/1.png": picture, "/a.zip": (tmp_path / "a.zip").read_bytes()})) as site:
        head = 'citation = "c"\nterms = "t"\nuse = "test"\n'
        manifest = tmp_path / "manifest.toml"
        manifest.write_text(
            f'[one]\ntitle = "One"\nbase = "{site.base}/"\nsums = "one.sha256"\n{head}'
            f'[two]\ntitle = "Two"\n{head}archives = [{{ address = "{site.base}/a.zip" }}]\n',
            encoding="utf-8",
        )
        digest = datasets.transfer.sha256(tmp_path / "1.png")
        (tmp_path / "one.sha256").write_text(f"{digest}  1.png\n", encoding="utf-8")
        for _ in range(2):
            folder = fetch("one", home=tmp_path / "home", manifest=manifest)
            assert (folder / "1.png").read_bytes() == picture
            (folder / "1.png").write_bytes(b"rotten")
            assert (fetch("two", home=tmp_path / "home", manifest=manifest) / "HR/1.png").read_bytes() == picture
    assert not [path.name for path in (tmp_path / "home").rglob("*") if path.suffix in (".lock", ".part")]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_enlarged_picture_is_written_over_the_one_before_in_every_format(tmp_path: Path, suffix: str) -> None:
    net = models.create("bicubic", scale=2)
    (tmp_path / "in").mkdir()
    for side in (16, 24):
        srkit.write(tmp_path / f"in/a{suffix}", torch.rand(3, side, side))
        srkit.upscale(tmp_path / f"in/a{suffix}", net, out=tmp_path / f"b{suffix}", overwrite=True)
        assert srkit.read(tmp_path / f"b{suffix}").shape == (3, 2 * side, 2 * side)
    assert [done.problem for done in upscale_folder(tmp_path / "in", tmp_path / "out", net)] == [None]


def test_weights_are_saved_over_the_file_they_came_from(tmp_path: Path) -> None:
    net = models.create("a2001sr", scale=2, tiny=True)
    models.save(net, tmp_path / "net.safetensors")
    loaded = models.load(tmp_path / "net.safetensors")
    models.save(loaded, tmp_path / "net.safetensors", overwrite=True)
    again = models.load(tmp_path / "net.safetensors").state_dict()
    assert all(torch.equal(again[name], value) for name, value in net.state_dict().items())


def test_an_evaluation_is_written_beside_the_one_before(tmp_path: Path, pairs: datasets.Pairs) -> None:
    for metrics in ("psnr", "ssim"):
        net = models.create("bicubic", scale=2)
        table = evaluation.evaluate(net, pairs, metrics=metrics, save=tmp_path / "eval")
    assert table.folder is not None
    first, second = (
        folder / "metrics.csv" for folder in (table.folder.with_name(f"{table.folder.name}.1"), table.folder)
    )
    assert len(first.read_text("utf-8").splitlines()) == len(second.read_text("utf-8").splitlines()) > 2
    assert b"\r" not in first.read_bytes() + second.read_bytes()


def test_predictions_are_kept_with_every_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for guess in ("흐림", "más"):
        predict(guess, guess, choices=["흐림", "más"])
    (journal,) = tmp_path.glob("*.json")
    assert json.loads(journal.read_text("utf-8")) == {"흐림": "흐림", "más": "más"}


def test_a_lock_keeps_out_a_second_holder_and_is_gone_afterwards(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", "working"):
        assert os.access(tmp_path / "lock", os.R_OK)
        with pytest.raises(srkit.errors.BadInput, match="Another process"), locked(tmp_path / "lock", "working"):
            pass
    assert list(tmp_path.iterdir()) == []
