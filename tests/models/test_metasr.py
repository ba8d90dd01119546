"""Meta-SR against public code, and what a predicted kernel per pixel means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import srkit
from srkit.errors import BadInput
from srkit.models import metasr
from srkit.models.metasr import draw, sources
from tests.models._outputs import double_input, same_outputs
from tests.models._published import golden, published_file


def small(scale: int = 2) -> Any:
    return srkit.models.create("metasr", scale=scale, tiny=True).double().eval()


def test_a_published_state_dict_gives_the_pixels_of_the_published_code_at_whole_and_broken_scales(
    tmp_path: Path,
) -> None:
    record = golden("metasr")
    net: Any = srkit.models.load(published_file(record, tmp_path), scale=2).double()
    assert (net.name, net.arguments["n_blocks"], net.arguments["n_layers"]) == ("metasr", 20, 6)
    lr = double_input(record)
    with torch.no_grad():
        images = [net(lr, free_scale=r) for r in (2, 3, 1.5, 2.7)]
    assert [tuple(image.shape[-2:]) for image in images] == [(18, 22), (27, 33), (13, 16), (24, 29)]
    same_outputs(record, images)


def test_the_weights_are_the_same_at_every_scale_and_the_net_s_own_is_the_default() -> None:
    two, four = small(2), small(4)
    four.load_state_dict(two.state_dict())
    lr = torch.rand(1, 3, 8, 9, dtype=torch.float64)
    with torch.no_grad():
        assert torch.equal(two(lr, free_scale=4.0), four(lr))
        assert torch.equal(four(lr, free_scale=two.example_input(lr)), two(lr))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_at_a_whole_scale_the_module_is_a_sub_pixel_convolution_with_the_predicted_kernels(scale: int) -> None:
    net, features = small(), torch.rand(2, 8, 5, 6, dtype=torch.float64)
    offsets = [(1 / scale, a / scale, b / scale) for a in range(scale) for b in range(scale)]
    with torch.no_grad():
        kernels = net.predict(torch.tensor(offsets, dtype=torch.float64)).view(scale**2, 8, 3, 3, 3)
        weight = kernels.permute(4, 0, 1, 2, 3).reshape(3 * scale**2, 8, 3, 3)
        expected = F.pixel_shuffle(F.conv2d(features, weight, padding=1), scale)
        torch.testing.assert_close(draw(features, net.predict, scale), expected)
        torch.testing.assert_close(draw(features, net.predict, scale + 1e-12), expected)  # as any other real scale


def bilinear_kernels(places: Tensor) -> Tensor:
    """Predict, for three features that are the image itself, the weights of bilinear interpolation."""
    kernels = places.new_zeros(len(places), 3, 3, 3, 3)  # (n, feature, row, column, colour)
    down, right = places[:, 1], places[:, 2]
    for colour in range(3):
        kernels[:, colour, 1, 1, colour] = (1 - down) * (1 - right)
        kernels[:, colour, 2, 1, colour] = down * (1 - right)
        kernels[:, colour, 1, 2, colour] = (1 - down) * right
        kernels[:, colour, 2, 2, colour] = down * right
    return kernels.flatten(1)


@pytest.mark.parametrize("scale", [1.0, 1.1, 1.5, 2.0, 2.37, 3.9])
def test_with_bilinear_kernels_it_is_bilinear_interpolation(scale: float) -> None:
    image = torch.rand(1, 3, 9, 11, dtype=torch.float64)
    ours = draw(image, bilinear_kernels, scale)
    rows, columns = (torch.arange(int(scale * n + 1e-9), dtype=torch.float64) / scale for n in (9, 11))
    y, x = torch.meshgrid(rows / 8 * 2 - 1, columns / 10 * 2 - 1, indexing="ij")
    theirs = F.grid_sample(image, torch.stack([x, y], -1)[None], align_corners=True, padding_mode="zeros")
    inside = (rows < 8)[:, None] & (columns < 10)
    torch.testing.assert_close(ours[..., inside], theirs[..., inside])


def test_whole_products_are_not_lost_to_rounding() -> None:
    for tenths in range(10, 41):
        source, offset = sources(10, tenths / 10)
        assert len(source) == tenths
        assert source.tolist() == [10 * i // tenths for i in range(tenths)]
        assert float(offset.min()) >= 0
        assert float(offset.max()) < 1


def test_the_strips_it_is_drawn_in_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    net, lr = small(), torch.rand(1, 3, 8, 9, dtype=torch.float64)
    with torch.no_grad():
        whole = net(lr, free_scale=2.3)
        monkeypatch.setattr(metasr, "_AT_ONCE", 50)
        torch.testing.assert_close(net(lr, free_scale=2.3), whole)


@pytest.mark.parametrize("scale", [0, 0.9, -2, float("nan"), float("inf")])
def test_a_scale_that_does_not_enlarge_is_refused(scale: float) -> None:
    with pytest.raises(BadInput, match="any real scale from 1"):
        small()(torch.rand(1, 3, 8, 8, dtype=torch.float64), free_scale=scale)
