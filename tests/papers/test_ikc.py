"""IKC's two stages: what the loss says, what stays as it was, and that corrections correct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import srkit
from srkit import methods
from srkit.datasets import Made, Pairs
from srkit.datasets.makers import GaussianCodes
from srkit.degrade import apply_kernel, gaussian_widths, srmd_code
from srkit.errors import BadInput
from srkit.ops.pixels import quantise
from srkit.ops.resize import imresize
from srkit.papers import ikc_recipe, train_ikc

TINY: dict[str, Any] = {"channels": 8, "n_blocks": 1, "iterations": 3, "kernel_size": 11, "n_codes": 4}
QUICK: dict[str, Any] = {"sftmd_steps": 2, "steps": 2, "patch": 32, "batch": 2, "progress": False, "arguments": TINY}

TURNS = ("correction 1", "correction 2", "correction 3")


def samples() -> Pairs:
    return srkit.datasets.samples(scale=2)


def blurred(hr: Tensor, width: float, side: int) -> Tensor:
    return quantise(imresize(apply_kernel(hr, gaussian_widths(side, width)), 0.5))


def test_the_codes_of_a_batch_are_those_of_its_kernels() -> None:
    net: Any = train_ikc(samples(), **QUICK).net
    maker = GaussianCodes(2, net.basis.double(), widths=(1.3, 1.3))
    lr, hr, condition = Made.of(samples(), maker, patch=32, batch=2).batch(5)
    assert (lr.shape, hr.shape, condition["degradation"].shape) == ((2, 3, 16, 16), (2, 3, 32, 32), (2, 4))
    wanted = srmd_code(gaussian_widths(11, 1.3), net.basis.double())
    torch.testing.assert_close(condition["degradation"].double(), wanted.expand(2, -1), atol=1e-6, rtol=0)


def test_the_loss_is_the_squared_error_of_every_guess_and_leaves_sftmd_alone() -> None:
    net: Any = train_ikc(samples(), **QUICK).net
    lr, codes = torch.rand(2, 3, 16, 16), torch.rand(2, 4)
    (made,) = net.predictions(lr, degradation=codes)
    assert list(made.beside) == ["predicted", "correction 1", "correction 2", "correction 3"]
    guess = net.predictor(lr)
    for error in made.beside.values():
        torch.testing.assert_close(error, ((guess - codes) ** 2).mean())
        with torch.no_grad():
            guess = net.corrector(net.sftmd(lr, degradation=guess), guess)
    torch.testing.assert_close(made.image, net.sftmd(lr, degradation=codes))
    net.zero_grad()
    torch.autograd.backward(list(made.beside.values()))
    assert all(p.grad is None for p in net.sftmd.parameters())
    assert all(float(p.grad.abs().sum()) > 0 for p in net.predictor.parameters())
    predicted = torch.autograd.grad(net.predictions(lr, degradation=codes)[0].beside["correction 1"],
                                    list(net.predictor.parameters()), allow_unused=True)  # fmt: skip
    assert all(gradient is None for gradient in predicted), "a correction does not teach the predictor"


def test_in_use_the_turns_hand_their_gradient_on() -> None:
    net: Any = train_ikc(samples(), **QUICK).net
    net.zero_grad()
    net(torch.rand(1, 3, 16, 16)).sum().backward()
    assert all(float(p.grad.abs().sum()) > 0 for part in (net.predictor, net.corrector) for p in part.parameters())


def test_by_its_name_everything_is_trained_at_once_and_a_run_resumes_with_its_basis(tmp_path: Path) -> None:
    given: dict[str, Any] = {"patch": 32, "batch": 2, "progress": False}
    torch.manual_seed(0)
    first = srkit.models.create("ikc", scale=2, **TINY)
    begin = {name: value.clone() for name, value in first.state_dict().items()}
    whole = srkit.train(first, "samples", steps=4, **given)
    assert whole.history.terms == tuple(f"codes {name}" for name in ("L1", "predicted", *TURNS))
    moved = {
        name.split(".")[0] for name, value in whole.net.state_dict().items() if not torch.equal(value, begin[name])
    }
    assert moved == {"sftmd", "predictor", "corrector", "basis"}
    again = srkit.models.create("ikc", scale=2, **TINY)
    again.load_state_dict(begin)
    srkit.train(again, "samples", steps=2, out=tmp_path, **given)
    rest = srkit.training.resume(tmp_path, steps=4, progress=False).net.state_dict()
    assert all(torch.equal(value, rest[name]) for name, value in whole.net.state_dict().items())


def test_both_stages_leave_their_runs_and_the_weights_load_with_their_basis(tmp_path: Path) -> None:
    trained: Any = train_ikc(samples(), out=tmp_path, **QUICK)
    assert {(tmp_path / name / "history.csv").exists() for name in ("sftmd", "ikc")} == {True}
    assert (trained.sftmd.steps, trained.run.steps) == (2, 2)
    assert all(p.requires_grad for p in trained.net.parameters())
    srkit.models.save(trained.net, tmp_path / "ikc.safetensors")
    again: Any = srkit.models.load(tmp_path / "ikc.safetensors")
    assert torch.equal(again.basis, trained.net.basis)
    with pytest.raises(BadInput, match="corrects no kernel"):
        train_ikc(samples(), net="espcn", sftmd_steps=1, steps=1)
    assert ikc_recipe(scale=4)["patch"] == 256


def test_the_method_makes_the_images_of_the_network_and_can_be_stopped() -> None:
    net: Any = train_ikc(samples(), **QUICK).net
    lr = samples()[0].lr[:, :20, :24]
    ours = methods.create("ikc", net=net).restore(lr, scale=2)
    with torch.no_grad():
        torch.testing.assert_close(ours.image, net(lr[None])[0].clamp(0, 1))
    assert (ours.steps, len(ours.history["change of the code"]), ours.complete) == (3, 3, True)
    assert ours.kernel is not None
    assert float(ours.kernel.sum()) == pytest.approx(1, abs=1e-6)
    stopped = methods.create("ikc", net=net).restore(lr, scale=2, progress=lambda done, total: done == 1)
    assert (stopped.steps, stopped.complete) == (1, False)
    with pytest.raises(BadInput, match="trained for x2"):
        methods.create("ikc", net=net).restore(lr, scale=3)
    with pytest.raises(BadInput, match="needs a trained network"):
        methods.create("ikc")
    with pytest.raises(BadInput, match="at least 0"):
        methods.create("ikc", net=net, iterations=-1)
