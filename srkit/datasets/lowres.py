"""Writing the LR half of a data set, in EDSR-PyTorch's tree and with MATLAB's ``imresize``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from srkit.datasets.header import is_grey
from srkit.datasets.pair import bicubic_lr
from srkit.datasets.trees import hr_folder, hr_images
from srkit.errors import BadFile, BadInput
from srkit.ops import files, pixels
from srkit.ops.jobs import Item, carry_out, complain, plan

__all__ = ["lr_place", "make_lr"]

_ALWAYS, _FOR_A_PIXEL = 21e6, 35  # bytes; for a pixel of the HR image


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
    interrupted call is simply repeated; each file appears whole or not at all. After one that cannot be reduced the
    others are done, too.

    Args:
        folder: a data set's folder, or its folder of HR images.
        scales: one scale or several, each at least 2.
        overwrite: make LR images anew that are there already.
        report: called with a sentence for each scale.

    Raises:
        BadFile: no images, an unreadable one, or a place that cannot be written.
        BadInput: a scale that cannot be, an image too small for it, or an LR image of another HR image.
    """
    ended = list(carry_out(plan_lr(folder, scales, overwrite=overwrite)[0], write_lr))
    for place in dict.fromkeys(item.target.parent for item in ended):
        states = Counter(item.state for item in ended if item.target.parent == place)
        if report is not None:
            report(f"{place}: {states['done']} written, {states['kept']} were there already")
    complain(ended)
    return [item.target for item in ended if item.state == "done"]


def plan_lr(
    folder: str | Path, scales: int | Iterable[int], *, overwrite: bool, below: bool = False
) -> tuple[list[Item], list[tuple[Path, str]]]:
    """Return the plan of :func:`make_lr`, which takes the same arguments, and what is left out, with the reason."""
    wanted = [scales] if isinstance(scales, int) else list(scales)
    if not wanted or any(isinstance(s, bool) or not isinstance(s, int) or s < 2 for s in wanted):
        raise BadInput(f"Scales are whole numbers of at least 2, for example [2, 3, 4], and {scales!r} was given.")
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise BadFile(f"There is no folder {folder}. Give the folder of HR images or the one above it.")
    hr = hr_folder(folder, below=below)
    images, left = hr_images(hr, below=below)
    items = [
        Item(
            source=path,
            target=lr_place(hr, scale) / path.relative_to(hr).with_name(f"{path.stem}x{scale}.png"),
            settings={"bicubic": scale},
        )
        for scale in dict.fromkeys(wanted)
        for path in images
    ]
    return plan(items, overwrite=overwrite, check=_check, keep_unknown=True, memory=_memory), left


def write_lr(item: Item) -> None:
    """Write the LR image of one item of a plan."""
    scale, whole = item.settings["bicubic"], files.read(item.source)
    _check_size(item.source, whole.shape[-2:], scale)
    lr = bicubic_lr(pixels.modcrop(whole, scale), scale)
    files.write(item.target, lr[:1] if is_grey(item.source) else lr, overwrite=True)


def lr_place(hr: Path, scale: int) -> Path:
    """Return the folder in which the LR images of the HR folder ``hr`` belong."""
    name = hr.resolve().name
    if name.upper().endswith("_HR"):
        return hr.parent / f"{name[:-3]}_LR_bicubic" / f"X{scale}"
    home = hr.parent if name.lower() in ("hr", "gt", "original", "high") else hr
    return home / "LR_bicubic" / f"X{scale}"


def _check(item: Item) -> tuple[int, int] | None:
    scale, seen = item.settings["bicubic"], files.probe(item.source)
    if seen is not None:
        _check_size(item.source, seen[:2], scale)
    return files.check_enlarged(item.source, item.target, 1 / scale)


def _memory(item: Item) -> float:
    height, width = item.size or (0, 0)
    return _ALWAYS + _FOR_A_PIXEL * height * width * float(item.settings["bicubic"]) ** 2


def _check_size(path: Path, size: Sequence[int], scale: int) -> None:
    if min(size) < scale:
        raise BadInput(f"{path} is {size[0]}x{size[1]}, too small to be reduced {scale} times.")
