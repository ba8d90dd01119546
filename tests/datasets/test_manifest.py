from __future__ import annotations

from pathlib import Path

import pytest

from srkit.datasets import CATALOGUE, card
from srkit.datasets._registry import DATASETS
from srkit.datasets.manifest import read_manifest, read_sums, record
from srkit.datasets.places import shipped
from srkit.errors import BadFile, UnknownName
from tests._shared import shared

SETS = {
    "set5": "Set5",
    "set14": "Set14",
    "b100": "B100",
    "t91": "T91",
    "bsds200": "BSDS200",
    "general100": "General100",
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.shared
def test_the_checksums_are_those_of_the_real_files(name: str) -> None:
    assert {item.name: item.sha256 for item in record(name).items} == read_sums(
        shared(f"benchmarks/{SETS[name]}/SHA256SUMS")
    )


@pytest.mark.parametrize("name", [name for name in CATALOGUE if not name.startswith("samples")])
def test_every_set_of_the_catalogue_has_a_source_terms_and_a_way_to_get_it(name: str) -> None:
    entry = record(name)
    assert entry.card.citation
    assert entry.card.terms
    assert entry.card == card(name)
    assert bool(entry.items or entry.parts) != bool(entry.card.how_to_get)
    for item in entry.items:
        assert item.address.startswith("https://")
        assert len(item.sha256) == 64
    if entry.items and not entry.items[0].archive and not entry.name.startswith("realsr"):
        assert len(entry.items) == entry.card.images


def test_addresses_on_github_are_pinned_to_a_commit() -> None:
    for entry in read_manifest().values():
        for item in entry.items:
            if "githubusercontent" in item.address:
                assert len(item.address.split("/")[5]) == 40, item.address


def test_every_name_of_the_catalogue_is_registered_and_every_entry_is_in_the_catalogue() -> None:
    assert set(CATALOGUE) <= set(DATASETS.names())
    assert set(read_manifest()) - {"weights"} <= set(CATALOGUE)  # weights are shipped files, not a data set


def test_every_list_of_checksums_belongs_to_an_entry() -> None:
    listed = {
        line.split('"')[1]
        for line in (shipped() / "manifest.toml").read_text("utf-8").splitlines()
        if line.startswith("sums")
    }
    assert {f"manifests/{path.name}" for path in (shipped() / "manifests").iterdir()} == listed


def test_lr_archives_are_offered_by_scale() -> None:
    assert [item.scale for item in record("div2k").items] == [None, 2, 3, 4]


def test_a_damaged_or_missing_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[set5\n")
    with pytest.raises(BadFile, match=r"bad\.toml is damaged"):
        read_manifest(tmp_path / "bad.toml")
    (tmp_path / "poor.toml").write_text("[set5]\n")
    with pytest.raises(BadFile, match=r"damaged.*title"):
        read_manifest(tmp_path / "poor.toml")
    with pytest.raises(BadFile, match="Install srkit again"):
        read_manifest(tmp_path / "absent.toml")
    (tmp_path / "x.sha256").write_text("nonsense\n")
    with pytest.raises(BadFile, match="nonsense"):
        read_sums(tmp_path / "x.sha256")


def test_unknown_entries_are_refused_with_the_list() -> None:
    with pytest.raises(UnknownName, match="set14"):
        record("set15")
