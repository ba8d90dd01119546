"""The weight files of LapSRN's authors, under our names."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from scipy.io import loadmat
from torch import Tensor

from tests._shared import shared


def official(name: str, folder: Path) -> Path:
    """Write ``checkpoints/<name>.mat`` as a PyTorch file and return its path, or skip the test."""
    net = loadmat(shared(f"checkpoints/{name}.mat"), struct_as_record=False)["net"][0, 0]
    held = {str(parameter.name[0]): torch.from_numpy(parameter.value.copy()) for parameter in net.params.ravel()}
    levels = max((int(key[5]) for key in held if key.startswith("level")), default=0)
    state = {_name(key, levels): _turned(key, value) for key, value in held.items()}
    path = folder / f"{name}.pt"
    torch.save(state, path)
    return path


def _turned(key: str, value: Tensor) -> Tensor:
    """MatConvNet holds kernels as (height, width, in, out), for a transposed convolution (height, width, out, in)."""
    if key.endswith("_b"):
        return value.flatten().float()
    wide: Tensor = value.reshape(*value.shape, *(1,) * (4 - value.ndim)).float()
    return wide.permute(3, 2, 0, 1).contiguous()


def _name(key: str, levels: int) -> str:
    kind = "weight" if key.endswith("_f") else "bias"
    if level := re.match(r"level(\d)_", key):
        inside = _inside(key.removeprefix(level[0]), "convs")
        return f"levels.{levels - int(level[1])}.{inside}.{kind}"  # their last level is level 1
    return f"{_inside(key, 'block.convs')}.{kind}"


def _inside(key: str, convs: str) -> str:
    if number := re.match(r"conv(\d+)_", key):
        return f"{convs}.{int(number[1]) - 1}"
    return {"input": "head", "upconv": "up", "residual": "residual", "img": "image"}[key.split("_")[0]]
