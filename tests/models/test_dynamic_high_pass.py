"""The design after Magid et al.: its attention beside FcaNet's code, its filters by what a high-pass is."""

from __future__ import annotations

import pytest
import torch

import srkit
from srkit.errors import BadInput
from srkit.models.dynamic_high_pass import DynamicHighPass, SpectralAttention
from tests.models._formula import planes, weights
from tests.models._published import golden, same_as_golden


def test_the_attention_gives_the_features_of_fcanets_code() -> None:
    record = golden("fcanet")
    theirs = weights(record["shapes"])
    ours = SpectralAttention(16, reduction=4)
    torch.testing.assert_close(ours.basis, record_basis(), atol=1e-6, rtol=0)
    ours.load_state_dict({"squeeze.weight": theirs["fc.0.weight"], "excite.weight": theirs["fc.2.weight"]})
    features = 8 * planes(16, *record["size"]) - 4
    with torch.no_grad():
        same_as_golden(record, ours(features))


def record_basis() -> torch.Tensor:
    """Return cosines as FcaNet defines them, two channels for each of the eight lowest frequencies."""
    places = (torch.arange(7) + 0.5) * torch.pi / 7

    def wave(k: int) -> torch.Tensor:
        return torch.cos(k * places) * ((2 if k else 1) / 7) ** 0.5

    pairs = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (2, 1), (1, 2))
    return torch.stack([torch.outer(wave(v), wave(h)) for v, h in pairs for _ in range(2)])


def test_with_the_mean_alone_it_is_squeeze_and_excitation() -> None:
    attention = SpectralAttention(16, frequencies=((0, 0),), reduction=4)
    features = torch.rand(2, 16, 14, 21)
    mean = 7 * features.mean((2, 3))  # an orthonormal transform of 7x7 makes seven times the mean
    expected = torch.sigmoid(attention.excite(attention.squeeze(mean).relu()))[..., None, None] * features
    torch.testing.assert_close(attention(features), expected)


def test_the_high_pass_of_a_constant_is_zero() -> None:
    high_pass = DynamicHighPass(16)
    torch.nn.init.ones_(high_pass.factor)
    constant = torch.linspace(-1, 2, 16)[:, None, None].expand(2, 16, 9, 8)
    torch.testing.assert_close(high_pass(constant), torch.zeros(2, 16, 9, 8), atol=1e-6, rtol=0)
    assert high_pass(torch.rand(2, 16, 9, 8)).abs().max() > 0.1


def test_even_taps_subtract_the_mean_of_the_neighbourhood() -> None:
    high_pass = DynamicHighPass(16).eval()
    torch.nn.init.ones_(high_pass.factor)
    torch.nn.init.zeros_(high_pass.predict.weight)
    features = torch.rand(1, 16, 6, 7)
    padded = torch.nn.functional.pad(features, (1, 1, 1, 1), mode="replicate")
    torch.testing.assert_close(high_pass(features), features - torch.nn.functional.avg_pool2d(padded, 3, 1))


def test_at_first_it_is_edsr_with_attention_and_the_filters_wake_up_later() -> None:
    net = srkit.models.create("dynamic_high_pass", scale=2, tiny=True)
    assert all(float(block.high_pass.factor.detach()) == 0 for block in net.body)
    optimiser = torch.optim.SGD(net.parameters(), lr=1e-3)
    for _ in range(2):
        optimiser.zero_grad()
        net(torch.rand(2, 3, 12, 12)).square().mean().backward()
        optimiser.step()
    assert all(block.high_pass.predict.weight.grad.any() for block in net.body), "after one step they learn"


def test_channels_that_cannot_be_shared_out_are_refused() -> None:
    with pytest.raises(BadInput, match="20 channels"):
        SpectralAttention(20)
