"""``upscale``: one image of any kind in, the same kind out, or a file, whatever its size and the memory there is."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from srkit.datasets.transfer import fetched, is_address
from srkit.errors import BadInput
from srkit.inference.bounded import TileChoice, enlarge, enlarge_whole
from srkit.inference.engines import on_engine
from srkit.inference.ensemble import Ensemble
from srkit.inference.mode import scale_of
from srkit.inference.tiling import Halo, Progress
from srkit.ops._decode import decode_bytes, from_levels, from_pillow
from srkit.ops._encode import as_levels, as_stored, planes_of, writer_of
from srkit.ops.atomic import check_path
from srkit.ops.check import check_image, describe
from srkit.ops.files import check_target, format_of, read_picture, write_strips
from srkit.ops.picture import Picture, without_hidden_colours

__all__ = ["opened", "packed", "upscale"]


def upscale(
    image: Any,
    net: nn.Module,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    tile: TileChoice = "auto",
    halo: Halo = None,
    ensemble: bool | Ensemble = False,
    progress: Progress | None = None,
    engine: str = "torch",
    precision: str = "float32",
) -> Any:
    """Enlarge one image or a batch with a network.

    The network is used in eval mode without gradients and returned in the mode it came in; several threads may use
    it at once. What does not fit into 512 MiB beside the result is enlarged in tiles, which give what the whole image
    gives; for a network that looks at the whole image (channel attention) they cannot, and a warning says so. When
    memory runs out all the same, the tiles are halved until they fit.

    With ``out`` the result goes into a file, strip by strip, and is never whole in memory (but see
    :func:`srkit.ops.files.write_strips`). Transparency, bit depth, colour profile, EXIF, XMP and texts go along;
    transparency, which no network was trained on, is enlarged by bicubic interpolation, and what lies hidden under it
    does not reach the network. Whatever cannot be carried over is named in a warning; whatever the file cannot hold is
    refused before the network runs.

    Args:
        image: ``(3, h, w)`` or ``(b, 3, h, w)`` in [0, 1]; the path or the address (``https://``, ``http://``,
            ``file://``; at most 1 GiB) of an image file, or its bytes; a NumPy array ``(h, w)``, ``(h, w, 3)`` or
            ``(h, w, 4)`` of uint8, uint16 or floats in [0, 1]; a Pillow image. One pixel is enough.
        net: a network of the contract, on any device.
        out: the file to write; its suffix decides the format.
        overwrite: replace ``out`` if it exists.
        tile: LR pixels along the side of a tile; None takes the whole image at once; ``"auto"`` takes the largest
            tile that should fit into half of the free memory, and into 512 MiB.
        halo: LR pixels read around a tile; None measures what the network needs (:func:`srkit.inference.tiled`).
        ensemble: take the mean (True, ``"mean"``) or the median (``"median"``) over eight flips and rotations: eight
            times the work, a little better. On a GPU with enough memory several of them go through at once.
        progress: called as ``progress(done, total)`` after each tile.
        engine: what computes: ``"torch"``; ``"ncnn"`` or ``"openvino"``, where they are installed; ``"auto"`` takes the
            fastest of them (:func:`srkit.inference.engines.on_engine`). The network is converted once and kept; a
            network in training changes at every step and would be converted each time, so PyTorch is the default.
        precision: ``"float32"``, or ``"bfloat16"``: about twice as fast on a CPU that has it, and a warning says how
            far it is off; ``"float16"`` is for GPUs.

    Returns:
        The kind of image that went in, ``scale`` times as large and clamped to [0, 1], on the device of ``image``; for
        a path or an address a tensor ``(3, scale*h, scale*w)``, for bytes those of a file of the same format. With
        ``out`` its path.

    Raises:
        BadInput: not an image, not a network, an engine that is not there, an impossible tile, or memory too small even
            for a tile of 16; ``out`` exists and ``overwrite`` is off, or it is the image itself.
        BadFile: the path does not hold a readable image, or ``out`` cannot be written; nothing is left behind.
        Offline: the address cannot be reached.

    Example:
        >>> import srkit, torch
        >>> net = srkit.models.create("bicubic", scale=2)
        >>> srkit.upscale(torch.rand(3, 10, 12), net).shape
        torch.Size([3, 20, 24])
    """
    if out is not None:
        _refuse_to_destroy(image, check_path(out, name="out"), overwrite=overwrite)
    picture = opened(image)
    net = net if (engine, precision) == ("torch", "float32") else on_engine(net, engine=engine, precision=precision)
    scale = scale_of(net)
    options: dict[str, Any] = {"tile": tile, "halo": halo, "ensemble": ensemble, "progress": progress}
    lr = without_hidden_colours(picture)
    if out is None and not isinstance(image, bytes | bytearray | memoryview):
        sr = enlarge_whole(lr if lr.dim() == 4 else lr[None], net, **options)
        return packed(sr if lr.dim() == 4 else sr[0], image, picture)
    if lr.dim() == 4:
        raise BadInput(f"A file holds one image (3, h, w) and a batch of {len(lr)} was given: image[0].")
    kind = picture.format if out is None else format_of(out)
    picture, orientation = as_stored(replace(picture, rgb=lr), kind)
    lr = picture.rgb
    save = partial(_to_bytes, picture) if out is None else partial(_to_file, picture, Path(out), overwrite=overwrite)
    size = (scale * lr.shape[-2], scale * lr.shape[-1])
    if out is not None:
        check_target(out, transparent=picture.alpha is not None, size=size)
    results: list[tuple[Any, tuple[str, ...]]] = []
    options["orientation"] = orientation
    enlarge(lr[None], net, lambda strips: results.append(save(size, (strip[0] for strip in strips))), **options)
    made, lost = results[-1]
    if lost:
        named = Path(out).name if out is not None else "the result"
        warnings.warn(f"{_named(image)}: not carried over to {named}: {'; '.join(lost)}.", RuntimeWarning, stacklevel=2)
    return made


def _to_file(
    picture: Picture, target: Path, size: tuple[int, int], strips: Iterator[Tensor], *, overwrite: bool
) -> tuple[Path, tuple[str, ...]]:
    return target, write_strips(target, strips, size=size, like=picture, overwrite=overwrite)


def _to_bytes(picture: Picture, size: tuple[int, int], strips: Iterator[Tensor]) -> tuple[bytes, tuple[str, ...]]:
    write_to, lost = writer_of(strips, file_format=picture.format, size=size, like=picture, quality=95)
    file = io.BytesIO()
    write_to(file)
    return file.getvalue(), lost


def _named(image: Any) -> str:
    return str(image) if isinstance(image, str | Path) else f"the {type(image).__name__}"


def _refuse_to_destroy(image: Any, target: Path, *, overwrite: bool) -> None:
    source = check_path(image, name="image") if isinstance(image, str | Path) and not is_address(image) else None
    if source is not None and target.exists() and source.exists() and target.resolve() == source.resolve():
        raise BadInput(f"{source} would be replaced by its own enlargement; choose another name for the result.")
    if target.exists() and not overwrite:
        raise BadInput(f"{target} exists already. Choose another name, or say overwrite=True.")


_DEPTHS = {np.dtype(np.uint8): 8, np.dtype(np.uint16): 16}


def opened(image: Any) -> Picture:
    """Return an image of any kind as a picture.

    Args:
        image: a tensor ``(3, h, w)`` or ``(b, 3, h, w)`` (the only picture whose ``rgb`` may be a batch); the path or
            the address of a file, or its bytes; a NumPy array ``(h, w)``, ``(h, w, 1)``, ``(h, w, 3)`` or ``(h, w, 4)``
            of uint8, uint16 or of floats in [0, 1]; a Pillow image.
    """
    if is_address(image):
        return decode_bytes(fetched(image).read_bytes(), image)
    if isinstance(image, str | Path):
        return read_picture(image)
    if isinstance(image, bytes | bytearray | memoryview):
        return decode_bytes(bytes(image), f"What was given ({len(image)} bytes)")
    if isinstance(image, np.ndarray):
        return _of_array(image)
    if hasattr(image, "getbands") and hasattr(image, "mode"):
        return from_pillow(image)
    return Picture(rgb=check_image(image, name="image"))


def packed(sr: Tensor, given: Any, picture: Picture) -> Any:
    """Return an enlargement in the type that was given: an array, a Pillow image, or a tensor."""
    if isinstance(given, np.ndarray):
        return _to_array(sr, given, picture)
    if hasattr(given, "getbands") and hasattr(given, "mode"):
        return _to_pillow(sr, picture, dict(given.info))
    return sr


def _of_array(array: Any) -> Picture:
    planes = array[:, :, None] if array.ndim == 2 else array
    if planes.ndim != 3 or planes.shape[2] not in (1, 3, 4) or planes.size == 0:
        turned = " The channels seem to come first: x.transpose(1, 2, 0)." if len(array) in (1, 3, 4) else ""
        raise BadInput(f"A NumPy image is (h, w), (h, w, 3) or (h, w, 4), and {describe(array)} was given.{turned}")
    depth = _DEPTHS.get(array.dtype)
    if depth is not None:
        return from_levels(planes, depth)
    if not np.issubdtype(array.dtype, np.floating):
        raise BadInput(f"A NumPy image holds uint8, uint16 or floats in [0, 1], and {describe(array)} was given.")
    channels = torch.from_numpy(np.ascontiguousarray(planes)).permute(2, 0, 1)  # (c, h, w)
    check_image(channels, name="image", channels=(1, 3, 4))
    alpha = channels[3:] if len(channels) == 4 else None
    return Picture(rgb=channels[:3].expand(3, -1, -1), alpha=alpha, grey=len(channels) == 1)


def _planes(sr: Tensor, like: Picture) -> Tensor:
    return torch.cat(list(planes_of([sr], like, (sr.shape[-2], sr.shape[-1]))), dim=-2)  # (c, scale*h, scale*w)


def _to_array(sr: Tensor, given: Any, like: Picture) -> Any:
    planes, depth = _planes(sr, like), _DEPTHS.get(given.dtype)
    if depth is None:
        made = np.ascontiguousarray(planes.permute(1, 2, 0).cpu().numpy().astype(given.dtype))
    else:
        made = as_levels(planes, depth)
    return made[:, :, 0] if given.ndim == 2 else made


def _to_pillow(sr: Tensor, like: Picture, info: dict[Any, Any]) -> Any:
    from PIL import Image

    planes = _planes(sr, like)
    depth = 16 if like.depth == 16 and len(planes) == 1 else 8  # Pillow holds 16 bits in grey alone
    levels = as_levels(planes, depth)
    made = Image.fromarray(levels[:, :, 0] if len(planes) == 1 else levels)
    made.info = {name: value for name, value in info.items() if name in ("icc_profile", "dpi", "exif")}
    return made
