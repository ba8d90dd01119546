"""Files of ``torch.save`` are pickles: which PyTorch reads them without running code that they hold."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from srkit.errors import BadFile

__all__ = ["check_pickle_reader"]

SAFE_FROM = (2, 10)


def check_pickle_reader(path: str | Path, version: str = torch.__version__) -> None:
    """Refuse to open a pickle with a PyTorch whose ``torch.load(weights_only=True)`` could be made to run code.

    Call it before every ``torch.load``. Source: CVE-2026-24747, repaired in PyTorch 2.10.
    """
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < SAFE_FROM:
        raise BadFile(
            f"{path} was not opened: with PyTorch {version} a file of this kind can run code (CVE-2026-24747). "
            "Install PyTorch 2.10 or newer, or use a .safetensors file, which holds numbers only."
        )
