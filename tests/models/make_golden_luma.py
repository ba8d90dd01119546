"""Record what public PyTorch code of one-channel networks computes, to be compared with ours.

Usage, from the root of the project, with a clone of the repository named below::

    python -m tests.models.make_golden_luma vdsr PATH/TO/pytorch-vdsr

It runs the network, small where its code allows, with weights and an image from ``tests/models/_formula.py``, and
writes ``tests/models/golden/<name>.json``: names and shapes of the state dict, and some pixels of the output.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from tests.models._formula import image, weights

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Reference:
    """Where a network's public code is, and how it is called."""

    repository: str
    module: str
    build: Callable[[ModuleType], nn.Module]
    folder: str = "."
    size: tuple[int, int] = (9, 11)
    channels: int = 1
    white: float = 1.0


def _vdsr_of_edsr(module: ModuleType) -> nn.Module:
    sizes = SimpleNamespace(n_resblocks=20, n_feats=64, rgb_range=255, n_colors=3, scale=[2])
    net: nn.Module = module.make_model(sizes)
    return net


REFERENCES = {
    "vdsr": Reference("twtygqyy/pytorch-vdsr", "vdsr", lambda m: m.Net()),
    "vdsr_rgb": Reference(
        "thstkdgus35/EDSR-PyTorch", "model.vdsr", _vdsr_of_edsr, folder="src", channels=3, white=255.0
    ),
}


def main() -> None:
    """Write one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=REFERENCES)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--commit", help="of what lies there, where it is not a clone but a download")
    given = parser.parse_args()
    reference = REFERENCES[given.name]
    sys.path.insert(0, str(given.clone / reference.folder))
    commit = given.commit or commit_of(given.clone)
    with torch.random.fork_rng():
        net = reference.build(importlib.import_module(reference.module)).eval()
    record = {"reference": f"{reference.repository}@{commit}", **_run(net, reference)}
    (GOLDEN / f"{given.name}.json").write_text(json.dumps(record) + "\n", "utf-8")


def commit_of(clone: Path) -> str:
    """Return which commit is checked out there."""
    command = ["git", "-C", str(clone), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _run(net: nn.Module, reference: Reference) -> dict[str, Any]:
    shapes = {key: list(value.shape) for key, value in net.state_dict().items()}
    net.load_state_dict(weights(shapes))
    with torch.no_grad():
        out = net(image(*reference.size)[:, : reference.channels] * reference.white)
    sr: Tensor = (out[-1] if isinstance(out, tuple) else out)[0] / reference.white
    channels, h, w = sr.shape
    places = [(n % channels, (7 * n) % h, (5 * n + 3) % w) for n in range(16)]
    pixels = [[c, y, x, round(float(sr[c, y, x]), 7)] for c, y, x in places]
    return {
        "size": reference.size,
        "channels": reference.channels,
        "shapes": shapes,
        "mean": float(sr.mean()),
        "pixels": pixels,
    }


if __name__ == "__main__":
    main()
