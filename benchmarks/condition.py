"""What a condition gains, network by network: python -m benchmarks condition [--steps 1000] [srmd ikc …]."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import srkit
from srkit import Protocol
from srkit.datasets import Made
from srkit.datasets.degraded import Condition, at_scale
from srkit.datasets.maker import generator_for
from srkit.datasets.makers import make_maker
from srkit.degrade import apply_kernel, draw, gaussian_widths, save_pool
from srkit.degrade.alignment import shift
from srkit.models._registry import MODELS
from srkit.ops import pixels
from srkit.ops.kernels import delta
from srkit.ops.resize import imresize
from srkit.training.world import chance

SCALE, SIDE, DRAWS = 2, 176, 4
RATES = {"kxnet": 2e-3, "kmsr": 2e-3}


class Ordinary:
    """Bicubic pairs for a network that needs a condition: it is always given that of an image without blur and noise.

    Args:
        maker: of the network's card.
    """

    def __init__(self, maker: Any) -> None:
        self.scale, self.margin, self.condition = maker.scale, maker.margin, maker.condition(delta(3), None)

    def __call__(self, hr: Tensor, rng: torch.Generator, /) -> tuple[Tensor, Condition]:
        """Return MATLAB's reduction ``(3, h, w)`` in 8 bits, and the condition."""
        lr = pixels.quantise(imresize(hr, 1 / self.scale))
        condition = {name: torch.as_tensor(value) for name, value in self.condition.items()}
        return pixels.crop_border(lr, self.margin // self.scale), condition


@dataclass(frozen=True)
class Seen:
    """A test image: what the network gets, what it should give, and the condition it was made under."""

    lr: Tensor
    hr: Tensor
    condition: Condition


def wide_pool(folder: Path) -> Path:
    """Store forty stretched Gaussians of widths 0.8 to 2.4, in place of kernels estimated on photographs."""
    rng = generator_for(3)
    widths = [(draw.uniform(rng, 0.8, 2.4), draw.uniform(rng, 0.8, 2.4), draw.uniform(rng, 0, 3)) for _ in range(40)]
    return save_pool(folder / "pool", torch.stack([gaussian_widths(17, *one) for one in widths]))


def test_images(maker: Any) -> list[Seen]:
    """Return the middle of each test photograph under several conditions, the same at every call."""
    found = []
    for number, pair in enumerate(srkit.datasets.samples(scale=SCALE)):
        top, left = ((n - SIDE) // 2 // SCALE * SCALE for n in pair.hr.shape[1:])
        hr = pair.hr[:, top : top + SIDE, left : left + SIDE]
        for one in range(DRAWS):
            lr, condition = maker(hr, generator_for(11, number, one))
            found.append(Seen(lr, pixels.crop_border(hr, maker.margin), condition))
    return found


def score(image: Tensor, hr: Tensor) -> float:
    """Return the PSNR of ``(3, h, w)`` on Y with a border of 8 pixels, in decibels."""
    return float(srkit.metrics.psnr(image.clamp(0, 1), hr, protocol=Protocol(channel="y", border=8)))


def bicubic(one: Seen) -> float:
    """Return the PSNR of bicubic interpolation, moved by half a pixel where LR was made by keeping each first one."""
    large = imresize(one.lr, one.hr.shape[-1] / one.lr.shape[-1])
    return max(score(apply_kernel(large, shift(delta(3), by, by)), one.hr) for by in (0.0, -0.5, 0.5))


@torch.no_grad()
def mean_psnr(net: nn.Module, seen: list[Seen], conditions: list[Condition]) -> float:
    """Return the mean PSNR of a network that is given these conditions, one for each image."""
    values = []
    for one, condition in zip(seen, conditions, strict=True):
        batch = {name: value[None] if isinstance(value, Tensor) else value for name, value in condition.items()}
        values.append(score(net.eval()(one.lr[None], **batch)[0], one.hr))
    return sum(values) / len(values)


def trained(name: str, maker: str, steps: int, seed: int) -> tuple[nn.Module, nn.Module]:
    """Return the tiny network after the training of its card, and after one on ordinary pairs."""
    settings: dict[str, Any] = {
        "steps": steps, "patch": 48, "batch": 8, "seed": seed, "schedule": "cosine", "progress": False,
        "learning_rate": RATES.get(name.partition("_")[0], 1e-3),
    }  # fmt: skip
    nets = []
    for way in (maker, "pairs"):
        with chance(seed):
            net = srkit.models.create(name, scale=SCALE, tiny=True)
        if way == "pairs" and MODELS.get(name).card.extra_input:
            ordinary = Ordinary(make_maker(maker, net))
            pairs = at_scale(srkit.datasets.load("samples_train", scale=SCALE), SCALE)
            batches = Made.of(pairs, ordinary, patch=48, batch=8, seed=seed)
            nets.append(srkit.train(net, batches, **settings).net)
        else:
            nets.append(srkit.train(net, "samples_train", scale=SCALE, maker=way, **settings).net)
    return nets[0], nets[1]


@torch.no_grad()
def estimates(net: Any, maker: Any, seen: list[Seen]) -> Iterator[tuple[str, float]]:
    """Yield how far kernels or codes are from the true ones: of the best constant, at the start, and as estimated."""
    key = "kernel" if hasattr(net, "estimate_kernel") else "degradation"
    drawn = [maker(torch.zeros(3, 64, 64), generator_for(12, n))[1][key] for n in range(200)]
    truth = torch.stack([one.condition[key] for one in seen])  # (n, k, k) or (n, codes)

    def distance(found: Tensor) -> float:
        return float((found - truth).flatten(1).norm(dim=1).mean())

    yield "mean of 200 drawn", distance(torch.stack(drawn).mean(0))
    if key == "kernel":
        stages = [net.stages(one.lr[None]) for one in seen]
        yield "first guess", distance(net.start)
        turns = [torch.cat([of_image[turn][1] for of_image in stages]) for turn in range(len(stages[0]))]
    else:
        chains = [[codes for codes, _ in net.turns(one.lr[None], net.iterations)] for one in seen]
        turns = [torch.cat([chain[turn] for chain in chains]) for turn in range(len(chains[0]))]
    for number, found in enumerate(turns, 1 if key == "kernel" else 0):
        yield f"estimate {number}", distance(found)


def rows(name: str, steps: int, seed: int, pool: Path) -> Iterator[str]:
    """Yield the lines of the table for one network."""
    formula = str(MODELS.get(name).card.trained_on)
    formula = f'kernel_pool("{pool}")' if formula == "kernel_pool" else formula
    begin = time.process_time()
    net, twin = trained(name, formula, steps, seed)
    maker: Any = make_maker(formula, net)
    seen = test_images(maker)
    given = MODELS.get(name).card.extra_input in ("degradation", "kernel")
    right = [one.condition if given else _at_size(one) for one in seen]
    values = [mean_psnr(net, seen, right)]
    if given:
        none = [{key: torch.as_tensor(value) for key, value in maker.condition(delta(3), None).items()}] * len(seen)
        values += [mean_psnr(net, seen, right[1:] + right[:1]), mean_psnr(net, seen, none)]
        values.append(mean_psnr(twin, seen, none))
    else:
        values += [float("nan")] * 2 + [mean_psnr(twin, seen, right)]
    values.append(sum(map(bicubic, seen)) / len(seen))
    text = " | ".join("–" if value != value else f"{value:.2f}" for value in values)
    yield f"| {name} | {seed} | {text} | {time.process_time() - begin:.0f} |"
    if hasattr(net, "estimate_kernel") or hasattr(net, "turns"):
        yield "    distance: " + ", ".join(f"{what} {value:.3f}" for what, value in estimates(net, maker, seen))


def _at_size(one: Seen) -> Condition:
    """Return what a network without a condition needs: that the image has been enlarged already, where it has."""
    return {key: value for key, value in one.condition.items() if not isinstance(value, Tensor)}


def main() -> None:
    """Train every network twice and print the table."""
    conditioned = [name for name in MODELS if MODELS.get(name).card.trained_on not in (None, "pairs")]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=conditioned, help="of: " + ", ".join(conditioned))
    parser.add_argument("--steps", type=int, default=1000, help="of each training")
    parser.add_argument("--seeds", type=int, default=1, help="repetitions, with seeds 0, 1, …")
    given = parser.parse_args()
    print("| network | seed | right condition | another's | none | trained on ordinary pairs | bicubic | CPU s |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        pool = wide_pool(Path(folder))
        for name in given.networks:
            for seed in range(given.seeds):
                for line in rows(name, given.steps, seed, pool):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
