"""Record what the public code of networks that enlarge in various places computes, to be compared with ours.

Usage, from the root of the project, with a clone of the repository named below::

    python -m tests.models.make_golden_upsampling fsrcnn_scale3 PATH/TO/FSRCNN-pytorch

It runs the network, small where its code allows, with weights and an image from ``tests/models/_formula.py``, and
writes ``tests/models/golden/<name>.json``: names and shapes of the state dict, and some pixels of each output,
computed in double precision so that the depth of a network does not blur them.
"""

from __future__ import annotations

import argparse
import ast
import collections
import collections.abc
import importlib
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from tests.models._formula import image, weights
from tests.models.make_golden_luma import GOLDEN, commit_of


@dataclass(frozen=True)
class Reference:
    """Where a network's public code is, and how it is called."""

    repository: str
    module: str
    build: Callable[[Any], nn.Module]
    folder: str = "."
    size: tuple[int, int] = (9, 11)
    channels: int = 1
    white: float = 1.0
    scale: int = 2
    bare: tuple[str, ...] = ()  # packages whose own __init__ needs what is not here


def _dbpn(scale: int) -> Reference:
    sizes = {"num_channels": 3, "base_filter": 8, "feat": 16, "num_stages": 7, "scale_factor": scale}
    return Reference("alterzero/DBPN-Pytorch", "dbpn", lambda m: m.Net(**sizes), channels=3, scale=scale)


def _srfbn(scale: int) -> Reference:
    sizes = {"in_channels": 3, "out_channels": 3, "num_features": 8, "num_steps": 4, "num_groups": 3}

    def build(module: Any) -> nn.Module:
        Tensor.cuda = lambda self: self  # type: ignore[assignment]  # the reference calls it, whatever there is
        net: nn.Module = module.SRFBN(**sizes, upscale_factor=scale)
        return net

    return Reference("Paper99/SRFBN_CVPR19", "networks.srfbn_arch", build, channels=3, white=255.0, scale=scale)


def _prosr(*, residual: bool) -> Reference:
    shape: dict[str, Any] = {
        "num_init_features": 8,
        "growth_rate": 4,
        "bn_size": 2,
        "max_num_feature": 20,
        "max_scale": 4,
    }
    shape |= {"residual_denseblock": residual, "ps_woReLU": False, "res_factor": 0.2, "block_compression": 0.4}
    shape |= {"level_config": [[3, 3], [3]], "level_compression": -1 if residual else 0.5}

    def build(module: Any) -> nn.Module:
        net: nn.Module = module.ProSR(**shape)
        plain = net.forward
        net.forward = lambda x: [plain(x, 2), plain(x, 4), plain(x, 4, 0.3)]  # type: ignore[method-assign]
        return net

    collections.Iterable = collections.abc.Iterable  # type: ignore[attr-defined]  # gone since Python 3.10
    return Reference(
        "fperazzi/proSR",
        "prosr.models.generators",
        build,
        folder="lib",
        channels=3,
        scale=4,
        bare=("prosr", "prosr.models"),
    )


def _metasr(clone: Path) -> Reference:
    sizes = SimpleNamespace(scale=[2], G0=8, RDNkSize=3, RDNconfig="A", rgb_range=255, n_colors=3)
    trainer = ast.parse((clone / "trainer.py").read_text("utf-8"))
    method = next(n for n in ast.walk(trainer) if isinstance(n, ast.FunctionDef) and n.name == "input_matrix_wpn")
    names: dict[str, Any] = {"torch": torch, "math": math}
    exec(
        compile(ast.Module([method], []), "trainer.py", "exec"), names
    )  # their table of positions, without their trainer

    def build(module: Any) -> nn.Module:
        net: Any = module.MetaRDN(sizes)
        plain = net.forward

        def at(lr: Tensor, scale: float) -> Tensor:
            h, w = lr.shape[-2:]
            positions, mask = names["input_matrix_wpn"](None, h, w, scale)
            net.scale = scale
            slots = plain(lr, positions.to(lr.dtype))
            return slots[:, :, mask].view(1, 3, int(scale * h), int(scale * w))

        net.forward = lambda lr: [at(lr, 2), at(lr, 3), at(lr, 1.5), at(lr, 2.7)]
        return net  # type: ignore[no-any-return]

    return Reference("XuecaiHu/Meta-SR-Pytorch", "model.metardn", build, channels=3, white=255.0, bare=("model",))


def _fsrcnn(scale: int) -> Reference:
    return Reference("yjn870/FSRCNN-pytorch", "models", lambda m: m.FSRCNN(scale), scale=scale)


REFERENCES = {
    "fsrcnn_scale2": _fsrcnn(2),
    "fsrcnn_scale3": _fsrcnn(3),
    "fsrcnn_scale4": _fsrcnn(4),
    "dbpn_scale2": _dbpn(2),
    "dbpn_scale4": _dbpn(4),
    "srfbn_scale2": _srfbn(2),
    "srfbn_scale3": _srfbn(3),
    "drrn": Reference("jt827859032/DRRN-pytorch", "drrn", lambda m: m.DRRN()),
    "srdensenet": Reference(
        "yjn870/SRDenseNet-pytorch",
        "models",
        lambda m: m.SRDenseNet(growth_rate=4, num_blocks=3, num_layers=2),
        scale=4,
    ),
    "prosr": _prosr(residual=True),
    "prosr_s": _prosr(residual=False),
    "lapsrn_port": Reference("twtygqyy/pytorch-LapSRN", "lapsrn", lambda m: m.Net(), scale=4),
}


def _liif(_clone: Path) -> Reference:
    sys.modules["tensorboardX"] = ModuleType("tensorboardX")  # which only their training writes to
    vars(sys.modules["tensorboardX"])["SummaryWriter"] = None

    def build(models: Any) -> nn.Module:
        Tensor.cuda = lambda self: self  # type: ignore[assignment]  # the reference calls both, whatever there is
        Tensor.float = Tensor.double  # type: ignore[method-assign]
        encoder = {"name": "edsr-baseline", "args": {"no_upsampling": True, "n_feats": 8, "n_resblocks": 2}}
        perceptron = {"name": "mlp", "args": {"out_dim": 3, "hidden_list": [16, 16]}}
        net: Any = models.make({"name": "liif", "args": {"encoder_spec": encoder, "imnet_spec": perceptron}})
        plain = net.forward

        def at(lr: Tensor, scale: float) -> Tensor:
            height, width = (int(scale * side) for side in lr.shape[-2:])
            places = [-1 + (2 * torch.arange(side).to(lr) + 1) / side for side in (height, width)]
            places = torch.cartesian_prod(*places)[None]  # (1, height*width, 2)
            cell = places.new_tensor([2 / height, 2 / width]).expand_as(places)
            answer = plain((lr - 0.5) / 0.5, places, cell)  # (1, height*width, 3)
            return answer.mT.unflatten(-1, (height, width)) * 0.5 + 0.5

        net.forward = lambda lr: [at(lr, scale) for scale in (2, 1.5, 2.7, 4)]
        return net

    return Reference("yinboc/liif", "models", build, channels=3)


BUILT = {"metasr": _metasr, "liif": _liif}
"""References whose clone is changed a little before its code is imported."""


def main() -> None:
    """Write one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[*REFERENCES, *BUILT])
    parser.add_argument("clone", type=Path)
    parser.add_argument("--commit", help="of what lies there, where it is not a clone but a download")
    given = parser.parse_args()
    reference = REFERENCES.get(given.name) or BUILT[given.name](given.clone)
    sys.path.insert(0, str(given.clone / reference.folder))
    for name in reference.bare:
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__path__ = [str(given.clone / reference.folder / name.replace(".", "/"))]
    with torch.random.fork_rng():
        net = reference.build(importlib.import_module(reference.module)).eval()
    commit = given.commit or commit_of(given.clone)
    record = {"reference": f"{reference.repository}@{commit}", **_run(net, reference)}
    (GOLDEN / f"{given.name}.json").write_text(json.dumps(record) + "\n", "utf-8")


def _run(net: nn.Module, reference: Reference) -> dict[str, Any]:
    shapes = {key: list(value.shape) for key, value in net.state_dict().items()}
    net.load_state_dict(weights(shapes))
    net.double()
    with torch.no_grad():
        out = net(image(*reference.size)[:, : reference.channels].double() * reference.white)
    images = [each / reference.white for each in (out if isinstance(out, tuple | list) else [out])]
    return {
        "size": reference.size,
        "channels": reference.channels,
        "white": reference.white,
        "scale": reference.scale,
        "shapes": shapes,
        "outputs": [_pixels(each[0]) for each in images],
    }


def _pixels(sr: Tensor) -> dict[str, Any]:
    channels, h, w = sr.shape
    places = [(n % channels, (7 * n) % h, (5 * n + 3) % w) for n in range(16)]
    return {"mean": float(sr.mean()), "pixels": [[c, y, x, float(f"{float(sr[c, y, x]):.9g}")] for c, y, x in places]}


if __name__ == "__main__":
    main()
