"""ZSSR: its parameters, its schedule beside NumPy's fit, its warp beside a hand calculation, its presets, its gain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import srkit
from srkit import methods
from srkit.degrade import align, apply_kernel, gaussian_widths
from srkit.errors import BadInput, UnknownName
from srkit.methods import Watch, preset
from srkit.methods.reduction import Reduction
from srkit.methods.zssr import Trainee, ZSSRNet, should_cut
from srkit.methods.zssr_fathers import Pool, draw_father, warp
from srkit.methods.zssr_net import margin_of
from srkit.methods.zssr_presets import PRESETS, Settings
from srkit.metrics import Protocol, psnr

QUICK = {"max_steps": 4, "crop": 24, "test_every": 2}


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo(side: int = 64) -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, 60 : 60 + side, 60 : 60 + side].contiguous()


def test_the_network_has_the_parameters_of_the_authors_and_of_the_port() -> None:
    for width, parameters in ((64, 224_640), (128, 891_648)):
        assert sum(p.numel() for p in ZSSRNet(width=width, rng=rng()).parameters()) == parameters


def test_the_first_weights_have_the_variance_of_the_authors() -> None:
    net = ZSSRNet(rng=rng())
    assert float(net.layers[3].weight.detach().std()) == pytest.approx((0.1 / (9 * 64)) ** 0.5, rel=0.02)
    he = ZSSRNet(width=128, init="he", rng=rng())
    assert float(he.layers[3].weight.detach().std()) == pytest.approx((2 / (9 * 128)) ** 0.5, rel=0.02)


def test_a_network_of_zeros_returns_the_enlarged_image() -> None:
    net = ZSSRNet(rng=rng())
    torch.nn.init.zeros_(net.layers[-1].weight)
    image = photo()[None]
    assert torch.equal(net(image), image)


@pytest.mark.parametrize("seed", range(30))
def test_the_learning_rate_falls_where_numpys_line_fit_says_so(seed: int) -> None:
    """NumPy scales the covariance by 1 / (n - 2) today and did by 1 / (n - 4) when the program was tuned."""
    generator = np.random.default_rng(seed)
    steps = np.arange(5) * 50
    errors = 0.01 - 1e-6 * seed * steps + generator.normal(0, 3e-4, 5)
    (slope, _), ((variance, _), _) = np.polyfit(steps, errors, 1, cov=True)
    history = list(zip(steps.tolist(), errors.tolist(), strict=True))
    assert should_cut(history, ratio=1.5, dof=2) == (-1.5 * slope < variance**0.5)
    assert should_cut(history, ratio=1.5, dof=4) == (-1.5 * slope < (3 * variance) ** 0.5)


def stand_still(trainee: Trainee, step: int, reduction: Reduction) -> None:
    """Record an error that only wavers."""
    trainee.errors.append((step, 0.01 + (step % 100) / 1e5))


def note_rate(rates: list[float], optimiser: torch.optim.Optimizer, reduction: Reduction) -> float:
    rates.append(optimiser.param_groups[0]["lr"])
    return 0.0


def test_training_ends_after_three_cuts_and_never_before_900_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """With errors that stand still, the authors' schedule takes exactly 900 steps."""
    trainee = Trainee(photo(16), preset("X2_ONE_JUMP_IDEAL_CONF"), 0, Watch(None, total=3000))
    monkeypatch.setattr(trainee, "_one_step", lambda optimiser, reduction: 0.0)
    monkeypatch.setattr(
        trainee, "_measure", lambda step, reduction: trainee.errors.append((step, 0.01 + (step % 100) / 1e5))
    )
    reason = trainee.train(Reduction((2.0, 2.0)))
    assert "learning rate" in reason
    rates = [rate for _, rate in trainee.watch.history["learning_rate"]]
    assert len(rates) == 900
    assert sorted({round(rate, 9) for rate in rates}) == [1e-5, 1e-4, 1e-3]


def test_in_the_port_the_learning_rate_of_the_optimiser_never_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    used: dict[str, list[float]] = {}
    for name in ("X2_ONE_JUMP_IDEAL_CONF", "PORT"):
        settings = preset(name, width=4, max_steps=700, min_steps=100, crop=16)
        trainee = Trainee(photo(16), settings, 0, Watch(None, total=700))
        rates: list[float] = []
        monkeypatch.setattr(
            trainee, "_one_step", lambda o, r, rates=rates: rates.append(o.param_groups[0]["lr"]) or 0.0
        )
        monkeypatch.setattr(
            trainee, "_measure", lambda step, r, t=trainee: t.errors.append((step, 0.01 + (step % 100) / 1e5))
        )
        trainee.train(Reduction((2.0, 2.0)))
        used[name] = rates
    assert min(used["X2_ONE_JUMP_IDEAL_CONF"]) < 1e-4
    assert set(used["PORT"]) == {1e-3}


def test_a_warp_by_a_quarter_turn_and_a_shift_moves_pixels_where_the_matrix_says() -> None:
    image = torch.rand(3, 6, 8, generator=rng())
    assert torch.allclose(warp(image, ((1, 0, 2), (0, 1, 1)), (9, 12))[:, 1:7, 2:10], image, atol=1e-5)
    turned = warp(image, ((0, -1, 5), (1, 0, 0)), (8, 6))  # (x, y) -> (5 - y, x)
    assert torch.allclose(turned, image.transpose(1, 2).flip(2), atol=1e-5)
    assert float(warp(image, ((1, 0, 20), (0, 1, 0)), (6, 8)).abs().max()) == 0  # black outside


def test_fathers_come_in_the_published_shares_and_never_outside_the_range() -> None:
    pool, settings = Pool((photo(64),), ((1.0, 1.0),)), preset("X2_ONE_JUMP_IDEAL_CONF", crop=48)
    generator = rng(1)
    fathers = [draw_father(pool, settings, generator) for _ in range(400)]
    assert all(0 <= float(f.min()) <= float(f.max()) <= 1 for f in fathers)
    values = set(photo(64).flatten().tolist())
    exact = sum(f.shape == (3, 48, 48) and _is_cut_out_of(f, values) for f in fathers) / 400
    assert exact == pytest.approx(0.5, abs=0.07)
    black = [float((f.sum(0) == 0).float().mean()) for f in fathers]
    assert np.mean(black) < 0.1


def _is_cut_out_of(father: Tensor, values: set[float]) -> bool:
    return set(father[:, ::9, ::9].flatten().tolist()) <= values


def test_without_rotation_fathers_are_never_mirrored_nor_turned() -> None:
    ramp = torch.linspace(0.1, 0.9, 64).expand(3, 64, 64).contiguous()
    pool = Pool((ramp,), ((1.0, 1.0),))
    settings = preset("X2_GIVEN_KERNEL_CONF", crop=32, shear=0.0)
    for seed in range(40):
        father = draw_father(pool, settings, rng(seed))
        middle = father[0, len(father[0]) // 2]
        inside = middle[middle > 0.1][1:-2]  # the edge is blended with black
        assert bool((inside[1:] >= inside[:-1] - 1e-3).all())


def test_small_images_are_seen_whole_and_without_black() -> None:
    father = draw_father(Pool((photo(20),), ((1.0, 1.0),)), preset("X2_REAL_CONF", keep_probability=1.0), rng())
    assert torch.equal(father, photo(20))


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_of_the_public_programs_runs_on_colour_and_on_grey(name: str) -> None:
    changes = {**QUICK, "width": 8}
    grey = photo(20).mean(0, keepdim=True).expand(3, -1, -1)
    for lr in (photo(20), grey):
        result = methods.create("zssr", preset=name, **changes).restore(lr, scale=2)
        assert result.image.shape == (3, 40, 40)
        assert result.steps == 4 * len(PRESETS[name].factors)
    assert torch.equal(result.image[0], result.image[2])  # what came in grey goes out grey


def test_the_presets_differ_from_the_default_exactly_as_the_authors_file_says() -> None:
    default = Settings()
    given, real = PRESETS["X2_GIVEN_KERNEL_CONF"], PRESETS["X2_REAL_CONF"]
    assert (default.crop, default.max_steps, default.min_steps, default.back_projections) == (128, 3000, 256, (10,))
    assert (given.ensemble, given.rotate, given.back_projections, given.noise) == (False, False, (2,), 0.0)
    assert (real.ensemble, real.back_projections, real.noise, real.min_scale) == (False, (0,), 0.0125, 0.75)
    assert (real.scale_difference, real.shear) == (0.0, 0.0)
    gradual = PRESETS["X2_GRADUAL_IDEAL_CONF"]
    assert gradual.factors[0] == (1.0, 1.5)
    assert gradual.factors[-1] == (2.0, 2.0)
    assert gradual.back_projections == (6, 6, 8, 10, 10, 12)


def test_the_same_seed_gives_the_same_image_and_another_seed_another() -> None:
    first, again, other = (
        methods.create("zssr", seed=seed, init="he", **QUICK).restore(photo(24), scale=2).image for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_ensemble_turns_with_the_image() -> None:
    """Whatever the network is, the median over the eight views of a turned image is the turned median."""
    settings = preset("X2_ONE_JUMP_IDEAL_CONF", back_projections=(0,), init="he")
    images = []
    for lr in (photo(24), photo(24).transpose(1, 2)):
        trainee = Trainee(lr.contiguous(), settings, 0, Watch(None, total=1))
        images.append(trainee.enlarge(Reduction((2.0, 2.0)), 0))
    assert torch.allclose(images[0].transpose(1, 2), images[1], atol=1e-5)


def test_the_result_agrees_with_the_image_that_was_given() -> None:
    """Back-projection before and after the median: made small again, the result is the input."""
    lr = photo(24)
    sr = methods.create("zssr", **QUICK).restore(lr, scale=2).image
    assert float((srkit.ops.imresize(sr, 1 / 2) - lr).abs().mean()) < 2e-3


def test_a_stopped_run_gives_an_image_of_the_right_size_even_half_way_of_a_gradual_one() -> None:
    method = methods.create("zssr", preset="X2_GRADUAL_IDEAL_CONF", **QUICK)
    result = method.restore(photo(20), scale=2, progress=lambda done, total: done == 6)
    assert (result.image.shape, result.steps) == ((3, 40, 40), 6)
    assert result.reason.startswith("stopped")


@pytest.mark.parametrize(
    ("call", "error", "hint"),
    [
        (lambda: preset("X2_GRADUAL"), UnknownName, "X2_GRADUAL_IDEAL_CONF"),
        (lambda: methods.create("zssr", max_iters=3), BadInput, "no setting 'max_iters'"),
        (lambda: Settings(back_projections=()), BadInput, "one number of back-projections"),
        (lambda: Settings(loss="l2"), BadInput, "'l1' or 'mse'"),
        (lambda: Settings(min_scale=0), BadInput, "min_scale"),
        (lambda: preset("X2_GRADUAL_IDEAL_CONF").for_scale(3), BadInput, "one jump"),
    ],
)
def test_impossible_settings_are_refused(call: Callable[[], object], error: type[Exception], hint: str) -> None:
    with pytest.raises(error, match=hint):
        call()


def test_the_true_kernel_is_worth_more_to_a_short_training_than_to_back_projection_alone() -> None:
    hr, kernel = photo(80), gaussian_widths(21, 1.5)
    lr = srkit.ops.quantise(apply_kernel(hr, align(kernel, 2), border="symmetric")[:, ::2, ::2])
    method = methods.create("zssr", preset="LESSON", kernel=kernel, ensemble=False, max_steps=60)
    alone = methods.create("back_projection", kernel=kernel).restore(lr, scale=2).image
    trained, alone = (
        float(psnr(sr, hr, protocol=Protocol.papers(2))) for sr in (method.restore(lr, scale=2).image, alone)
    )
    assert trained > alone + 0.1  # 0.16 in float32 with one thread; bicubic is 3.7 below


@pytest.mark.parametrize("factors", [(2.0, 2.0), (1.5, 1.0), (3.0, 3.0)])
@pytest.mark.parametrize("kernel", [None, gaussian_widths(9, 1.2)])
def test_the_last_enlargement_piece_by_piece_is_that_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, factors: tuple[float, float], kernel: Tensor | None
) -> None:
    if kernel is not None and factors == (1.5, 1.0):
        kernel = None
    lr = torch.rand(3, 62, 58, generator=rng())
    settings = preset("X2_ONE_JUMP_IDEAL_CONF", width=8, init="he", back_projections=(1,))
    trainee = Trainee(lr, settings, 0, Watch(None, total=1))
    reduction = Reduction(factors, kernel)
    whole = trainee.enlarge(reduction, 1)
    made: list[tuple[int, ...]] = []
    piece = Trainee._piece
    monkeypatch.setattr(Trainee, "_piece", lambda self, r, n, lr: made.append(lr.shape) or piece(self, r, n, lr))
    monkeypatch.setattr("srkit.methods.pieces._SIDE", 24)
    assert float((trainee.enlarge(reduction, 1) - whole).abs().max()) < 2e-6
    assert len(made) == 9
    assert max(made[0][1:]) < 58  # no piece is the whole


def seen_from_afar(step: Callable[[Tensor], Tensor], size: tuple[int, int], factors: tuple[float, float]) -> float:
    """Return how many LR pixels from a row of middle height a step still sees it.

    ``factors`` are those by which what the step reads and what it gives are larger than LR.
    """
    plain = torch.rand(3, *size, generator=rng(), dtype=torch.float64)
    far = 0.0
    for row in range(size[0] // 2, size[0] // 2 + 3):
        other = plain.clone()
        other[:, row] += 1
        rows = (step(plain) != step(other)).any(0).any(1).nonzero().double()
        far = max(far, float(((rows + 0.5) / factors[1] - (row + 0.5) / factors[0]).abs().max()))
    return far


@pytest.mark.parametrize(("factor", "side"), [(1.5, None), (2.0, None), (2.0, 9), (2.0, 45), (3.0, 5)])
@pytest.mark.parametrize("depth", [3, 8])
def test_the_margin_of_a_piece_is_what_its_steps_see_one_after_another_and_little_more(
    factor: float, side: int | None, depth: int
) -> None:
    reduction = Reduction((factor, factor), None if side is None else gaussian_widths(side, 1 + side / 9))
    net = ZSSRNet(width=3, depth=depth, init="he", rng=rng()).double()
    large = (round(40 * factor), round(8 * factor))
    enlarge = seen_from_afar(reduction.enlarge, (40, 8), (1, factor))
    reduce = seen_from_afar(reduction.reduce, large, (factor, 1))
    through = seen_from_afar(lambda x: net(x[None])[0].detach(), large, (factor, factor))
    for n in (0, 1, 2):
        needed = enlarge + through + 2 * n * (reduce + enlarge)
        assert needed <= margin_of(depth, reduction, n) <= needed + 1.5 * (1 + 4 * n) + 1


def test_a_margin_that_is_too_small_shows_in_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    lr, reduction = torch.rand(3, 120, 120, generator=rng()), Reduction((2.0, 2.0))
    trainee = Trainee(lr, preset("X2_ONE_JUMP_IDEAL_CONF", width=8, init="he"), 0, Watch(None, total=1))
    whole = trainee.enlarge(reduction, 2)
    monkeypatch.setattr("srkit.methods.pieces._SIDE", 48)
    monkeypatch.setattr("srkit.methods.zssr_net.reach_of", lambda *_, **__: 0)
    assert float((trainee.enlarge(reduction, 2) - whole).abs().max()) > 1e-4


def test_back_projection_piece_by_piece_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    lr = torch.rand(3, 100, 76, generator=rng())
    for kernel in (None, gaussian_widths(11, 1.5)):
        method = methods.create("back_projection", kernel=kernel, steps=2)
        whole = method.restore(lr, scale=2).image
        with monkeypatch.context() as patched:
            patched.setattr("srkit.methods.pieces._SIDE", 28)
            result = method.restore(lr, scale=2)
        assert float((result.image - whole).abs().max()) < 2e-6
        assert result.steps == 2 * 4 * 3


def test_an_image_larger_than_a_tile_goes_through_the_network_in_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    lr = photo(64)
    trainee = Trainee(lr, preset("FAST", width=8), 0, Watch(None, total=1))
    whole, sizes = trainee.enlarge(Reduction((2.0, 2.0)), 0), []
    monkeypatch.setattr("srkit.methods.zssr_net._AT_ONCE", 64**2)
    monkeypatch.setattr("srkit.methods.zssr_net.TILE", 64)
    trainee.net.register_forward_pre_hook(lambda module, inputs: sizes.append(inputs[0].shape[-2:].numel()))
    assert float((trainee.enlarge(Reduction((2.0, 2.0)), 0) - whole).abs().max()) < 1e-5
    assert len(sizes) == 8 * 4
    assert max(sizes) < 80**2


def test_the_error_of_a_large_image_is_measured_where_its_detail_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srkit.methods.zssr.TESTED", 32)
    lr = torch.full((3, 100, 140), 0.5)
    lr[:, 64:96, 96:128] = photo(32)
    seen: list[tuple[int, ...]] = []
    trainee = Trainee(lr, preset("FAST", width=8), 0, Watch(None, total=1), torch.rand(3, 200, 280))
    trainee.net.register_forward_pre_hook(lambda module, inputs: seen.append(tuple(inputs[0].shape)))
    trainee._measure(0, Reduction((2.0, 2.0)))
    assert (trainee.top, trainee.left) == (64, 96)
    assert seen == [(1, 3, 32, 32), (1, 3, 64, 64)]
    assert {"reconstruction_mse", "true_mse"} <= set(trainee.watch.history)


@pytest.mark.parametrize("name", ["FAST", "X2_GRADUAL_IDEAL_CONF"])
@pytest.mark.parametrize("at", [1, 30, 64])
def test_a_training_that_was_interrupted_goes_on_to_the_very_same_image(tmp_path: Path, name: str, at: int) -> None:
    settings = {"max_steps": 60 if name == "FAST" else 12, "crop": 16, "width": 4, "test_every": 5, "min_steps": 10}
    lr = photo(20)
    uninterrupted = methods.create("zssr", preset=name, **settings).restore(lr, scale=2)
    method = methods.create("zssr", preset=name, state=tmp_path / "state", **settings)
    first = method.restore(lr, scale=2, progress=lambda done, _: done == at)
    assert first.complete == (at > uninterrupted.steps)
    second = method.restore(lr, scale=2)
    assert torch.equal(second.image, uninterrupted.image)
    assert second.history == uninterrupted.history
    assert (second.steps, second.reason) == (uninterrupted.steps, uninterrupted.reason)


def test_the_state_of_another_training_or_a_damaged_one_is_not_taken_up(tmp_path: Path) -> None:
    settings = {"max_steps": 10, "crop": 16, "width": 4}
    lr, state = photo(20), tmp_path / "state"

    def run(**changes: object) -> Tensor:
        return methods.create("zssr", preset="FAST", **{**settings, **changes}).restore(lr, scale=2).image

    methods.create("zssr", preset="FAST", state=state, **settings).restore(lr, scale=2, progress=lambda n, _: n == 5)
    content = state.read_bytes()
    for changes in ({"seed": 1}, {"noise": 0.01}, {"kernel": gaussian_widths(5, 1.0)}):
        state.write_bytes(content)
        with pytest.warns(RuntimeWarning, match="belongs to other settings or another picture.*begins anew"):
            made = run(state=state, **changes)
        assert torch.equal(made, run(**changes))
    afresh = run()
    for damaged in (content[: len(content) // 2], b"", b"not a state", content[:900] + b"\0" * 50 + content[950:]):
        state.write_bytes(damaged)
        with pytest.warns(RuntimeWarning, match="is damaged: the training begins anew") as told:
            made = run(state=state)
        assert torch.equal(made, afresh)
        kept = max(tmp_path.glob("state.*"), key=lambda path: int(path.suffix[1:]))
        assert kept.read_bytes() == damaged
        assert str(kept) in str(told[0].message)
