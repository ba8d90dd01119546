"""One-image methods on images whose blur is known: python -m benchmarks kernels WHAT --data FOLDER [--prior FILE].

WHAT is dip, dip_fkp or flow. FOLDER holds Set5, FILE is the kernel prior for x2. KernelGAN: python -m benchmarks
kernelgan.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import srkit
from srkit import methods
from srkit.degrade import align, apply_kernel, gaussian_variances
from srkit.methods import kernel_report

KERNELS = {"bird": (3.5, 1.0), "butterfly": (1.2, 3.0)}


def blurred(hr: Tensor, variances: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """Return the LR image x2 in 8 bits, registered with bicubic enlargement, and the kernel it came by."""
    kernel = align(gaussian_variances(11, *variances, 0.6), 2)
    return srkit.ops.quantise(apply_kernel(hr, kernel, border="circular")[:, ::2, ::2]), kernel


def middle(path: Path, side: int = 96) -> Tensor:
    """Return the middle of an image, ``(3, side, side)``."""
    hr = srkit.read(path)
    top, left = (hr.shape[-2] - side) // 2, (hr.shape[-1] - side) // 2
    return hr[:, top : top + side, left : left + side]


def report(label: str, sr: Tensor, hr: Tensor, scale: int, seconds: float, kernels: dict[str, float]) -> None:
    """Print PSNR-Y of bicubic and of the method, and the kernel scores."""
    protocol = srkit.Protocol.papers(scale)
    found = "  ".join(f"{name} {value:.1f}" for name, value in kernels.items())
    print(f"{label:32} {float(srkit.metrics.psnr(sr, hr, protocol=protocol)):6.2f} dB {seconds:6.1f} CPU-s  {found}")


def dip_fkp(given: argparse.Namespace) -> None:
    """Let DIP-FKP find kernel and image of the middle of two images."""
    for image, variances in KERNELS.items():
        hr = middle(given.data / f"Set5/{image}.png")
        lr, kernel = blurred(hr, variances)
        begin = time.process_time()
        result = methods.create("dip_fkp", preset=given.preset, flow=given.prior).restore(lr, scale=2)
        seconds = time.process_time() - begin
        report(f"{image}, bicubic", srkit.ops.imresize(lr, 2).clamp(0, 1), hr, 2, 0, {})
        scores = kernel_report(torch.as_tensor(result.kernel), kernel, scale=2)
        report(f"{image}, dip_fkp {given.preset}", result.image, hr, 2, seconds, scores)


def dip(given: argparse.Namespace) -> None:
    """Fit the deep image prior to the middle of three images at x4."""
    for image in ("butterfly", "bird", "baby"):
        hr = middle(given.data / f"Set5/{image}.png")
        lr = srkit.ops.quantise(srkit.ops.imresize(hr, 1 / 4))
        begin = time.process_time()
        result = methods.create("dip", preset="lesson").restore(lr, scale=4)
        seconds = time.process_time() - begin
        report(f"{image}, bicubic", srkit.ops.imresize(lr, 4).clamp(0, 1), hr, 4, 0, {})
        report(f"{image}, dip LESSON", result.image, hr, 4, seconds, {})


def flow(given: argparse.Namespace) -> None:
    """Train a kernel prior from scratch."""
    begin = time.process_time()
    run = methods.train_fkp(scale=2, preset="lesson")
    print(f"{run.reason}, {time.process_time() - begin:.1f} CPU-s; nats on unseen kernels:")
    print("  ".join(f"{step}: {nll:.1f}" for step, nll in run.history["nll"]))


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    verbs: dict[str, Callable[[argparse.Namespace], None]] = {"dip": dip, "dip_fkp": dip_fkp, "flow": flow}
    parser.add_argument("what", choices=verbs)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--prior", type=Path)
    parser.add_argument("--preset", default="lesson")
    given = parser.parse_args()
    torch.set_num_threads(1)
    verbs[given.what](given)


if __name__ == "__main__":
    main()
