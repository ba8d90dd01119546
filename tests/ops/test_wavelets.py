"""Wavelet transforms beside PyWavelets, and the properties of an orthonormal transform."""

from __future__ import annotations

import pytest
import pywt
import torch
from torch import Tensor

from srkit.errors import BadInput, UnknownName
from srkit.ops.wavelets import WAVELETS, Wavelet, analyse, analyse_packets, synthesise, synthesise_packets


def picture(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", WAVELETS)
@pytest.mark.parametrize("size", [(8, 8), (16, 10), (12, 34)])
def test_the_bands_are_those_of_pywavelets(name: str, size: tuple[int, int]) -> None:
    image = picture(1, *size)
    average, (rows, columns, diagonal) = pywt.dwt2(image[0].numpy(), name, mode="periodization")
    theirs = torch.stack([torch.from_numpy(band) for band in (average, columns, rows, diagonal)])
    torch.testing.assert_close(analyse(image, wavelet=name), theirs, atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", WAVELETS)
def test_synthesis_undoes_analysis_and_keeps_the_energy(name: str) -> None:
    image = picture(2, 3, 14, 20)
    bands = analyse(image, wavelet=name)
    assert bands.shape == (2, 12, 7, 10)
    torch.testing.assert_close(synthesise(bands, wavelet=name), image, atol=1e-9, rtol=0)
    torch.testing.assert_close(bands.square().sum(), image.square().sum(), atol=1e-8, rtol=0)


@pytest.mark.parametrize("name", WAVELETS)
def test_synthesis_is_the_adjoint_of_analysis(name: str) -> None:
    image, bands = picture(1, 10, 12), picture(4, 5, 6, seed=1)
    left = (analyse(image, wavelet=name) * bands).sum()
    right = (image * synthesise(bands, wavelet=name)).sum()
    torch.testing.assert_close(left, right, atol=1e-9, rtol=0)


def test_haar_takes_half_sums_and_half_differences_of_four_pixels() -> None:
    a, b, c, d = 0.1, 0.7, 0.4, 0.9
    bands = analyse(torch.tensor([[[a, b], [c, d]]]))
    expected = torch.tensor([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d]) / 2
    torch.testing.assert_close(bands.flatten(), expected)


def test_the_bands_of_all_channels_stand_together() -> None:
    image = picture(3, 8, 8)
    bands = analyse(image).reshape(4, 3, 4, 4)
    for channel in range(3):
        torch.testing.assert_close(bands[:, channel], analyse(image[channel : channel + 1]))


def test_gradients_pass_both_ways() -> None:
    image = picture(1, 6, 8).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: analyse(x, wavelet="db2"), image)
    bands = picture(4, 4, 4, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: synthesise(x, wavelet="db2"), bands)


def test_packets_are_the_tree_of_pywavelets() -> None:
    image = picture(1, 16, 24)
    tree = pywt.WaveletPacket2D(image[0].numpy(), "haar", mode="periodization", maxlevel=2)
    paths = [first + second for first in "avhd" for second in "avhd"]
    theirs = torch.stack([torch.from_numpy(tree[path].data) for path in paths])
    torch.testing.assert_close(analyse_packets(image, levels=2), theirs, atol=1e-9, rtol=0)


@pytest.mark.parametrize("levels", [0, 1, 3])
def test_packets_go_back_to_the_image(levels: int) -> None:
    image = picture(2, 3, 16, 8)
    packets = analyse_packets(image, levels=levels)
    assert packets.shape == (2, 3 * 4**levels, 16 // 2**levels, 8 // 2**levels)
    torch.testing.assert_close(synthesise_packets(packets, levels=levels), image, atol=1e-9, rtol=0)


def test_a_pair_of_filters_can_be_given_instead_of_a_name() -> None:
    half = 0.5**0.5
    turned = analyse(picture(1, 8, 8), wavelet=Wavelet((half, half), (-half, half)))
    signs = torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64)[:, None, None]
    torch.testing.assert_close(turned, analyse(picture(1, 8, 8)) * signs)


def test_wrong_inputs_of_wavelets_are_refused_with_a_reason() -> None:
    with pytest.raises(BadInput, match="even sides"):
        analyse(torch.rand(1, 7, 8))
    with pytest.raises(BadInput, match="8 taps"):
        analyse(torch.rand(1, 4, 8), wavelet="db4")
    with pytest.raises(BadInput, match="floats"):
        analyse(torch.zeros(1, 8, 8, dtype=torch.uint8))
    with pytest.raises(BadInput, match="c, h, w"):
        analyse(torch.rand(8, 8))
    with pytest.raises(UnknownName, match="db2, db3"):
        analyse(torch.rand(1, 8, 8), wavelet="coiflet")
    with pytest.raises(BadInput, match="Four bands"):
        synthesise(torch.rand(6, 8, 8))
    with pytest.raises(BadInput, match="16 packets"):
        synthesise_packets(torch.rand(12, 8, 8), levels=2)
