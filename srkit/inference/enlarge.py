"""``upscale``: one image in, the same kind out, whatever its size and the memory there is."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from srkit.errors import BadInput
from srkit.inference.ensemble import Ensemble, self_ensemble
from srkit.inference.kinds import unpacked
from srkit.inference.memory import affordable_tile, is_out_of_memory, views_fit
from srkit.inference.mode import evaluating, place_of, scale_of
from srkit.inference.tiling import LEAST, Forward, Halo, Plan, Progress, check_sizes, fill, plan_of

__all__ = ["TileChoice", "upscale"]

TileChoice = int | Literal["auto"] | None
_SMALLEST = 16
_WHOLE = Plan(halo=0, align=1, exact=True)


def upscale(
    image: Any,
    net: nn.Module,
    *,
    tile: TileChoice = "auto",
    halo: Halo = None,
    ensemble: bool | Ensemble = False,
    progress: Progress | None = None,
) -> Any:
    """Enlarge one image or a batch with a network.

    The network is used in eval mode without gradients and handed back in the mode it came in; several threads may use
    it at once. What does not fit into 512 MiB beside the result is enlarged in tiles, which give what the whole image
    gives; for a network that looks at the whole image (channel attention) they cannot, and a warning says so. When
    memory runs out all the same, the tiles are halved until they fit.

    Args:
        image: ``(3, h, w)`` or ``(b, 3, h, w)`` in [0, 1], the path of an image file, a NumPy array ``(h, w)``,
            ``(h, w, 3)`` or ``(h, w, 4)`` of uint8, uint16 or floats in [0, 1], or a Pillow image; one pixel is enough.
        net: a network of the contract, on any device.
        tile: LR pixels along the side of a tile; None takes the whole image at once; ``"auto"`` takes the largest
            tile that should fit into half of the free memory, and into 512 MiB.
        halo: LR pixels read around a tile; None measures what the network needs (:func:`srkit.inference.tiled`).
        ensemble: take the mean (True, ``"mean"``) or the median (``"median"``) over eight flips and rotations: eight
            times the work, a little better. On a GPU with enough memory several of them go through at once.
        progress: called as ``progress(done, total)`` after each tile.

    Returns:
        The kind of image that went in, ``scale`` times as large and clamped to [0, 1], on the device of ``image``; for
        a path a tensor ``(3, scale*h, scale*w)``.

    Raises:
        BadInput: not an image, not a network, an impossible tile, or memory too small even for a tile of 16.
        BadFile: the path does not hold a readable image.

    Example:
        >>> import srkit, torch
        >>> net = srkit.models.create("bicubic", scale=2)
        >>> srkit.upscale(torch.rand(3, 10, 12), net).shape
        torch.Size([3, 20, 24])
    """
    pixels, packed = unpacked(image)
    height, width = pixels.shape[-2:]
    lr = _at_least(LEAST, pixels if pixels.dim() == 4 else pixels[None])
    if ensemble not in (False, True, "mean", "median"):
        raise BadInput(f"ensemble={ensemble!r} was given; write True, 'mean', 'median' or False.")
    sr = _room_for(lr, scale_of(net))
    chosen = _chosen_tile(tile, lr, net)
    check_sizes(chosen, halo)
    asked = isinstance(tile, int)
    _shrink_until_it_fits(sr, net, lr, tile=chosen, asked=asked, halo=halo, ensemble=ensemble, progress=progress)
    scale = sr.shape[-1] // lr.shape[-1]
    sr = sr.clamp_(0, 1)[..., : scale * height, : scale * width]
    return packed(sr if pixels.dim() == 4 else sr[0])


def _at_least(side: int, lr: Tensor) -> Tensor:
    """Return a batch whose sides are no shorter than a network accepts, the last row and column repeated."""
    below, right = (max(0, side - length) for length in lr.shape[-2:])
    return functional.pad(lr, (0, right, 0, below), mode="replicate") if below or right else lr


def _chosen_tile(tile: TileChoice, lr: Tensor, net: nn.Module) -> int | None:
    if tile == "auto":
        return affordable_tile(net, lr, scale=scale_of(net))
    if isinstance(tile, str):
        raise BadInput(f"tile={tile!r} was given; write a number of pixels (tile=256), 'auto', or None.")
    return tile


def _room_for(lr: Tensor, scale: int) -> Tensor:
    shape = (*lr.shape[:-2], lr.shape[-2] * scale, lr.shape[-1] * scale)
    try:
        return lr.new_empty(shape)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        gigabytes = torch.Size(shape).numel() * lr.element_size() / 1e9
        raise BadInput(
            f"The result alone, {shape[-1]} x {shape[-2]} pixels, needs {gigabytes:.1f} GB of memory on {lr.device}, "
            "more than there is. Cut the image first, or use a smaller scale."
        ) from error


def _shrink_until_it_fits(
    sr: Tensor,
    net: nn.Module,
    lr: Tensor,
    *,
    tile: int | None,
    asked: bool,
    halo: Halo,
    ensemble: bool | Ensemble,
    progress: Progress | None,
) -> None:
    longest = max(lr.shape[-2:])
    size = min(tile or longest, longest)
    how: Ensemble = "median" if ensemble == "median" else "mean"
    batched = bool(ensemble) and views_fit(net, lr, side=size)
    plan: Plan | None = None
    while True:
        if size < longest and plan is None:
            plan = plan_of(net, halo, channels=lr.shape[-3])
            if not (plan.exact or asked):
                _say_that_tiles_differ(net, size)
        used = plan if plan is not None and size < longest else _WHOLE
        forward: Forward = partial(self_ensemble, net, how=how, batched=batched) if ensemble else net
        with evaluating(net):
            error = _attempt(sr, forward, lr, place_of(net, lr), tile=size, plan=used, progress=progress)
        if error is None:
            return
        if batched:
            batched = False
            continue
        if size <= _SMALLEST:
            raise BadInput(
                f"Memory ran out on {place_of(net, lr)[0]} even with tiles of {size} x {size} pixels ({error}). Close "
                "other programs, use a smaller network, or move it to a device with more memory."
            )
        size = max(_SMALLEST, size // 2)


def _say_that_tiles_differ(net: nn.Module, size: int) -> None:
    warnings.warn(
        f"{type(net).__name__} looks at the whole image, which does not fit into the memory set aside for it. It is "
        f"enlarged in tiles of {size} x {size} pixels that fade into each other, and differs slightly from the whole: "
        "tile=None takes the whole at once, tile=N says that tiles are meant.",
        RuntimeWarning,
        stacklevel=4,
    )


def _attempt(
    sr: Tensor,
    forward: Forward,
    lr: Tensor,
    place: tuple[torch.device, torch.dtype],
    *,
    tile: int,
    plan: Plan,
    progress: Progress | None,
) -> str | None:
    """Fill ``sr``; return None, or what the allocator said when memory ran out."""
    try:
        fill(sr, forward, lr, place, tile=tile, plan=plan, progress=progress)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        said = str(error).strip().splitlines()
    else:
        return None
    if place[0].type == "cuda":
        torch.cuda.empty_cache()
    return said[0] if said else "out of memory"
