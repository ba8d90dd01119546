"""The MATLAB files of VDSR's and LapSRN's authors, as state dicts.

VDSR's file holds one struct ``model`` with cells ``weight`` and ``bias``; those of LapSRN and MS-LapSRN hold a network
of MatConvNet, ``net``, whose ``params`` have names such as ``level1_conv1_f``. MatConvNet keeps kernels as (height,
width, in, out), and those of a transposed convolution as (height, width, out, in); its level 1 is the last one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadFile
from srkit.ops._matlab import Damaged, read_version_5

__all__ = ["is_matlab", "read_matconvnet"]


def is_matlab(head: bytes) -> bool:
    """Tell whether a file is a MATLAB file of version 5 to 7."""
    return head.startswith(b"MATLAB 5.0 MAT-file")


def read_matconvnet(path: Path) -> dict[str, Tensor]:
    """Return the weights under the names that srkit's VDSR, LapSRN and MS-LapSRN have.

    Raises:
        BadFile: the file is damaged, or holds neither ``model`` nor ``net`` in the form described above.
    """
    try:
        content = read_version_5(path.read_bytes())
    except Damaged as error:
        raise BadFile(f"{path} is damaged: {error}. Get the file again.") from error
    try:
        if "model" in content:
            return _stack(content["model"].ravel()[0])
        if "net" in content:
            return _network(content["net"].ravel()[0])
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise BadFile(f"{path} is no network of VDSR's or LapSRN's authors ({error}).") from error
    held = ", ".join(content) or "nothing"
    raise BadFile(f"{path} is a MATLAB file that holds {held}; a network is in 'model' (VDSR) or 'net' (LapSRN).")


def _stack(model: Any) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    kernels, biases = model["weight"].ravel(), model["bias"].ravel()
    width, last = biases[0].size, len(kernels) - 1
    for i, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        ends = (1, width) if i == 0 else (width, 1 if i == last else width)
        wide = torch.from_numpy(kernel.copy()).reshape(3, 3, *ends)
        state[f"layers.{i}.weight"] = wide.permute(3, 2, 0, 1).float().contiguous()
        state[f"layers.{i}.bias"] = torch.from_numpy(bias.ravel().copy()).float()
    return state


def _network(net: Any) -> dict[str, Tensor]:
    held = {one["name"]: torch.from_numpy(one["value"].copy()) for one in net["params"].ravel()}
    levels = max((int(key[5]) for key in held if key.startswith("level")), default=0)
    return {_name(key, levels): _turned(key, value) for key, value in held.items()}


def _turned(key: str, value: Tensor) -> Tensor:
    if key.endswith("_b"):
        return value.flatten().float()
    wide: Tensor = value.reshape(*value.shape, *(1,) * (4 - value.ndim)).float()
    return wide.permute(3, 2, 0, 1).contiguous()


def _name(key: str, levels: int) -> str:
    kind = "weight" if key.endswith("_f") else "bias"
    if level := re.match(r"level(\d)_", key):
        inside = _inside(key.removeprefix(level[0]), "convs")
        return f"levels.{levels - int(level[1])}.{inside}.{kind}"
    return f"{_inside(key, 'block.convs')}.{kind}"


def _inside(key: str, convs: str) -> str:
    if number := re.match(r"conv(\d+)_", key):
        return f"{convs}.{int(number[1]) - 1}"
    return {"input": "head", "upconv": "up", "residual": "residual", "img": "image"}[key.split("_")[0]]
