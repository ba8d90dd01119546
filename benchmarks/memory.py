"""The memory that enlarging photographs of any size takes, from file to file, beyond Python and PyTorch."""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

import srkit
from srkit import _home

HEAD = """| network | photograph | result | by | MiB before | MiB beyond, after strips | CPU s a megapixel |
|---|---|---|---|--:|--:|--:|"""


def photograph(folder: Path, megapixels: float, kind: str) -> Path:
    """Write a smooth picture, four wide to three high, as the photographs of cameras: ``.jpg``, or PNG of 16 bits."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width = round(height * 4 / 3)
    path = folder / f"{megapixels:g}{kind}"
    if not path.exists():
        rough = np.random.default_rng(0).random((height // 16, width // 16, 3), dtype=np.float32)
        planes = torch.from_numpy(rough).permute(2, 0, 1)[None]
        smooth = torch.nn.functional.interpolate(planes, (height, width), mode="bilinear")[0]
        srkit.write(path, smooth, depth=8 if kind == ".jpg" else 16)
    return path


def told(source: Path, suffix: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what a fresh process held and took that enlarged a photograph, or its last word as ``"failed"``."""
    target = source.with_name(f"out{suffix}")
    given = {**given, "source": str(source), "target": str(target)}
    call = [sys.executable, "-m", "benchmarks._enlarged", json.dumps(given)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    target.unlink(missing_ok=True)
    if done.returncode:
        return {"failed": f"ended with {done.returncode}: {(done.stderr.splitlines() or [''])[-1]}"}
    return dict(json.loads(done.stdout))


def measure(source: Path, network: str, suffix: str, by: str, words: argparse.Namespace) -> str:
    """Return a row of the table."""
    given = {each: getattr(words, each) for each in ("scale", "pretrained", "tile", "strips", "computed")}
    found = told(source, suffix, given | {"network": network, "by": by})
    named = " and ".join(Path(each).stem for each in network.split("+"))
    title = f"| {named} | {source.name} | {suffix} | {by} |"
    if "failed" in found:
        return f"{title} {found['failed']} | | |"
    rise = {
        each: peak - found["before"] for each, peak in found["peaks"].items() if each in ("1", "2", "4", "8", "whole")
    }
    seconds = f"{found['seconds']:.2f}" if words.computed == 0 else "not all computed"
    return f"{title} {found['before']:.0f} | {', '.join(f'{n}: {m:,.0f}' for n, m in rise.items())} | {seconds} |"


def main() -> None:
    """Read the words and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", help="names, or files of weights, a+b for a mean; else all that ship")
    parser.add_argument("--megapixels", default="12", help="of the photographs, for example 1,12,50,100")
    parser.add_argument("--strips", type=int, default=4, help="end after so many strips; 0 enlarges the whole")
    parser.add_argument("--computed", type=int, default=2, help="tiles of a strip that the network computes; 0: all")
    parser.add_argument("--scale", type=int, default=4, help="of a network that is called by its name")
    parser.add_argument("--pretrained", default="", help="its weights, as srkit.models.create takes them")
    parser.add_argument("--by", default="torch", help="what computes, of torch, auto (srkit's engines), ncnn alone")
    parser.add_argument("--tile", type=int, default=0, help="LR pixels; 0 takes what fits")
    parser.add_argument("--sources", default=".jpg", help="what is read: .jpg, .png of 16 bits")
    parser.add_argument("--suffixes", default=".png", help="formats of the results")
    words = parser.parse_args()
    shipped = [str(path) for path in sorted((_home.shipped() / "weights").glob("*.safetensors"))]
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for size, kind in itertools.product(words.megapixels.split(","), words.sources.split(",")):
            source = photograph(Path(folder), float(size), kind)
            for each in itertools.product(words.networks or shipped, words.suffixes.split(","), words.by.split(",")):
                print(measure(source, *each, words), flush=True)
            source.unlink()


if __name__ == "__main__":
    main()
