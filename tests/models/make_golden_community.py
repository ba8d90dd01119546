"""Record what spandrel, the loader of the community's models, computes with networks that are ours, too.

Usage, from the root of the project, with ``pip install --no-deps spandrel==0.4.2 einops`` in the environment::

    python -m tests.models.make_golden_community span

It runs the network, small, with weights and an image from ``tests/models/_formula.py``, and writes one file
``tests/models/golden/<name>-x<scale>.json`` for each scale.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from tests.models.make_golden_attention import GOLDEN, Reference, run

VERSION = "0.4.2"


def _reference(place: str, scale_argument: str, scales: tuple[int, ...], **arguments: Any) -> Reference:
    """Return a reference whose class stands at ``package.module.Class`` below spandrel's architectures."""
    *module, name = place.split(".")
    gain = arguments.pop("gain", 1.0)
    size = arguments.pop("size", (9, 11))

    def build(architecture: Any, scale: int) -> nn.Module:
        net: nn.Module = getattr(architecture, name)(**{scale_argument: scale}, **arguments)
        return net

    return Reference("spandrel", VERSION, ".".join(module), build, scales, size=size, gain=gain)


_SPAN: dict[str, Any] = {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 8, "gain": 0.8}
_PLKSR = {"dim": 16, "n_blocks": 2, "kernel_size": 5}
_OMNI = {"num_feat": 16, "res_num": 2, "block_num": 1, "window_size": 4}
_REAL = ("PLKSR.__arch.RealPLKSR.RealPLKSR", "upscaling_factor")
_DAT = ("DAT.__arch.DAT.DAT", "upscale")
_DAT_LIGHT: dict[str, Any] = {"depth": [4], "num_heads": [2], "expansion_factor": 2.0, "resi_connection": "3conv"}
_DAT_SIZES: dict[str, Any] = {"embed_dim": 96, "split_size": [2, 4], "img_size": 8, "gain": 0.7}
_HAT_SIZES: dict[str, Any] = {"embed_dim": 16, "depths": [3, 3], "num_heads": [2, 2], "window_size": 4}
_SWIN2SR = ("Swin2SR.__arch.Swin2SR.Swin2SR", "upscale")
_SWINIR: dict[str, Any] = {"img_size": 8, "embed_dim": 12, "depths": [2, 2], "num_heads": [2, 2], "mlp_ratio": 2}
REFERENCES = {
    "dat": _reference(*_DAT, (1, 2, 3, 4), depth=[3, 3], num_heads=[4, 4], expansion_factor=4.0, **_DAT_SIZES),
    "dat_light": _reference(*_DAT, (2, 4), upsampler="pixelshuffledirect", **_DAT_LIGHT, **_DAT_SIZES),
    "hat": _reference(
        "HAT.__arch.HAT.HAT",
        "upscale",
        (2, 3, 4),
        **{**_HAT_SIZES, "compress_ratio": 2, "squeeze_factor": 4, "mlp_ratio": 2, "img_size": 8},
    ),
    "swin2sr": _reference(*_SWIN2SR, (2, 3), window_size=4, upsampler="pixelshuffle", **_SWINIR),
    "swin2sr_light": _reference(*_SWIN2SR, (4,), window_size=4, upsampler="pixelshuffledirect", **_SWINIR),
    "swin2sr_real": _reference(
        *_SWIN2SR, (4,), window_size=4, upsampler="nearest+conv", resi_connection="3conv", **_SWINIR
    ),
    "swin2sr_compressed": _reference(
        *_SWIN2SR, (4,), size=(8, 12), window_size=4, upsampler="pixelshuffle_aux", **_SWINIR
    ),
    "swin2sr_jpeg": _reference(
        *_SWIN2SR, (1,), window_size=7, img_range=255.0, upsampler="", **{**_SWINIR, "img_size": 14}
    ),
    "swinir_noise": _reference("SwinIR.__arch.SwinIR.SwinIR", "upscale", (1,), window_size=4, upsampler="", **_SWINIR),
    "swinir_jpeg": _reference(
        "SwinIR.__arch.SwinIR.SwinIR",
        "upscale",
        (1,),
        window_size=7,
        img_range=255.0,
        upsampler="",
        **{**_SWINIR, "img_size": 14},
    ),
    "omnisr": _reference("OmniSR.__arch.OmniSR.OmniSR", "up_scale", (1, 2, 3, 4), size=(17, 19), gain=0.7, **_OMNI),
    "plksr": _reference("PLKSR.__arch.PLKSR.PLKSR", "upscaling_factor", (2, 3, 4), ccm_type="DCCM", **_PLKSR),
    "realplksr": _reference(*_REAL, (1, 2, 4), **_PLKSR),
    "realplksr_layer": _reference(*_REAL, (3,), layer_norm=True, use_ea=False, **_PLKSR),
    "realplksr_sample": _reference(*_REAL, (1, 2, 3, 4), dysample=True, **_PLKSR),
    "safmn": _reference("SAFMN.__arch.safmn.SAFMN", "upscaling_factor", (2, 3, 4), dim=16, n_blocks=2, gain=0.7),
    "span": _reference("SPAN.__arch.span.SPAN", "upscale", (1, 2, 3, 4), **_SPAN),
    "span_uncentred": _reference("SPAN.__arch.span.SPAN", "upscale", (2,), norm=False, **_SPAN),
}


def main() -> None:
    """Write the files of one network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=REFERENCES)
    name = parser.parse_args().name
    reference = REFERENCES[name]
    module = _architecture(reference.module)
    for scale in reference.scales:
        with torch.random.fork_rng():
            net = reference.build(module, scale).eval()
        record = {"reference": f"spandrel {VERSION}", "scale": scale, **run(net, reference)}
        (GOLDEN / f"{name}-x{scale}.json").write_text(json.dumps(record) + "\n", "utf-8")


def _architecture(place: str) -> ModuleType:
    """Import one architecture without the packages above it, which import all of them and torchvision."""
    found = importlib.util.find_spec("spandrel")
    if found is None or found.origin is None:
        raise SystemExit(__doc__)
    folder = Path(found.origin).parent
    for package in ("", "architectures", f"architectures.{place.split('.', maxsplit=1)[0]}"):
        name = f"spandrel.{package}".rstrip(".")
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__path__ = [str(folder / package.replace(".", "/"))]
    return importlib.import_module(f"spandrel.architectures.{place}")


if __name__ == "__main__":
    main()
