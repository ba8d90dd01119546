from __future__ import annotations

from pathlib import Path

import pytest

from srkit.datasets.places import cache_home, data_home, downloads, search_places, shipped


def test_the_shipped_folder_has_manifest_and_samples() -> None:
    assert (shipped() / "manifest.toml").is_file()
    assert (shipped() / "samples/test").is_dir()


def test_the_environment_chooses_home_and_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SRKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SRKIT_CACHE", str(tmp_path / "cache"))
    assert (data_home(), downloads()) == (tmp_path / "data", tmp_path / "data/downloads")
    assert cache_home() == tmp_path / "cache"
    assert shipped() != tmp_path / "data"
    assert not (tmp_path / "data").exists()


def test_an_installed_package_keeps_data_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SRKIT_DATA", raising=False)
    monkeypatch.setenv("SRKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("srkit._home._PACKAGE", tmp_path / "site-packages/srkit")
    assert data_home() == tmp_path / "cache/data"
    assert shipped() == tmp_path / "site-packages/srkit/_data"


def test_places_are_searched_in_the_documented_order_and_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("Dataset", "work/datasets", "chosen/downloads"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("SRKIT_DATA", str(tmp_path / "chosen"))
    assert [place.resolve() for place in search_places(None)] == [
        tmp_path / "chosen",
        tmp_path / "work/datasets",
        tmp_path / "Dataset",
        tmp_path / "chosen/downloads",
    ]
    assert search_places(tmp_path / "named") == [tmp_path / "named"]
