"""With or without batch normalisation: EDSR's argument as an experiment of seconds.

Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR Workshops 2017, section 3.1:
normalising features takes away their range, which super-resolution needs, and its layers cost as much memory as the
convolutions before them. Three things are measured on one small residual network, with and without normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.datasets import Pair, Patches
from srkit.datasets.pair import Pairs
from srkit.evaluation.table import finite_mean
from srkit.layers import Upsampler, conv
from srkit.metrics import Protocol, psnr
from srkit.training.start import train
from srkit.training.world import chance

__all__ = ["Contest", "ResidualNet", "compare_normalisation", "range_kept", "saved_bytes"]


class ResidualNet(nn.Module):
    """EDSR's layout in small, or SRResNet's: the same blocks with batch normalisation behind each convolution."""

    def __init__(self, *, scale: int, normalise: bool, channels: int = 24, n_blocks: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.head = conv(3, channels)
        self.blocks = nn.ModuleList(_block(channels, normalise=normalise) for _ in range(n_blocks))
        self.tail = nn.Sequential(Upsampler(channels, scale), conv(channels, 3))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        features = self.head(lr - 0.5)  # (b, channels, h, w)
        for block in self.blocks:
            features = features + block(features)
        sr: Tensor = self.tail(features) + F.interpolate(lr, scale_factor=float(self.scale))  # (b, 3, s*h, s*w)
        return sr


@dataclass(frozen=True, kw_only=True)
class Contest:
    """What was measured for one of the two networks."""

    normalised: bool  # whether it has batch normalisation
    # dB, mean over the test images that are not reproduced exactly, RGB, border of ``scale`` pixels left out,
    # after the same training
    psnr: float
    # by how much a block's features change when the contrast of the input is doubled: 2 if the block keeps the
    # range, 1 if it takes it away. Measured in training mode, where normalisation uses the batch
    range_kept: float
    saved_bytes: int  # what one training step keeps in memory for its backward pass, weights not counted
    losses: tuple[float, ...]  # of each step


def compare_normalisation(
    pairs: Pairs, test: Sequence[Pair], *, steps: int = 200, learning_rate: float = 1e-3, seed: int = 0
) -> tuple[Contest, Contest]:
    """Train the same small network with and without batch normalisation and measure both.

    Args:
        pairs: to train on.
        test: to measure on.
        steps: of the training.
        learning_rate: of both.
        seed: decides first weights and patches of both.

    Returns:
        The contest of the network with normalisation, and of the one without.
    """
    found: list[Contest] = []
    for normalised in (True, False):
        with chance(seed):
            net = ResidualNet(scale=pairs.scale, normalise=normalised)
        lr, hr = Patches(pairs, patch=16 * pairs.scale, batch=8, seed=seed).batch(0)
        memory, kept = saved_bytes(net, lr, hr), range_kept(net.blocks[0], net.head(lr - 0.5).detach())
        run = train(
            net, pairs, steps=steps, batch=8, patch=16 * pairs.scale, learning_rate=learning_rate, seed=seed,
            progress=False,
        )  # fmt: skip
        found.append(
            Contest(
                normalised=normalised,
                psnr=_mean_psnr(net.eval(), test, pairs.scale),
                range_kept=kept,
                saved_bytes=memory,
                losses=tuple(run.history["loss"]),
            )
        )
    return found[0], found[1]


def range_kept(block: nn.Module, features: Tensor) -> float:
    """Return the spread of a block's answer to features of twice the contrast, over that to the features themselves.

    Args:
        block: maps ``(b, c, h, w)`` to ``(b, c, h, w)``; put in training mode for the measurement.
        features: what goes in. Biases are left aside by looking at differences from the answer to zero.
    """
    training = block.training
    statistics = {name: value.clone() for name, value in block.state_dict().items()}
    try:
        block.train()
        with torch.no_grad():
            nothing = block(torch.zeros_like(features))
            once, twice = block(features) - nothing, block(2 * features) - nothing
    finally:
        block.load_state_dict(statistics)
        block.train(training)
    return float(twice.std() / once.std())


def saved_bytes(net: nn.Module, lr: Tensor, hr: Tensor) -> int:
    """Return how many bytes of activations one training step keeps for its backward pass; each storage counts once."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in net.parameters()}
    kept: dict[int, Tensor] = {}  # by address; holding the tensors keeps an address from being used twice

    def keep(tensor: Tensor) -> Tensor:
        address = tensor.untyped_storage().data_ptr()
        if address not in weights:
            kept[address] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        F.l1_loss(net.train()(lr), hr)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def _block(channels: int, *, normalise: bool) -> nn.Sequential:
    """Return convolution, ReLU, convolution, with normalisation behind both convolutions if requested."""
    layers: list[nn.Module] = [conv(channels, channels), nn.ReLU(), conv(channels, channels)]
    if normalise:
        layers = [layers[0], nn.BatchNorm2d(channels), layers[1], layers[2], nn.BatchNorm2d(channels)]
    return nn.Sequential(*layers)


def _mean_psnr(net: nn.Module, test: Sequence[Pair], scale: int) -> float:
    protocol = Protocol(channel="rgb", border=scale)
    with torch.no_grad():
        values = [float(psnr(net(pair.lr[None])[0].clamp(0, 1), pair.hr, protocol=protocol)) for pair in test]
    return finite_mean(values)
