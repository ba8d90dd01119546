"""Networks of the community against spandrel, which loads their files in other programs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from tests.models._published import GOLDEN, golden, golden_input, published_file, same_as_golden
from tests.models.make_golden_community import REFERENCES

RECORDS = [f"{name}-x{scale}" for name, reference in REFERENCES.items() for scale in reference.scales]
NAMES = {
    "dat_light": "dat_2",
    "swin2sr_jpeg": "swin2sr",
    "swin2sr_light": "swin2sr",
    "swinir_noise": "swinir",
    "swinir_jpeg": "swinir",
} | {
    "span_uncentred": "span",
    "realplksr_layer": "plksr",
    "realplksr_sample": "realplksr",
}


def test_every_network_that_the_reference_is_asked_for_is_recorded() -> None:
    recorded = {path.stem for path in GOLDEN.glob("*.json") if "spandrel" in path.read_text("utf-8")[:60]}
    assert recorded == set(RECORDS)


@pytest.mark.parametrize("record", RECORDS)
def test_a_file_of_the_community_is_recognised_and_gives_the_pixels_of_its_loader(record: str, tmp_path: Path) -> None:
    recorded = golden(record)
    net = srkit.models.load(published_file(recorded, tmp_path))
    name = record.rpartition("-")[0]
    assert (net.name, net.scale) == (NAMES.get(name, name), recorded["scale"])
    with torch.no_grad():
        same_as_golden(recorded, net(golden_input(recorded)))


MODELS_OF_THE_COMMUNITY = {
    "esrgan": (368, 48),
    "compact": (85, 61),
    "span": (34, 34),
    "dat": (34, 34),
    "swinir": (22, 7),
    "realplksr": (21, 21),
    "omnisr": (20, 20),
    "hat": (7, 7),
}
"""Architecture -> models in OpenModelDB at commit 782aac08 (2026-08-14), all of them and those since 2023."""
ALL, RECENT = 671, 286


def test_the_architectures_of_seven_in_eight_models_of_the_community_are_registered() -> None:
    counts = [count for name, count in MODELS_OF_THE_COMMUNITY.items() if srkit.models.card(name)]
    assert sum(total for total, _ in counts) / ALL > 0.88
    assert sum(recent for _, recent in counts) / RECENT > 0.81
