"""Where to compute: which devices this machine has, and which of them a name means."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["capable", "devices", "exact", "pick_device"]

_WITHOUT_FLOAT64 = frozenset({"mps"})


def devices() -> list[str]:
    """Return the names of the devices PyTorch can compute on here: ``cpu``, ``cuda:0`` and on, ``mps`` (Apple)."""
    graphics = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return ["cpu", *graphics, *(["mps"] if torch.backends.mps.is_available() else [])]


def pick_device(name: str = "auto", *, rank: int = 0) -> torch.device:
    """Return the device that ``name`` means on this machine.

    Args:
        name: a torch device name, or ``"auto"``: CUDA where there is one, else Apple's MPS, else the CPU.
    """
    there = devices()
    if name == "auto":
        name = f"cuda:{rank}" if "cuda:0" in there else there[-1]
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise BadInput(
            f"The device {name!r} cannot be used here ({reason}). Available: {', '.join(there)}, or 'auto'."
        ) from error
    return device


def capable(x: Tensor) -> Tensor:
    """Return ``x`` where float64 can be computed: as it is, or a copy on the CPU where its device has none (MPS)."""
    return x.cpu() if x.device.type in _WITHOUT_FLOAT64 else x


def exact(x: Tensor) -> Tensor:
    """Return ``x`` in float64, on its device or, where that has no float64, on the CPU."""
    return capable(x).double()
