"""USRNet: public code and weights, and a data module that solves what it says it solves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from scipy.io import loadmat
from torch import Tensor

import srkit
from srkit.errors import BadInput
from srkit.models.usrnet import explain, spectrum
from tests._shared import shared
from tests.models._formula import kernel
from tests.models._published import golden, golden_input, published_file, same_as_golden


def small(scale: int = 2) -> Any:
    return srkit.models.create("usrnet", scale=scale, tiny=True).eval()


def blurred(image: Tensor, blur: Tensor) -> Tensor:
    """Convolve ``(b, c, h, w)`` with an odd kernel ``(k, k)``, borders wrapped, as a sum of moved images."""
    middle = blur.shape[-1] // 2
    moved = [
        blur[y, x] * image.roll((y - middle, x - middle), dims=(-2, -1))
        for y in range(blur.shape[0])
        for x in range(blur.shape[1])
    ]
    return torch.stack(moved).sum(0)


def test_a_published_state_dict_gives_the_pixels_of_the_published_code(tmp_path: Path) -> None:
    record = golden("usrnet")
    net: Any = srkit.models.load(published_file(record, tmp_path), scale=3)
    assert (net.name, net.scale) == ("usrnet", 3)
    assert net.arguments == {"channels": (8, 12, 16, 20), "n_iterations": 3, "n_blocks": 2, "hidden": 8}
    lr = golden_input(record)
    with torch.no_grad():
        same_as_golden(record, net(lr, kernel=kernel(5), noise=0.02))


@pytest.mark.parametrize("scale", [2, 3])
def test_the_data_module_stands_where_its_objective_has_no_slope(scale: int) -> None:
    """The objective is written in pixels here, blur by moved images, reduction by slicing; no Fourier transform."""
    rng = torch.Generator().manual_seed(0)
    lr, image = (torch.rand(1, 3, n * 6, n * 5, generator=rng, dtype=torch.float64) for n in (1, scale))
    blur, alpha = kernel(5).double(), torch.full((1, 1, 1, 1), 0.3, dtype=torch.float64)
    otf = spectrum(blur[None, None], (scale * 6, scale * 5))
    target = otf.conj() * torch.fft.fft2(small(scale).double().spread(lr))
    solved = explain(image, target, otf, alpha, scale).requires_grad_()
    error = blurred(solved, blur)[..., ::scale, ::scale] - lr
    objective = error.square().sum() + float(alpha) * (solved - image).square().sum()
    objective.backward()  # type: ignore[no-untyped-call]
    assert solved.grad is not None
    assert float(solved.grad.abs().max()) < 1e-12
    assert float((solved.detach() - image).abs().max()) > 0.01, "there was something to solve"


def test_a_lopsided_kernel_blurs_by_convolution_and_not_mirrored() -> None:
    image, blur = torch.rand(1, 3, 12, 10, dtype=torch.float64), kernel(5).double()
    found = torch.fft.ifft2(torch.fft.fft2(image) * spectrum(blur[None, None], (12, 10))).real
    torch.testing.assert_close(found, blurred(image, blur))
    assert float((found - blurred(image, blur.flip(0, 1))).abs().max()) > 0.01


def test_one_set_of_weights_serves_every_scale() -> None:
    nets = [srkit.models.create("usrnet", scale=scale, tiny=True) for scale in (2, 3, 4)]
    for net in nets:
        net.load_state_dict(nets[0].state_dict())
        assert net(torch.rand(1, 3, 8, 9), kernel=kernel(5)).shape == (1, 3, 8 * net.scale, 9 * net.scale)  # type: ignore[operator]


def test_kernels_of_all_accepted_shapes_mean_the_same() -> None:
    net, lr, one = small(), torch.rand(2, 3, 8, 9), kernel(5)
    with torch.no_grad():
        expected = net(lr, kernel=one)
        for shape in ((2, 1, 5, 5), (2, 3, 5, 5)):
            torch.testing.assert_close(net(lr, kernel=one.expand(shape)), expected, atol=1e-5, rtol=1e-5)


def test_the_noise_level_and_the_kernel_matter() -> None:
    net, lr = small(), torch.rand(1, 3, 8, 9)
    with torch.no_grad():
        plain = net(lr, kernel=kernel(5))
        assert not torch.allclose(net(lr, kernel=kernel(5), noise=0.1), plain)
        assert not torch.allclose(net(lr, kernel=kernel(5).flip(0)), plain)
        both = net(lr.expand(2, -1, -1, -1), kernel=kernel(5), noise=torch.tensor([0.0, 0.1]))
        torch.testing.assert_close(both[:1], plain, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "says"),
    [(None, "needs the blur"), (torch.ones(2, 2, 5, 5), "needs the blur"), (torch.ones(17, 17), "is larger than")],
)
def test_a_kernel_that_cannot_be_is_refused(given: Tensor | None, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        small()(torch.rand(2, 3, 8, 8), kernel=given)


@pytest.mark.slow
def test_published_weights_restore_with_the_true_kernel_and_fail_with_its_mirror_image() -> None:
    net = srkit.models.load(shared("checkpoints/usrnet_tiny.pth"), scale=4)
    assert net.name == "usrnet_tiny"
    folder = shared("benchmarks/FKP_example")
    (lr,), (hr,), (mat,) = (sorted((folder / name).iterdir()) for name in ("lr_x4", "HR", "gt_k_x4"))
    truth, small_image = srkit.read(hr), srkit.read(lr)
    blur = torch.from_numpy(loadmat(mat)["Kernel"]).float()
    protocol = srkit.Protocol(channel="y", border=4)
    found = {}
    for name, used in (("true", blur.flip(0, 1)), ("mirrored", blur)):
        with torch.no_grad():
            sr = net(small_image[None], kernel=used)[0]
        found[name] = srkit.metrics.psnr(sr, truth[:, : sr.shape[1], : sr.shape[2]], protocol=protocol)
    assert found["true"] == pytest.approx(26.11, abs=0.05)
    assert found["mirrored"] == pytest.approx(20.30, abs=0.05)
