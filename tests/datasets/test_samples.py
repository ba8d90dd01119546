from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from srkit.datasets import load, samples
from srkit.datasets.manifest import read_sums
from srkit.datasets.places import shipped
from srkit.datasets.transfer import sha256
from srkit.errors import BadInput


def pictures() -> list[Path]:
    return sorted(path for path in (shipped() / "samples").glob("*/*"))


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
    free = ("CC0", "public domain", "CC BY 4.0", "CC BY-SA 4.0")
    assert all(licence.startswith(free) for licence in licences.values())


def test_the_samples_are_the_bytes_the_manifest_lists_and_small() -> None:
    sums = read_sums(shipped() / "manifests/samples.sha256")
    assert {str(path.relative_to(shipped() / "samples")): sha256(path) for path in pictures()} == sums
    assert sum(path.stat().st_size for path in pictures()) < 6_000_000


def test_the_large_photographs_fill_a_page_and_their_damaged_versions_belong_to_them() -> None:
    large, damaged = (samples(scale=4, split=split) for split in ("photographs", "damaged"))
    assert len(large) == 10
    assert all(max(Image.open(path).size) >= 600 for path in (shipped() / "samples/photographs").iterdir())
    assert damaged.names == ("brook", "dandelion", "dogs", "fig")
    for pair in damaged:
        plain = large[large.names.index(pair.name)]
        assert pair.hr.equal(plain.hr)
        assert pair.lr.shape == plain.lr.shape
        ours, theirs = ((one - one.mean()) / one.std() for one in (pair.lr.mean(0), plain.lr.mean(0)))
        assert (ours * theirs).mean() > 0.8  # the same scene, pixel on pixel
        assert (pair.lr - plain.lr).abs().mean() > 0.01


def test_a_split_that_does_not_exist_and_a_scale_that_the_damaged_ones_lack_are_refused() -> None:
    with pytest.raises(BadInput, match="train, test, photographs, damaged"):
        samples(split="photos")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="scale=4, not 2"):
        samples(split="damaged")
