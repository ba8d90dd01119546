"""Deep SR-ITM: the authors' layer list, the guided filter beside SciPy, and what modulation does."""

from __future__ import annotations

import numpy as np
import scipy.ndimage
import torch
from torch import Tensor, nn

import srkit
from srkit.models.deep_sr_itm import guided_base
from srkit.ops.resize import imresize


def test_the_base_is_the_guided_filter_of_a_box_of_five_pixels() -> None:
    image = np.random.default_rng(0).random((12, 15))

    def mean(values: np.ndarray) -> np.ndarray:
        averaged: np.ndarray = scipy.ndimage.uniform_filter(values, 5, mode="nearest")
        return averaged

    average = mean(image)
    slope = (mean(image**2) - average**2) / (mean(image**2) - average**2 + 0.01)
    theirs = mean(slope) * image + mean(average - slope * average)
    ours = guided_base(torch.from_numpy(image)[None])[0]
    torch.testing.assert_close(ours, torch.from_numpy(theirs))


def test_a_zeroed_tail_leaves_the_bicubic_planes() -> None:
    net = srkit.models.create("deep_sr_itm", scale=4, tiny=True).eval()
    nn.init.zeros_(net.tail.weight)
    nn.init.zeros_(net.tail.bias)
    planes = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        torch.testing.assert_close(net.enlarge_planes(planes), imresize(planes, 4))  # type: ignore[operator]


def test_black_planes_do_not_divide_by_zero() -> None:
    net = srkit.models.create("deep_sr_itm", scale=2, tiny=True).eval()
    planes = torch.zeros(1, 3, 8, 8, requires_grad=True)
    out = net.enlarge_planes(planes)  # type: ignore[operator]
    out.sum().backward()
    assert out.isfinite().all()
    assert planes.grad is not None
    assert planes.grad.isfinite().all()


def test_it_has_the_layers_of_the_authors_definition() -> None:
    with torch.device("meta"):
        full = srkit.models.create("deep_sr_itm", scale=2)
        base = srkit.models.create("deep_sr_itm_base", scale=2)
    layers = [layer for layer in full.modules() if isinstance(layer, nn.Conv2d)]
    assert len(layers) == 148 // 2, "train_full_net.m sets 148 parameters: weights and biases"
    assert len([layer for layer in base.modules() if isinstance(layer, nn.Conv2d)]) == 148 // 2 - 18


def test_factors_of_one_make_it_the_network_that_is_trained_first() -> None:
    full = srkit.models.create("deep_sr_itm", scale=2, tiny=True).eval()
    base = srkit.models.create("deep_sr_itm_base", scale=2, tiny=True).eval()
    missing = full.load_state_dict(base.state_dict(), strict=False)
    assert all("modulator" in key for key in missing.missing_keys)
    lr = torch.rand(1, 3, 10, 12)
    with torch.no_grad():
        assert not torch.allclose(full(lr), base(lr), atol=1e-4), "factors must matter"
        for modulator in (full.base_modulator, full.detail_modulator):
            for factor in modulator.factors:
                nn.init.zeros_(factor[2].weight)
                nn.init.ones_(factor[2].bias)
        torch.testing.assert_close(full(lr), base(lr))


def _authors_names(net: nn.Module) -> dict[str, nn.Module]:
    """Return our layers under the names they have in net_full.m."""
    named: dict[str, nn.Module] = {"conv_1": net.base_head, "convd_1": net.detail_head, "dr_13": net.fuse[1]}
    for i, (base, detail) in enumerate(zip(net.base_path, net.detail_path, strict=True)):
        named |= {f"conv_{2 * i + 2}": base.conv1, f"conv_{2 * i + 3}": base.conv2, f"dr_{2 * i + 1}": detail.reduce}
        named |= {f"convd_{2 * i + 2}": detail.conv1, f"convd_{2 * i + 3}": detail.conv2}
    for i, block in enumerate(net.body):
        named |= {f"conv_{2 * i + 15}": block.conv1, f"conv_{2 * i + 16}": block.conv2}
    named |= {"conv_14": net.fuse[2], "conv_35": net.upsampler[1], "conv_36": net.upsampler[3], "conv_37": net.tail}
    for kind, modulator in (("b", net.base_modulator), ("d", net.detail_modulator)):
        named |= {f"conv{kind}s_{i + 1}": layer for i, layer in enumerate(modulator.shared)}
        for i, factor in enumerate(modulator.factors):
            named |= {f"conv{kind}m_{2 * i + 1}": factor[0], f"conv{kind}m_{2 * i + 2}": factor[2]}
    return named


def _authors_graph(layers: dict[str, nn.Module], planes: Tensor, base: Tensor) -> Tensor:
    """Compute what net_full.m computes, in its order and under its names, from the planes and their guided base."""
    inputs = {"b": torch.cat([planes, base], 1), "d": torch.cat([planes, planes / base], 1)}
    shared = {}
    for kind, pair in inputs.items():
        first = layers[f"conv{kind}s_1"](pair).relu()
        shared[kind] = layers[f"conv{kind}s_3"](layers[f"conv{kind}s_2"](first).relu()).relu()

    def factor(kind: str, n: int) -> Tensor:
        found: Tensor = layers[f"conv{kind}m_{n // 2}"](layers[f"conv{kind}m_{n // 2 - 1}"](shared[kind]).relu())
        return found

    def two(name: str, n: int, start: Tensor) -> Tensor:
        found: Tensor = layers[f"{name}_{n + 1}"](layers[f"{name}_{n}"](start).relu())
        return found

    sums = {1: layers["conv_1"](inputs["b"])}
    for n in range(2, 13, 2):
        residual = two("conv", n, sums[n - 1].relu())
        sums[n + 1] = sums[n - 1] + (residual * factor("b", n) if n % 4 == 0 else residual)
    head = layers["convd_1"](inputs["d"])
    details = {3: head + two("convd", 2, head.relu())}
    for n in range(4, 13, 2):
        joined = layers[f"dr_{n - 1}"](torch.cat([sums[n - 1], details[n - 1]], 1).relu())
        residual = two("convd", n, joined)
        details[n + 1] = details[n - 1] + (residual * factor("d", n) if n % 4 == 0 else residual)
    fused = layers["conv_14"](layers["dr_13"](torch.cat([sums[13], details[13]], 1).relu()))
    for n in range(15, 34, 2):
        fused = fused + two("conv", n, fused.relu())
    large = torch.pixel_shuffle(layers["conv_36"](layers["conv_35"](fused.relu()).relu()).relu(), 2)
    picture: Tensor = imresize(planes, 2) + layers["conv_37"](large)
    return picture


def test_it_computes_the_authors_graph() -> None:
    net = srkit.models.create("deep_sr_itm", scale=2, channels=8).eval().double()
    named = _authors_names(net)
    assert named.pop("dr_1") is None
    planes = 0.1 + 0.9 * torch.rand(1, 3, 10, 12, dtype=torch.float64)
    with torch.no_grad():
        ours = net.enlarge_planes(planes)  # type: ignore[operator]
        theirs = _authors_graph(named, planes, guided_base(planes))
        bicubic = imresize(planes, 2)
    assert (theirs - bicubic).abs().max() > 0.05, "the layers must matter"
    torch.testing.assert_close(ours, theirs)
