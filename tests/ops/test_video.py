"""Television's Y'CbCr against the code values that the recommendations' colour bars have."""

from __future__ import annotations

import pytest
import torch

from srkit.errors import BadInput
from srkit.ops.color import ycbcr_to_rgb
from srkit.ops.video import rgb_to_video, video_to_rgb

BARS_709 = {  # 8-bit code values of 100 % bars, as printed in tables of HDTV colour bars
    (1, 1, 1): (235, 128, 128),
    (1, 1, 0): (219, 16, 138),
    (0, 1, 1): (188, 154, 16),
    (0, 1, 0): (173, 42, 26),
    (1, 0, 1): (78, 214, 230),
    (1, 0, 0): (63, 102, 240),
    (0, 0, 1): (32, 240, 118),
    (0, 0, 0): (16, 128, 128),
}
BARS_2020 = {
    (1, 1, 1): (940, 512, 512),
    (0, 0, 0): (64, 512, 512),
    (1, 0, 0): (294, 387, 960),
    (0, 0, 1): (116, 960, 476),
}


@pytest.mark.parametrize(("standard", "bits", "bars"), [("bt709", 8, BARS_709), ("bt2020", 10, BARS_2020)])
def test_colour_bars_have_the_printed_code_values(
    standard: str, bits: int, bars: dict[tuple[int, ...], tuple[int, ...]]
) -> None:
    rgb = torch.tensor([list(colour) for colour in bars], dtype=torch.float64)[..., None, None]
    codes = rgb_to_video(rgb, standard=standard, bits=bits) * (2**bits - 1)  # type: ignore[arg-type]
    assert codes.round().squeeze().int().tolist() == [list(code) for code in bars.values()]


@pytest.mark.parametrize("standard", ["bt709", "bt2020"])
def test_the_way_back_loses_nothing(standard: str) -> None:
    image = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    there = rgb_to_video(image, standard=standard, bits=10)  # type: ignore[arg-type]
    torch.testing.assert_close(video_to_rgb(there, standard=standard, bits=10), image)  # type: ignore[arg-type]


def test_what_is_no_video_is_refused() -> None:
    with pytest.raises(BadInput, match="3, h, w"):
        rgb_to_video(torch.rand(4, 8, 8))
    with pytest.raises(BadInput, match="bt709 or bt2020"):
        rgb_to_video(torch.rand(3, 8, 8), standard="bt601")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="8 to 16 bits"):
        video_to_rgb(torch.rand(3, 8, 8), bits=4)
    with pytest.raises(BadInput):
        video_to_rgb(torch.rand(3, 8, 8), bits=17)


def test_the_way_back_asks_no_linear_algebra_of_whatever_runs_an_exported_network() -> None:
    graph = torch.export.export(_Back(), (torch.rand(3, 8, 8),)).graph
    assert not [node for node in graph.nodes if "linalg" in str(node.target) or "inv" in str(node.target)]


class _Back(torch.nn.Module):
    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        return ycbcr_to_rgb(video_to_rgb(planes, standard="bt2020", bits=10))
