"""The kernel prior FKP: an exact flow, the authors' weights, their data by SciPy, and a training that learns."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
import torch
from torch import Tensor

from srkit.degrade import gaussian_variances
from srkit.degrade.alignment import centre_of_mass
from srkit.errors import BadFile, BadInput
from srkit.methods import random_gaussians, train_fkp
from srkit.methods.fkp import Coupling, FlowNorm, KernelFlow, SphereAdam, load_fkp, normalisation_for, side_of
from srkit.methods.kernel_score import ROUND, covariance
from srkit.models._official import weights_home
from tests._shared import shared


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def settled(scale: int = 2) -> KernelFlow:
    """Return a flow in double precision whose every parameter does something."""
    flow = KernelFlow(scale=scale, rng=rng()).double()
    with torch.no_grad():
        for value in [*flow.parameters()]:
            value.add_(0.1 * torch.randn(value.shape, generator=rng(1), dtype=value.dtype))
        for step in flow.net:
            if isinstance(step, FlowNorm):
                step.running_mean.uniform_(-1, 1, generator=rng(2))
                step.running_var.uniform_(0.5, 2, generator=rng(3))
    return flow.frozen()


def log_determinant(flow: KernelFlow, values: Tensor) -> float:
    jacobian = torch.func.jacrev(lambda v: flow(v[None])[0][0])(values[0])
    return float(torch.linalg.slogdet(jacobian)[1])


@pytest.mark.parametrize(("scale", "side", "parameters"), [(2, 11, 41_270), (3, 15, 98_900), (4, 19, 194_470)])
def test_the_flow_has_the_parameters_of_the_authors(scale: int, side: int, parameters: int) -> None:
    flow = KernelFlow(scale=scale, rng=rng())
    assert sum(p.numel() for p in flow.parameters()) == parameters
    assert (flow.side, side_of(8)) == (side, 21)


@pytest.mark.parametrize(("scale", "stored"), [(2, 0.2335), (3, 0.31311), (4, 0.16908)])
def test_kernels_are_divided_by_what_the_authors_files_say(scale: int, stored: float) -> None:
    assert normalisation_for(scale) == pytest.approx(stored, abs=1e-9)


def test_there_and_back_is_where_one_was() -> None:
    flow = settled()
    values = torch.randn(7, 121, generator=rng(), dtype=torch.float64)
    codes, _ = flow(values)
    torch.testing.assert_close(flow.inverse(codes), values, rtol=1e-9, atol=1e-9)
    assert (codes - values).abs().max() > 0.1


def test_the_log_determinant_is_the_one_of_the_jacobian() -> None:
    flow = settled()
    values = torch.randn(1, 121, generator=rng(), dtype=torch.float64)
    assert float(flow(values)[1]) == pytest.approx(log_determinant(flow, values), rel=1e-9)


def test_the_density_of_two_values_adds_up_to_one() -> None:
    steps = [Coupling(2, 4, 1, rng()).double(), FlowNorm(2).double(), Coupling(2, 4, 0, rng(1)).double()]
    at = torch.linspace(-8, 8, 401, dtype=torch.float64)
    grid = torch.cartesian_prod(at, at)
    total = torch.zeros(len(grid), dtype=torch.float64)
    with torch.no_grad():
        values = grid
        for step in steps:
            values, log_det = step.eval()(values)
            total = total + log_det
    density = torch.exp(-0.5 * values.square().sum(1) + total) / (2 * math.pi)
    assert float(density.sum()) * float(at[1] - at[0]) ** 2 == pytest.approx(1, abs=2e-3)


def test_a_coupling_leaves_every_second_value_alone_and_its_two_networks_begin_alike() -> None:
    coupling = Coupling(6, 5, 1, rng())
    values = torch.randn(3, 6, generator=rng())
    u, _ = coupling(values)
    assert torch.equal(u[:, 1::2], values[:, 1::2])
    assert (u[:, ::2] != values[:, ::2]).all()
    for s, t in zip(coupling.s_net.parameters(), coupling.t_net.parameters(), strict=True):
        assert torch.equal(s, t)
        assert s is not t


def test_in_training_the_batch_decides_and_a_tenth_of_it_is_remembered() -> None:
    norm = FlowNorm(4).double().train()
    batch = 3 + 2 * torch.randn(50, 4, generator=rng(), dtype=torch.float64)
    u, log_det = norm(batch)
    torch.testing.assert_close(u.var(0), torch.ones(4, dtype=torch.float64), rtol=1e-4, atol=0)
    torch.testing.assert_close(norm.running_mean, 0.1 * batch.mean(0))
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * batch.var(0))
    assert float(log_det.detach()) == pytest.approx(float(-0.5 * torch.log(batch.var(0) + 1e-5).sum()))


def test_preparing_a_kernel_is_undone_by_making_one() -> None:
    flow = settled()
    kernels = random_gaussians(5, scale=2, rng=rng())
    codes, _ = flow(flow.prepare(kernels))
    torch.testing.assert_close(flow.kernels(codes), kernels, rtol=1e-6, atol=1e-8)
    noisy = flow.prepare(kernels, rng())
    made = flow.kernels(flow(noisy)[0]) - kernels
    assert float(made.min()) + 1e-6 >= 0
    assert float(made.max()) <= float(flow.normalization) / 720 + 1e-6
    with pytest.raises(BadInput, match=r"\(b, 11, 11\)"):
        flow.prepare(torch.ones(1, 13, 13))


def test_random_kernels_lie_where_true_convolution_wants_them_and_have_the_variances_asked_for() -> None:
    kernels = random_gaussians(300, scale=4, rng=rng())
    assert kernels.shape == (300, 19, 19)
    torch.testing.assert_close(kernels.sum((1, 2)), torch.ones(300, dtype=torch.float64))
    narrow = [k for k in kernels if float(covariance(k).trace()) < 6]
    assert narrow
    for kernel in narrow:
        assert centre_of_mass(kernel) == pytest.approx((7.5, 7.5), abs=0.05)
        values = torch.linalg.eigvalsh(covariance(kernel))
        assert float(values.min()) > 0.65
        assert float(values.max()) < 6
    middle = sum(float(covariance(kernel).trace()) / 2 for kernel in kernels) / 300
    assert middle / 4 == pytest.approx(ROUND, rel=0.06), "the round one that others are compared with is their middle"
    same = random_gaussians(1, scale=4, rng=rng(5))
    first, second, turn = torch.rand(3, 1, generator=rng(5), dtype=torch.float64).flatten().tolist()
    wide = gaussian_variances(20, 0.7 + 9.3 * first, 0.7 + 9.3 * second, math.pi * turn)[2:, 2:]  # centre 9.5 - 2
    torch.testing.assert_close(same[0, :18, :18] / same[0, :18, :18].sum(), wide / wide.sum())


def test_the_code_stays_on_the_sphere_and_moves_towards_less() -> None:
    flow = settled()
    code = torch.randn(1, 121, generator=rng(), dtype=torch.float64).requires_grad_()
    mover, goal = SphereAdam(code, flow, lr=0.3), torch.ones(1, 121, dtype=torch.float64)
    mover.step()
    assert float(code.detach().norm()) == pytest.approx(10)
    before = float((code - goal).detach().square().sum())
    for _ in range(5):
        (code.grad,) = torch.autograd.grad((code - goal).square().sum(), code)
        mover.step()
        assert float(code.detach().norm()) == pytest.approx(10)
    assert float((code - goal).detach().square().sum()) < 0.8 * before


def test_training_makes_unseen_kernels_likelier_and_repeats() -> None:
    state = torch.random.get_rng_state()
    runs = [train_fkp(scale=2, steps=60, learning_rate=3e-3, check_every=20, seed=3) for _ in range(2)]
    nll = [value for _, value in runs[0].history["nll"]]
    assert nll[-1] < nll[0] - 20
    assert runs[0].history == runs[1].history
    assert not runs[0].flow.training
    assert not any(p.requires_grad for p in runs[0].flow.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_training_can_be_stopped_and_keeps_its_best_state_when_numbers_explode() -> None:
    stopped = train_fkp(scale=2, steps=1000, progress=lambda done, total: done == 3)
    assert stopped.reason == "stopped by the callback"
    assert len(stopped.history["loss"]) == 3
    burst = train_fkp(scale=2, steps=200, learning_rate=1e6, check_every=1)
    assert "became" in burst.reason
    assert all(bool(p.isfinite().all()) for p in burst.flow.parameters())
    with pytest.raises(BadInput):
        train_fkp(scale=2, steps=0)
    with pytest.raises(BadInput, match="whole scale"):
        KernelFlow(scale=1, rng=rng())


def test_a_trained_prior_is_read_again_and_a_strange_file_is_refused(tmp_path: Path) -> None:
    narrow = KernelFlow(scale=2, rng=rng(), hidden=6)
    torch.save(narrow.state_dict(), tmp_path / "narrow.pt")
    assert load_fkp(tmp_path / "narrow.pt").net[0].s_net[0].weight.shape == (6, 121)  # type: ignore[union-attr, index]
    flow = settled().float()
    torch.save({"epoch": 3, "model_state": flow.state_dict()}, tmp_path / "own.pt")
    again = load_fkp(tmp_path / "own.pt")
    codes = torch.randn(3, 121, generator=rng())
    assert torch.equal(again.kernels(codes), flow.kernels(codes))
    torch.save({"head.weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(BadFile, match=r"FKP_x2\.pt"):
        load_fkp(tmp_path / "other.pt")
    entries = dict(flow.state_dict())
    del entries["net.3.beta"]
    torch.save(entries, tmp_path / "part.pt")
    with pytest.raises(BadFile, match=r"net\.3\.beta"):
        load_fkp(tmp_path / "part.pt")


def authors_kernels(count: int, scale: int, seed: int) -> Tensor:
    """Draw kernels by the authors' recipe, with NumPy and SciPy's spline."""
    draw, side = np.random.default_rng(seed), side_of(scale)
    made = []
    for _ in range(count):
        variances = draw.uniform(0.175 * scale, min(2.5 * scale, 10), 2)
        turn = draw.uniform(0, np.pi)
        q = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        inverse = np.linalg.inv(q @ np.diag(variances) @ q.T)
        z = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1) - (side // 2 + 0.5 * (scale - side % 2))
        raw = np.exp(-0.5 * np.einsum("yxi,ij,yxj->yx", z, inverse, z))
        centre = np.array(scipy.ndimage.center_of_mass(raw))
        moved = scipy.ndimage.shift(raw, (side - scale) / 2 - centre)
        made.append(moved / moved.sum())
    return torch.from_numpy(np.stack(made))


RECORDED = [  # of the authors' network with their weights, in double precision
    (2, -11481.497883098335, 151.1802942657715, 1.0095820018423214, 0.053504426117956645),
    (3, -44450.66713006255, 298.02571812019477, 1.0300511431595818, 0.035763255531464574),
    (4, -73176.09874558702, 382.3922450481846, 1.0367032924384596, 0.026235466195674222),
]


@pytest.mark.shared
@pytest.mark.parametrize(("scale", "log_probability", "length", "total", "peak"), RECORDED)
def test_the_authors_weights_give_what_they_give_in_the_authors_code(
    scale: int, log_probability: float, length: float, total: float, peak: float
) -> None:
    flow = load_fkp(shared(f"checkpoints/FKP_x{scale}.pt")).double()
    at = torch.arange(flow.side**2, dtype=torch.float64)[None]
    values, code = 2 * torch.sin(0.7 * at) - 6, torch.cos(0.3 * at)
    assert float(flow.log_probability(values)) == pytest.approx(log_probability, rel=1e-6)
    assert float(flow(values)[0].norm()) == pytest.approx(length, rel=1e-6)
    assert float(flow.kernels(code).sum()) == pytest.approx(total, rel=1e-6)
    assert float(flow.kernels(code).max()) == pytest.approx(peak, rel=1e-6)
    assert float(flow(values)[1]) == pytest.approx(log_determinant(flow, values), rel=1e-6)


@pytest.mark.shared
@pytest.mark.parametrize(("scale", "length"), [(2, 10.17), (3, 14.20), (4, 18.02)])
def test_the_codes_of_the_authors_kernels_lie_about_where_their_sphere_is(scale: int, length: float) -> None:
    flow = load_fkp(shared(f"checkpoints/FKP_x{scale}.pt"))
    assert float(flow.normalization) == pytest.approx(normalisation_for(scale), abs=1e-6)
    values = flow.prepare(authors_kernels(400, scale, 0), rng()).float()
    codes, _ = flow(values)
    assert (flow.inverse(codes) - values).abs().max() < 1e-4
    assert float(codes.norm(dim=1).mean()) == pytest.approx(length, abs=0.1)
    assert -float(flow.log_probability(values).mean()) < 0


@pytest.mark.shared
def test_what_the_authors_prior_draws_are_kernels() -> None:
    flow = load_fkp(shared("checkpoints/FKP_x2.pt"))
    drawn = flow.sample(400, rng(), on_sphere=True)
    sums = drawn.sum((1, 2))
    assert float(((sums > 0.8) & (sums < 1.2)).float().mean()) > 0.97
    assert float(drawn.min()) > -1e-6
    assert centre_of_mass(flow.sample(400, rng()).mean(0)) == pytest.approx((4.5, 4.5), abs=0.05)


@pytest.mark.parametrize("scale", [2, 4])
def test_the_priors_that_ship_know_kernels_and_draw_kernels(scale: int) -> None:
    file = weights_home() / "priors" / f"fkp_x{scale}.safetensors"
    assert file.stat().st_size < 200_000
    flow = load_fkp(file)
    kernels = random_gaussians(100, scale=scale, rng=rng(5))
    both = (kernels, kernels.roll(flow.side // 2, 1))  # and the same around another place
    known, strange = (-float(flow.log_probability(flow.prepare(one, rng()).float()).mean()) for one in both)
    assert known < 0.2 * flow.side**2 < strange
    drawn = flow.sample(200, rng(), on_sphere=True).double()
    assert float(drawn.sum((1, 2)).mean()) == pytest.approx(1, abs=0.05)
    aside = torch.tensor([centre_of_mass(one) for one in drawn]) - (flow.side - scale) / 2
    assert float(aside.abs().mean()) < 0.35
    variances = torch.stack([torch.linalg.eigvalsh(covariance(one)) for one in drawn]) / scale
    inside = ((variances > 0.1) & (variances < 3)).all(1)
    assert float(inside.double().mean()) > 0.9
