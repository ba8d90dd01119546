"""The settings of a run are checked once, when it begins."""

from __future__ import annotations

import dataclasses
import json

import pytest
import torch

from srkit.errors import BadInput
from srkit.training import Config
from srkit.training.config import make_config


def test_a_misspelt_setting_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(BadInput, match=r"no training setting called 'learning_rat'.*Did you mean learning_rate"):
        make_config({"steps": 10, "learning_rat": 1e-3})


def test_a_setting_that_resembles_nothing_is_answered_with_the_whole_list() -> None:
    with pytest.raises(BadInput, match=r"Known: steps, seed, batch") as caught:
        make_config({"steps": 10, "zzzzzz": 1})
    assert "Did you mean" not in str(caught.value)


def test_leaving_out_the_number_of_steps_says_how_to_give_it() -> None:
    with pytest.raises(BadInput, match=r"pass steps=…"):
        make_config({"batch": 4})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0), ("steps", 1.5), ("steps", True), ("seed", -1), ("batch", 0), ("patch", "48"),
        ("learning_rate", 0.0), ("learning_rate", float("nan")), ("learning_rate", float("inf")),
        ("optimiser", "adm"), ("betas", (0.9,)), ("betas", (0.9, 1.0)), ("betas", 0.9), ("epsilon", -1e-8),
        ("momentum", 1.0), ("weight_decay", -1.0), ("gamma", 0.0), ("gamma", 1.5), ("floor", -0.1), ("warmup", -1),
        ("ema", 1.0), ("clip", 0.0), ("accumulate", 0), ("precision", "half"), ("guard", 1.0), ("max_skips", 0),
        ("augment", 1), ("keep", "first"), ("valid_every", 0), ("save_every", 0), ("log_every", 0), ("device", ""),
        ("schedule", None),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(BadInput, match=rf"^{name}=.*cannot be used to train: expected ."):
        make_config({"steps": 10, name: value})


def test_every_setting_but_the_device_has_a_rule_that_can_refuse_it() -> None:
    for field in dataclasses.fields(Config):
        with pytest.raises(BadInput):
            make_config({"steps": 10, field.name: object()})


def test_a_batch_that_cannot_be_cut_into_equal_parts_names_the_numbers_that_work() -> None:
    with pytest.raises(BadInput, match=r"accumulate=5 equal parts.*\[1, 2, 3, 4, 6, 12\]"):
        Config(steps=1, batch=12, accumulate=5)


def test_a_config_survives_json_and_a_checkpoint_unchanged(tmp_path) -> None:
    config = Config(steps=3, betas=(0.8, 0.9), clip=0.5, schedule="multistep@10,20")
    assert make_config(json.loads(json.dumps(config.as_dict()))) == config
    torch.save(config.as_dict(), tmp_path / "config.pt")
    assert make_config(torch.load(tmp_path / "config.pt", weights_only=True)) == config


def test_a_config_cannot_be_changed_afterwards() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config(steps=1).steps = 2
