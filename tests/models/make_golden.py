"""Record what the authors' code computes, to be compared with ours where their code is not at hand.

Usage, from the root of the project, with a clone of https://github.com/thstkdgus35/EDSR-PyTorch::

    python -m tests.models.make_golden PATH/TO/EDSR-PyTorch

It runs their EDSR and RCAN, small, with weights and an image from ``tests/models/_formula.py``, and writes
``tests/models/golden/<network>_x<scale>.json``: names and shapes of their state dict, and some pixels of the output.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from tests.models._formula import image, weights

GOLDEN = Path(__file__).parent / "golden"
SIZE = (9, 11)
SMALL = {
    "edsr": {"n_resblocks": 2, "n_feats": 8, "res_scale": 0.1},
    "rcan": {"n_resgroups": 2, "n_resblocks": 2, "n_feats": 16, "reduction": 4, "res_scale": 1},
}


def main() -> None:
    """Write one file per network and scale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    repository = parser.parse_args().repository
    sys.path.insert(0, str(repository / "src"))
    command = ["git", "-C", str(repository), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    for name, sizes in SMALL.items():
        for scale in (2, 3, 4):
            record = {"reference": f"thstkdgus35/EDSR-PyTorch@{commit}", "size": SIZE, **_run(name, scale, sizes)}
            (GOLDEN / f"{name}_x{scale}.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def _run(name: str, scale: int, sizes: dict[str, Any]) -> dict[str, Any]:
    arguments = SimpleNamespace(scale=[scale], rgb_range=255, n_colors=3, **sizes)
    net = importlib.import_module(f"model.{name}").make_model(arguments)
    shapes = {key: list(value.shape) for key, value in net.state_dict().items()}
    net.load_state_dict(weights(shapes))
    with torch.no_grad():
        sr = net(image(*SIZE) * 255)[0] / 255
    places = [(c, (7 * n) % sr.shape[1], (5 * n + 3) % sr.shape[2]) for n in range(8) for c in range(3)]
    pixels = [[c, y, x, round(float(sr[c, y, x]), 7)] for c, y, x in places]
    return {"scale": scale, "arguments": sizes, "shapes": shapes, "mean": float(sr.mean()), "pixels": pixels}


if __name__ == "__main__":
    main()
