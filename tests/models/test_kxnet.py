"""KXNet beside its public code; its operators; a kernel recovered by them; and what supervision gives the loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from scipy import ndimage

import srkit
from srkit.degrade import gaussian_widths
from srkit.errors import BadInput
from srkit.models.kxnet import blur_down, make_kernel_maps, spread_back, unfold
from tests.models._formula import image, kernel
from tests.models._published import golden, golden_input, published_file, same_as_golden


def small(scale: int = 2, **arguments: Any) -> Any:
    return srkit.models.create("kxnet", scale=scale, tiny=True, **arguments).eval()


def test_a_published_state_dict_gives_the_pixels_and_the_kernel_of_the_published_code(tmp_path: Path) -> None:
    record = golden("kxnet")
    net: Any = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale, net.arguments["kernel_size"]) == ("kxnet", 3, 27)
    lr = golden_input(record)
    with torch.no_grad():
        found = 27 * 27 * net.estimate_kernel(lr)[:, None]
        assert float(found.std()) > 0.03, "a flat kernel would prove little"
        same_as_golden(record, torch.cat([net(lr), found], dim=1))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("kxnet", {2: 6_505_382, 3: 13_343_672, 4: 27_571_214}),
        ("kxnet_anisotropic", {2: 6_497_702, 3: 13_338_488, 4: 27_571_214}),
    ],
)
def test_the_counts_are_those_of_the_public_code_less_its_idle_step_sizes(name: str, counts: dict[int, int]) -> None:
    for scale, theirs in counts.items():
        with torch.device("meta"):
            net: Any = srkit.models.create(name, scale=scale)
        assert sum(p.numel() for p in net.parameters()) == theirs - 19
        per_stage = [sum(p.numel() for p in part[0].parameters()) for part in (net.image_steps, net.kernel_steps)]
        assert per_stage == [{2: 282_492, 3: 642_402, 4: 1_391_220}[scale], 59_292]


@pytest.mark.parametrize("scale", [2, 3])
def test_blurring_is_scipys_correlation_and_every_scale_th_pixel(scale: int) -> None:
    lopsided, hr = kernel(7).double(), image(8 * scale, 9 * scale).double()
    theirs = ndimage.correlate(hr[0].numpy(), lopsided[None].numpy(), mode="mirror")[:, ::scale, ::scale]
    torch.testing.assert_close(blur_down(hr, lopsided[None], scale)[0], torch.from_numpy(theirs.copy()))


def test_the_unfolded_image_times_the_kernel_is_the_blurred_image() -> None:
    hr, kernels = image(16, 18).double().expand(2, -1, -1, -1), torch.stack([kernel(7), kernel(7).T]).double()
    product = torch.einsum("bnk,bk->bn", unfold(hr, 7, 2), kernels.flatten(1))
    torch.testing.assert_close(product, blur_down(hr, kernels, 2).flatten(1))


def test_spreading_back_is_the_transpose_of_blurring_away_from_the_border() -> None:
    rng = torch.Generator().manual_seed(0)
    kernels = kernel(5).double()[None]
    u = torch.zeros(1, 3, 24, 24, dtype=torch.float64)
    u[..., 4:-4, 4:-4] = torch.rand(1, 3, 16, 16, generator=rng, dtype=torch.float64)
    v = torch.rand(1, 3, 12, 12, generator=rng, dtype=torch.float64)
    there, back = (blur_down(u, kernels, 2) * v).sum(), (u * spread_back(v, kernels, 2)).sum()
    torch.testing.assert_close(there, back)


def test_least_squares_on_the_unfolded_image_recovers_the_kernel() -> None:
    """The system of the kernel step, solved exactly instead of by a gradient step and a correction."""
    hr = srkit.datasets.samples(scale=2)[0].hr[None, :, :128, :128].double()
    truth = gaussian_widths(15, 1.6, 0.9, 0.5)
    lr = srkit.ops.pixels.quantise(blur_down(hr, truth[None], 2))
    seen = unfold(hr, 15, 2)[0]  # (3*64*64, 225)
    found = torch.linalg.solve(seen.T @ seen, seen.T @ lr.flatten()).reshape(15, 15)
    start = gaussian_widths(15, 1.0)
    decibels = [-10 * torch.log10((one - truth).square().mean()).item() for one in (found, start)]
    assert decibels[0] > 60 > decibels[1]


def test_the_kernel_of_every_stage_is_a_kernel() -> None:
    with torch.no_grad():
        for _, found in small(n_stages=3).stages(image(9, 10).expand(2, -1, -1, -1)):
            assert found.shape == (2, 7, 7)
            assert found.min() >= 0
            torch.testing.assert_close(found.sum(dim=(1, 2)), torch.ones(2))


def test_every_stage_is_a_prediction_of_image_and_kernel_weighted_as_in_the_paper() -> None:
    net, lr, truth = small(n_stages=3), image(9, 10), kernel(7)[None]
    found = net.predictions(lr, kernel=truth)
    assert [one.weight for one in found] == [0.1, 0.1, 1.0]
    torch.testing.assert_close(found[-1].image, net(lr))
    expected = (net.estimate_kernel(lr) - truth).abs().sum() / 49
    torch.testing.assert_close(found[-1].beside["kernel"], expected)
    assert not net.predictions(lr)[0].beside, "without the truth there is nothing to compare the kernel with"


def test_the_kernel_maps_begin_as_the_gaussians_of_the_public_code() -> None:
    round_ones = make_kernel_maps("round", 24, 21)
    torch.testing.assert_close(round_ones[5].double(), gaussian_widths(21, 0.2 + 5 * 3.8 / 23), atol=1e-7, rtol=0)
    turned = make_kernel_maps("anisotropic", 24, 11)  # 3 widths x 2 widths x 4 angles, the angle fastest
    torch.testing.assert_close(turned[6].double(), gaussian_widths(11, 1.0, 5.0, torch.pi / 2), atol=1e-7, rtol=0)
    torch.testing.assert_close(turned[6], turned[4].T, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("arguments", "says"), [({"kernel_size": 8}, "not 8 but 9"), ({"maps": "anisotropic"}, "24 'anisotropic'")]
)
def test_a_kernel_that_cannot_be_estimated_is_refused(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        small(**arguments)
