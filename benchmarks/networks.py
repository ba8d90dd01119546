"""EDSR, RCAN and SwinIR against the authors' code: the same weights, one paired run, outputs compared before timing.

Usage: python -m benchmarks.networks --peers DIR    (DIR holds clones of EDSR-PyTorch and SwinIR under these names)

Inference is one forward pass of a small image; a training step is forward, L1, backward and one step of Adam on a batch
of patches. The table gives CPU milliseconds, the median of their ratio to ours, taken in turns, and the peak of what
lives at once (feature maps; in a training step also gradients), in MiB. The networks read the authors' weights from a
file that their code wrote.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

import srkit
from benchmarks._peers import Missing, load, race, table
from srkit.models.count import living_at_once

Job = Callable[[], Any]


@dataclass(frozen=True)
class Peer:
    """The authors' network: who, how it is built for a scale, and the value of white in it."""

    who: str
    build: Callable[[Path | None, int], nn.Module]
    white: float


def _edsr_pytorch(family: str, **sizes: Any) -> Peer:
    def build(peers: Path | None, scale: int) -> nn.Module:
        common = load(peers, "EDSR-PyTorch/src/model/common.py")
        module = load(peers, f"EDSR-PyTorch/src/model/{family}.py", pretend={"model": {"common": common}})
        net: nn.Module = module.make_model(SimpleNamespace(scale=[scale], rgb_range=255, n_colors=3, **sizes))
        return net

    return Peer("EDSR-PyTorch", build, 255.0)


def _swinir_light(peers: Path | None, scale: int) -> nn.Module:
    layers = {
        "DropPath": lambda rate: nn.Identity(),
        "to_2tuple": lambda side: (side, side) if isinstance(side, int) else side,
        "trunc_normal_": nn.init.trunc_normal_,
    }
    timm: Mapping[str, Mapping[str, Any]] = {"timm": {}, "timm.models": {}, "timm.models.layers": layers}
    module = load(peers, "SwinIR/models/network_swinir.py", pretend=timm)
    four = {"depths": [6] * 4, "embed_dim": 60, "num_heads": [6] * 4}
    net: nn.Module = module.SwinIR(
        upscale=scale, img_size=64, window_size=8, mlp_ratio=2, upsampler="pixelshuffledirect", **four
    )
    return net


NETWORKS = {
    "EDSR baseline": _edsr_pytorch("edsr", n_resblocks=16, n_feats=64, res_scale=1),
    "RCAN, 2 groups of 4 blocks": _edsr_pytorch(
        "rcan", n_resgroups=2, n_resblocks=4, n_feats=64, reduction=16, res_scale=1
    ),
    "SwinIR light": Peer("SwinIR", _swinir_light, 1.0),
}


def main() -> None:
    """Race and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for title, peer in NETWORKS.items():
        try:
            theirs = peer.build(given.peers, given.scale)
            ours = _with_the_same_weights(theirs, peer, given.scale)
        except Missing as missing:
            print(f"{title} is left out: {missing}")
            continue
        contenders = {"srkit": (ours, 1.0), peer.who: (theirs, peer.white)}
        for what, job in (("inference, 48x48", _inference), ("training step, 4 patches of 24x24", _training_step)):
            jobs = {who: job(net, white, given.scale) for who, (net, white) in contenders.items()}
            results = race(jobs, rounds=given.rounds)
            memory = {who: living_at_once(job) / 2**20 for who, job in jobs.items()}
            notes = {who: f"ratio {ratio:.3f}, peak {memory[who]:.1f} MiB" for who, (_, ratio) in results.items()}
            print(table(f"{title} x{given.scale}, {what}, 1 thread", results, notes))


def _with_the_same_weights(theirs: nn.Module, peer: Peer, scale: int) -> nn.Module:
    """Return our network with the weights of theirs, after checking that it computes the same image."""
    with tempfile.TemporaryDirectory() as folder:
        torch.save(theirs.state_dict(), f"{folder}/weights.pt")
        ours = srkit.models.load(f"{folder}/weights.pt", scale=scale)
    theirs.eval()
    with torch.no_grad():
        lr = torch.rand(1, 3, 24, 25)
        gap = float((ours(lr) - theirs(lr * peer.white) / peer.white).abs().max())
    print(f"{ours.name}: largest difference of the outputs {gap:.1e}")
    if gap > 1e-5:
        raise Missing(f"its output differs by {gap:.1e}, so the times would not be comparable")
    return ours


def _inference(net: nn.Module, white: float, scale: int) -> Job:
    lr = torch.rand(1, 3, 48, 48) * white

    def job() -> torch.Tensor:
        with torch.no_grad():
            sr: torch.Tensor = net(lr)
        return sr

    return job


def _training_step(net: nn.Module, white: float, scale: int) -> Job:
    lr, hr = torch.rand(4, 3, 24, 24) * white, torch.rand(4, 3, 24 * scale, 24 * scale) * white
    optimiser = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), lr=1e-4)

    def job() -> None:
        optimiser.zero_grad()
        F.l1_loss(net(lr), hr).backward()
        optimiser.step()

    return job


if __name__ == "__main__":
    main()
