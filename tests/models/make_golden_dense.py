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
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from tests.models._formula import image, kernel, weights
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
    channels: int = 3
    gain: float = 1.0


_EDSR = SimpleNamespace(
    n_resblocks=16,
    n_feats=64,
    scale=[2, 3, 4],
    rgb_range=255,
    n_colors=3,
    RDNconfig="A",
    G0=16,
    RDNkSize=3,
)


def _at(net: nn.Module, index: int) -> nn.Module:
    """Set the network of several scales to the scale with this number."""
    net.set_scale(index)  # type: ignore[operator]
    return net


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
    "mdsr": Reference(
        "thstkdgus35/EDSR-PyTorch",
        "model.mdsr",
        lambda m: _at(m.make_model(_EDSR), 1),
        folder="src",
        white=255.0,
        gain=0.5,
    ),
    "rdn": Reference("thstkdgus35/EDSR-PyTorch", "model.rdn", lambda m: m.make_model(_EDSR), folder="src", white=255.0),
    "esrgan": Reference("xinntao/ESRGAN", "RRDBNet_arch", lambda m: m.RRDBNet(3, 3, 16, 2, gc=8)),
    "bsrgan": Reference("cszn/KAIR", "models.network_rrdbnet", lambda m: m.RRDBNet(nf=16, nb=2, gc=8, sf=2)),
    "real_esrgan": Reference(
        "XPixelGroup/BasicSR",
        "basicsr.archs.rrdbnet_arch",
        lambda m: m.RRDBNet(3, 3, scale=2, num_feat=16, num_block=2, num_grow_ch=8),
        size=(10, 12),
    ),
    "msrn": Reference(
        "MIVRC/MSRN-PyTorch", "model.msrn", lambda m: m.make_model(_EDSR), folder="MSRN/Train", white=255.0
    ),
    "usrnet": Reference(
        "cszn/KAIR",
        "models.network_usrnet_v1",
        lambda m: m.USRNet(n_iter=3, h_nc=8, nc=[8, 12, 16, 20]),
        call=lambda net, lr: net(lr, kernel(5)[None, None], 3, torch.full((1, 1, 1, 1), 0.02)),
        gain=0.6,
    ),
    "msrn_luma": Reference("MIVRC/MSRN-PyTorch", "model", lambda m: m.MSRN(), folder="OLD", channels=1),
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
    net.load_state_dict(weights(shapes, white=reference.white, gain=reference.gain))
    with torch.no_grad():
        sr = reference.call(net, image(*reference.size)[:, : reference.channels] * reference.white)[0] / reference.white
    channels, h, w = sr.shape
    places = [(n % channels, (7 * n) % h, (5 * n + 3) % w) for n in range(16)]
    return {
        "size": reference.size,
        "channels": reference.channels,
        "white": reference.white,
        "gain": reference.gain,
        "shapes": shapes,
        "mean": float(sr.mean()),
        "pixels": [[c, y, x, round(float(sr[c, y, x]), 7)] for c, y, x in places],
    }


if __name__ == "__main__":
    main()
