"""LPIPS with made-up weights, beside the formula written out for one place."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadFile, BadInput
from srkit.metrics import Lpips

SHAPES = {0: (64, 3, 11, 11), 3: (192, 64, 5, 5), 6: (384, 192, 3, 3), 8: (256, 384, 3, 3), 10: (256, 256, 3, 3)}


def weights() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    rng = torch.Generator().manual_seed(0)
    features = {}
    for index, shape in SHAPES.items():
        features[f"features.{index}.weight"] = torch.randn(shape, generator=rng) / (shape[1] * shape[2] ** 2) ** 0.5
        features[f"features.{index}.bias"] = torch.randn(shape[0], generator=rng) * 0.1
    linear = {
        f"lin{i}.model.1.weight": torch.rand(1, shape[0], 1, 1, generator=rng)
        for i, shape in enumerate(SHAPES.values())
    }
    return features, linear


def test_equal_images_are_at_distance_zero_and_the_distance_has_no_direction() -> None:
    lpips = Lpips(*weights())
    a, b = torch.rand(2, 2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    assert lpips(a, a).tolist() == [0.0, 0.0]
    assert torch.allclose(lpips(a, b), lpips(b, a))
    assert float(lpips(a[0], b[0])) == pytest.approx(float(lpips(a, b)[0]), rel=1e-5)


def test_the_distance_is_the_formula_of_the_paper_written_out() -> None:
    features, linear = weights()
    a, b = torch.rand(2, 1, 3, 63, 63, generator=torch.Generator().manual_seed(1))
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    total, xs = 0.0, [(x - mean) / std for x in (a, b)]  # ImageNet's statistics, which the authors' numbers round
    for number, index in enumerate(SHAPES):
        if index in (3, 6):
            xs = [F.max_pool2d(x, 3, 2) for x in xs]
        stride, padding = {0: (4, 2), 3: (1, 2)}.get(index, (1, 1))
        weight, bias = features[f"features.{index}.weight"], features[f"features.{index}.bias"]
        xs = [F.conv2d(x, weight, bias, stride, padding).relu() for x in xs]
        one, two = (F.normalize(x, dim=1) for x in xs)
        total += float(F.conv2d((one - two) ** 2, linear[f"lin{number}.model.1.weight"]).mean())
    assert float(Lpips(features, linear)(a, b)) == pytest.approx(total, rel=2e-2)


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    features, linear = weights()
    with pytest.raises(BadInput, match="right way round"):
        Lpips(linear, features)
    (tmp_path / "no.pth").write_text("no weights")
    with pytest.raises(BadFile, match="no file of weights"):
        Lpips.load(tmp_path / "no.pth", tmp_path / "no.pth")
    torch.save(features, tmp_path / "a.pth")
    torch.save(linear, tmp_path / "l.pth")
    assert float(Lpips.load(tmp_path / "a.pth", tmp_path / "l.pth")(torch.zeros(3, 64, 64), torch.ones(3, 64, 64))) > 0
