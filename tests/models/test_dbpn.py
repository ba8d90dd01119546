"""D-DBPN against public code, and what a projection is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import srkit
from srkit.errors import BadInput
from srkit.models.dbpn import Projection
from tests.models._outputs import double_input, same_outputs
from tests.models._published import golden, published_file


@pytest.mark.parametrize("scale", [2, 4])
def test_a_published_state_dict_gives_the_pixels_of_the_published_code(scale: int, tmp_path: Path) -> None:
    record = golden(f"dbpn_scale{scale}")
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("dbpn", scale)
    assert net.arguments == {"channels": 8, "head_channels": 16, "n_stages": 7, "dense": True}
    with torch.no_grad():
        same_outputs(record, [net.double()(double_input(record))])


def test_the_small_network_is_recognised_by_its_weights(tmp_path: Path) -> None:
    net = srkit.models.create("dbpn_s", scale=2)
    torch.save(net.state_dict(), tmp_path / "weights.pt")
    assert srkit.models.load(tmp_path / "weights.pt").name == "dbpn_s"


@pytest.mark.parametrize(("n_stages", "counts"), [(10, {2: 8_811_086, 4: 15_348_302, 8: 34_026_062})])
def test_ten_stages_have_the_parameters_of_the_authors_longer_network(n_stages: int, counts: dict[int, int]) -> None:
    for scale, count in counts.items():
        with torch.device("meta"):
            assert srkit.models.parameters(srkit.models.create("dbpn", scale=scale, n_stages=n_stages)) == count


@pytest.mark.parametrize(("scale", "size", "padding"), [(2, 6, 2), (4, 8, 2), (8, 12, 2)])
def test_the_kernels_are_those_of_the_paper(scale: int, size: int, padding: int) -> None:
    net = srkit.models.create("dbpn", scale=scale, tiny=True)
    large = [layer for layer in net.modules() if isinstance(layer, nn.ConvTranspose2d)]
    large += [layer for layer in net.modules() if isinstance(layer, nn.Conv2d) and layer.stride == (scale, scale)]
    assert {(layer.kernel_size, layer.stride, layer.padding) for layer in large} == {
        ((size, size), (scale, scale), (padding, padding))
    }
    assert len(large) == 3 * 3 + 3 * 2


@pytest.mark.parametrize("up", [True, False])
def test_a_projection_is_its_first_result_where_nothing_is_lost_and_corrects_it_by_what_is(up: bool) -> None:
    unit = Projection(3, 2, up=up).double()
    features = torch.rand(1, 3, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        first = unit.there(features)
        lost = unit.back(first) - features
        torch.testing.assert_close(unit(features), first + unit.again(lost))
        unit.back = nn.Sequential(nn.Identity())
        unit.back.forward = lambda large: features  # type: ignore[method-assign]  # everything comes back
        unit.again[0].bias.zero_()  # type: ignore[operator, union-attr]
        torch.testing.assert_close(unit(features), first)
    assert unit(features).shape[-1] == (16 if up else 4)


def test_the_stages_hear_the_newest_result_first() -> None:
    net = srkit.models.create("dbpn", scale=2, tiny=True).double()
    lr = torch.rand(1, 3, 8, 9, dtype=torch.float64)
    with torch.no_grad():
        h1 = net.ups[0](net.head(lr))  # type: ignore[index, operator, union-attr]
        l1 = net.downs[0](h1)  # type: ignore[index, operator, union-attr]
        h2 = net.ups[1](l1)  # type: ignore[index, operator, union-attr]
        l2 = net.downs[1](torch.cat([h2, h1], 1))  # type: ignore[index, operator, union-attr]
        h3 = net.ups[2](torch.cat([l2, l1], 1))  # type: ignore[index, operator, union-attr]
        torch.testing.assert_close(net(lr), net.tail(torch.cat([h3, h2, h1], 1)))  # type: ignore[operator]


def test_without_dense_connections_a_stage_hears_the_last_result_alone_and_the_tail_still_all() -> None:
    net = srkit.models.create("dbpn", scale=2, tiny=True, dense=False)
    assert all(unit.reduce is None for unit in (*net.ups, *net.downs))  # type: ignore[misc, union-attr]
    assert net.tail.in_channels == 3 * 8  # type: ignore[union-attr]
    assert net(torch.rand(1, 3, 8, 9)).shape == (1, 3, 16, 18)


def test_it_adds_nothing_to_its_result_and_shifts_no_mean() -> None:
    net = srkit.models.create("dbpn", scale=2, tiny=True)
    with torch.no_grad():
        net.tail.weight.zero_()  # type: ignore[operator, union-attr]
        net.tail.bias.copy_(torch.tensor([0.1, 0.2, 0.3]))  # type: ignore[operator, union-attr]
    sr = net(torch.rand(1, 3, 8, 8))
    torch.testing.assert_close(F.adaptive_avg_pool2d(sr, 1).flatten(), torch.tensor([0.1, 0.2, 0.3]))


def test_no_stage_at_all_is_refused() -> None:
    with pytest.raises(BadInput, match="at least one stage"):
        srkit.models.create("dbpn", scale=2, n_stages=0)
