"""Record what the authors' code of the attention networks computes, to be compared with ours.

Usage, from the root of the project, with a clone of the repository named below::

    python -m tests.models.make_golden_attention swinir PATH/TO/SwinIR

It runs the network, small, with weights and an image from ``tests/models/_formula.py``, and writes one file
``tests/models/golden/<name>-x<scale>.json`` for each scale: names and shapes of the learned entries of the state dict
and of its other entries, and some pixels of the output.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.models._formula import image, weights

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Reference:
    """Where a network's public code is, and how it is built small."""

    repository: str
    folder: str
    module: str
    build: Callable[[ModuleType, int], nn.Module]
    scales: tuple[int, ...]
    size: tuple[int, int] = (9, 11)
    white: float = 1.0
    gain: float = 1.0


def _swinir(upsampler: str, **more: Any) -> Callable[[ModuleType, int], nn.Module]:
    small = {"img_size": 8, "embed_dim": 12, "depths": [2, 2], "num_heads": [2, 2], "window_size": 4, "mlp_ratio": 2}

    def build(module: ModuleType, scale: int) -> nn.Module:
        net: nn.Module = module.SwinIR(upscale=scale, img_range=1.0, upsampler=upsampler, **{**small, **more})
        return net

    return build


def _edsr_like(**sizes: Any) -> Callable[[ModuleType, int], nn.Module]:
    def build(module: ModuleType, scale: int) -> nn.Module:
        common = {"rgb_range": 255, "n_colors": 3, "scale": [scale], "res_scale": 1, "reduction": 16}
        net: nn.Module = module.make_model(SimpleNamespace(**{**common, **sizes}))
        return net

    return build


def _csnln(module: ModuleType, scale: int) -> nn.Module:
    """Build CSNLN; its attention has 128 channels whatever the arguments say."""
    return _edsr_like(n_feats=128, depth=2)(module, scale)


def _light(name: str, **sizes: Any) -> Callable[[ModuleType, int], nn.Module]:
    def build(module: ModuleType, scale: int) -> nn.Module:
        net: nn.Module = getattr(module, name)(upscale=scale, **sizes)
        return net

    return build


def _pan(module: ModuleType, scale: int) -> nn.Module:
    net: nn.Module = module.PAN(3, 3, nf=16, unf=8, nb=2, scale=scale)
    return net


def _span_v2(module: ModuleType, scale: int) -> nn.Module:
    net: nn.Module = module.SPANV2_ESR(3, 3, feature_channels=8, upscale=scale, use_span_attn=False)
    return net


def _haesr(module: ModuleType, scale: int) -> nn.Module:
    sizes = {"num_feat": 16, "window_size": 8, "res_num": 3, "block_num": 1, "bias": True, "ffn_bias": True, "pe": True}
    net: nn.Module = module.HAESR(upsampling=scale, **sizes)
    return net


def _mambair(upsampler: str, **sizes: Any) -> Callable[[ModuleType, int], nn.Module]:
    def build(module: ModuleType, scale: int) -> nn.Module:
        net: nn.Module = module.MambaIR(upscale=scale, img_size=8, depths=(2, 2), upsampler=upsampler, **sizes)
        return net

    return build


def plain_scan(values: Any, steps: Any, decay: Any, enter: Any, leave: Any) -> Any:
    """Walk NumPy arrays place by place: two (b, c, length), ``decay`` (c, n), and two (b, c, n, length)."""
    state, said = np.zeros((*values.shape[:2], decay.shape[1])), np.zeros(values.shape)
    for t in range(values.shape[-1]):
        state = np.exp(steps[..., t, None] * decay) * state + (steps * values)[..., t, None] * enter[..., t]
        said[..., t] = (leave[..., t] * state).sum(-1)
    return said


def _compiled_scan(u: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor, **options: Any) -> Tensor:
    """Stand in for ``selective_scan_fn`` of mamba_ssm, whose kernels need CUDA."""
    steps = F.softplus(delta + options["delta_bias"][:, None])
    gates = (gate.repeat_interleave(u.shape[1] // gate.shape[1], dim=1) for gate in (b, c))
    said = plain_scan(*(part.detach().double().numpy() for part in (u, steps, a, *gates)))
    return torch.from_numpy(said).float() + u * d[:, None]


_IPT = {
    "n_feats": 8,
    "patch_size": 12,
    "patch_dim": 3,
    "num_heads": 4,
    "num_layers": 2,
    "num_queries": 1,
    "dropout_rate": 0,
    "no_mlp": False,
    "pos_every": False,
    "no_pos": False,
    "no_norm": False,
}
_MAMBAIR = ("csguoh/MambaIR", ".", "basicsr.archs.mambair_arch")
_SWINIR = ("JingyunLiang/SwinIR", "models", "network_swinir")
REFERENCES = {
    "swinir": Reference(*_SWINIR, _swinir("pixelshuffle"), (2, 3)),
    "swinir_light": Reference(*_SWINIR, _swinir("pixelshuffledirect"), (4,)),
    "swinir_real": Reference(*_SWINIR, _swinir("nearest+conv"), (2, 4)),
    "swinir_real_large": Reference(*_SWINIR, _swinir("nearest+conv", resi_connection="3conv"), (4,)),
    "san": Reference(
        *("daitao/SAN", "TrainCode", "model.san"),
        _edsr_like(n_resgroups=2, n_resblocks=1, n_feats=16, reduction=4),
        (2, 3),
        white=255.0,
    ),
    "rnan": Reference(
        *("yulunzhang/RNAN", "SR/code", "model.rnan"),
        _edsr_like(n_resgroups=3, n_resblocks=16, n_feats=8),
        (2, 3),
        size=(10, 12),
        white=255.0,
        gain=0.5,
    ),
    "csnln": Reference(
        "SHI-Labs/Cross-Scale-Non-Local-Attention", "src", "model.csnln", _csnln, (2, 3, 4), size=(12, 18), white=255.0
    ),
    "imdn": Reference("Zheng222/IMDN", ".", "model.architecture", _light("IMDN", num_modules=6), (2, 3, 4), gain=0.7),
    "rfdn": Reference("njulj/RFDN", ".", "RFDN", _light("RFDN"), (4,), size=(17, 19), white=255.0, gain=0.7),
    "rlfn": Reference(
        "bytedance/RLFN", ".", "model.rlfn", _light("RLFN"), (2, 3, 4), size=(17, 19), white=255.0, gain=0.7
    ),
    "bsrn": Reference(
        "xiaom233/BSRN", ".", "basicsr.archs.BSRN_arch", _light("BSRN"), (2, 3, 4), size=(17, 19), gain=0.7
    ),
    "bsrn_s": Reference(
        *("xiaom233/BSRN", ".", "basicsr.archs.rfdnfinalB5_arch"),
        _light("RFDNFINALB5", num_feat=16, num_block=5),
        (4,),
        size=(17, 19),
        gain=0.7,
    ),
    "edsr_basicsr": Reference(
        *("XPixelGroup/BasicSR", ".", "basicsr.archs.edsr_arch"),
        _light("EDSR", num_in_ch=3, num_out_ch=3, num_feat=16, num_block=2),
        (2, 3, 4),
        gain=0.7,
    ),
    "rcan_basicsr": Reference(
        *("XPixelGroup/BasicSR", ".", "basicsr.archs.rcan_arch"),
        _light("RCAN", num_in_ch=3, num_out_ch=3, num_feat=16, num_group=2, num_block=2, squeeze_factor=4),
        (2, 3, 4),
        gain=0.7,
    ),
    "msrresnet": Reference(
        *("XPixelGroup/BasicSR", ".", "basicsr.archs.srresnet_arch"),
        _light("MSRResNet", num_feat=16, num_block=2),
        (2, 3, 4),
        gain=0.7,
    ),
    "mambair": Reference(*_MAMBAIR, _mambair("pixelshuffle", embed_dim=32, d_state=4), (2, 3), gain=0.7),
    "mambair_light": Reference(
        *_MAMBAIR, _mambair("pixelshuffledirect", embed_dim=30, d_state=3, mlp_ratio=1.2), (4,), gain=0.7
    ),
    "mambair_noise": Reference(*_MAMBAIR, _mambair("", embed_dim=32, d_state=4), (1,), gain=0.7),
    "pan": Reference("zhaohengyuan1/PAN", "codes", "models.archs.PAN_arch", _pan, (2, 3, 4), gain=0.7),
    "span_v2": Reference("Amazingren/NTIRE2026_ESR", ".", "models.team22_SPANV2_ESR", _span_v2, (4,), gain=0.7),
    "haesr": Reference(
        *("Amazingren/NTIRE2026_ESR", ".", "models.team06_HAESR"),
        _haesr,
        (4,),
        size=(17, 27),
        gain=0.7,
    ),
    "ipt": Reference(
        "huawei-noah/Pretrained-IPT", ".", "model.ipt", _edsr_like(**_IPT), (2, 4), size=(12, 12), white=255.0
    ),
}


def main() -> None:
    """Write the files of one network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=REFERENCES)
    parser.add_argument("clone", type=Path)
    given = parser.parse_args()
    reference = REFERENCES[given.name]
    command = ["git", "-C", str(given.clone), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    module = _import(given.clone / reference.folder, reference.module)
    for scale in reference.scales:
        with torch.random.fork_rng():
            net = reference.build(module, scale).eval()
        record = {"reference": f"{reference.repository}@{commit}", "scale": scale, **run(net, reference)}
        (GOLDEN / f"{given.name}-x{scale}.json").write_text(json.dumps(record) + "\n", "utf-8")


def _import(folder: Path, name: str) -> ModuleType:
    """Import the authors' file alone: packages that it only mentions, or builds training with, are pretended."""
    sys.path[:0] = [str(folder), str(folder / "model")]
    package = ModuleType("model")
    package.__path__ = [str(folder / "model")]  # without running its __init__
    pretended: dict[str, dict[str, Any]] = {
        "timm": {},
        "timm.models": {},
        "timm.models.layers": {
            "DropPath": lambda rate: nn.Identity(),
            "to_2tuple": lambda side: side if isinstance(side, tuple) else (side, side),
            "trunc_normal_": nn.init.trunc_normal_,
        },
        "einops": {"rearrange": None},
        "mamba_ssm": {},
        "mamba_ssm.ops": {},
        "mamba_ssm.ops.selective_scan_interface": {"selective_scan_fn": _compiled_scan, "selective_scan_ref": None},
        "torchvision": {"transforms": None, "utils": None},
        "basicsr": {"__path__": [str(folder / "basicsr")]},
        "basicsr.archs": {"__path__": [str(folder / "basicsr/archs")]},
        "basicsr.ops": {},
        "basicsr.ops.dcn": {"ModulatedDeformConvPack": nn.Module, "modulated_deform_conv": None},
        "basicsr.utils": {"get_root_logger": None},
        "basicsr.utils.registry": {"ARCH_REGISTRY": SimpleNamespace(register=lambda: lambda network: network)},
    }
    if importlib.util.find_spec("einops"):
        del pretended["einops"]
    for missing, content in pretended.items():
        sys.modules[missing] = ModuleType(missing)
        vars(sys.modules[missing]).update(content)
    if name.startswith("model."):
        sys.modules["model"] = package
    return importlib.import_module(name)


def run(net: nn.Module, reference: Reference) -> dict[str, Any]:
    learned = {key for key, _ in net.named_parameters()} | {key for key in net.state_dict() if ".running_" in key}
    entries = {key: list(value.shape) for key, value in net.state_dict().items()}
    shapes = {key: shape for key, shape in entries.items() if key in learned}
    nn.Module.load_state_dict(net, weights(shapes, gain=reference.gain), strict=False)
    with torch.no_grad():
        sr = net(image(*reference.size) * reference.white)[0] / reference.white
    places = [(c, (7 * n) % sr.shape[1], (5 * n + 3) % sr.shape[2]) for n in range(8) for c in range(3)]
    return {
        "size": reference.size,
        "channels": 3,
        "gain": reference.gain,
        "shapes": shapes,
        "buffers": {key: shape for key, shape in entries.items() if key not in learned},
        "offsets": {key: value.tolist() for key, value in net.state_dict().items() if key.endswith("rpe_biases")},
        "mean": float(sr.mean()),
        "pixels": [[c, y, x, round(float(sr[c, y, x]), 7)] for c, y, x in places],
    }


if __name__ == "__main__":
    main()
