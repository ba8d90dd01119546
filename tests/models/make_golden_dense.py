"""Record what public code of cascading, dense and multi-path networks computes, to be compared with ours.

Usage, from the root of the project, with a clone of the repository named below::

    python -m tests.models.make_golden_dense carn PATH/TO/CARN-pytorch

It runs the network, small where its code allows, with weights and an image from ``tests/models/_formula.py``, and
writes ``tests/models/golden/<name>.json``: names and shapes of the state dict, and some pixels of the output.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from tests.models._formula import image, weights
from tests.models.make_golden_luma import GOLDEN, commit_of


@dataclass(frozen=True)
class Reference:
    """Where a network's public code is, how it is built, and how it is called."""

    repository: str
    module: str
    build: Callable[[ModuleType], nn.Module]
    call: Callable[[nn.Module, Tensor], Tensor] = lambda net, lr: net(lr)
    folder: str = "."
    size: tuple[int, int] = (9, 11)
    white: float = 1.0


REFERENCES = {
    "carn": Reference(
        "nmhkahn/CARN-pytorch",
        "model.carn",
        lambda m: m.Net(scale=4, multi_scale=False),
        call=lambda net, lr: net(lr, 4),
        folder="carn",
    ),
    "carn_m": Reference(
        "nmhkahn/CARN-pytorch",
        "model.carn_m",
        lambda m: m.Net(scale=0, multi_scale=True, group=4),
        call=lambda net, lr: net(lr, 3),
        folder="carn",
    ),
    "pcarn": Reference(
        "nmhkahn/PCARN-pytorch",
        "model.pcarn",
        lambda m: m.Net(num_channels=16),
        call=lambda net, lr: net(lr, 4),
        folder="pcarn",
    ),
    "pcarn_m": Reference(
        "nmhkahn/PCARN-pytorch",
        "model.pcarn",
        lambda m: m.Net(num_channels=16, mobile=True, groups=4),
        call=lambda net, lr: net(lr, 3),
        folder="pcarn",
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
    with torch.random.fork_rng():
        net = reference.build(importlib.import_module(reference.module)).eval()
    source = f"{reference.repository}@{given.commit or commit_of(given.clone)}"
    record = {"reference": source, **_run(net, reference)}
    (GOLDEN / f"{given.name}.json").write_text(json.dumps(record) + "\n", "utf-8")


def _run(net: nn.Module, reference: Reference) -> dict[str, Any]:
    shapes = {key: list(value.shape) for key, value in net.state_dict().items()}
    net.load_state_dict(weights(shapes, white=reference.white))
    with torch.no_grad():
        sr = reference.call(net, image(*reference.size) * reference.white)[0] / reference.white
    channels, h, w = sr.shape
    places = [(n % channels, (7 * n) % h, (5 * n + 3) % w) for n in range(16)]
    return {
        "size": reference.size,
        "channels": 3,
        "white": reference.white,
        "shapes": shapes,
        "mean": float(sr.mean()),
        "pixels": [[c, y, x, round(float(sr[c, y, x]), 7)] for c, y, x in places],
    }


if __name__ == "__main__":
    main()
