"""EDSR's argument against batch normalisation, measured: python benchmarks/batchnorm.py [--steps 200] [--seeds 3]."""

from __future__ import annotations

import argparse
import time

import srkit
from srkit.papers.batchnorm import compare_normalisation


def main() -> None:
    """Print one line per network and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    pairs = srkit.datasets.samples(scale=2)
    print("seed  normalised   PSNR dB   range kept   activations MB   seconds   (samples x2, RGB, border 2)")
    for seed in range(given.seeds):
        begin = time.perf_counter()
        for one in compare_normalisation(pairs[1:], pairs[:1], steps=given.steps, seed=seed):
            seconds = time.perf_counter() - begin
            print(
                f"{seed:4}  {'yes' if one.normalised else 'no':>10}  {one.psnr:8.2f}  {one.range_kept:11.3f}"
                f"  {one.saved_bytes / 1e6:14.2f}  {seconds:8.1f}"
            )


if __name__ == "__main__":
    main()
