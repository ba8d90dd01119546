"""Record what public PyTorch code of networks with wavelets, codes or another task computes, to be compared with ours.

Usage, from the root of the project, with a clone of the repository named below::

    python -m tests.models.make_golden_restoration srmd PATH/TO/KAIR

It runs the network, small where its code allows, with weights and planes from ``tests/models/_formula.py``, and writes
``tests/models/golden/<name>.json``: names and shapes of the state dict, and some pixels of the output.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.models._formula import planes, scattered, weights

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Reference:
    """Where a network's public code is, and how it is called."""

    repository: str
    module: str
    build: Callable[[ModuleType], nn.Module]
    folder: str = "."
    size: tuple[int, int] = (9, 11)
    channels: int = 3
    spread: float | None = None
    gain: float = 1.0
    scattered: bool = False


def _mwcnn(module: ModuleType) -> nn.Module:
    torch.Tensor.cuda = lambda self: self  # type: ignore[assignment,method-assign]  # their inverse transform asks for a GPU
    net: nn.Module = module.make_model(SimpleNamespace(n_resblocks=20, n_feats=2))
    return net


def _dwsr(module: ModuleType) -> nn.Module:
    net: nn.Module = module.DWSR(n_conv=10, residue_weight=1)
    net.upsample = nn.Identity()
    net.mid_layers[-1].body[1] = nn.Identity()  # type: ignore[index,union-attr]  # their ReLU there is not the paper's
    return net


def _wavelet_srnet(module: ModuleType) -> nn.Module:
    def narrow(layer: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
        """Make layers a sixteenth as wide; their code fixes 64 to 1024 channels."""

        def made(*widths: int, **options: Any) -> nn.Module:
            options = {key: _sixteenth(key, value) for key, value in options.items()}
            return layer(*(_sixteenth("channels", n) for n in widths), **options)

        return made

    shim = SimpleNamespace(**{name: getattr(nn, name) for name in ("Module", "ReLU", "Sequential")})
    shim.Conv2d, shim.BatchNorm2d = narrow(nn.Conv2d), narrow(nn.BatchNorm2d)
    module.nn, kept = shim, module.nn
    module._Residual_Block.__init__.__globals__["isinstance"] = lambda *_: False  # leave their initialisation out
    net: nn.Module = module.NetSR(scale=2)
    module.nn = kept
    return net


def _fcanet(module: ModuleType) -> nn.Module:
    net: nn.Module = module.MultiSpectralAttentionLayer(16, 7, 7, reduction=4, freq_sel_method="low8")
    return net


def _fdan(module: ModuleType) -> nn.Module:
    sizes = SimpleNamespace(SCALE=2, CHANNEL=16, PLUS=False, ACTIVATION="relu")
    net: nn.Module = module.Net(SimpleNamespace(MODEL=sizes))
    return net


def _kxnet(module: ModuleType) -> nn.Module:
    torch.Tensor.cuda = lambda self: self  # type: ignore[assignment,method-assign]  # their forward asks for a GPU
    with tempfile.TemporaryDirectory() as folder:
        torch.save(torch.rand(24, 27, 27), Path(folder) / "maps.pth")
        net: Any = module.KXNet(upscale=3, s_iter=2, kernel_size=27, ker_auxi_path=Path(folder) / "maps.pth")
    for weight in net.parameters():
        weight.data = weight.data.clone()  # some are views in which many weights are one
    theirs = net.forward

    def both(lr: Tensor) -> Tensor:
        images, kernels = theirs(lr)
        return torch.cat([images[-1], 27 * 27 * kernels[-1][:, None]], dim=1)  # (1, 4, 27, 27)

    net.forward = both
    made: nn.Module = net
    return made


def _ikc(module: ModuleType) -> nn.Module:
    net: Any = nn.ModuleDict(
        {
            "sftmd": module.SFTMD(nb=2, scale=2, min=-1e9, max=1e9),
            "predictor": module.Predictor(),
            "corrector": module.Corrector(),
        }
    )

    def turns(lr: Tensor) -> Tensor:
        codes = net["predictor"](lr)
        for _ in range(2):
            codes = net["corrector"](net["sftmd"](lr, codes), codes)
        sr: Tensor = net["sftmd"](lr, codes)
        return sr

    net.forward = turns
    made: nn.Module = net
    return made


def _low_to_high(module: ModuleType) -> nn.Module:
    net: Any = module.GEN_DEEP()
    theirs = net.forward
    net.forward = lambda lr: (theirs(2 * lr - 1) + 1) / 2  # their images are in [-1, 1]
    made: nn.Module = net
    return made


def _gaussian_of_opencv(size: int, sigma: float) -> Any:
    taps = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return (taps / taps.sum())[:, None]


def _sixteenth(key: str, value: Any) -> Any:
    return value // 16 if "channels" in key and value % 32 == 0 else value


REFERENCES = {
    "kmsr": Reference(
        "IVRL/Kernel-Modeling-Super-Resolution",
        "model",
        lambda m: m.ResBlockNet(),
        folder="training_code/super-resolution",
        gain=0.5,
    ),
    "ikc": Reference("yuanjunchai/IKC", "sftmd_arch", _ikc, folder="codes/models/modules", gain=0.7, scattered=True),
    "low_to_high": Reference(
        "jingyang2017/Face-and-Image-super-resolution", "model", _low_to_high, gain=0.6, scattered=True
    ),
    "kxnet": Reference(
        "jiahong-fu/KXNet", "BKXNet", _kxnet, folder="codes/config/KXNet/models/modules", size=(9, 9), gain=0.3
    ),
    "srmd": Reference(
        "cszn/KAIR", "models.network_srmd", lambda m: m.SRMD(in_nc=18, nc=16, nb=12, upscale=2), channels=18
    ),
    "ircnn": Reference("cszn/KAIR", "models.network_dncnn", lambda m: m.IRCNN(in_nc=3, out_nc=3)),
    "fcanet": Reference("cfzd/FcaNet", "layer", _fcanet, folder="model", size=(14, 21), channels=16, spread=4.0),
    "mwcnn": Reference("lpj0/MWCNN_PyTorch", "model.mw", _mwcnn, size=(16, 24), channels=1),
    "dwsr": Reference("z0gSh1u/dwsr-pytorch", "model", _dwsr, size=(10, 14), channels=1),
    "fdan": Reference("CS-GangXu/FDAN", "fdan", _fdan, size=(20, 24)),
    "wavelet_srnet": Reference("hhb072/WaveletSRNet", "networks", _wavelet_srnet),
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
    for absent in ("cv2", "utils", "matplotlib", "matplotlib.pyplot"):  # KXNet's file imports them
        sys.modules.setdefault(absent, ModuleType(absent))
    sys.modules["cv2"].getGaussianKernel = _gaussian_of_opencv  # type: ignore[attr-defined]
    commit = given.commit or _commit(given.clone)
    with torch.random.fork_rng():
        net = reference.build(importlib.import_module(reference.module)).eval()
    record = {"reference": f"{reference.repository}@{commit}", **_run(net, reference)}
    (GOLDEN / f"{given.name}.json").write_text(json.dumps(record) + "\n", "utf-8")


def _commit(clone: Path) -> str:
    command = ["git", "-C", str(clone), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _run(net: nn.Module, reference: Reference) -> dict[str, Any]:
    shapes = {key: list(value.shape) for key, value in net.state_dict().items()}
    learned = {key: shape for key, shape in shapes.items() if key != "dct_layer.weight"}  # FcaNet's fixed cosines
    make = scattered if reference.scattered else weights
    made = make(learned, gain=reference.gain)
    net.load_state_dict(made, strict=len(learned) == len(shapes))
    shown = planes(reference.channels, *reference.size)
    if reference.spread:  # from -spread to spread
        shown = (2 * shown - 1) * reference.spread
    with torch.no_grad():
        sr: Tensor = net(shown)[0]
    channels, h, w = sr.shape
    places = [(n % channels, (7 * n) % h, (5 * n + 3) % w) for n in range(16)]
    pixels = [[c, y, x, round(float(sr[c, y, x]), 7)] for c, y, x in places]
    return {
        "size": reference.size,
        "channels": reference.channels,
        "shapes": learned,
        "gain": reference.gain,
        "scattered": reference.scattered,
        "mean": float(sr.mean()),
        "pixels": pixels,
    }


if __name__ == "__main__":
    main()
