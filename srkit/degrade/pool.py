"""A pool of blur kernels: many kernels of real cameras, one of which is drawn for each image.

R. Zhou, S. Süsstrunk, "Kernel Modeling Super-Resolution on Real Low-Resolution Images", ICCV 2019. A pool is a folder
of ``.mat`` files with one ``kernel`` each, as the authors keep theirs, or one ``.mat`` file with many.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit._optional import optional
from srkit.degrade._parse import parse
from srkit.degrade._registry import DegradationEntry, register_degradation
from srkit.degrade.blur import Direction, apply_kernel
from srkit.degrade.chain import Chain, Step
from srkit.degrade.draw import whole
from srkit.degrade.kernel_files import read_kernels
from srkit.degrade.kernels import check_kernel
from srkit.errors import BadFile, BadInput
from srkit.ops.atomic import check_path
from srkit.ops.pixels import Border

__all__ = ["blur_pool", "check_pool", "pool_blur", "read_pool", "save_pool"]


def check_pool(kernels: Tensor | Sequence[Tensor], *, name: str = "pool") -> Tensor:
    """Return kernels as one stack ``(n, k, k)``, float64: smaller ones get zeros around them.

    Args:
        kernels: ``(n, k, k)``, or matrices with odd sides; none negative, each adding up to 1.
    """
    if not len(kernels):
        raise BadInput(
            f"The {name} holds no kernel. Estimate some with srkit.methods.build_pool(photos, scale=…), or read others "
            "with srkit.degrade.read_pool."
        )
    for number, kernel in enumerate(kernels):
        try:
            check_kernel(kernel, odd=True)
        except BadInput as error:
            raise BadInput(f"Kernel number {number} of the {name} cannot blur: {error}") from error
        if float(kernel.min()) < 0:
            raise BadInput(
                f"Kernel number {number} of the {name} has a negative value ({float(kernel.min()):.3g}), and cameras "
                "only add light. Cut it off and divide by the sum: k = k.clamp(min=0); k / k.sum()."
            )
    side = max(kernel.shape[-1] for kernel in kernels)
    return torch.stack([F.pad(k.detach().double(), ((side - k.shape[-1]) // 2,) * 4) for k in kernels])


def read_pool(path: str | Path) -> Tensor:
    """Return the kernels ``(n, k, k)`` of a folder of ``.mat`` files, in the order of their names, or of one file.

    Raises:
        BadFile: nothing there, or a file that holds no kernel.
        BadInput: no kernel in the folder, or one that cannot blur.
    """
    path = check_path(path).expanduser()
    if not path.exists():
        raise BadFile(f"There is no pool {path} (looked in {Path.cwd()}): a folder of .mat files, or one such file.")
    files = sorted(path.glob("*.mat"), key=lambda file: (len(file.stem), file.stem)) if path.is_dir() else [path]
    return check_pool([kernel for file in files for kernel in read_kernels(file)], name=f"pool {path}")


def save_pool(path: str | Path, kernels: Tensor | Sequence[Tensor]) -> Path:
    """Write kernels to one ``.mat`` file, or where the name has another ending to ``0.mat``, ``1.mat``, … in a folder.

    Args:
        path: ``"pool.mat"`` or a folder, which must hold no kernels yet.
        kernels: as in :func:`check_pool`.

    Returns:
        the path.

    Raises:
        BadFile: it cannot be written, or the folder already holds kernels.
        BadInput: as :func:`check_pool`.
    """
    matlab = optional("scipy.io", "kernels")
    path, stack = check_path(path).expanduser(), check_pool(kernels)
    try:
        if path.suffix == ".mat":
            path.parent.mkdir(parents=True, exist_ok=True)
            matlab.savemat(path, {"kernels": stack.permute(1, 2, 0).numpy()})
            return path
        path.mkdir(parents=True, exist_ok=True)
        occupied = any(path.glob("*.mat"))
        for number, kernel in enumerate(() if occupied else stack):
            matlab.savemat(path / f"{number}.mat", {"kernel": kernel.numpy()})
    except OSError as error:
        raise BadFile(f"The pool cannot be written to {path}: {error}.") from error
    if occupied:
        raise BadFile(f"{path} already holds .mat files; write the pool to a new folder, so that none is mixed in.")
    return path


@register_degradation("blur_pool", one_by_one=True)
def blur_pool(
    image: Tensor,
    path: str,
    border: Border = "replicate",
    by: Direction = "convolution",
    aligned: int = 1,
    *,
    rng: torch.Generator,
) -> Tensor:
    """Blur each image with a kernel drawn from a pool: ``blur_pool("pool/") > down(2)``.

    Args:
        image: ``(1, 3, h, w)``.
        path: as in :func:`read_pool`.
        border: as in :func:`apply_kernel`.
        by: as in :func:`apply_kernel`; estimated kernels are convolved with.
        aligned: as in :func:`apply_kernel`.
        rng: draws the kernel.
    """
    pool = _stored(str(Path(path).expanduser().absolute()))
    return apply_kernel(image, pool[whole(rng, 0, len(pool) - 1)], border=border, by=by, aligned=aligned)


def pool_blur(pool: Tensor | str | Path) -> Chain:
    """Return the chain of one step that blurs each image with a kernel drawn from a pool.

    It is KMSR's degradation as it stands: kernels estimated on enlarged photographs hold what the enlargement did, so
    that nothing is reduced.

    Args:
        pool: kernels ``(n, k, k)``, or where they are stored.
    """
    if not isinstance(pool, Tensor):
        read_pool(pool)
        return parse(f'blur_pool("{pool}")')
    stack = check_pool(pool)

    def blur(image: Tensor, *, rng: torch.Generator) -> Tensor:
        return apply_kernel(image, stack[whole(rng, 0, len(stack) - 1)], by="convolution")

    return Chain([Step(DegradationEntry(f"blur by one of {len(stack)} kernels", blur, one_by_one=True))])


@functools.lru_cache(maxsize=8)
def _stored(path: str) -> Tensor:
    return read_pool(path)
