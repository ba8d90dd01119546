from __future__ import annotations

import re
from pathlib import Path

import pytest

from srkit.datasets import load, samples
from srkit.datasets.manifest import read_sums
from srkit.datasets.places import shipped
from srkit.datasets.transfer import sha256


def pictures() -> list[Path]:
    return sorted(path for split in ("train", "test") for path in (shipped() / "samples" / split).iterdir())


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_samples_load_at_every_scale_and_leave_room_for_patches(scale: int) -> None:
    assert samples(scale=scale).names == ("astronaut", "camera", "chelsea", "coffee", "rocket")
    for split in ("train", "test"):
        for pair in samples(scale=scale, split=split):  # type: ignore[arg-type]
            assert min(pair.hr.shape[-2:]) >= 190, pair.name
            assert pair.hr.shape[-2] == scale * pair.lr.shape[-2]


def test_the_samples_are_data_sets_by_name() -> None:
    assert len(load("samples", scale=2)) == 5
    assert len(load("samples_train", scale=2)) == 10


def test_training_and_test_pictures_are_different_ones() -> None:
    assert not set(samples(split="train").names) & set(samples(split="test").names)


def test_one_test_sample_is_grey_as_real_sets_have_them() -> None:
    assert [pair.name for pair in samples() if pair.grey] == ["camera"]


def test_every_sample_has_its_origin_and_a_free_licence_written_down() -> None:
    rows = re.findall(
        r"^\| `(.+?)` \|.*\| (.+?) \| .+? \|$", (shipped() / "samples/SOURCES.md").read_text("utf-8"), re.M
    )
    licences = dict(rows)
    assert set(licences) == {str(path.relative_to(shipped() / "samples")) for path in pictures()}
    assert all(licence == "CC0" or licence.startswith("public domain") for licence in licences.values())


def test_the_samples_are_the_bytes_the_manifest_lists_and_small() -> None:
    sums = read_sums(shipped() / "manifests/samples.sha256")
    assert {str(path.relative_to(shipped() / "samples")): sha256(path) for path in pictures()} == sums
    assert sum(path.stat().st_size for path in pictures()) < 2_500_000
