"""Weakly supervised systems in minutes: python -m benchmarks weak SYSTEM [--root FOLDER] [--steps N] [--curve FILE].

SYSTEM is fssr, bulat, cincgan or kxnet. The real domain is a chain of blur, noise and JPEG that is given to no row but
the oracle. Without --root it is made of the photographs that are shipped; with it, of BSDS200 (real), T91 (large) and,
for the test, the first --images of --test; none share a picture. All rows begin with the same network and differ in
what they were trained on; CPU seconds stand beside them. For kxnet the hidden thing is the width of a round blur.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from torch import nn

import srkit
from benchmarks._weak_kernels import compare_kernels
from srkit import datasets, models
from srkit.datasets.places import shipped
from srkit.metrics import Naturalness, Protocol, psnr
from srkit.papers.weak_study import Seen, Standing, compare_weak, make_domain
from srkit.training import train


@dataclass(frozen=True)
class Setting:
    """What is measured where nothing else is said: the hidden chain, and the steps of each training."""

    scale: int
    chain: str
    steps: int
    then: int
    tuning: int = 100


SETTINGS = {
    "fssr": Setting(2, "blur(1.2) > down(2) > noise(5) > jpeg(80)", steps=300, then=100),
    "bulat": Setting(4, "blur(2) > down(4) > noise(8) > jpeg(85)", steps=300, then=100),
    "cincgan": Setting(2, "blur(0.8) > down(2) > noise(15) > jpeg(90)", steps=400, then=0),
}

REAL = ("brick", "gravel", "hopper", "hubble")  # of the photographs that are shipped; several are of one raccoon


def sets(given: argparse.Namespace, scale: int) -> tuple[datasets.Pairs, datasets.Pairs, datasets.Pairs]:
    """Return the pictures that become real ones, the large ones, and those of the test."""
    if given.root is None:
        shots = datasets.samples(scale=scale, split="train")
        groups = [[one for one in shots.sources if one.name.startswith(REAL) == wanted] for wanted in (True, False)]
        real, large = (datasets.Pairs(group, name="samples_train", scale=scale) for group in groups)
        return real, large, datasets.samples(scale=scale)
    real, large = (datasets.load(name, scale=scale, root=given.root) for name in ("bsds200", "t91"))
    return real, large, datasets.load(given.test, scale=scale, root=given.root)[: given.images]


def beginning(scale: int, large: datasets.Pairs, steps: int) -> nn.Module:
    """Return EDSR small as shipped for x2; for x4 its body, and ends that learn from bicubic pairs first."""
    if scale == 2:
        return models.create("edsr_small", scale=2, pretrained="srkit")
    weights = shipped() / "weights" / "edsr_small_x2.safetensors"
    given: dict[str, Any] = {"batch": 8, "patch": 96, "learning_rate": 5e-4, "schedule": "cosine", "progress": False}
    return train("edsr_small", large, steps=steps, init=weights, init_partial=True, **given).net


def table(lines: Sequence[Standing]) -> str:
    """Return the lines as Markdown."""
    head = (
        "| | PSNR | SSIM | NIQE | LR: spectrum off | LR: PSNR | LR: grain | CPU s |\n|---|--:|--:|--:|--:|--:|--:|--:|"
    )
    rows = []
    for line in lines:
        natural = "" if line.niqe is None else f"{line.niqe:.2f}"
        alike = line.likeness
        seen = " | | " if alike is None else f"{alike.gap:.2f} | {alike.psnr:.2f} | {alike.grain:.1f}"
        rows.append(f"| {line.name} | {line.psnr:.2f} | {line.ssim:.4f} | {natural} | {seen} | {line.seconds:.0f} |")
    return "\n".join([head, *rows])


def drift(net: nn.Module, test: datasets.Pairs) -> str:
    """Say by how much a network makes the colours of the test images lighter or darker, and what that costs."""
    shifts, gains, protocol = [], [], Protocol.papers(test.scale)
    for pair in test:
        sr = srkit.upscale(pair.lr, net)
        shift = (sr - pair.hr).mean((-2, -1), keepdim=True)
        shifts.append(shift.flatten())
        as_it_is, moved = (float(psnr(image, pair.hr, protocol=protocol)) for image in (sr, (sr - shift).clamp(0, 1)))
        gains.append(moved - as_it_is)
    red, green, blue = (255 * torch.stack(shifts).mean(0)).tolist()
    return (
        f"Result minus truth, mean in levels of 255: red {red:+.1f}, green {green:+.1f}, blue {blue:+.1f}; with each "
        f"image's means put right: {fmean(gains):+.2f} dB"
    )


def write_curve(path: Path, points: Sequence[dict[str, float]]) -> None:
    """Write the learning curve of the first phase."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(points[0]))
        writer.writeheader()
        writer.writerows(points)


def unpaired(given: argparse.Namespace) -> None:
    """Measure one of the systems that learn from unpaired images."""
    setting = SETTINGS[given.system]
    chain, steps = given.chain or setting.chain, given.steps or setting.steps
    then = setting.then if given.then is None else given.then
    real, large, test = sets(given, setting.scale)
    domain = make_domain(real, large, test, chain, seed=given.seed)
    net = beginning(setting.scale, domain.bicubic, given.start)
    natural = None if given.natural is None else Naturalness.load(given.natural)
    seen = Seen(domain.test[:3], every=max(1, steps // 6))
    lines, found = compare_weak(
        given.system, domain, net=net, steps=(steps, then), tuning=setting.tuning, seed=given.seed,
        natural=natural, callbacks=[seen],
    )  # fmt: skip
    print(
        f"### {given.system} x{setting.scale}, hidden chain {chain}, {steps} steps and then {then} "
        f"({setting.tuning} in the other rows), seed {given.seed}; {len(test)} images of {test.name}, luma, border "
        f"{setting.scale}\n\n{table(lines)}\n\n{drift(found.net, test=domain.test)}"
    )
    write_curve(given.curve, seen.points)
    print(f"\nLearning curve: {given.curve}")


def kernels(given: argparse.Namespace) -> None:
    """Measure KXNet, the only one here that learns from pairs: what it does not know is the kernel."""
    _, large, test = sets(given, 2)
    steps, tested = given.steps or 300, (0.8, 1.2, 1.6)
    lines = compare_kernels(large, test, steps=steps, tested=tested, seed=given.seed)
    print(
        f"### KXNet of three stages x2, widths 0.4 to 2, {steps} steps each, seed {given.seed}; {len(test)} images of "
        f"{test.name}, PSNR on luma, border 4, and summed error of the kernel, at each width of the test\n"
    )
    print(f"| | {' | '.join(f'{one}' for one in tested)} | kernel off | CPU s |\n|---|{'--:|' * len(tested)}---|--:|")
    for line in lines:
        values, off = " | ".join(f"{v:.2f}" for v in line.psnr), ", ".join(f"{v:.2f}" for v in line.off)
        print(f"| {line.name} | {values} | {off} | {line.seconds:.0f} |")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", choices=[*SETTINGS, "kxnet"])
    parser.add_argument("--root", type=Path, help="folder that holds T91, BSDS200 and the test set")
    parser.add_argument("--test", default="general100", help="the test set below --root")
    parser.add_argument("--images", type=int, default=8, help="how many of its images, from the first")
    parser.add_argument("--chain", help="another hidden chain")
    parser.add_argument("--steps", type=int, help="of the system's first phase")
    parser.add_argument("--then", type=int, help="steps of the second phase: on the pairs made, or of both cycles")
    parser.add_argument("--start", type=int, default=300, help="steps on bicubic pairs before everything, for x4")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--natural", type=Path, help="NIQE's statistics (.npz)")
    parser.add_argument("--curve", type=Path, default=Path("weak_curve.csv"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    (kernels if given.system == "kxnet" else unpaired)(given)


if __name__ == "__main__":
    main()
