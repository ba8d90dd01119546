"""KMSR in small: trained on bicubic, on estimated kernels, on grown ones: python -m benchmarks kmsr [--steps 300]."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor, nn

import srkit
from srkit import Protocol
from srkit.datasets import Made, Pairs
from srkit.datasets.degraded import at_scale
from srkit.datasets.makers import KernelPool
from srkit.degrade import apply_kernel, draw, gaussian_widths
from srkit.methods import build_pool, kernel_psnr
from srkit.methods.kernel_score import covariance
from srkit.ops import pixels
from srkit.ops.resize import imresize
from srkit.papers import grow_pool, kmsr_recipe, train_kernel_gan
from srkit.training.world import chance

SCALE, SIDE = 2, 17


def camera_kernels(count: int, seed: int) -> Tensor:
    """Return the blur of unknown cameras: stretched, turned Gaussians with widths from 1.0 to 2.4 pixels."""
    rng = torch.Generator().manual_seed(seed)
    widths = [(draw.uniform(rng, 1.0, 2.4), draw.uniform(rng, 1.0, 2.4)) for _ in range(count)]
    return torch.stack([gaussian_widths(SIDE, *pair, draw.uniform(rng, 0, math.pi)) for pair in widths])


def photograph(hr: Tensor, kernel: Tensor) -> Tensor:
    """Return what such a camera makes of a scene at half the resolution, in 8 bits."""
    return pixels.quantise(imresize(apply_kernel(hr, kernel, by="convolution"), 1 / SCALE))


def estimated(scenes: Pairs, cameras: Tensor, patch: int) -> Iterator[Tensor]:
    """Yield the kernel found on one photograph of each camera."""
    for number, kernel in enumerate(cameras):
        photo = photograph(scenes[number % len(scenes)].hr, kernel)
        yield build_pool([photo], scale=SCALE, patch=patch, limit=1, preset="LESSON", size=SIDE)[0]


def trained(learn: Pairs, steps: int, pool: Tensor | None, *, seed: int = 0) -> nn.Module:
    """Return the small network, trained on a pool, or on MATLAB's bicubic reduction."""
    recipe = kmsr_recipe(small=True)
    with chance(seed):
        net = srkit.models.create("kmsr", scale=SCALE, tiny=True)
    if pool is None:
        return srkit.train(net, learn, steps=steps, maker="pairs", seed=seed, progress=False, **recipe).net
    cut = {"patch": recipe["patch"], "batch": recipe["batch"], "seed": seed}
    batches = Made.of(at_scale(learn, 1), KernelPool(pool), **cut)
    return srkit.train(net, batches, steps=steps, seed=seed, progress=False, **recipe).net


def psnr(net: nn.Module, test: Pairs, cameras: Tensor) -> float:
    """Return the mean PSNR on photographs of cameras, in decibels."""
    protocol, values = Protocol.papers(SCALE), []
    for kernel in cameras:
        for pair in test:
            sr = srkit.upscale(photograph(pair.hr, kernel), net)
            values.append(float(srkit.metrics.psnr(sr, pair.hr, protocol=protocol)))
    return sum(values) / len(values)


def report(name: str, kernels: Tensor) -> None:
    """Print how wide kernels are and how far they lie apart."""
    wide = torch.stack([covariance(kernel).trace() for kernel in kernels])
    apart = torch.pdist(kernels.flatten(1)).mean()
    print(f"  {name:10} {len(kernels):4}   {wide.min():5.2f} {wide.mean():6.2f} {wide.max():6.2f}   {apart:.4f}")


def table_of_kernels(cameras: Tensor, pool: Tensor, grown: Tensor) -> None:
    """Print how well kernels were found, and what the pools are like."""
    nothing = torch.zeros(SIDE, SIDE)
    nothing[SIDE // 2, SIDE // 2] = 1
    found = sum(kernel_psnr(pool[i], kernel, size=SIDE) for i, kernel in enumerate(cameras)) / len(cameras)
    delta = sum(kernel_psnr(nothing, kernel, size=SIDE) for kernel in cameras) / len(cameras)
    print(f"Kernel PSNR of the estimates on {SIDE}x{SIDE}: {found:.1f} dB; of no blur: {delta:.1f} dB")
    print("(a photograph's kernel is also that of reducing and enlarging it)\n")
    print("  kernels   number   least   mean   most variance   mean distance")
    for name, kernels in (("cameras", cameras), ("estimated", pool), ("grown", grown)):
        report(name, kernels)


def table_of_networks(pools: dict[str, Tensor | None], steps: int) -> None:
    """Print the PSNR of the same network after different trainings, on photographs of cameras that were never seen."""
    samples, unseen, protocol = srkit.datasets.samples(scale=SCALE), camera_kernels(6, seed=2), Protocol.papers(SCALE)
    learn, test = samples[1:], samples[:1]
    print(f"\n  trained on             PSNR dB   ({test[0].name}, 6 unseen cameras, x{SCALE}, {protocol})")
    print(f"  bicubic interpolation  {psnr(srkit.models.create('bicubic', scale=SCALE), test, unseen):7.2f}")
    for name, kernels in pools.items():
        print(f"  {name:21}  {psnr(trained(learn, steps, kernels), test, unseen):7.2f}", flush=True)


def main() -> None:
    """Estimate kernels on photographs, grow more, train networks, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300, help="of each network")
    parser.add_argument("--photos", type=int, default=12, help="photographs, one kernel is estimated on each")
    parser.add_argument("--gan-steps", type=int, default=150, help="of the kernel generator")
    parser.add_argument("--patch", type=int, default=160, help="side of the enlarged patch a kernel is estimated on")
    given = parser.parse_args()
    begin, cameras = time.process_time(), camera_kernels(given.photos, seed=1)
    pool = torch.stack(list(estimated(srkit.datasets.samples(scale=SCALE)[1:], cameras, given.patch)))
    run = train_kernel_gan(pool, steps=given.gan_steps, channels=16, batch=32, learning_rate=1e-3, progress=False)
    grown = grow_pool(run.net, 200)
    table_of_kernels(cameras, pool, grown)
    both = torch.cat([pool, grown])
    table_of_networks(
        {"bicubic": None, "estimated": pool, "estimated and grown": both, "the cameras": cameras}, given.steps
    )
    print(f"\n{time.process_time() - begin:.0f} CPU seconds")


if __name__ == "__main__":
    main()
