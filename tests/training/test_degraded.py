"""Pairs made while the network trains: denoising, demosaicing, and inverse tone mapping with the same loop."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.datasets import HDRScenes
from srkit.metrics import pq_psnr
from srkit.ops.hdr import from_pq
from srkit.training import Degraded
from tests.training._toy import Batches


class Small(nn.Module):
    """Three convolutions and a skip from the enlarged input."""

    def __init__(self, *, scale: int) -> None:
        super().__init__()
        self.scale = scale
        rng = torch.Generator().manual_seed(0)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale),
        )  # fmt: skip
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=rng) * 0.05

    def forward(self, lr: Tensor) -> Tensor:
        return self.layers(lr) + nn.functional.interpolate(lr, scale_factor=self.scale)


def trained(net: nn.Module, batches: object, steps: int = 60) -> tuple[float, float]:
    """Return the mean loss of the first and of the last five steps."""
    run = srkit.train(net, batches, steps=steps, learning_rate=3e-3, progress=False)  # type: ignore[arg-type]
    found = run.history["loss"]
    return sum(found[:5]) / 5, sum(found[-5:]) / 5


@pytest.mark.parametrize(("text", "scale"), [("noise(25)", 1), ("mosaic", 1), ("down(2) > noise(5) > mosaic", 2)])
def test_denoisers_and_demosaickers_learn_with_the_same_loop(text: str, scale: int) -> None:
    patches = srkit.datasets.Patches(srkit.datasets.samples(scale=2)[:2], patch=32, batch=4)
    batches = Degraded(patches, srkit.degrade.parse(text), seed=0)
    first, last = trained(Small(scale=scale), batches)
    assert last < 0.75 * first


def test_what_is_drawn_depends_on_seed_and_step_alone() -> None:
    made = [Degraded(Batches(), srkit.degrade.parse("down(2) > noise(25)"), seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(made[0].batch(3)[0], made[1].batch(3)[0])
    assert not torch.equal(made[0].batch(3)[0], made[2].batch(3)[0])
    assert torch.equal(made[0].batch(3)[1], Batches().batch(3)[1])

    class Same:
        def batch(self, step: int) -> tuple[Tensor, Tensor]:
            return Batches().batch(0)

    same = Degraded(Same(), srkit.degrade.parse("noise(25)"), seed=0)
    assert not torch.equal(same.batch(0)[0], same.batch(1)[0]), "every step draws its own noise"


def test_inverse_tone_mapping_and_enlarging_are_learned_together() -> None:
    scenes = HDRScenes(scale=2, patch=32, batch=4)
    net = Small(scale=2)
    pair = scenes.pairs(1)[0]
    with torch.no_grad():
        before = pq_psnr(from_pq(net(pair.lr[None])), from_pq(pair.hr[None]))
    first, last = trained(net, scenes)
    with torch.no_grad():
        after = pq_psnr(from_pq(net(pair.lr[None])), from_pq(pair.hr[None]))
    assert last < 0.5 * first
    assert after > before + 3
