"""EDSR and RCAN against the authors' code: the same weights, one paired run, outputs compared before anything is timed.

Usage: python -m benchmarks.networks --peers DIR    (DIR holds a clone of EDSR-PyTorch under that name)

Inference is one forward pass of a small image; a training step is forward, L1, backward and one step of Adam on a batch
of patches. The table gives CPU milliseconds and the median of their ratio to ours, taken in turns.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

import srkit
from benchmarks._peers import Missing, load, race, table

NETWORKS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "EDSR baseline": ("edsr_baseline", {}, {"n_resblocks": 16, "n_feats": 64, "res_scale": 1}),
    "RCAN, 2 groups of 4 blocks": (
        "rcan",
        {"n_groups": 2, "n_blocks": 4},
        {"n_resgroups": 2, "n_resblocks": 4, "n_feats": 64, "reduction": 16, "res_scale": 1},
    ),
}


def main() -> None:
    """Race and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for title, (name, ours_has, theirs_has) in NETWORKS.items():
        ours = srkit.models.create(name, scale=given.scale, **ours_has)
        contenders = {"srkit": (ours, 1.0)}
        try:
            contenders["EDSR-PyTorch"] = (_theirs(given.peers, ours, name, given.scale, theirs_has), 255.0)
        except Missing as missing:
            print(f"EDSR-PyTorch is left out: {missing}")
        for what, job in (("inference, 48x48", _inference), ("training step, 4 patches of 24x24", _training_step)):
            jobs = {who: job(net, white, given.scale) for who, (net, white) in contenders.items()}
            results = race(jobs, rounds=given.rounds)
            notes = {who: f"ratio {ratio:.3f}" for who, (_, ratio) in results.items()}
            print(table(f"{title} x{given.scale}, {what}, 1 thread", results, notes))


def _theirs(peers: Path | None, ours: nn.Module, name: str, scale: int, sizes: dict[str, Any]) -> nn.Module:
    """Return the authors' network with our weights, after checking that it computes the same image."""
    common = load(peers, "EDSR-PyTorch/src/model/common.py")
    family = name.split("_")[0]
    module = load(peers, f"EDSR-PyTorch/src/model/{family}.py", pretend={"model": {"common": common}})
    net: nn.Module = module.make_model(SimpleNamespace(scale=[scale], rgb_range=255, n_colors=3, **sizes))
    own = iter(ours.state_dict().values())
    with torch.no_grad():
        for key, value in net.state_dict().items():
            if "_mean" not in key:
                value.copy_(next(own))
        lr = torch.rand(1, 3, 24, 25)
        gap = float((ours(lr) - net(lr * 255) / 255).abs().max())
    print(f"{name}: largest difference of the outputs {gap:.1e}")
    if gap > 1e-5:
        raise Missing(f"its output differs by {gap:.1e}, so the times would not be comparable")
    return net


def _inference(net: nn.Module, white: float, scale: int) -> Callable[[], Any]:
    lr = torch.rand(1, 3, 48, 48) * white

    def job() -> torch.Tensor:
        with torch.no_grad():
            sr: torch.Tensor = net(lr)
        return sr

    return job


def _training_step(net: nn.Module, white: float, scale: int) -> Callable[[], Any]:
    lr, hr = torch.rand(4, 3, 24, 24) * white, torch.rand(4, 3, 24 * scale, 24 * scale) * white
    optimiser = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), lr=1e-4)

    def job() -> None:
        optimiser.zero_grad()
        F.l1_loss(net(lr), hr).backward()
        optimiser.step()

    return job


if __name__ == "__main__":
    main()
