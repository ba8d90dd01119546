"""The half pixel: on ramps, beside SciPy, and in decibels on Set5."""

from __future__ import annotations

import pytest
import torch
from scipy import ndimage

import srkit
from srkit.degrade import align, apply_kernel, gaussian_widths
from srkit.degrade.alignment import aligned_centre, centre_of_mass, shift
from srkit.errors import BadInput
from srkit.metrics import Protocol, psnr
from srkit.ops.resize import imresize
from tests._shared import shared


@pytest.mark.parametrize("by", ["correlation", "convolution"])
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [20, 21])
def test_after_alignment_the_first_pixel_kept_sees_the_middle_of_its_block(size: int, scale: int, by: str) -> None:
    """On a ramp the value of a blurred pixel is the place where the kernel's weight lies."""
    kernel = gaussian_widths(size, 2.0, 1.2, 0.5)
    ramp = torch.arange(120, dtype=torch.float64).expand(3, 120, 120)
    moved = align(kernel, scale, by=by)
    small = apply_kernel(ramp, moved, by=by)[..., ::scale, ::scale]
    wanted = torch.arange(small.shape[-1], dtype=torch.float64) * scale + (scale - 1) / 2
    inside = slice(30 // scale, -30 // scale)
    assert torch.allclose(small[0, 5, inside], wanted[inside], atol=1e-9)


@pytest.mark.parametrize(("scale", "size"), [(2, 21), (3, 15), (4, 19)])
def test_the_centre_of_mass_is_where_the_papers_put_it(scale: int, size: int) -> None:
    assert aligned_centre(size, scale, by="correlation") == size // 2 + 0.5 * (scale - size % 2)  # KernelGAN, ZSSR
    assert aligned_centre(size, scale, by="convolution") == (size - scale) / 2  # KAIR, USRNet
    moved = align(gaussian_widths(size, 1.5), scale)
    margin = (len(moved) - size) // 2
    assert centre_of_mass(moved) == pytest.approx(
        (aligned_centre(size, scale, by="correlation") + margin,) * 2, abs=1e-9
    )


def test_shifting_moves_the_centre_exactly_and_leaves_sum_and_variance() -> None:
    kernel = gaussian_widths(15, 2.0, 1.0, 0.3)
    moved = shift(kernel, 0.3, -1.7)
    assert float(moved.sum()) == pytest.approx(1.0)
    before, after = centre_of_mass(kernel), centre_of_mass(moved)
    margin = (len(moved) - 15) // 2
    assert after == pytest.approx((before[0] + margin + 0.3, before[1] + margin - 1.7), abs=1e-9)
    theirs = ndimage.shift(torch.nn.functional.pad(kernel, (margin,) * 4).numpy(), (0.3, -1.7), order=3)
    assert float((moved - torch.from_numpy(theirs)).abs().max()) < 0.002  # SciPy's spline, another interpolation


def test_a_shift_by_whole_pixels_changes_no_value() -> None:
    kernel = torch.rand(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    moved = shift(kernel, 2, -1)
    assert torch.allclose(moved[4:9, 1:6], kernel, atol=1e-12)


def test_correlation_is_convolution_with_the_kernel_turned() -> None:
    image = torch.rand(3, 20, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    kernel = torch.rand(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    kernel = kernel / kernel.sum()
    convolved = apply_kernel(image, kernel, by="convolution", border="reflect")
    theirs = ndimage.convolve(image[1].numpy(), kernel.numpy(), mode="mirror")
    assert torch.allclose(convolved[1], torch.from_numpy(theirs), atol=1e-12)
    assert torch.allclose(convolved, apply_kernel(image, kernel.flip(0, 1), border="reflect"), atol=1e-12)
    assert not torch.allclose(convolved, apply_kernel(image, kernel, border="reflect"), atol=1e-3)


@pytest.mark.shared
@pytest.mark.parametrize(("scale", "width", "apart"), [(2, 1.3, 0.8), (4, 2.6, 1.2)])
def test_an_aligned_kernel_is_worth_more_than_half_a_decibel_to_bicubic(scale: int, width: float, apart: float) -> None:
    """Measured for the lecture: 29.05 against 30.27 dB at x2, 24.33 against 25.97 dB at x4."""
    found = {}
    for aligned in (1, scale):
        values = []
        for path in sorted(shared("benchmarks/Set5").glob("*.png")):
            hr = srkit.ops.modcrop(srkit.read(path), scale)
            lr = apply_kernel(hr, gaussian_widths(21, width), border="symmetric", aligned=aligned)[:, ::scale, ::scale]
            sr = imresize(srkit.ops.quantise(lr), scale).clamp(0, 1)
            values.append(psnr(sr, hr, protocol=Protocol.papers(scale)))
        found[aligned] = sum(map(float, values)) / len(values)
    assert found[scale] - found[1] > apart
    assert found == pytest.approx({2: {1: 29.05, 2: 30.27}, 4: {1: 24.33, 4: 25.97}}[scale], abs=0.08)


def test_impossible_alignments_are_refused() -> None:
    kernel = gaussian_widths(9, 1.0)
    with pytest.raises(BadInput, match="whole scale"):
        align(kernel, 2.5)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="correlation"):
        align(kernel, 2, by="magic")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="finite"):
        shift(kernel, float("nan"), 0)
    with pytest.raises(BadInput, match="centre of mass"):
        centre_of_mass(torch.zeros(3, 3))
