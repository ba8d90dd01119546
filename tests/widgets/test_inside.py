"""Looking into networks, each number beside another way to get it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.errors import BadInput
from srkit.models.count import multiply_adds, parameters
from srkit.widgets import attention_map, feature_maps, receptive_field, shapes
from srkit.widgets._attention import attention_modules, channel_weights, pixel_shares
from srkit.widgets._feature_maps import channels_of
from srkit.widgets._receptive import ORANGE, diffusion_index, influence, radius_of_share
from srkit.widgets._walk import Layer, walk
from tests.widgets.test_show import Images

LR = torch.rand(3, 12, 16, generator=torch.Generator().manual_seed(0))


def tiny(name: str) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return srkit.models.create(name, scale=2, tiny=True)


def every(layer: Layer) -> list[Layer]:
    return [layer, *(inner for part in layer.parts for inner in every(part))]


@pytest.mark.parametrize("name", ["rcan", "swinir", "espcn", "csnln"])
def test_a_walk_adds_up_to_the_counts_of_the_whole_network(name: str) -> None:
    net = tiny(name)
    layer = walk(net, LR)
    assert layer.parameters == parameters(net)
    assert layer.multiply_adds == pytest.approx(multiply_adds(net, size=(12, 16)) * 24 * 32)
    assert layer.shape == (1, 3, 24, 32)


def test_a_convolution_in_the_walk_costs_what_it_costs_on_paper() -> None:
    net = nn.Sequential(nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.Conv2d(8, 4, 3, stride=2, groups=2))
    first, relu, last = walk(net, LR).parts
    assert (first.shape, first.parameters, first.multiply_adds) == ((1, 8, 12, 16), 608, 600 * 12 * 16)
    assert (relu.parameters, relu.multiply_adds, relu.calls) == (0, 0, 1)
    assert (last.shape, last.multiply_adds) == ((1, 4, 5, 7), 4 * 4 * 9 * 5 * 7)


def test_the_summary_divides_the_work_among_the_pixels_that_come_out() -> None:
    summary = shapes(tiny("espcn"), LR).summary
    each = walk(tiny("espcn"), LR).multiply_adds / (24 * 32)
    assert summary.endswith(f", {each:,.0f} for each pixel that comes out")


def test_a_module_used_three_times_counts_three_times_and_holds_its_numbers_once() -> None:
    class Again(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.step = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, lr: Tensor) -> Tensor:
            return self.step(self.step(self.step(lr)))

    layer = walk(Again(), LR)
    assert (layer.parts[0].calls, layer.parts[0].parameters) == (3, 84)
    assert layer.parts[0].multiply_adds == layer.multiply_adds == 3 * 81 * 12 * 16


def test_a_walk_pages_the_network_in_its_mode_and_without_gradients_or_hooks() -> None:
    net = tiny("rcan").train()
    net.body.eval()
    hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in net.modules()]
    walk(net, LR)
    assert net.training
    assert not net.body.training
    assert all(weight.grad is None for weight in net.parameters())
    assert hooks == [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in net.modules()]


def test_equal_neighbours_share_a_line_and_the_html_folds_without_script() -> None:
    shown = shapes(tiny("rcan"), LR)
    assert "0 to 1 (ResidualGroup)" in repr(shown)
    assert "2 alike" in repr(shown)
    html = shown._repr_html_()
    assert "<details" in html
    assert "<script" not in html
    assert f"{parameters(tiny('rcan')):,} parameters" in html


def test_feature_maps_are_what_the_layer_gave_with_one_scale_for_all() -> None:
    net = tiny("rcan")
    maps = channels_of(net, LR, "head")
    given: list[Tensor] = []
    net.head.register_forward_hook(lambda module, inputs, output: given.append(output))
    with torch.no_grad():
        net.eval()(LR[None])
    assert torch.equal(maps, given[0][0])
    gallery = feature_maps(net, LR, "head")
    assert len(gallery.pages) == len(maps)
    assert f"mean {float(maps[3].mean()):+.3g}" in gallery.pages[(3,)].text
    assert channels_of(tiny("swinir"), LR, "groups.0").shape == (12, 12, 16)


def test_a_layer_that_does_not_exist_is_answered_with_its_neighbours() -> None:
    with pytest.raises(BadInput, match=r"(?s)no layer 'body.9'.*In body there are: 0, 1"):
        feature_maps(tiny("rcan"), LR, "body.9")
    with pytest.raises(BadInput, match="maps"):
        feature_maps(nn.Sequential(nn.Flatten()), LR, "0")


def test_influence_is_the_change_that_finite_differences_find() -> None:
    net = tiny("espcn").double()
    lr, at = LR.double(), (9, 13)
    field = influence(net, lr, at)
    expected = torch.zeros_like(lr)
    with torch.no_grad():
        for place in ((0, 4, 6), (1, 4, 6), (2, 4, 6), (0, 5, 7), (1, 5, 7), (2, 5, 7)):
            step = torch.zeros_like(lr)
            step[place] = 1e-6
            slope = (net((lr + step)[None]) - net((lr - step)[None]))[0, :, at[0], at[1]].sum() / 2e-6
            expected[place] = slope
    for y, x in ((4, 6), (5, 7)):
        assert float(field[y, x]) == pytest.approx(float(expected[:, y, x].abs().sum()), rel=1e-5)


def test_influence_stays_inside_the_box_that_the_kernel_sizes_allow() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1))
    for module in (net[0], net[2]):
        nn.init.constant_(module.weight, 0.1)
    seen = influence(net, LR, (6, 8)).ne(0).nonzero()
    assert (seen.min(0).values.tolist(), seen.max(0).values.tolist()) == ([3, 5], [9, 11])
    text = receptive_field(net, LR, at=(6, 8)).pages[(0,)].text
    assert "7 x 7 input pixels" in text
    assert "49 of 192 pixels count" in text


def test_the_box_lies_around_the_very_pixels_that_were_seen() -> None:
    seen = receptive_field(tiny("nearest"), LR, at=(6, 9)).pages[(0,)].pictures[0].pixels
    assert np.argwhere((seen == ORANGE).all(-1)).tolist() == [[3, 4]]


def test_the_radius_and_the_diffusion_index_of_fields_known_beforehand() -> None:
    field = torch.zeros(9, 9)
    field[4, 4] = 3
    field[1, 4] = 1
    assert radius_of_share(field, (4, 4), 0.75) == 0
    assert radius_of_share(field, (4, 4), 0.76) == 3
    assert diffusion_index(torch.ones(5, 7)) == pytest.approx(100)
    one = torch.zeros(5, 8)
    one[2, 2] = 1
    assert diffusion_index(one) == pytest.approx(100 / 40)


def test_several_pixels_make_several_pages_and_one_outside_is_refused() -> None:
    gallery = receptive_field(tiny("espcn"), LR, at=[(3, 4), (20, 30)])
    assert [gallery.words(position) for position in gallery.pages] == [
        "pixel row 3, column 4",
        "pixel row 20, column 30",
    ]
    with pytest.raises(BadInput, match="outside the result of 24 rows"):
        receptive_field(tiny("espcn"), LR, at=(24, 0))


def test_channel_weights_are_those_of_the_formula() -> None:
    net = tiny("rcan").eval()
    name = next(iter(attention_modules(net)))
    attention, given = net.get_submodule(name), []
    attention.register_forward_hook(lambda module, inputs, output: given.append(inputs[0]))
    found = channel_weights(net, LR, name)
    with torch.no_grad():
        expected = torch.sigmoid(attention.excite(attention.squeeze(given[0].mean((-2, -1), keepdim=True)).relu()))
    assert torch.allclose(found, expected.flatten(), atol=1e-5)


def test_non_local_shares_are_the_softmax_over_the_pixels_that_look() -> None:
    net = tiny("rnan").eval()
    look, given = net.first.mask.look, []
    look.register_forward_hook(lambda module, inputs, output: given.append(inputs[0]))
    found = pixel_shares(net, LR, "first.mask.look", (5, 7))
    with torch.no_grad():
        query, key = (layer(given[0])[0].flatten(1) for layer in (look.query, look.key))
        expected = torch.softmax(query.T @ key, dim=0)[5 * 16 + 7].view(12, 16)
    assert torch.allclose(found, expected, atol=1e-6)


def test_in_scale_shares_add_up_to_one_and_window_shares_stay_in_the_window() -> None:
    net = tiny("csnln")
    name = next(name for name in attention_modules(net) if name.endswith("look"))
    assert float(pixel_shares(net, LR, name, (5, 7)).sum()) == pytest.approx(1, abs=1e-4)
    for swin in (tiny("swinir"), tiny("swin2sr")):
        plain = pixel_shares(swin, LR, "groups.0.layers.0.attention", (5, 6))
        assert float(plain.sum()) == pytest.approx(1, abs=1e-4)
        assert plain[4:8, 4:8].gt(0).all()
        assert plain.ne(0).sum() == 16
        shifted = pixel_shares(swin, LR, "groups.0.layers.1.attention", (5, 6))
        assert shifted[2:6, 6:10].gt(0).all()
        assert shifted.ne(0).sum() == 16


def test_shares_of_an_attention_that_sees_quarters_stay_in_the_quarter_of_the_pixel() -> None:
    net = tiny("san")
    for row, column in ((2, 3), (2, 12), (9, 3), (9, 12)):
        shares = pixel_shares(net, LR, "non_local", (row, column))
        top, left = (6 if row >= 6 else 0), (8 if column >= 8 else 0)
        assert float(shares.sum()) == pytest.approx(1, abs=1e-4)
        assert float(shares[top : top + 6, left : left + 8].sum()) == pytest.approx(float(shares.sum()))
    assert "add up to 1.000" in repr(attention_map(net, LR))


def test_attention_maps_are_galleries_and_a_network_without_attention_is_refused() -> None:
    weights = attention_map(tiny("rcan"), LR)
    assert len(weights.pages) == 4
    assert "weights from 0." in weights.pages[weights.start].text
    shares = attention_map(tiny("swinir"), LR, at=(5, 6))
    assert "add up to 1.000" in repr(shares)
    images = Images(shares.still())
    assert all(image["alt"] for image in images.images)
    with pytest.raises(BadInput, match="no attention"):
        attention_map(tiny("espcn"), LR)
    with pytest.raises(BadInput, match="They are: body"):
        attention_map(tiny("rcan"), LR, "tail")
