from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from srkit.datasets import DatasetCard, Pairs, card, from_folders, load, register_dataset
from srkit.datasets._registry import DATASETS
from srkit.datasets.catalogue import where
from srkit.errors import BadFile, BadInput, DuplicateName, UnknownName
from tests._shared import shared
from tests.datasets import _make

COUNTS = {"set5": 5, "set14": 14, "b100": 100, "t91": 91, "bsds200": 200, "general100": 100, "a2001": 291, "sr291": 291}


@pytest.fixture
def forget() -> Iterator[None]:
    """Take out of the registry what the test put in."""
    before = set(DATASETS.names())
    yield
    for name in set(DATASETS.names()) - before:
        DATASETS.unregister(name)


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.shared
def test_each_set_of_the_catalogue_that_lies_beside_the_project_is_found_with_all_its_images(name: str) -> None:
    pairs = load(name, scale=2, root=shared("benchmarks"))
    assert len(pairs) == COUNTS[name]
    assert pairs.name == name


@pytest.mark.shared
def test_registered_real_pairs_load_at_scale_one() -> None:
    pair = load("realsr_ntire2019", scale=1, root=shared("benchmarks"))[0]
    assert pair.lr.shape == pair.hr.shape


def test_edsr_trees_below_a_root_are_found_by_name(tmp_path: Path) -> None:
    _make.edsr_tree(tmp_path / "A2001")
    _make.edsr_tree(tmp_path / "benchmark/Set5", ("1", "2", "3", "4", "5"))
    with pytest.warns(RuntimeWarning, match="291 images and 2"):
        train = load("A2001", scale=2, root=tmp_path)
    assert all(source.lr is not None for source in train.sources)
    assert len(load("Set5", scale=2, root=tmp_path)) == 5


def test_a_folder_sr291_serves_as_a2001(tmp_path: Path) -> None:
    _make.edsr_tree(tmp_path / "SR291")
    with pytest.warns(RuntimeWarning):
        assert len(load("a2001", scale=2, root=tmp_path)) == 2


def test_a2001_is_put_together_from_t91_and_bsds200(tmp_path: Path) -> None:
    _make.picture(tmp_path / "T91/t1.png")
    with pytest.raises(BadFile, match="T91 together with BSDS200"):
        load("a2001", scale=2, root=tmp_path)
    _make.picture(tmp_path / "BSDS200/100.png")
    with pytest.warns(RuntimeWarning, match="291 images and 2"):
        assert load("a2001", scale=2, root=tmp_path).names == ("t1", "100")


def test_div2k_is_read_in_its_official_tree(tmp_path: Path) -> None:
    for split, name in (("train", "0001"), ("valid", "0801")):
        lr = _make.noise(9, 9)
        _make.save(tmp_path / f"DIV2K/DIV2K_{split}_HR/{name}.png", _make.enlarged(lr, 2))
        _make.save(tmp_path / f"DIV2K/DIV2K_{split}_LR_bicubic/X2/{name}x2.png", lr)
    for name, first in (("div2k", "0001"), ("div2k_valid", "0801")):
        with pytest.warns(RuntimeWarning, match="cannot be compared"):
            pairs = load(name, scale=2, root=tmp_path)
        assert pairs.names == (first,)
        assert pairs.sources[0].lr is not None


def test_realsr_is_read_camera_by_camera(tmp_path: Path) -> None:
    for camera in ("Canon", "Nikon"):
        for scale in (2, 4):
            lr = _make.noise(8, 8)
            folder = tmp_path / "RealSR(V3)" / camera / "Test" / str(scale)
            _make.save(folder / f"{camera}_001_HR.png", _make.enlarged(lr, scale))
            _make.save(folder / f"{camera}_001_LR{scale}.png", lr)
    pairs = load("realsr_test", scale=4, root=tmp_path)
    assert pairs.names == ("Canon_001", "Nikon_001")
    assert pairs[0].hr.shape == (3, 32, 32)
    with pytest.raises(BadFile, match="scale 3"):
        load("realsr_test", scale=3, root=tmp_path)


def test_a_plus_joins_data_sets(tmp_path: Path) -> None:
    _make.picture(tmp_path / "T91/t1.png")
    _make.picture(tmp_path / "General100/im_001.png")
    with pytest.warns(RuntimeWarning):
        pairs = load("t91+general100", scale=2, root=tmp_path)
    assert (pairs.name, pairs.names) == ("t91+general100", ("t1", "im_001"))


def test_the_environment_variable_names_a_place_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make.edsr_tree(tmp_path / "data/benchmark/Set5", tuple("12345"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SRKIT_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(BadFile, match="Set5"):
        load("set5", scale=3, root=tmp_path / "elsewhere")
    monkeypatch.setenv("SRKIT_DATA", str(tmp_path / "data"))
    assert len(load("set5", scale=2)) == 5


def test_a_dataset_folder_beside_the_program_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make.edsr_tree(tmp_path / "Dataset/benchmark/Set5", tuple("12345"))
    (tmp_path / "EDSR-PyTorch/src").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "EDSR-PyTorch/src")
    assert where("set5") == tmp_path / "EDSR-PyTorch/src/../../Dataset/benchmark/Set5"
    assert len(load("set5", scale=2)) == 5


def test_a_named_root_is_the_only_place_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make.edsr_tree(tmp_path / "Dataset/Set5", tuple("12345"))
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadFile, match=r"other \(empty\).*srkit data fetch set5"):
        load("set5", scale=2, root=tmp_path / "other")


def test_what_cannot_be_downloaded_says_how_a_person_gets_it(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"Manga109.*Apply at http"):
        load("manga109", scale=2, root=tmp_path)


def test_an_unknown_name_gets_near_misses_and_the_folder_that_is_not_there() -> None:
    with pytest.raises(UnknownName, match=r"'set6'.*'set5'.*Nor is there a folder"):
        load("set6", scale=2)


def test_a_path_that_is_missing_or_a_file_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no folder"):
        load(str(tmp_path / "nowhere"), scale=2)
    with pytest.raises(BadFile, match="is a file"):
        load(_make.picture(tmp_path / "a.png"), scale=2)
    with pytest.raises(BadInput, match="empty"):
        load(" ", scale=2)


def test_a_users_data_set_is_used_by_name_like_the_librarys_own(tmp_path: Path, forget: None) -> None:
    tree = _make.edsr_tree(tmp_path / "pictures")

    @register_dataset("my_pictures", DatasetCard(title="Mine", images=2, citation="me", terms="mine"))
    def my_pictures(*, scale: int, root: Path | None) -> Pairs:
        return from_folders(hr=tree / "HR", scale=scale)

    @register_dataset("my_folder")
    def my_folder(*, scale: int, root: Path | None) -> Path:
        return tree

    assert load("my-pictures", scale=2).name == "my_pictures"
    assert load("my_folder+my_pictures", scale=2).names == ("a", "b", "a", "b")
    assert card("my_pictures") is not None
    assert card("my_folder") is None


def test_registration_refuses_a_taken_name_and_a_function_that_cannot_be_called(forget: None) -> None:
    with pytest.raises(DuplicateName, match="my_set5"):
        register_dataset("set5")(lambda *, scale, root: Path())
    with pytest.raises(BadInput, match=r"scale.*root"):
        register_dataset("mine")(lambda folder: Path(folder))
    with pytest.raises(BadInput, match="decorates a function"):
        register_dataset("mine")("folder")  # type: ignore[type-var]
    assert "mine" not in DATASETS


def test_a_registered_function_that_returns_something_else_is_told_what_to_return(forget: None) -> None:
    register_dataset("mine")(lambda *, scale, root: 3)  # type: ignore[arg-type, return-value]
    with pytest.raises(BadInput, match=r"returned int.*from_folders"):
        load("mine", scale=2)


def test_a_registered_function_that_ignores_the_scale_is_caught(tmp_path: Path, forget: None) -> None:
    tree = _make.edsr_tree(tmp_path / "set")
    register_dataset("mine")(lambda *, scale, root: from_folders(hr=tree / "HR", scale=2))
    with pytest.raises(BadInput, match="asked for scale 4 and returned pairs of scale 2"):
        load("mine", scale=4)
