"""Deep SR-ITM: the authors' layer list, the guided filter beside SciPy, and what modulation does."""

from __future__ import annotations

import numpy as np
import scipy.ndimage
import torch
from torch import nn

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
