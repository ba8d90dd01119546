"""Light networks against their authors' code, and EDSR, RCAN and MSRResNet against BasicSR's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit.layers.distillation import ContrastAttention
from tests.models._published import golden, golden_input, published_file, same_as_golden
from tests.models.make_golden_attention import REFERENCES

RECORDS = [
    f"{name}-x{s}"
    for name in (
        *("imdn", "rfdn", "rlfn", "bsrn", "bsrn_s", "pan", "span_v2", "haesr"),
        *("edsr_basicsr", "rcan_basicsr", "msrresnet"),
    )
    for s in REFERENCES[name].scales
]


@pytest.mark.parametrize("record", RECORDS)
def test_a_file_of_the_authors_gives_the_pixels_of_their_code(record: str, tmp_path: Path) -> None:
    recorded = golden(record)
    net = srkit.models.load(published_file(recorded, tmp_path), scale=recorded["scale"])
    assert (net.name, net.scale) == (
        record.partition("-")[0].removesuffix("_basicsr").removesuffix("_s"),
        recorded["scale"],
    )
    with torch.no_grad():
        same_as_golden(recorded, net(golden_input(recorded)))


def test_older_names_of_msrresnet_are_read_too(tmp_path: Path) -> None:
    recorded = golden("msrresnet-x4")
    older = {"body.": "recon_trunk.", "conv_hr.": "HRconv."}
    entries = torch.load(published_file(recorded, tmp_path), weights_only=True)
    for new, old in older.items():
        entries = {key.replace(new, old): value for key, value in entries.items()}
    assert "recon_trunk.0.conv1.weight" in entries
    torch.save(entries, tmp_path / "older.pth")
    net = srkit.models.load(tmp_path / "older.pth")
    with torch.no_grad():
        same_as_golden(recorded, net(golden_input(recorded)))


def test_the_gradient_of_a_flat_channel_is_finite() -> None:
    features = torch.full((1, 32, 5, 5), 0.5, requires_grad=True)
    ContrastAttention(32)(features).sum().backward()
    assert features.grad is not None
    assert features.grad.isfinite().all()
