"""KernelGAN beside numbers recorded from the authors' program, SciPy, and what its parts must do by definition."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import scipy.ndimage
import torch
import torch.nn.functional as F
from torch import Tensor

import srkit
from srkit import methods
from srkit.degrade import align, gaussian_variances
from srkit.degrade.alignment import centre_of_mass
from srkit.degrade.kernels import bicubic_kernel
from srkit.errors import BadInput, UnknownName
from srkit.methods import KernelGAN, analytic_x4, as_network, kernel_psnr, kernel_report
from srkit.methods._fresh import fresh
from srkit.methods.kernel_score import covariance
from srkit.methods.kernelgan import (
    Duel,
    Schedule,
    bicubic_difference,
    boundary,
    boundary_mask,
    clean_kernel,
    off_centre,
    sparsity,
    sum_to_one,
    verdict,
)
from srkit.methods.kernelgan_parts import (
    CropSource,
    LinearReducer,
    SmallPatchDiscriminator,
    SpectralConv,
    edge_map,
    likelihood,
)

QUICK: dict[str, Any] = {"steps": 3, "channels": 4, "crop": 30, "then": "back_projection"}


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo(side: int = 64) -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, 60 : 60 + side, 60 : 60 + side].contiguous()


def waves(shape: tuple[int, ...], pitch: float) -> Tensor:
    return torch.sin(torch.arange(math.prod(shape), dtype=torch.float32).reshape(shape) * pitch)


def small_kernel() -> Tensor:
    return (waves((13, 13), 1.7) + 0.9) * 0.006


def test_both_networks_have_the_parameters_of_the_authors() -> None:
    reducer, discriminator = fresh(LinearReducer, rng()), fresh(SmallPatchDiscriminator, rng())
    assert sum(p.numel() for p in reducer.parameters()) == 150_656
    assert sum(p.numel() for p in discriminator.parameters()) == 30_977
    assert reducer(torch.zeros(1, 3, 64, 64)).shape == (1, 3, 26, 26)
    assert discriminator(torch.zeros(1, 3, 26, 26)).shape == (1, 1, 20, 20)


def test_the_reducers_first_weights_are_xaviers_with_a_tenth_of_the_gain() -> None:
    reducer = fresh(LinearReducer, rng())
    second = next(p for p in reducer.parameters() if p.shape == (64, 64, 5, 5)).detach()
    assert float(second.std()) == pytest.approx(0.1 * (2 / (2 * 64 * 25)) ** 0.5, rel=0.02)


def test_the_judge_begins_as_it_does_in_the_authors_program() -> None:
    """There ``weight_orig`` keeps PyTorch's first weights: measured 0.0479, five times 0.0714 to 0.0724, and 0.0791."""
    duel = Duel(photo(84), KernelGAN().settings, 0)
    layers = [m for m in duel.discriminator.modules() if isinstance(m, SpectralConv)]
    found = [float(layer.weight.detach().std()) for layer in layers]
    assert found == pytest.approx([0.0479, *[0.0722] * 5, 0.0722], rel=0.12)
    assert all(not bool(layer.bias.detach().any()) for layer in layers)  # type: ignore[union-attr]
    scales = torch.cat([m.weight.detach() for m in duel.discriminator.modules() if isinstance(m, torch.nn.BatchNorm2d)])
    assert float(scales.mean()) == pytest.approx(1, abs=0.01)
    assert float(scales.std()) == pytest.approx(0.02, rel=0.2)


COLUMNS = (
    *(0.008381397, 0.026188944, 0.053979959, 0.083093033, 0.112542832, 0.132499024, 0.142339611),
    *(0.133524585, 0.115079958, 0.086955313, 0.058096668, 0.0291127, 0.009711457),
)
ROWS = (
    *(0.011148036, 0.024090703, 0.052561295, 0.08025205, 0.109546398, 0.126386394, 0.141074422),
    *(0.129787183, 0.117379947, 0.089137571, 0.061914568, 0.032564221, 0.015662693),
)


def _sines(weights: Tensor, number: int, *, lifted: bool = False) -> Tensor:
    made = lifted + torch.sin(0.7 * torch.arange(weights.numel(), dtype=torch.float64) + number)
    return (made / weights[0].numel() ** (1.0 if lifted else 0.5)).view(weights.shape)


def _like_the_record(monkeypatch: pytest.MonkeyPatch) -> tuple[Duel, dict[str, Tensor]]:
    """Return a small game in float64 with weights made by a formula and no noise, and where its crops are put."""
    settings = KernelGAN(channels=4, crop=28, real=True, target="sum", rate_every=12, schedule_every=5).settings
    duel = Duel(photo(64).double(), settings, 0)
    duel.schedule.similar = 100.0
    for number, weights in enumerate(duel.reducer.parameters()):
        weights.data = _sines(weights, number, lifted=True)
    for number, layer in enumerate(m for m in duel.discriminator.modules() if isinstance(m, SpectralConv)):
        layer.weight.data = _sines(layer.weight, number)
        for vector in (layer.u, layer.v):
            made = torch.cos(torch.arange(len(vector), dtype=torch.float64) + number)
            vector.data = torch.nn.functional.normalize(made, dim=0)
    for norm in (m for m in duel.discriminator.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        torch.nn.init.ones_(norm.weight)
    crops: dict[str, Tensor] = {}
    monkeypatch.setattr(duel.source, "draw", lambda which, generator: crops[which])
    monkeypatch.setattr(
        "srkit.methods.kernelgan.draw.normal", lambda generator, shape, like: torch.zeros(shape).to(like)
    )
    return duel, crops


def test_the_whole_game_is_that_of_the_authors_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of the kernel's rows and columns after 24 steps of sefibk/KernelGAN (7218a37) on a CPU in float64.

    Both began with the same weights and saw the same crops without noise; the steps between changes were made few.
    """
    duel, crops = _like_the_record(monkeypatch)
    y, x = torch.meshgrid(*[torch.arange(48.0, dtype=torch.float64)] * 2, indexing="ij")
    pitches = ((0.9, 0.2), (0.3, 1.1), (0.6, 0.7))
    image = torch.stack([0.5 + 0.3 * torch.sin(y * a + x * b) + 0.15 * torch.cos(x * y / 40) for a, b in pitches])
    for i in range(24):
        crops["large"] = image[:, i % 8 : i % 8 + 28, i % 5 : i % 5 + 28]
        crops["small"] = image[:, 2 * i % 9 : 2 * i % 9 + 8, 3 * i % 11 : 3 * i % 11 + 8]
        duel.one_step(i)
    assert (duel.schedule.bicubic, duel.schedule.sparse) == (5e-6, 5.0)
    assert duel.kernel().sum(1).tolist() == pytest.approx(ROWS, abs=1e-7)
    assert duel.kernel().sum(0).tolist() == pytest.approx(COLUMNS, abs=1e-7)


def test_the_composed_kernel_does_what_the_layers_do() -> None:
    reducer = fresh(LinearReducer, rng()).double()
    image = torch.rand(1, 3, 40, 33, generator=rng(), dtype=torch.float64)
    layers = reducer(image)
    kernel = reducer.kernel()
    assert kernel.shape == (13, 13)
    composed = F.conv2d(image.transpose(0, 1), kernel[None, None], stride=2).transpose(0, 1)
    torch.testing.assert_close(composed, layers, rtol=1e-9, atol=1e-12)


def test_the_gradient_of_the_composed_kernel_is_the_one_of_finite_differences() -> None:
    reducer = fresh(lambda: LinearReducer(channels=2), rng()).double()
    weights = [p.detach().requires_grad_() for p in reducer.parameters()]

    def energy(*values: Tensor) -> Tensor:
        names = dict(zip((n for n, _ in reducer.named_parameters()), values, strict=True))
        image = torch.ones(1, 1, 13, 14, dtype=torch.float64).cumsum(-1)
        small: Tensor = torch.func.functional_call(reducer, names, (image,))
        return small.square().sum() * 1e6

    assert torch.autograd.gradcheck(energy, weights, fast_mode=True)


def test_the_judges_layers_have_largest_singular_value_one() -> None:
    layer = fresh(lambda: SpectralConv(3, 8, 7), rng()).double().train()
    for _ in range(200):
        layer(torch.zeros(1, 3, 7, 7, dtype=torch.float64))
    largest = torch.linalg.svdvals(layer.weight.detach().flatten(1))[0]
    image = torch.rand(1, 3, 9, 9, generator=rng(), dtype=torch.float64)
    torch.testing.assert_close(layer.eval()(image), F.conv2d(image, layer.weight / largest, layer.bias))


def test_the_losses_are_those_of_the_authors() -> None:
    image, small = waves((1, 3, 64, 64), 0.37) * 0.7, torch.cos(torch.arange(2028.0).reshape(1, 3, 26, 26) * 0.11) * 0.5
    kernel = small_kernel()
    assert float(bicubic_difference(image, small, target="sum")) == pytest.approx(0.32422539591789246, rel=1e-4)
    assert float(sum_to_one(kernel)) == pytest.approx(0.08139210939407349, rel=1e-4)
    assert float(boundary(kernel, boundary_mask(13))) == pytest.approx(0.010223783552646637, rel=1e-5)
    assert float(off_centre(kernel)) == pytest.approx(0.2470475733280182, rel=1e-4)
    assert float(sparsity(kernel)) == pytest.approx(0.3250957131385803, rel=1e-5)


def test_the_preset_program_has_the_programs_bicubic_loss_and_differs_in_nothing_else() -> None:
    paper, program = (KernelGAN(preset=preset).settings for preset in ("paper", "program"))
    assert program == replace(paper, target="sum")
    quick = (replace(settings, channels=4, crop=28, real=True) for settings in (paper, program))
    own, theirs = (Duel(photo(40), settings, 0).one_step(0)["bicubic difference"] for settings in quick)
    assert theirs > own  # the sum of three reductions is further away than one of them


def test_the_bicubic_loss_is_zero_for_the_bicubic_kernel_and_each_channel_has_its_own_target() -> None:
    image = torch.rand(1, 3, 30, 40, generator=rng(), dtype=torch.float64)
    kernel = F.pad(bicubic_kernel(2), (3, 2, 3, 2))  # 13 x 13, its weight registered
    small = F.conv2d(image.transpose(0, 1), kernel[None, None], stride=2).transpose(0, 1)
    assert float(bicubic_difference(image, small)) < 1e-20
    assert float(off_centre(kernel)) < 1e-20
    half = torch.full((1, 3, 64, 64), 0.5)
    grey = torch.full((1, 3, 26, 26), 0.5)
    assert float(bicubic_difference(half, grey)) == pytest.approx(0, abs=1e-10)
    assert float(bicubic_difference(half, grey, target="sum")) == pytest.approx(1.0, rel=1e-4)
    with pytest.raises(BadInput, match="'channel' or 'sum'"):
        bicubic_difference(half, grey, target="mean")  # type: ignore[arg-type]


def test_the_centre_is_scipys_centre_of_mass_and_the_rim_alone_is_punished() -> None:
    row, column = scipy.ndimage.center_of_mass(small_kernel().numpy())
    expected = ((row - 6.5) ** 2 + (column - 6.5) ** 2) / 2
    assert float(off_centre(small_kernel())) == pytest.approx(expected, rel=1e-4)
    mask = boundary_mask(13)
    assert mask[2:11, 2:11].eq(0).all()
    assert (mask[:2] > 0).all()
    assert mask.argmax() == 0, "the corner costs most"


def test_a_verdict_is_the_distance_from_one_or_zero() -> None:
    scores = torch.tensor([0.25, 0.75])
    assert float(verdict(scores, real=True)) == 0.5
    assert float(verdict(scores, real=False, norm="l2")) == pytest.approx(0.3125)


def test_centre_and_sparsity_are_asked_for_once_bicubic_hardly_counts() -> None:
    schedule, weights = Schedule(), {}
    for step in range(1001):
        schedule.after(step, 0.5 if step in (1, 3, 4) else 0.1)
        weights[step] = (schedule.bicubic, schedule.centre, schedule.sparse)
    assert weights[199] == (5.0, 0.0, 0.0)
    assert weights[200] == (0.05, 0.0, 0.0)
    assert weights[399][1:] == (0.0, 0.0)
    assert weights[400] == pytest.approx((5e-4, 1.0, 5.0))
    assert weights[1000] == pytest.approx((5e-6, 1.0, 5.0))
    never = Schedule()
    for step in range(1001):
        never.after(step, 0.1 if step % 3 else 0.5)
    assert (never.bicubic, never.sparse) == (5.0, 0.0), "three times running is what counts"


def test_crops_lie_where_the_authors_program_finds_edges() -> None:
    h, w = torch.arange(40.0)[:, None], torch.arange(48.0)[None]
    disk = 0.4 + 0.4 * ((h - 20) ** 2 + (w - 30) ** 2 < 80).float()
    image = torch.stack([0.5 + 0.3 * torch.sin(h * w * 0.02), 0.5 + 0.2 * torch.cos(0.3 * h - 0.05 * w), disk])
    seen = edge_map(image)
    recorded = {
        (7, 9): 0.37306961,
        (20, 20): 0.45523609,
        (20, 21): 0.41782987,
        (28, 36): 1.97892045,
        (3, 3): 0.01470793,
    }
    for (row, column), value in recorded.items():
        assert float(seen[row, column]) == pytest.approx(value, rel=2e-3)
    likely = likelihood(seen, 12).reshape(40, 48)
    assert float(likely[30, 31]) == pytest.approx(0.0028013824, rel=2e-3)
    assert float(likely.sum()) == pytest.approx(1)
    assert likely[:6].eq(0).all()


def test_crops_are_even_and_drawn_as_often_as_they_are_likely() -> None:
    image = torch.zeros(3, 64, 64)
    image[:, 40:48, 40:48] = 1
    image[0] += torch.arange(64.0)[:, None] / 256
    source, generator = CropSource(image, large=26, small=8, rim=0), rng()
    crops = [source.draw("small", generator) for _ in range(200)]
    assert {crop.shape for crop in crops} == {(3, 8, 8)}
    starts = {(crop.storage_offset() // 64 % 64, crop.storage_offset() % 64) for crop in crops}
    assert all(row % 2 == 0 and column % 2 == 0 for row, column in starts)
    assert sum(float(crop[2].std()) > 0 for crop in crops) > 150, "most of them see the square"


def test_where_nothing_can_be_seen_crops_are_drawn_evenly() -> None:
    flat = torch.full((3, 64, 64), 0.5)
    assert edge_map(flat).eq(0).all()
    assert likelihood(edge_map(flat), 26).eq(1 / 4096).all()
    assert methods.create("kernelgan", **QUICK).restore(flat, scale=2).image.shape == (3, 128, 128)


def test_a_cleaned_kernel_has_few_values_a_registered_centre_and_sum_one() -> None:
    y, x = torch.arange(13.0)[:, None], torch.arange(13.0)[None]
    raw = torch.exp(-((y - 6.2) ** 2 / 3 + (x - 6.9) ** 2 / 6)).double()
    cleaned = clean_kernel(raw)
    side = cleaned.shape[-1]
    assert float(cleaned.sum()) == pytest.approx(1)
    assert centre_of_mass(cleaned) == pytest.approx((side // 2 + 0.5,) * 2, abs=1e-6)
    kept = (raw - 0.75 * raw.flatten().sort(descending=True).values[40]).clamp_min(0)
    assert [float(kept[i, j] / kept.sum()) for i, j in ((6, 7), (6, 6), (4, 7), (0, 0))] == pytest.approx(
        [0.0845619387, 0.0735969153, 0.0144549447, 0.0],
        rel=1e-5,  # of the authors' program
    )
    torch.testing.assert_close(cleaned, align(kept / kept.sum(), 2))
    with pytest.raises(BadInput, match="stands out"):
        clean_kernel(torch.zeros(13, 13))


def test_reducing_twice_is_reducing_once_by_the_analytic_kernel() -> None:
    kernel = F.pad(gaussian_variances(5, 1.0, 2.0, 0.4), (3, 3, 3, 3))  # 11 x 11: what is cut off is nothing
    image = torch.rand(1, 1, 80, 80, generator=rng(), dtype=torch.float64)
    once = F.conv2d(image, kernel[None, None], stride=2)
    twice = F.conv2d(once, kernel[None, None], stride=2)
    four = analytic_x4(kernel)
    direct = F.conv2d(image[..., 5:, 5:], four[None, None], stride=4)
    torch.testing.assert_close(direct[..., : twice.shape[-2], : twice.shape[-1]], twice)
    assert float(four.sum()) == pytest.approx(1)


def test_a_kernels_score_stands_beside_those_of_not_looking() -> None:
    truth = gaussian_variances(17, 1.0, 4.0, 0.6)
    report = kernel_report(align(truth, 2), truth, scale=2)
    assert list(report) == ["found", "delta", "bicubic", "round", "round, true width"]
    assert report["found"] > report["round, true width"] > report["bicubic"] > report["delta"]
    assert kernel_psnr(truth, truth) == math.inf
    other = torch.zeros(17, 17, dtype=torch.float64)
    other[8, 8] = 1
    mse = float((other - truth).square().sum()) / 17**2
    assert kernel_psnr(other, truth) == pytest.approx(-10 * math.log10(mse))
    moved = torch.zeros(9, 9, dtype=torch.float64)
    moved[2, 6] = 1
    assert kernel_psnr(moved, truth) == pytest.approx(kernel_psnr(other, truth))
    wide = gaussian_variances(61, 1.0, 4.0, 0.6)
    assert sorted(torch.linalg.eigvalsh(covariance(wide)).tolist()) == pytest.approx([1, 4], rel=1e-2)
    with pytest.raises(BadInput, match="odd side"):
        kernel_psnr(truth, truth, size=16)


def test_a_run_repeats_and_depends_on_its_seed() -> None:
    state = torch.random.get_rng_state()
    runs = [methods.create("kernelgan", seed=seed, **QUICK).restore(photo(52), scale=2) for seed in (0, 0, 1)]
    kernels = [torch.as_tensor(run.kernel) for run in runs]
    assert torch.equal(kernels[0], kernels[1])
    assert not torch.equal(kernels[0], kernels[2])
    assert torch.equal(torch.random.get_rng_state(), state)


def test_layer_by_layer_or_composed_the_game_is_the_same() -> None:
    settings = KernelGAN(**QUICK).settings
    composed = Duel(photo(52).double(), settings, 0)
    layered = Duel(photo(52).double(), KernelGAN(**QUICK, compose=False).settings, 0)
    for step in range(3):
        ours, theirs = composed.one_step(step), layered.one_step(step)
        assert ours == pytest.approx(theirs, rel=1e-6)


def test_a_stopped_search_gives_the_kernel_so_far_and_an_image() -> None:
    method = methods.create("kernelgan", **{**QUICK, "steps": 500, "then": "zssr"})
    result = method.restore(photo(52), scale=2, progress=lambda done, total: done == 2)
    assert (result.steps, result.reason) == (2, "stopped by the callback")
    assert result.image.shape == (3, 104, 104)
    assert result.kernel is not None
    assert float(result.kernel.sum()) == pytest.approx(1)


def test_numbers_that_explode_end_the_search_with_an_explanation() -> None:
    result = methods.create("kernelgan", **{**QUICK, "steps": 50}, learning_rate=1e12).restore(photo(52), scale=2)
    assert not result.complete
    assert "became" in result.reason
    assert "smaller learning rate" in result.reason
    assert bool(result.image.isfinite().all())


def test_grey_stays_grey_and_x4_has_a_kernel_of_its_own() -> None:
    grey = photo(52)[:1].expand(3, -1, -1)
    result = as_network("kernelgan", scale=4, **QUICK)(grey[None])[0]
    assert result.shape == (3, 208, 208)
    torch.testing.assert_close(result[0], result[2])


def test_zssr_takes_over_and_its_curves_follow() -> None:
    method = methods.create("kernelgan", preset="lesson", steps=2, channels=4, crop=28)
    method.enlarger = methods.create("zssr", preset="LESSON", max_steps=2, crop=16, width=4, depth=2)  # type: ignore[attr-defined]
    seen: list[tuple[int, int]] = []
    result = method.restore(photo(48), scale=2, progress=lambda *at: seen.append(at))
    assert result.steps == 4
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [step for step, _ in result.history["zssr loss"]] == [3, 4]
    assert result.reason == "done: 2 steps of KernelGAN; then 2 steps"


def test_what_kernelgan_cannot_use_is_refused_with_a_hint() -> None:
    with pytest.raises(BadInput, match="at least 84"):
        methods.create("kernelgan").restore(photo(64), scale=2)
    with pytest.raises(BadInput, match="x2 and x4; x3"):
        methods.create("kernelgan", **QUICK).restore(photo(64), scale=3)
    with pytest.raises(BadInput, match="Did you mean 'crop'"):
        methods.create("kernelgan", crops=3)
    with pytest.raises(UnknownName, match="LESSON"):
        methods.create("kernelgan", preset="LESON")
    for wrong in ({"crop": 26}, {"crop": 29}, {"steps": 0}, {"keep": 169}, {"then": "magic"}):
        with pytest.raises(BadInput):
            methods.create("kernelgan", **wrong)
