"""SAN against the authors' code, an eigen-decomposition, and what second order means."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import srkit
from srkit.models.san import RegionNonLocal, SecondOrderAttention, covariance, square_root
from tests.models._published import golden, golden_input, published_file, same_as_golden


def _spread(smallest: float, *, seed: int = 0) -> Tensor:
    """Return symmetric matrices (3, 6, 6) with eigenvalues from ``smallest`` to 1."""
    rng = torch.Generator().manual_seed(seed)
    turn = torch.linalg.qr(torch.randn(3, 6, 6, generator=rng, dtype=torch.float64))[0]
    return turn @ torch.diag(torch.linspace(smallest, 1, 6, dtype=torch.float64)) @ turn.mT


def _root(matrices: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrices)
    return vectors @ torch.diag_embed(values.sqrt()) @ vectors.mT


@pytest.mark.parametrize("name", ["san-x2", "san-x3"])
def test_a_published_file_gives_the_pixels_of_the_published_code(name: str, tmp_path: Path) -> None:
    record = golden(name)
    assert {"RG.0.gamma", "conv_last.bias", "non_local.soca.conv_du.0.bias"} <= set(record["shapes"]), "the dead ones"
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("san", record["scale"])
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_a_mean_shift_that_was_trained_is_loaded_as_it_became(tmp_path: Path) -> None:
    record = golden("san-x2")
    state = torch.load(published_file(record, tmp_path))
    state["sub_mean.weight"][0, 1] += 0.01
    state["add_mean.bias"] += torch.tensor([3.0, -2.0, 1.0])
    torch.save(state, tmp_path / "trained.pt")
    net, plain = srkit.models.load(tmp_path / "trained.pt"), srkit.models.load(tmp_path / "published.pt")
    assert net.arguments["rgb_range"] == 255.0  # type: ignore[index]
    assert net.range.subtract.weight.equal(state["sub_mean.weight"])  # type: ignore[union-attr, operator]
    lr = golden_input(record)
    with torch.no_grad():
        assert (net(lr) - plain(lr)).abs().max() > 1e-3


def test_the_iteration_approaches_the_root_of_an_eigen_decomposition() -> None:
    matrices = _spread(0.1)
    errors = [float((square_root(matrices, steps=n) - _root(matrices)).abs().max()) for n in (2, 3, 5, 8, 12)]
    assert all(after < before for before, after in pairwise(errors))
    assert errors[-1] < 1e-12
    assert errors[2] > 1e-4, "five steps, the paper's number, are an approximation"


def test_the_gradient_of_the_iteration_approaches_that_of_the_eigen_decomposition() -> None:
    matrices, weights = _spread(0.1), torch.rand(3, 6, 6, dtype=torch.float64)
    gradients = []
    for root in (lambda m: square_root(m, steps=14), _root):
        leaf = matrices.clone().requires_grad_()
        (root((leaf + leaf.mT) / 2) * weights).sum().backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(gradients[0], gradients[1])


def test_the_paper_s_five_steps_have_the_gradient_of_finite_differences() -> None:
    assert torch.autograd.gradcheck(square_root, (_spread(0.05).requires_grad_(),))


def test_the_covariance_is_that_of_numpy() -> None:
    features = torch.rand(2, 5, 6, 7, dtype=torch.float64)
    for mine, sample in zip(covariance(features), features, strict=True):
        torch.testing.assert_close(mine, torch.cov(sample.flatten(1), correction=0))


def test_the_weights_of_the_channels_know_no_places_and_no_means() -> None:
    torch.manual_seed(0)  # with other weights all four ReLUs of the squeeze may be off
    attention = SecondOrderAttention(16, reduction=4).double()
    features = torch.randn(1, 16, 9, 8, dtype=torch.float64)
    gains = attention(features) / features
    shuffled = features.flatten(2)[..., torch.randperm(72)].view_as(features)
    torch.testing.assert_close((attention(shuffled) / shuffled)[..., 0, 0], gains[..., 0, 0])
    lifted = features + torch.rand(1, 16, 1, 1, dtype=torch.float64)
    torch.testing.assert_close((attention(lifted) / lifted)[..., 0, 0], gains[..., 0, 0])
    assert (attention(3 * features) / (3 * features) - gains).abs().max() > 1e-4, "but they know the contrast"


def test_only_the_middle_of_a_large_image_decides_the_weights() -> None:
    attention = SecondOrderAttention(8, reduction=4, most=6)
    features = torch.randn(1, 8, 10, 5)
    outside = features.clone()
    outside[..., :2, :], outside[..., 8:, :] = 7, -7
    torch.testing.assert_close(attention(outside)[..., 2:8, :], attention(features)[..., 2:8, :])


def test_a_feature_map_without_contrast_gives_numbers() -> None:
    flat = torch.full((1, 4, 3, 3), 2.0, requires_grad=True)
    square_root(covariance(flat)).sum().backward()
    assert flat.grad is not None
    assert flat.grad.isfinite().all()


def test_pixels_of_one_quarter_do_not_see_the_others() -> None:
    torch.manual_seed(0)
    block = RegionNonLocal(16).double()
    torch.nn.init.normal_(block.end.weight)
    features = torch.randn(1, 16, 7, 9, dtype=torch.float64)
    changed = features.clone()
    changed[..., 1, 2] += 10 * torch.randn(16, dtype=torch.float64)
    moved = (block(changed) - block(features)).abs().sum(1)[0] > 1e-12
    assert moved.nonzero().amax(0).tolist() == [2, 3], "h // 2 rows and w // 2 columns"
    assert moved.sum() == 12


def test_every_group_gets_its_share_of_what_went_into_the_first() -> None:
    """Section 3.2, the share-source skip: with groups that change nothing, n of them add n shares of the source."""
    net: Any = srkit.models.create("san", scale=2, tiny=True).double()
    net.groups = torch.nn.ModuleList(torch.nn.Identity() for _ in range(3))
    torch.nn.init.constant_(net.share, 0.5)
    given: list[Tensor] = []
    net.upsampler.register_forward_hook(lambda module, inputs, output: given.append(inputs[0]))
    lr = torch.rand(1, 3, 8, 9, dtype=torch.float64)
    with torch.no_grad():
        net(lr)
        shallow = net.head(net.range.inwards(lr))
        expected = shallow + net.non_local((1 + 3 * 0.5) * net.non_local(shallow))
    torch.testing.assert_close(given[0], expected)


def test_each_pixel_finds_a_softmax_mean_of_the_maxima_of_its_quarter() -> None:
    block = RegionNonLocal(16).double()
    torch.nn.init.normal_(block.end.weight)
    features = torch.randn(1, 16, 4, 6, dtype=torch.float64)
    query, key, value = block.query(features)[0], block.key(features)[0], block.value(features)[0]
    blocks = [(slice(y, y + 2), slice(x, x + 2)) for y in (0, 2) for x in (0, 2, 4)]
    keys = torch.stack([key[:, y, x].amax((1, 2)) for y, x in blocks])
    values = torch.stack([value[:, y, x].amax((1, 2)) for y, x in blocks])
    for y, x in product(range(4), range(6)):
        found = torch.softmax(keys @ query[:, y, x], 0) @ values
        expected = features[0, :, y, x] + block.end.weight[..., 0, 0] @ found + block.end.bias
        torch.testing.assert_close(block.attend(features)[0, :, y, x], expected)
