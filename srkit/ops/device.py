"""Where to compute: which devices this machine has, which of them a name means, and how much memory is free."""

from __future__ import annotations

import os
import platform
import warnings
from pathlib import Path

import torch
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["capable", "devices", "exact", "free_bytes", "pick_device", "warn_of_bfloat16"]

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


def warn_of_bfloat16(device: torch.device) -> None:
    """Warn where ``device`` is an x86 processor without instructions for bfloat16, which makes it slow there."""
    if device.type != "cpu" or platform.machine().lower() not in ("x86_64", "amd64"):
        return
    if not (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        warnings.warn(
            "This processor has no instructions for bfloat16 (AVX512-BF16 or AMX), so precision='bfloat16' is slower "
            "than 'float32' here and less exact. Take 'float32'.",
            RuntimeWarning,
            stacklevel=3,
        )


def free_bytes(device: torch.device) -> int | None:
    """Return the bytes still free on ``device``, or None where that cannot be known."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    if device.type != "cpu":
        return None
    limits = [value for value in (_available(), _cgroup_room()) if value is not None]
    return min(limits) if limits else None


def _available() -> int | None:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _cgroup_room() -> int | None:
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
    except (OSError, ValueError):
        return None
    return None if limit == "max" else max(int(limit) - used, 0)
