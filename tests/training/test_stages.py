"""Stages: each begins with what the one before has learned, and an interrupted curriculum goes on where it was."""

from __future__ import annotations

import pytest
import torch

import srkit
from srkit.errors import BadInput
from srkit.training import Callback, train_stages
from srkit.training.state import Run
from tests.training._toy import weights

SETTINGS = {"steps": 2, "batch": 1, "patch": 32, "progress": False, "save_every": 1, "arguments": {"tiny": True}}


def test_each_stage_begins_with_the_weights_of_the_one_before(tmp_path) -> None:
    first, second = train_stages(
        "progressive_carn", "samples", scales=(2, 4), out=tmp_path, learning_rate=1e-12, **SETTINGS
    )
    assert isinstance(first, Run)
    assert isinstance(second, Run)
    small, large = first.net.state_dict(), second.net.state_dict()
    kept = [key for key in small if key in large and small[key].shape == large[key].shape]
    same = [key for key in kept if torch.allclose(small[key], large[key], atol=1e-9)]
    assert len(same) > 0.8 * len(small)
    assert len(large) > len(small)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x2", "x4"]


def test_a_curriculum_that_was_interrupted_ends_as_the_one_that_was_not(tmp_path) -> None:
    whole = train_stages("progressive_carn", "samples", scales=(2, 4), out=tmp_path / "whole", **SETTINGS)

    class Stop(Callback):
        def stepped(self, state, outcome) -> None:
            if state.net.scale == 4:
                state.stop = "enough"

    train_stages("progressive_carn", "samples", scales=(2, 4), out=tmp_path / "parts", callbacks=[Stop()], **SETTINGS)
    parts = train_stages("progressive_carn", "samples", scales=(2, 4), out=tmp_path / "parts", **SETTINGS)
    assert not isinstance(parts[0], Run), "the first stage was finished and is only read"
    assert torch.equal(weights(parts[1].net), weights(whole[1].net))


def test_what_cannot_be_a_curriculum_is_refused(tmp_path) -> None:
    with pytest.raises(BadInput, match="rising scales"):
        train_stages("progressive_carn", "samples", scales=(4, 2), out=tmp_path, **SETTINGS)
    with pytest.raises(BadInput, match="a length for each"):
        train_stages("progressive_carn", "samples", out=tmp_path, **{**SETTINGS, "steps": (1, 2)})
    with pytest.raises(BadInput, match=r"no method start_from\(smaller\)"):
        train_stages("espcn", "samples", scales=(2, 4), out=tmp_path, **{**SETTINGS, "steps": 1})
    assert srkit.models.names("espcn")
