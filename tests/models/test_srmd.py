"""SRMD beside the authors' PyTorch code, with the authors' weights, and what its codes do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.errors import BadInput
from tests._shared import shared
from tests.models._formula import planes
from tests.models._published import golden, published_file, same_as_golden, seeded

NO_BLUR = (
    *(0.0, 0.0, 0.0185638, 0.0, 0.0335293, 1e-07, -3e-07, -0.0316235),
    *(-0.0135169, 0.0, 0.0384754, 0.0, -0.2449168, -0.8022135, -0.5405498),
)
"""The 15 codes of a delta kernel: the middle column of ``P`` in cszn/KAIR, kernels/srmd_pca_matlab.mat."""


class Bicubic(nn.Module):
    """SRMDNF that is told there was no blur."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.scale, self.net = net.scale, net

    def forward(self, lr: Tensor) -> Tensor:
        sr: Tensor = self.net(lr, degradation=torch.tensor(NO_BLUR).expand(lr.shape[0], -1))
        return sr


def test_the_state_dict_of_kair_gives_the_pixels_of_its_code(tmp_path: Path) -> None:
    record = golden("srmd")
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale, net.arguments) == (
        "srmdnf",
        2,
        {"n_codes": 15, "channels": 16, "depth": 12, "skip": False},
    )
    shown = planes(18, *record["size"])
    with torch.no_grad():
        same_as_golden(record, net(shown[:, :3], degradation=shown[:, 3:]))


def test_a_code_for_the_image_is_the_same_code_at_every_pixel() -> None:
    net = srkit.models.create("srmd", scale=3, tiny=True).eval()
    lr, codes = torch.rand(2, 3, 8, 9), torch.rand(2, 16)
    with torch.no_grad():
        everywhere = net(lr, degradation=codes[..., None, None].expand(-1, -1, 8, 9))
        torch.testing.assert_close(net(lr, degradation=codes), everywhere)
        assert not torch.allclose(net(lr, degradation=codes.flip(0)), everywhere, atol=1e-4), "the code must matter"


def test_a_code_acts_where_it_stands() -> None:
    net = srkit.models.create("srmdnf", scale=2, tiny=True).eval()
    lr, codes = torch.rand(1, 3, 8, 40), torch.zeros(1, 15, 8, 40)
    changed = codes.clone()
    changed[..., 30:] = 1
    with torch.no_grad():
        difference = (net(lr, degradation=changed) - net(lr, degradation=codes)).abs().amax((0, 1, 2))
    assert difference[: 2 * (30 - 4)].max() == 0, "four 3x3 layers see four pixels far"
    assert difference[2 * 30 :].min() > 0


def test_a_missing_or_misshapen_code_is_refused_with_a_reason() -> None:
    net = srkit.models.create("srmd", scale=2, tiny=True)
    with pytest.raises(BadInput, match="Given: nothing"):
        net(torch.rand(1, 3, 8, 8))
    with pytest.raises(BadInput, match=r"\(1, 16\)"):
        net(torch.rand(1, 3, 8, 8), degradation=torch.rand(1, 15))
    with pytest.raises(BadInput, match="at least 2 layers"):
        srkit.models.create("srmd", scale=2, depth=1)


def test_the_authors_weights_give_the_recorded_values(tmp_path: Path) -> None:
    net = srkit.models.load(shared("checkpoints/srmdnf_x2.bin"))
    assert (net.name, net.scale) == ("srmdnf", 2)
    shown = seeded(18)
    with torch.no_grad():
        out = net(shown[:, :3], degradation=shown[:, 3:])
    assert float(out.mean()) == pytest.approx(0.98558, abs=2e-5)
    assert float(out.std()) == pytest.approx(0.64106, abs=2e-5)
    torch.testing.assert_close(out[0, :, 5, 7], torch.tensor([0.64922, 2.29828, 1.67425]), atol=1e-4, rtol=0)
