"""The room of one-image methods: one interface, one shelf, and a face that everything else can use."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import pytest
import torch
from torch import Tensor

import srkit
from srkit import methods
from srkit.degrade import align, apply_kernel, gaussian_widths
from srkit.errors import BadInput, DuplicateName, SrkitError, UnknownName
from srkit.methods import Method, MethodCard, Result, Watch, as_network, register_method
from srkit.methods._method import IMAGE, LOADED, Progress
from srkit.methods._registry import METHODS
from srkit.methods.backprojection import BackProjection
from srkit.methods.bicubic import Bicubic
from srkit.methods.reduction import Reduction
from srkit.metrics import Protocol, psnr
from srkit.models.count import living_at_once
from tests.methods._shelf import SHELF, small

CARD = MethodCard(title="Toy", year=2026, citation="nobody", url="https://example.org", idea="None.")


def photo(side: int = 64) -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, 60 : 60 + side, 60 : 60 + side].contiguous()


def db(sr: Tensor, hr: Tensor) -> float:
    return float(psnr(sr, hr, protocol=Protocol.papers(2)))


class Counting(Method):
    """Makes steps until it is told not to."""

    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        watch = Watch(progress, total=50)
        with watch.listening():
            while watch.step < 50 and watch.goes_on():
                if watch.step == 7 and progress is None:
                    signal.raise_signal(signal.SIGINT)
                watch.stepped(loss=1 / (1 + watch.step))
        assert torch.is_grad_enabled()
        weight = torch.ones((), requires_grad=True)
        (gradient,) = torch.autograd.grad(
            (weight * lr).sum(), weight
        )  # works also where the caller is in inference mode
        return watch.result(
            lr.repeat_interleave(scale, -1).repeat_interleave(scale, -2) + 0 * gradient, "done: counted"
        )


@pytest.mark.parametrize("name", SHELF)
def test_every_method_on_the_shelf_enlarges_an_image_and_says_why_it_ended(name: str) -> None:
    result = small(name).restore(photo(40), scale=2, progress=lambda done, total: done == 2)
    assert result.image.shape == (3, 80, 80)
    assert 0 <= float(result.image.min()) <= float(result.image.max()) <= 1
    assert result.reason
    assert methods.card(name).citation


@pytest.mark.parametrize("name", SHELF)
def test_what_a_method_foresees_is_at_least_the_tensors_that_live_at_once(name: str) -> None:
    method, lr = small(name), torch.rand(3, 56, 48, generator=torch.Generator().manual_seed(0))
    needed = living_at_once(lambda: method.restore(lr, scale=2, progress=lambda done, total: True))
    beyond, doubled = (method.foreseen_bytes(size, 2) - LOADED for size in ((56, 48), (112, 96)))
    assert beyond >= needed, f"{name}: foreseen_bytes says {beyond:.0f} beside LOADED, {needed:.0f} were taken"
    assert doubled > 1.1 * beyond
    assert method.foreseen_bytes((1, 1), 2) >= LOADED  # of a picture whose size nothing tells


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("side", [2, 7])
def test_a_piece_of_a_large_picture_takes_about_a_gigabyte_at_any_scale_and_kernel(scale: int, side: int) -> None:
    kernel = torch.full((side * scale, side * scale), (side * scale) ** -2)
    size, whole = (3000, 4000), IMAGE * 3000 * 4000 * (2 + scale**2)
    beside = BackProjection(kernel=kernel).foreseen_bytes(size, scale) - LOADED - whole
    assert 0.5e9 < beside < 1.4e9


def test_enough_steps_of_back_projection_end_at_an_image_that_gives_the_small_one_back() -> None:
    lr = 0.25 + srkit.ops.imresize(photo(40), 1 / 2) / 2  # far from 0 and 1, where values are clipped
    sr = methods.create("back_projection", steps=300).restore(lr, scale=2).image
    assert float((srkit.ops.imresize(sr, 1 / 2) - lr).abs().max()) < 1e-5


def test_a_callback_that_returns_something_true_ends_a_method_with_the_best_so_far() -> None:
    seen = []

    def watch(done: int, total: int) -> bool:
        seen.append((done, total))
        return done == 4

    result = Counting().restore(photo(16), scale=2, progress=watch)
    assert seen == [(1, 50), (2, 50), (3, 50), (4, 50)]
    assert (result.steps, result.complete, result.reason) == (4, False, "stopped by the callback")
    assert result.history["loss"][1] == (2, 0.5)


def test_ctrl_c_ends_a_method_after_the_step_in_hand() -> None:
    result = Counting().restore(photo(16), scale=2)
    assert (result.steps, result.reason) == (8, "interrupted by Ctrl-C")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_method_leaves_the_image_the_gradient_mode_and_the_random_state_alone() -> None:
    lr = photo(24)
    kept, state = lr.clone(), torch.random.get_rng_state()
    with torch.inference_mode():
        methods.create("zssr", max_steps=2, crop=16).restore(lr, scale=2)
        assert torch.is_inference_mode_enabled()
    assert torch.equal(lr, kept)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_what_cannot_be_restored_is_refused_with_a_hint() -> None:
    bicubic = methods.create("bicubic")
    with pytest.raises(BadInput, match="one image"):
        bicubic.restore(torch.zeros(2, 3, 8, 8), scale=2)
    with pytest.raises(BadInput, match="at least 2"):
        bicubic.restore(photo(8), scale=1)
    with pytest.raises(BadInput, match="whole number"):
        bicubic.restore(photo(8), scale=2.5)  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="back_projection"):
        methods.create("back_projektion")
    with pytest.raises(BadInput, match="Did you mean 'kernel'"):
        methods.create("back_projection", kernal=None)
    with pytest.raises(BadInput, match="0 or more"):
        methods.create("back_projection", steps=-1)


def test_a_method_of_ones_own_is_used_by_name_in_tables() -> None:
    register_method("toy_counting", CARD)(Counting)
    try:
        table = srkit.evaluate(as_network("toy_counting", scale=2, progress=lambda done, total: None), [pair()])
        assert (table.network, table.scale) == ("toy_counting", 2)
        assert table.mean.psnr > 15
        with pytest.raises(DuplicateName):
            register_method("toy_counting", CARD)(Bicubic)
    finally:
        METHODS.unregister("toy_counting")
    with pytest.raises(BadInput, match="subclass"):
        register_method("no_method", CARD)(dict)  # type: ignore[type-var]


def pair() -> srkit.datasets.Pair:
    hr = photo(48)
    return srkit.datasets.Pair("toy", srkit.datasets.pair.bicubic_lr(hr, 2), hr)


def test_the_face_of_bicubic_measures_as_the_network_bicubic(tmp_path: Path) -> None:
    face = as_network("bicubic", scale=2)
    ours, theirs = (srkit.evaluate(net, [pair()]).mean.psnr for net in (face, srkit.models.create("bicubic", scale=2)))
    assert ours == pytest.approx(theirs, abs=1e-6)
    assert face.last is not None
    srkit.write(tmp_path / "a.png", pair().lr)
    assert srkit.upscale(tmp_path / "a.png", face).shape == (3, 48, 48)
    with pytest.raises(BadInput, match="made already"):
        as_network(methods.create("bicubic"), scale=2, steps=3)


def test_back_projection_makes_the_image_agree_with_what_was_seen() -> None:
    result = methods.create("back_projection", steps=30).restore(pair().lr, scale=2)
    errors = [error for _, error in result.history["error"]]
    assert errors[-1] < 0.1 * errors[0]
    assert db(result.image, pair().hr) > db(methods.create("bicubic").restore(pair().lr, scale=2).image, pair().hr)


def test_told_the_kernel_back_projection_undoes_much_of_the_blur_and_told_another_it_does_not() -> None:
    hr, kernel = photo(96), gaussian_widths(15, 1.5)
    lr = apply_kernel(hr, align(kernel, 2), border="symmetric")[:, ::2, ::2]
    truth, wrong, none = (
        methods.create("back_projection", kernel=k).restore(lr, scale=2).image
        for k in (kernel, gaussian_widths(15, 3.0), None)
    )
    bicubic = methods.create("bicubic").restore(lr, scale=2).image
    assert db(truth, hr) > db(bicubic, hr) + 2
    assert db(truth, hr) > db(none, hr) + 2
    assert db(truth, hr) > db(wrong, hr) + 1


def test_a_reduction_by_bicubic_is_imresize_with_a_factor_for_each_axis() -> None:
    image = photo(31)
    reduction = Reduction((1.5, 1.0))
    small = reduction.reduce(image)
    assert small.shape == (3, 21, 31)
    assert torch.equal(small, srkit.ops.imresize(image, (1 / 1.5, 1.0)))
    assert reduction.enlarge(small, (31, 31)).shape == (3, 31, 31)
    assert reduction.size_of(small) == (32, 31)
    for factors, kernel in (((0.5, 1.0), None), ((1.5, 1.5), gaussian_widths(5, 1.0)), ((2.0, 2.0), torch.ones(3, 3))):
        with pytest.raises(BadInput):
            Reduction(factors, kernel)


@pytest.mark.parametrize("value", ["[1", "x", None, [], -1, 2.5], ids=repr)
def test_a_setting_of_a_wrong_kind_is_refused_in_a_sentence(value: object) -> None:
    for name in methods.names():
        for setting in ("steps", "crop", "max_steps", "width", "kernel", "seed", "preset", "then"):
            with contextlib.suppress(SrkitError):  # some values are right for some settings
                methods.create(name, **{setting: value})
