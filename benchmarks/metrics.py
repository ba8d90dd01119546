"""PSNR and SSIM on Y: srkit beside EDSR-PyTorch, BasicSR, KAIR and scikit-image.

Give the peers' source with ``--peers DIR`` (one folder each, under the names of their repositories); who is absent, or
needs a package that is not installed (OpenCV), is left out with a note. Each peer gets the image in the form it wants
(uint8 arrays or float tensors in 0…255); the conversion to Y counts, as it is part of the number. All take turns within
each round on one thread: read the ratios, not the milliseconds.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks._peers import Job, Missing, load, race, table
from srkit.metrics import Protocol, psnr, ssim
from srkit.ops.pixels import to_uint8

BORDER = 4


def pair(side: int) -> tuple[Tensor, Tensor]:
    """Return a result and its truth, (3, side, side) with values k/255."""
    rng = torch.Generator().manual_seed(1)
    hr = torch.randint(0, 256, (3, side, side), generator=rng) / 255
    sr = (hr + 0.05 * torch.randn(3, side, side, generator=rng)).clamp(0, 1)
    return (sr * 255).round() / 255, hr


def basicsr(peers: Path | None) -> Any:
    """Return BasicSR's metric file, with the three files it imports."""
    colour = load(peers, "BasicSR/basicsr/utils/color_util.py")
    utils = {name: getattr(colour, name) for name in ("bgr2ycbcr", "rgb2ycbcr_pt")}
    util = load(peers, "BasicSR/basicsr/metrics/metric_util.py", pretend={"basicsr": {}, "basicsr.utils": utils})
    names = {"reorder_image": util.reorder_image, "to_y_channel": util.to_y_channel}
    shelf = SimpleNamespace(register=lambda: lambda function: function)
    pretend = {
        "basicsr": {},
        "basicsr.metrics": {},
        "basicsr.metrics.metric_util": names,
        "basicsr.utils": utils,
        "basicsr.utils.color_util": utils,
        "basicsr.utils.registry": {"METRIC_REGISTRY": shelf},
    }
    return load(peers, "BasicSR/basicsr/metrics/psnr_ssim.py", pretend=pretend)


def jobs(peers: Path | None, sr: Tensor, hr: Tensor) -> tuple[dict[str, Job], dict[str, Job], list[str]]:
    """Return the PSNR race, the SSIM race, and who is left out."""
    protocol = Protocol(border=BORDER)
    decibels: dict[str, Job] = {"srkit": lambda: psnr(sr, hr, protocol=protocol)}
    similarity: dict[str, Job] = {"srkit": lambda: ssim(sr, hr, protocol=protocol)}
    a, b = (np.ascontiguousarray(to_uint8(x).permute(1, 2, 0).numpy()[..., ::-1]) for x in (sr, hr))  # BGR
    ta, tb = (x[None] * 255 for x in (sr, hr))
    absent = []

    def edsr() -> None:
        module = load(peers, "EDSR-PyTorch/src/utility.py")
        benchmark = SimpleNamespace(dataset=SimpleNamespace(benchmark=True))
        decibels["EDSR-PyTorch"] = lambda: module.calc_psnr(module.quantize(ta, 255), tb, BORDER, 255, benchmark)

    def basic() -> None:
        module = basicsr(peers)
        ra, rb = sr[None], hr[None]
        decibels["BasicSR, numpy"] = lambda: module.calculate_psnr(a, b, BORDER, test_y_channel=True)
        decibels["BasicSR, torch"] = lambda: module.calculate_psnr_pt(ra, rb, BORDER, test_y_channel=True)
        similarity["BasicSR, numpy"] = lambda: module.calculate_ssim(a, b, BORDER, test_y_channel=True)

    def kair() -> None:
        unused = {"mpl_toolkits": {}, "mpl_toolkits.mplot3d": {"Axes3D": None}}
        module = load(peers, "KAIR/utils/utils_image.py", pretend=unused)
        ya, yb = (module.bgr2ycbcr(x) for x in (a, b))
        similarity["KAIR (Y rounded, conversion not counted)"] = lambda: module.calculate_ssim(ya, yb, BORDER)

    def scikit_image() -> None:
        try:
            from skimage.color import rgb2ycbcr
            from skimage.metrics import structural_similarity
        except ImportError as error:
            raise Missing(str(error)) from None
        options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}

        def measure() -> float:
            ya, yb = (rgb2ycbcr(x[BORDER:-BORDER, BORDER:-BORDER, ::-1])[..., 0] for x in (a, b))
            return float(structural_similarity(ya, yb, **options))

        similarity["scikit-image"] = measure

    for peer in (edsr, basic, kair, scikit_image):
        try:
            peer()
        except Missing as reason:
            absent.append(f"{peer.__name__}: {reason}")
    return decibels, similarity, absent


def main() -> None:
    """Race and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="folder with the peers' source")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--side", type=int, default=1024, help="side of the square image")
    options = parser.parse_args()
    torch.set_num_threads(1)
    decibels, similarity, absent = jobs(options.peers, *pair(options.side))
    size = f"{options.side} x {options.side}, median of {options.rounds} rounds, 1 thread"
    for title, contest, digits in (("PSNR on Y", decibels, 6), ("SSIM on Y", similarity, 8)):
        notes = {name: f"{float(job()):.{digits}f}" for name, job in contest.items()}
        print(table(f"{title}, {size}", race(contest, rounds=options.rounds), notes))
    print(*(f"Left out: {line}" for line in absent), sep="\n")


if __name__ == "__main__":
    main()
