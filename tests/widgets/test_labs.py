"""The laboratories without a browser: their arithmetic beside strangers, their pages beside the library."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.errors import BadInput
from srkit.inference.ensemble import self_ensemble
from srkit.metrics import Protocol, psnr
from srkit.ops.resize import imresize
from srkit.ops.transposed import overlaps
from srkit.widgets._degrade_lab import blur_of_chain, degrade_lab, kernel_lab, knobs_of, with_values
from srkit.widgets._draw import BAR, plotted
from srkit.widgets._network_labs import ensemble_lab, mix_lab, view_answers
from srkit.widgets._signal_labs import (
    _divergence,
    _gradient,
    impulse_response,
    total_variation,
    tv_denoise,
    tv_lab,
    upsample_lab,
)

RNG = torch.Generator().manual_seed(0)
HR = torch.nn.functional.interpolate(torch.rand(1, 3, 8, 8, generator=RNG), size=(48, 48), mode="bicubic")[0].clamp(
    0, 1
)
LR = HR[:, ::2, ::2]


def tiny(seed: int) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return srkit.models.create("espcn", scale=2, tiny=True).eval()


def pixels(gallery: object, position: tuple[int, ...], title: str) -> np.ndarray:
    return next(picture.pixels for picture in gallery.pages[position].pictures if picture.title == title)  # type: ignore[attr-defined]


def levels(image: Tensor) -> np.ndarray:
    return (image.clamp(0, 1) * 255 + 0.5).floor().to(torch.uint8).permute(1, 2, 0).numpy()


def test_the_ends_of_the_mixing_slider_are_the_two_networks_and_the_numbers_are_srkits() -> None:
    first, second = tiny(0), tiny(1)
    gallery = mix_lab(first, second, LR, HR, names=("psnr", "gan"))
    with torch.no_grad():
        ends = [net(LR[None])[0] for net in (first, second)]
    assert len(gallery.pages) == 11
    assert (pixels(gallery, (0,), "mixed") == levels(ends[0])).all()
    assert (pixels(gallery, (10,), "mixed") == levels(ends[1])).all()
    number = float(psnr(ends[1].clamp(0, 1), HR, protocol=Protocol.papers(2)))
    assert f"100% gan: PSNR {number:.2f} dB" in gallery.pages[(10,)].text
    assert gallery.pages[(3,)].code == "net = srkit.mix(psnr, gan, 0.3)"


def test_the_last_mean_of_the_eight_views_is_the_self_ensemble() -> None:
    net = tiny(0)
    with torch.no_grad():
        expected = self_ensemble(net, LR[None])[0]
    assert torch.allclose(view_answers(net, LR).mean(dim=0), expected, atol=1e-6)
    gallery = ensemble_lab(net, LR, HR)
    assert len(gallery.pages) == 8
    assert np.abs(pixels(gallery, (7,), "mean so far").astype(int) - levels(expected)).max() <= 1
    assert (
        f"PSNR {float(psnr(expected.clamp(0, 1), HR, protocol=Protocol.papers(2))):.2f} dB" in gallery.pages[(7,)].text
    )


def test_the_code_below_a_degraded_picture_makes_that_picture() -> None:
    gallery = degrade_lab(HR, "blur(1.6) > down(2) > noise(10)", seed=3)
    for position in (gallery.start, (0, 2), (7, gallery.start[1])):
        code = gallery.pages[position].code
        lr = eval(code.removeprefix("lr = "), {"srkit": srkit, "hr": HR, "torch": torch})  # our own line, see above
        assert (pixels(gallery, position, "LR") == levels(lr)).all()
    assert "manual_seed(3)" in gallery.pages[gallery.start].code


def test_a_knob_keeps_the_chains_value_pages_out_refused_ones_and_never_turns_the_scale() -> None:
    chain = srkit.degrade.parse("blur(1.6) > down(4) > jpeg(50)")
    knobs = knobs_of(chain)
    assert [(knob.step, knob.option) for knob in knobs] == [(0, "sigma"), (2, "quality")]
    assert all(knob.values[knob.start] == value for knob, value in zip(knobs, (1.6, 50), strict=True))
    assert all(1 <= value <= 100 for value in knobs[1].values)
    turned = with_values(chain, knobs, (0, len(knobs[1].values) - 1))
    assert turned.steps[2].options["quality"] == knobs[1].values[-1]
    assert turned.scale == 4
    with pytest.raises(BadInput, match="no number that can be turned"):
        degrade_lab(HR, "down(4)")


def test_the_number_of_a_spoilt_image_is_that_of_the_papers_protocol() -> None:
    gallery = degrade_lab(HR, "blur(1.6) > down(4)")
    lr = srkit.degrade.parse("blur(1.6) > down(4)")(HR)
    number = float(psnr(imresize(lr, 4), HR, protocol=Protocol.papers(4)))
    assert any(page.text.startswith(f"bicubic enlargement: PSNR {number:.2f} dB") for page in gallery.pages.values())


def test_the_drawn_kernel_is_a_gaussian_of_the_widths_added_in_squares() -> None:
    kernel = blur_of_chain(srkit.degrade.parse("blur(1.2) > blur(1.6) > down(2)"))
    assert kernel is not None
    axis = torch.arange(41) - 20.0
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-6)
    assert float((kernel.sum(0) * axis**2).sum()) == pytest.approx(1.2**2 + 1.6**2, rel=0.02)
    assert blur_of_chain(srkit.degrade.parse("down(2)")) is None


def test_no_believed_kernel_restores_better_than_the_true_one() -> None:
    gallery = kernel_lab(HR, widths=(0.8, 1.4, 2.0), steps=10)
    numbers = {place: float(page.text.split("PSNR ")[1].split(" dB")[0]) for place, page in gallery.pages.items()}
    assert len(numbers) == 9
    for true in range(3):
        assert max(range(3), key=lambda believed: numbers[true, believed]) == true
    assert (pixels(gallery, (0, 2), "believed kernel") == pixels(gallery, (2, 2), "true kernel")).all()


def test_impulse_responses_have_the_shapes_of_their_kernels() -> None:
    nearest, bilinear, bicubic = (impulse_response(name) for name in ("nearest", "bilinear", "bicubic"))
    assert (nearest == 1).sum() == 16
    assert float(bilinear.max()) == pytest.approx(1 - 1 / 32)
    assert int((bilinear > 0).sum()) == 32
    assert float(bicubic.min()) == pytest.approx(-0.0741, abs=5e-4)  # Keys: -2/27 at 4/3


def test_a_drawn_line_begins_at_its_first_sample_and_goes_from_each_sample_to_the_next() -> None:
    values = [1.0, 0.0, 0.0, 0.5, 1.0, 0.25]
    drawn = plotted(torch.tensor(values), low=0, high=1, height=9, width=len(values))
    rows = [8 - round(8 * value) for value in values]  # the lowest row is 8
    for column, (before, now) in enumerate(zip([rows[0], *rows], rows, strict=False)):
        inked = (drawn[:, column] == BAR).all(axis=1).nonzero()[0].tolist()
        assert inked == list(range(min(before, now), max(before, now) + 1))


def test_a_checkerboard_is_announced_exactly_where_the_stride_does_not_divide_the_kernel() -> None:
    gallery = upsample_lab(HR, "zeros")
    for (i, j), page in gallery.pages.items():
        side, stride = i + 2, j + 2
        measured = float(page.text.rpartition(" ")[2])
        assert (measured > 0) == (side % stride != 0)
        assert ("(even)" in page.text) == (len(set(overlaps(side, stride))) == 1)


def test_equal_weights_keep_the_brightness_where_no_checkerboard_is() -> None:
    gallery = upsample_lab(torch.full((3, 16, 16), 0.5), "zeros")
    for (i, j), page in gallery.pages.items():
        if "(even)" in page.text:
            assert pixels(gallery, (i, j), "convolved")[16, 16].tolist() == [128] * 3


def test_the_shuffle_says_where_a_pixel_comes_from_and_torch_agrees() -> None:
    gallery = upsample_lab(HR, "shuffle", scale=3)
    planes = torch.nn.functional.pixel_unshuffle(HR[:1, :15, :15], 3)
    for row, column in ((0, 0), (7, 11), (14, 4)):
        text = gallery.pages[row, column].text
        phase, place = (row % 3) * 3 + column % 3, (row // 3, column // 3)
        assert f"is pixel {place} of plane {phase}" in text
        assert planes[phase][place] == HR[0, row, column]


def test_zoom_takes_any_factor_and_unknown_words_are_refused() -> None:
    gallery = upsample_lab(HR, "zoom")
    assert pixels(gallery, (2, 4), "enlarged").shape == (120, 120, 3)
    with pytest.raises(BadInput, match="'zoom', 'zeros' or 'shuffle'"):
        upsample_lab(HR, "more")  # type: ignore[arg-type]


def test_divergence_is_the_negative_adjoint_of_the_gradient() -> None:
    image, field = torch.rand(3, 7, 9, generator=RNG).double(), torch.rand(2, 3, 7, 9, generator=RNG).double()
    assert float((_gradient(image) * field).sum()) == pytest.approx(-float((image * _divergence(field)).sum()))
    step = torch.zeros(1, 4, 6)
    step[:, :, 3:] = 0.5
    assert total_variation(step) == pytest.approx(4 * 0.5)


def test_total_variation_denoising_agrees_with_scikit_image() -> None:
    restoration = pytest.importorskip("skimage.restoration")
    noisy = HR[:1].double() + 0.1 * torch.randn(1, 48, 48, generator=RNG).double()
    ours = tv_denoise(noisy, 0.1, steps=2000)
    theirs = torch.from_numpy(restoration.denoise_tv_chambolle(noisy[0].numpy(), 0.1, eps=0, max_num_iter=2000))[None]
    assert float((ours - theirs).abs().max()) < 2e-3

    def energy(x: Tensor) -> float:
        return float((x - noisy).square().sum() / 2) + 0.1 * total_variation(x)

    assert energy(ours) == pytest.approx(energy(theirs), rel=1e-4)
    assert torch.equal(tv_denoise(noisy, 0), noisy)


def test_on_the_slider_total_variation_falls_and_the_best_strength_lies_between() -> None:
    gallery = tv_lab(HR)
    numbers = [float(page.text.split("PSNR ")[1].split(" dB")[0]) for _, page in sorted(gallery.pages.items())]
    lengths = [float(page.text.split("variation ")[1].split(",")[0]) for _, page in sorted(gallery.pages.items())]
    assert lengths == sorted(lengths, reverse=True)
    assert 0 < numbers.index(max(numbers)) < len(numbers) - 1
