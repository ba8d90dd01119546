"""Networks on poor photographs: python -m benchmarks photographs --root FOLDER [--scale 4] NETWORK ...

FOLDER holds Set14; NETWORK is a weight file, or a name with what is shipped for it: ``edsr_small``, ``edsr_small:gan``;
``A+B`` is the even mix of two. Of each picture the middle 240x240 is degraded by five chains, each drawn --draws times
with a seed of its own, and enlarged. A cell is the mean PSNR on Y, its difference to bicubic with the standard
deviation over pictures, and on how many of the draws it is better. No picture of Set14 was used in training.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import torch
from torch import Tensor, nn

import srkit
from benchmarks._scenes import CHAINS, SIDE, middle


def network(text: str, scale: int) -> nn.Module:
    """Return the network of a file, of a shipped name, or the even mix of two."""
    if "+" in text:
        first, second = (network(part, scale) for part in text.split("+"))
        return srkit.mix(first, second, 0.5)
    if Path(text).is_file():
        return srkit.models.load(text, scale=scale)
    name, _, variant = text.partition(":")
    weights = None if name == "bicubic" else f"srkit:{variant}".rstrip(":")
    return srkit.models.create(name, scale=scale, pretrained=weights).eval()


def scores(nets: dict[str, nn.Module], chain: str, images: list[Tensor], scale: int, draws: int) -> dict[str, Tensor]:
    """Return PSNR on Y of every network, (pictures, draws)."""
    degrade, protocol = srkit.degrade.parse(chain), srkit.Protocol.papers(scale)
    found: dict[str, list[float]] = {name: [] for name in nets}
    for place, hr in enumerate(images):
        for turn in range(draws):
            lr = srkit.ops.quantise(degrade(hr, rng=torch.Generator().manual_seed(1000 * place + turn)))
            for name, net in nets.items():
                found[name].append(float(srkit.metrics.psnr(srkit.upscale(lr, net), hr, protocol=protocol)))
    return {name: torch.tensor(values).view(len(images), draws) for name, values in found.items()}


def cell(ours: Tensor, bicubic: Tensor) -> str:
    """Return mean, gain over bicubic, its spread over pictures, and the number of draws that gained."""
    gain = ours - bicubic
    spread = statistics.stdev(gain.mean(1).tolist()) if len(gain) > 1 else 0.0
    return f"{ours.mean():.2f} {gain.mean():+.2f} sd {spread:.2f} ({int((gain > 0).sum())}/{gain.numel()})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", metavar="NETWORK")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--draws", type=int, default=3)
    given = parser.parse_args()
    nets = {name: network(name, given.scale) for name in ["bicubic", *given.networks]}
    images = [middle(pair.hr, SIDE) for pair in srkit.datasets.load("set14", scale=4, root=given.root)]
    print(f"Set14, middle 240x240, x{given.scale}, PSNR on Y, border {given.scale}, {given.draws} draws a picture\n")
    print("| | " + " | ".join(Path(name).stem for name in nets) + " |\n|---|" + "--:|" * len(nets))
    for label, chain in CHAINS.items():
        found = scores(nets, chain.format(s=given.scale), images, given.scale, given.draws)
        cells = [cell(values, found["bicubic"]) for values in found.values()]
        print(f"| {label} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
