"""The methods that learn from one image, by name on the command line and in tables."""

from __future__ import annotations

from pathlib import Path

import pytest

import srkit
from srkit.datasets import samples
from tests.cli._call import Call

QUICK = {
    "kernelgan": ("steps=2", "channels=4", "crop=30", "then=back_projection"),
    "kernelgan_fkp": ("steps=1", "batch=2", "channels=4", "crop=40", "then=back_projection"),
    "dip": ("preset=lesson", "steps=2", "channels=4", "inputs=2"),
    "dip_fkp": ("steps=2", "channels=4", "skip=2"),
}


@pytest.mark.parametrize("name", list(QUICK))
def test_a_picture_is_enlarged_by_a_method_of_this_name(call: Call, name: str, tmp_path: Path) -> None:
    srkit.write(tmp_path / "photo.png", samples(scale=2)[0].hr[:, 60:124, 60:126])
    words = [word for setting in QUICK[name] for word in ("--set", setting)]
    answer = call("upscale", tmp_path / "photo.png", "--method", name, "--scale", "2", *words, "--out", tmp_path / "o")
    assert answer.code == 0, answer.err
    assert srkit.read(tmp_path / "o" / "photo.png").shape == (3, 128, 132)


def test_a_scale_without_a_prior_is_explained(call: Call, tmp_path: Path) -> None:
    srkit.write(tmp_path / "photo.png", samples(scale=2)[0].hr[:, :40, :40])
    answer = call("upscale", tmp_path / "photo.png", "--method", "dip_fkp", "--scale", "3")
    assert answer.code == 2
    assert "train_fkp" in answer.err
    assert "--set flow=FILE" in answer.err
