"""Blur, down, noise and JPEG, each beside a stranger."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from torch import Tensor

import srkit
from srkit.degrade import apply_kernel, gaussian_widths, jpeg, jpeg_soft, parse
from srkit.degrade.down import to_size
from srkit.degrade.jpeg import quantisation_tables
from srkit.degrade.noise import camera_noise, noise, poisson, random_covariance, speckle
from srkit.degrade.simple import floor_levels
from srkit.errors import BadInput
from srkit.ops.resize import imresize
from tests._shared import shared


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_cutting_off_keeps_each_of_the_256_levels_and_makes_no_value_brighter() -> None:
    levels = torch.arange(1, 256, dtype=torch.float64)
    for away, lower in ((0, 0), (-0.5e-4, 0), (0.9, 0), (-2e-4, 1)):  # up to a ten-thousandth below is rounding
        torch.testing.assert_close(floor_levels((levels + away) / 255), (levels - lower) / 255, atol=1e-9, rtol=0)


def photo(side: int = 96) -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[None, :, :side, :side]


@pytest.mark.parametrize(
    ("border", "theirs"),
    [
        ("replicate", "nearest"),
        ("symmetric", "reflect"),
        ("reflect", "mirror"),
        ("circular", "wrap"),
        ("zero", "constant"),
    ],
)
def test_each_border_rule_is_the_one_scipy_calls_by_another_name(border: str, theirs: str) -> None:
    image, kernel = photo(40)[0].double(), gaussian_widths(11, 2.0, 1.0, 0.4)
    ours = apply_kernel(image, kernel, border=border)  # type: ignore[arg-type]
    expected = ndimage.correlate(image[0].numpy(), kernel.numpy(), mode=theirs)
    assert np.allclose(ours[0].numpy(), expected, atol=1e-12)


def test_a_point_changes_nothing_and_a_blur_of_zero_neither() -> None:
    image = photo()
    assert torch.allclose(apply_kernel(image, srkit.ops.kernels.delta(7)), image)
    assert torch.equal(parse("blur(0)")(image), image)


def test_the_three_meanings_of_down_are_three_different_images() -> None:
    image = photo(40)
    bicubic, direct, area = (parse(f"down(2, kind={kind})")(image) for kind in ("bicubic", "direct", "area"))
    assert torch.equal(bicubic, imresize(image, 1 / 2))
    assert torch.equal(direct, image[..., ::2, ::2])
    assert torch.allclose(area, image.unflatten(-1, (20, 2)).unflatten(-3, (20, 2)).mean((-1, -3)), atol=1e-6)
    assert not torch.allclose(bicubic, direct, atol=1e-2)
    assert not torch.allclose(bicubic, parse("down(2, kind=cubic)")(image), atol=1e-3)
    assert torch.equal(parse("down(3, kind=direct, first=1)")(image[..., :39, :39]), image[..., 1:39:3, 1:39:3])


@pytest.mark.parametrize(("h", "w"), [(3, 5), (7, 4), (1, 11), (9, 11)])
def test_overlap_is_the_mean_over_what_each_pixel_covers(h: int, w: int) -> None:
    image = photo(40)[..., :9, :11]
    fine = image.repeat_interleave(h, -2).repeat_interleave(w, -1)  # each pixel in h x w equal parts
    blocks = fine.unflatten(-1, (w, 11)).unflatten(-3, (h, 9))
    assert torch.allclose(to_size(image, (h, w), "overlap"), blocks.mean((-1, -3)), atol=1e-6)


def test_overlap_enlarges_as_opencv_does() -> None:
    image = (torch.arange(30.0).reshape(1, 5, 6) * 7 % 11) / 10
    expected = {  # cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA), OpenCV 4, of one row
        (7, 8, 2): (0.86, 0.59333, 0.4, 0.28, 0.76, 0.49333, 0.3, 0.18),
        (3, 9, 1): (0.74, 0.54, 0.34, 0.82, 0.73, 0.64, 0.24, 0.48, 0.72),
    }
    for (h, w, row), values in expected.items():
        assert to_size(image, (h, w), "overlap")[0, row].tolist() == pytest.approx(values, abs=1e-5)


def test_resizing_without_antialiasing_keeps_the_grid_of_pixel_areas() -> None:
    ramp = torch.arange(30.0).expand(1, 3, 30, 30) / 30
    small = parse("resize(0.5)")(ramp)
    assert torch.allclose(small[0, 0, 0], (torch.arange(15.0) * 2 + 0.5) / 30)
    assert parse("up(3)")(ramp).shape == (1, 3, 90, 90)


def test_noise_has_the_level_that_was_asked_for_and_the_correlation_that_was_named() -> None:
    flat = torch.full((1, 3, 300, 300), 0.5)
    colour, grey = (noise(flat, 25, kind, rng=rng()) - 0.5 for kind in ("colour", "grey"))  # type: ignore[arg-type]
    assert float(colour.std()) * 255 == pytest.approx(25, rel=0.01)
    assert abs(float(torch.corrcoef(colour[0].flatten(1))[0, 1])) < 0.02
    assert torch.equal(grey[0, 0], grey[0, 2])
    assert float(grey[0, 0].std()) * 255 == pytest.approx(25, rel=0.02)
    generator = rng(3)
    correlated = noise(flat, 25, "correlated", rng=generator) - 0.5
    twin = rng(3)
    torch.randn(flat.shape, generator=twin)  # the field is drawn first, the covariance behind it
    wanted = random_covariance(twin) * (25 / 255) ** 2
    assert torch.allclose(torch.cov(correlated[0].flatten(1)).double(), wanted, atol=2e-4)


def test_the_variance_of_poisson_noise_is_the_brightness_over_the_photons() -> None:
    for value in (0.2, 0.8):
        noisy = poisson(torch.full((1, 3, 200, 200), value), 100, rng=rng())
        rounded = round(value * 255) / 255
        assert float(noisy.mean()) == pytest.approx(value, abs=2e-3)
        assert float(noisy.var()) == pytest.approx(rounded / 100, rel=0.03)
    same = poisson(torch.full((1, 3, 20, 20), 0.5), 50, grey=True, rng=rng())
    assert torch.allclose(same[:, 0], same[:, 1])


def test_speckle_grows_with_the_brightness() -> None:
    dark, bright = (float(speckle(torch.full((1, 3, 99, 99), v), 25, rng=rng()).std()) for v in (0.1, 0.9))
    assert bright / dark == pytest.approx(9, rel=1e-3)


def test_a_sensor_without_noise_gives_flat_colours_back_and_one_with_noise_does_not() -> None:
    flat = torch.tensor([0.6, 0.4, 0.3]).reshape(1, 3, 1, 1).expand(1, 3, 32, 32)
    assert torch.allclose(camera_noise(flat, 0.0, 0.0, rng=rng()), flat, atol=1e-3)
    noisy = camera_noise(flat, rng=rng())
    assert 0.005 < float((noisy - flat).std()) < 0.3
    neighbours = torch.corrcoef(
        torch.stack([(noisy - flat)[0, 0, :, :-1].flatten(), (noisy - flat)[0, 0, :, 1:].flatten()])
    )
    assert float(neighbours[0, 1]) > 0.2  # demosaicing spreads the noise
    grey = torch.full((1, 3, 64, 64), 0.5)
    red, green, blue = (camera_noise(grey, rng=rng()) - grey)[0].std((-1, -2)).tolist()
    assert red > blue > green, "white balance amplifies red most and green not at all"


@pytest.mark.parametrize("quality", [1, 10, 30, 49, 50, 51, 75, 95, 100])
def test_the_quantisation_tables_are_those_that_pillow_writes(quality: int) -> None:
    memory = io.BytesIO()
    Image.new("RGB", (16, 16)).save(memory, "JPEG", quality=quality)
    written = Image.open(memory).quantization  # type: ignore[attr-defined]
    for ours, theirs in zip(quantisation_tables(quality), (written[0], written[1]), strict=True):
        assert ours.flatten().tolist() == list(theirs)


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("quality", [20, 50, 90])
def test_the_differentiable_codec_follows_the_real_one(quality: int, subsampling: str) -> None:
    image = photo(90)  # no multiple of 16
    real, soft = jpeg(image, quality, subsampling), jpeg_soft(image, quality, subsampling)  # type: ignore[arg-type]
    lost = (real - image).square().mean().sqrt()
    assert float((real - soft).square().mean().sqrt()) < 0.35 * float(lost)
    assert float((real - srkit.ops.quantise(soft)).abs().mean()) * 255 < 0.7  # a few coefficients round the other way


def test_a_gradient_flows_through_the_differentiable_codec_and_none_through_the_real_one() -> None:
    image = photo(32).requires_grad_()
    for straight in (True, False):
        (gradient,) = torch.autograd.grad(jpeg_soft(image, 50, straight=straight).square().sum(), image)
        assert float(gradient.abs().sum()) > 0
    assert not jpeg(image, 50).requires_grad


def test_files_shrink_and_errors_grow_as_the_quality_falls() -> None:
    errors = [float((jpeg(photo(), q) - photo()).square().mean()) for q in (95, 60, 30, 5)]
    assert errors == sorted(errors)


@pytest.mark.parametrize(
    "formula",
    [
        "blur(-1)", "blur(1, size=4)", "blur_variances(1, 1, size=6)", "blur_motion(0)", "blur_sinc(9)",
        "down(2.5)", "down(0)", "down(2, kind=magic)", "down(2, first=1)", "down(2, kind=direct, first=2)",
        "up(0.5)", "resize(0)", "resize(0.5, mode=bicubic)", "noise(-1)", "noise(5, kind=pink)", "poisson(0)",
        "camera(-1)", "jpeg(0)", "jpeg(101)", 'jpeg(50, subsampling="4:1:1")', "quantise(ceil)", "bsrgan(2.5)",
        "real_esrgan(0)", "blur(1, border=magic)",
    ],
)  # fmt: skip
def test_values_that_cannot_be_are_refused_where_they_stand(formula: str) -> None:
    with pytest.raises(BadInput, match=r"\^$"):
        parse(formula)


@pytest.mark.shared
def test_blur_then_down_gives_the_files_of_the_literature_but_for_one_tie() -> None:
    bd = srkit.degrade.recipe("bd", scale=3)
    for path in sorted(shared("benchmarks/Set5").glob("*.png")):
        hr = srkit.ops.modcrop(srkit.read(path), 3)
        theirs = srkit.read(shared(f"benchmarks/matlab_lr/Set5_BD/X3/{path.stem}_LRBD_x3.png"))
        wrong = (bd(hr.double()) - theirs.double()).abs() > 1e-6
        assert int(wrong.sum()) == (path.stem == "baby"), path.stem  # one value lies exactly between two levels


@pytest.mark.shared
def test_the_noisy_files_of_the_literature_are_bicubic_and_noise_of_level_thirty() -> None:
    """Their noise cannot be drawn again; its level can be measured where clipping does not reach."""
    for path in sorted(shared("benchmarks/matlab_lr/Set5_DN/X3").glob("*.png")):
        name = path.stem.split("_")[0]
        hr = srkit.ops.modcrop(srkit.read(shared(f"benchmarks/Set5/{name}.png")), 3)
        clean = srkit.degrade.recipe("bicubic", scale=3)(hr)
        middle = (clean > 0.4) & (clean < 0.6)
        theirs = (srkit.read(path) - clean)[middle].std() * 255
        ours = (srkit.degrade.recipe("dn", scale=3)(hr, rng=rng()) - clean)[middle].std() * 255
        assert float(theirs) == pytest.approx(30, rel=0.05), name
        assert float(ours) == pytest.approx(30, rel=0.05), name


@pytest.mark.shared
def test_fkps_published_sample_is_correlation_with_circular_border_cut_off_to_eight_bits() -> None:
    kernel = srkit.degrade.read_kernel(shared("benchmarks/FKP_example/gt_k_x4/102061.mat"))
    hr = srkit.ops.modcrop(srkit.read(shared("benchmarks/FKP_example/HR/102061.png")), 4).double()
    theirs = srkit.ops.read_picture(shared("benchmarks/FKP_example/lr_x4/102061.png")).rgb.double()
    small = apply_kernel(hr, kernel, border="circular")[:, ::4, ::4]
    ours = floor_levels(small)
    same = ours.sub(theirs).abs() < 1e-6
    assert float(same.double().mean()) >= 0.999
    assert float((ours - theirs).abs().max()) * 255 < 1.001
    rounded = srkit.ops.quantise(small).sub(theirs).abs() < 1e-6
    assert float(rounded.double().mean()) < 0.6  # rounding instead of cutting agrees in half the values
