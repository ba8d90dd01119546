"""Our EDSR and RCAN against the authors' code: recorded outputs for the same weights and image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from tests.models._formula import image, weights

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*_x?.json"))


@pytest.fixture(params=GOLDEN, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"name": request.param.stem.split("_x")[0], **json.loads(request.param.read_text("utf-8"))}


def test_a_published_state_dict_gives_the_pixels_of_the_published_code(golden: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "published.pt"
    torch.save(weights(golden["shapes"]), path)
    extra = {"residual_scale": golden["arguments"]["res_scale"]} if golden["name"] == "edsr" else {}
    net = srkit.models.load(path, **extra)
    assert (net.name, net.scale) == (golden["name"], golden["scale"])
    with torch.no_grad():
        sr = net(image(*golden["size"]))[0]
    theirs = torch.tensor([value for *_, value in golden["pixels"]])
    ours = torch.stack([sr[c, y, x] for c, y, x, _ in golden["pixels"]])
    assert theirs.std() > 0.01, "a golden of equal pixels would prove nothing"
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    assert float(sr.mean()) == pytest.approx(golden["mean"], abs=1e-5)


def test_there_are_goldens_of_both_networks_at_every_scale() -> None:
    assert {path.stem for path in GOLDEN} == {f"{name}_x{scale}" for name in ("edsr", "rcan") for scale in (2, 3, 4)}
