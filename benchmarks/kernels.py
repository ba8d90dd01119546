"""One-image methods on images whose blur is known: python -m benchmarks kernels WHAT --data FOLDER [--prior FILE].

WHAT is kernelgan, kernelgan_fkp, dip, dip_fkp or flow. FOLDER holds Set5 and Set14, FILE is the kernel prior for x2.
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


def blurred(hr: Tensor, variances: tuple[float, float], size: int, border: str) -> tuple[Tensor, Tensor]:
    """Return the LR image x2 in 8 bits, registered with bicubic enlargement, and the kernel it came by."""
    kernel = align(gaussian_variances(size, *variances, 0.6), 2)
    return srkit.ops.quantise(apply_kernel(hr, kernel, border=border)[:, ::2, ::2]), kernel  # type: ignore[arg-type]


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


def on_blurred(given: argparse.Namespace, name: str, preset: str) -> None:
    """Let a method find the kernel of an image of Set14 (or, for DIP-FKP, of the middle of one of Set5)."""
    small = name == "dip_fkp"
    settings = {"flow": given.prior} if name != "kernelgan" else {}
    settings |= {} if small else {"then": "back_projection"}
    for image in KERNELS if small else ("barbara", "ppt3"):
        hr = middle(given.data / f"Set5/{image}.png") if small else srkit.read(given.data / f"Set14/{image}.png")
        hr = hr[:, : hr.shape[1] // 2 * 2, : hr.shape[2] // 2 * 2]
        variances, size, border = (KERNELS[image], 11, "circular") if small else ((1.0, 4.0), 21, "symmetric")
        lr, kernel = blurred(hr, variances, size, border)
        begin = time.process_time()
        result = methods.create(name, preset=preset, **settings).restore(lr, scale=2)
        seconds = time.process_time() - begin
        report(f"{image}, bicubic", srkit.ops.imresize(lr, 2).clamp(0, 1), hr, 2, 0, {})
        scores = kernel_report(torch.as_tensor(result.kernel), kernel, scale=2)
        report(f"{image}, {name} {preset}", result.image, hr, 2, seconds, scores)


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
    verbs: dict[str, Callable[[argparse.Namespace], None]] = {
        "kernelgan": lambda given: on_blurred(given, "kernelgan", given.preset),
        "kernelgan_fkp": lambda given: on_blurred(given, "kernelgan_fkp", given.preset),
        "dip": dip,
        "dip_fkp": lambda given: on_blurred(given, "dip_fkp", given.preset),
        "flow": flow,
    }
    parser.add_argument("what", choices=verbs)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--prior", type=Path)
    parser.add_argument("--preset", default="lesson")
    given = parser.parse_args()
    torch.set_num_threads(1)
    verbs[given.what](given)


if __name__ == "__main__":
    main()
