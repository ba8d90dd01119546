"""KernelGAN and KernelGAN-FKP on pictures whose blur is known: the kernels found, and what ZSSR makes of them.

python -m benchmarks kernelgan --data FOLDER [--prior FKP_x2.pt] [--pictures barbara ppt3 …] [--preset paper]

FOLDER holds Set14. Every picture is blurred by a random kernel of its own, drawn as for DIV2KRK, and reduced by 2; the
picture's name decides the kernel. Each kernel found stands beside what answers without looking
would have scored, each image beside the ones made with the bicubic and with the true kernel, and beside back-projection
alone with the same kernels.
"""

from __future__ import annotations

import argparse
import math
import time
import zlib
from pathlib import Path

import torch
from torch import Tensor

import srkit
from srkit import methods
from srkit.degrade import align, apply_kernel, draw, gaussian_variances
from srkit.methods import kernel_report
from srkit.methods.zssr import Zssr
from srkit.metrics import Protocol, psnr

SCALE = 2
PICTURES = ("barbara", "ppt3", "zebra")
HEAD = "| picture | who | CPU s | found | delta | bicubic | round | round, true width |"


def random_kernel(picture: str) -> Tensor:
    """Return a kernel ``(11, 11)`` as DIV2KRK's generator draws it: variances U(0.35, 5), each value times U(0.6, 1.4).

    It is moved to where it is registered with bicubic enlargement.
    """
    rng = torch.Generator().manual_seed(zlib.crc32(picture.encode()))
    first, second = (draw.uniform(rng, 0.175 * SCALE, 2.5 * SCALE) for _ in range(2))
    kernel = gaussian_variances(11, first, second, draw.uniform(rng, 0, math.pi))
    kernel = kernel * (0.6 + 0.8 * torch.rand(kernel.shape, generator=rng, dtype=kernel.dtype))
    return align(kernel / kernel.sum(), SCALE)


def reduced(path: Path, kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Return HR, an even number of pixels a side, and its 8-bit LR image."""
    hr = srkit.ops.modcrop(srkit.read(path), SCALE)
    blurred = apply_kernel(hr, kernel, border="symmetric")
    return hr, srkit.ops.quantise(blurred[:, ::SCALE, ::SCALE])


def images(lr: Tensor, kernels: dict[str, Tensor | None], preset: str) -> dict[str, dict[str, Tensor]]:
    """Return what ZSSR, and back-projection alone, make of LR with each of the kernels; None is the bicubic one."""
    given = {"ensemble": False, "rotate": False, "back_projections": (2,)}
    return {
        name: {
            "ZSSR": Zssr(preset=preset, kernel=kernel, **given).restore(lr, scale=SCALE).image,
            "back-projection": methods.create("back_projection", kernel=kernel).restore(lr, scale=SCALE).image,
        }
        for name, kernel in kernels.items()
    }


def found_in(lr: Tensor, words: argparse.Namespace) -> dict[str, tuple[Tensor, float]]:
    """Return the kernel that each method finds, and its CPU seconds."""
    asked: dict[str, dict[str, object]] = {"kernelgan": {"preset": words.preset}}
    if words.prior is not None:
        asked["kernelgan_fkp"] = {"preset": words.fkp_preset, "flow": words.prior}
    found = {}
    for name, settings in asked.items():
        start = time.process_time()
        result = methods.create(name, then="back_projection", **settings).restore(lr, scale=SCALE)
        found[name] = torch.as_tensor(result.kernel), time.process_time() - start
    return found


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds Set14")
    parser.add_argument("--prior", type=Path, help="FKP_x2.pt; without it KernelGAN-FKP is left out")
    parser.add_argument("--pictures", nargs="+", default=PICTURES)
    parser.add_argument("--preset", default="paper", help="of KernelGAN")
    parser.add_argument("--fkp-preset", default="lesson", help="of KernelGAN-FKP; the paper's is slow")
    parser.add_argument("--zssr", default="LESSON", help="preset of ZSSR")
    words = parser.parse_args()
    torch.set_num_threads(1)
    kernels, pictures, protocol = [], [], Protocol.papers(SCALE)
    for picture in words.pictures:
        truth = random_kernel(picture)
        hr, lr = reduced(words.data / f"Set14/{picture}.png", truth)
        found = found_in(lr, words)
        for name, (kernel, seconds) in found.items():
            scores = " | ".join(f"{value:.1f}" for value in kernel_report(kernel, truth, scale=SCALE).values())
            kernels.append(f"| {picture} | {name} | {seconds:.0f} | {scores} |")
        told = {"bicubic": None, **{name: kernel for name, (kernel, _) in found.items()}, "true": truth}
        made = images(lr, told, words.zssr)
        interpolated = float(psnr(srkit.ops.imresize(lr, SCALE).clamp(0, 1), hr, protocol=protocol))
        for who in ("ZSSR", "back-projection"):
            scores = " | ".join(f"{float(psnr(made[name][who], hr, protocol=protocol)):.2f}" for name in told)
            pictures.append(f"| {picture} | {who} | {interpolated:.2f} | {scores} |")
    print(f"### Kernel PSNR, {words.preset}, one thread\n\n{HEAD}\n|---|---|--:|--:|--:|--:|--:|--:|")
    print("\n".join(kernels))
    print(
        f"\n### PSNR on {protocol}, ZSSR {words.zssr}\n\n| picture | enlarged by | interpolated | {' | '.join(told)} |"
    )
    print("|---|---|--:|" + "--:|" * len(told))
    print("\n".join(pictures))


if __name__ == "__main__":
    main()
