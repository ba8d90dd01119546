"""Writing the LR half of a data set, in EDSR-PyTorch's tree and with MATLAB's ``imresize``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from srkit.datasets.header import is_grey
from srkit.datasets.pair import bicubic_lr
from srkit.datasets.trees import hr_folder
from srkit.errors import BadFile, BadInput
from srkit.ops import files, pixels

__all__ = ["lr_place", "make_lr"]


def make_lr(
    folder: str | Path,
    scales: int | Iterable[int],
    *,
    overwrite: bool = False,
    report: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write LR images for a folder of HR images and return their paths.

    ``A2001/HR/a.png`` gives ``A2001/LR_bicubic/X2/ax2.png``; ``photos/a.jpg`` gives ``photos/LR_bicubic/X2/ax2.png``;
    ``DIV2K_train_HR/0001.png`` gives ``DIV2K_train_LR_bicubic/X2/0001x2.png``. HR is cut to a multiple of the scale and
    reduced by MATLAB's bicubic ``imresize`` on 8-bit integers. LR images that are there already are kept, so an
    interrupted call is simply repeated; each file appears whole or not at all.

    Args:
        folder: a data set's folder, or its folder of HR images.
        scales: one scale or several, each at least 2.
        overwrite: make LR images anew that are there already.
        report: called with a sentence for each scale.

    Raises:
        BadFile: no images, an unreadable one, or a place that cannot be written.
        BadInput: a scale that cannot be, or an image too small for it.
    """
    wanted = [scales] if isinstance(scales, int) else list(scales)
    if not wanted or any(isinstance(s, bool) or not isinstance(s, int) or s < 2 for s in wanted):
        raise BadInput(f"Scales are whole numbers of at least 2, for example [2, 3, 4], and {scales!r} was given.")
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise BadFile(f"There is no folder {folder}. Give the folder of HR images or the one above it.")
    hr = hr_folder(folder)
    images = files.list_images(hr)
    written = []
    for scale in wanted:
        place = lr_place(hr, scale)
        fresh = [
            _write_one(path, place, scale) for path in images if overwrite or not _target(path, place, scale).exists()
        ]
        written += fresh
        if report is not None:
            report(f"{place}: {len(fresh)} written, {len(images) - len(fresh)} were there already")
    return written


def lr_place(hr: Path, scale: int) -> Path:
    """Return the folder in which the LR images of the HR folder ``hr`` belong."""
    name = hr.resolve().name
    if name.upper().endswith("_HR"):
        return hr.parent / f"{name[:-3]}_LR_bicubic" / f"X{scale}"
    home = hr.parent if name.lower() in ("hr", "gt", "original", "high") else hr
    return home / "LR_bicubic" / f"X{scale}"


def _target(path: Path, place: Path, scale: int) -> Path:
    return place / f"{path.stem}x{scale}.png"


def _write_one(path: Path, place: Path, scale: int) -> Path:
    whole = files.read(path)
    if min(whole.shape[-2:]) < scale:
        raise BadInput(f"{path} is {whole.shape[-2]}x{whole.shape[-1]}, too small to be reduced {scale} times.")
    lr = bicubic_lr(pixels.modcrop(whole, scale), scale)
    target = _target(path, place, scale)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadFile(f"{place} cannot be made ({problem}). Copy the HR images to a folder you may write in.") from None
    files.write(target, lr[:1] if is_grey(path) else lr)
    return target
