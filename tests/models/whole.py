"""Whole benchmarks: what the cards and the table of our weights say of Set5 is measured anew, image by image.

Every network is exported, too, and ONNX Runtime computes it where it is installed. No part of the suite: ``.ci/run``
runs it after the suite. The benchmarks need the benchmark images and the authors' checkpoints.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import srkit
from srkit.models._create import shipped
from srkit.models._exported import as_onnx, exported, quiet
from srkit.models._points import Candidate
from tests._shared import shared
from tests.models._published import set5
from tests.models.test_contract import EXPORTED, EXPORTS
from tests.models.test_srmd import Bicubic
from tools import weights

SIZES = ((8, 8), (9, 15), (40, 32), (29, 58))
CHECKPOINTS = {
    "carn_m": "carn_m.pth",
    "idn": "IDN_x{scale}.caffemodel",
    "lapsrn": "LapSRN_x{scale}.mat",
    "ms_lapsrn": "MSLapSRN_D5R8.mat",
    "srmdnf": "srmdnf_x2.bin",
    "vdsr": "VDSR_Official.mat",
}


@pytest.mark.shared
@pytest.mark.parametrize("name", CHECKPOINTS)
def test_the_authors_weights_reach_what_the_card_says_on_set5(name: str) -> None:
    scores = [score for score in srkit.models.card(name).measured if score.dataset == "set5"]
    assert scores
    for score in scores[:1] if name == "srmdnf" else scores:
        path = shared(f"checkpoints/{CHECKPOINTS[name].format(scale=score.scale)}")
        net = srkit.models.load(path, scale=score.scale)
        measured = set5(Bicubic(net) if name == "srmdnf" else net)
        assert measured == pytest.approx(score.psnr, abs=0.006)


@pytest.mark.shared
@pytest.mark.parametrize("name", shipped())
def test_the_numbers_in_the_table_are_what_the_file_gives_on_set5(name: str) -> None:
    recipe = weights.recipe_of(name)
    net = srkit.models.create(recipe["model"], scale=recipe["scale"], pretrained=weights.weights_of(name))
    root: Path = shared("benchmarks")
    net = weights.told_no_blur(net) if "degradation" in recipe else net
    mean = srkit.evaluate(net, "set5", scale=recipe["scale"], root=root).mean
    written = json.loads(weights.weights_of(name).with_suffix(".json").read_text())["measured"]["set5"]
    assert mean.psnr == pytest.approx(written["psnr"], abs=0.005)
    assert mean.ssim == pytest.approx(written["ssim"], abs=2e-4)


@pytest.mark.parametrize("name", [name for name in srkit.models.names() if name not in EXPORTED])
def test_every_network_exports_or_its_card_says_why_not(name: str) -> None:
    report = srkit.models.exam(name, points=[EXPORTS])
    assert report.passed, str(report)


@pytest.mark.parametrize("name", srkit.models.names())
def test_onnx_runtime_computes_every_network_at_any_size(name: str) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    card = srkit.models.card(name)
    if card.not_exported:
        pytest.skip(card.not_exported)
    candidate = Candidate(name, card.scales[0])
    net = candidate.net().eval()
    with quiet(), torch.no_grad():
        model = as_onnx(exported(net, lr := candidate.lr(37, 50), **candidate.extra(net, lr)))
    session = runtime.InferenceSession(model, providers=["CPUExecutionProvider"])
    for h, w in SIZES:
        lr = candidate.lr(h, w)
        given = [lr, *(value for value in candidate.extra(net, lr).values() if isinstance(value, torch.Tensor))]
        fed = {each.name: value.numpy() for each, value in zip(session.get_inputs(), given, strict=True)}
        with torch.no_grad():
            wanted = candidate.run(net, lr)
        span = max(1.0, float(wanted.max() - wanted.min()))  # random weights may go far beyond an image's range
        torch.testing.assert_close(torch.from_numpy(session.run(None, fed)[0]), wanted, rtol=0, atol=1e-5 * span)
