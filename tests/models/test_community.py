"""Networks of the community against spandrel, which loads their files in other programs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from tests.models._published import GOLDEN, golden, golden_input, published_file, same_as_golden
from tests.models.make_golden_community import REFERENCES

RECORDS = [f"{name}-x{scale}" for name, reference in REFERENCES.items() for scale in reference.scales]
NAMES = {"span_uncentred": "span", "realplksr_layer": "plksr", "realplksr_sample": "realplksr"}


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
