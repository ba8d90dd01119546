"""Reading the folder layouts in which super-resolution data is distributed.

Understood are, for a data set ``NAME`` and a scale ``s``:

==============================================  =====================================================================
EDSR-PyTorch                                    ``NAME/HR/a.png`` and ``NAME/LR_bicubic/X2/ax2.png``
DIV2K                                           ``DIV2K_train_HR/0001.png``, ``DIV2K_train_LR_bicubic/X2/0001x2.png``
BasicSR                                         ``NAME/GTmod12/a.png`` and ``NAME/LRbicx2/a.png``
registered pairs (NTIRE)                        ``NAME/GT/a.png`` and ``NAME/LR/a.png``
one folder, both kinds (RealSR)                 ``a_HR.png`` and ``a_LR4.png``
one folder, both kinds (SelfExSR)               ``a_SRF_2_HR.png`` and ``a_SRF_2_LR.png``
one folder of images                            ``NAME/a.png``; LR in ``../matlab_lr/NAME/X2`` if it is there
==============================================  =====================================================================

Where no LR folder of the scale exists, LR is made in memory; where one exists and an image is missing in it, that is
an error, because a set that is half from files and half made is no benchmark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from srkit.datasets.pair import Pairs, Source
from srkit.errors import BadFile, BadInput
from srkit.ops.atomic import check_path
from srkit.ops.files import SUFFIXES, list_images
from srkit.ops.jobs import find_images

__all__ = [
    "Tree",
    "folder_sources",
    "folders_in",
    "from_folders",
    "has_images",
    "hr_folder",
    "lr_folder",
    "match_lr",
    "mixed_tree",
    "read_tree",
]

_HR_NAMES = re.compile(r"hr|gt|gtmod\d*|.+_hr|original|high|validationgt", re.IGNORECASE)
_LR_PATTERNS = ("{stem}x{scale}", "{stem}_x{scale}", "{stem}_LR{scale}", "{stem}_LR", "{stem}_LRBI_x{scale}", "{stem}")
_MIXED = re.compile(r"(?P<stem>.+?)_(?P<kind>HR|LR)(?P<scale>\d*)", re.IGNORECASE)
_SRF = re.compile(r"_SRF_(?P<scale>\d+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Tree:
    """What was found below a folder."""

    folder: Path  # the data set's folder
    hr: Path  # folder of the HR images
    lr: Path | None  # folder of the LR images of the scale asked for; None where LR is to be made
    sources: tuple[Source, ...]  # the pairs


def from_folders(
    *, hr: str | Path, lr: str | Path | None = None, scale: int, name: str | None = None, lr_pattern: str | None = None
) -> Pairs:
    """Return the pairs of a folder of HR images and, if given, a folder of LR images.

    Args:
        hr: folder of HR images.
        lr: folder of LR images; None makes LR from HR by MATLAB's bicubic ``imresize``.
        scale: enlargement factor; 1 for registered pairs of equal size.
        name: what the set is called in tables; by default the name of the HR folder (of its parent, for ``…/HR``).
        lr_pattern: how an LR file is called, without suffix, for example ``"{stem}x{scale}"``. By default
            EDSR-PyTorch's ``{stem}x{scale}`` and its common relatives are tried.

    Raises:
        BadFile: a folder is missing or holds no image, or an HR image has no partner; the message names it.
        BadInput: an ``lr_pattern`` without ``{stem}``.
    """
    hr = check_path(hr, name="hr").expanduser()
    lr = None if lr is None else check_path(lr, name="lr").expanduser()
    folder = hr.parent if _HR_NAMES.fullmatch(hr.name) else hr
    return Pairs(folder_sources(hr, lr, scale, lr_pattern), name=name or folder.resolve().name, scale=scale)


def folder_sources(hr: Path, lr: Path | None, scale: int, lr_pattern: str | None = None) -> tuple[Source, ...]:
    """Return the sources of an HR folder and an LR folder (None: LR is made); errors as in :func:`from_folders`."""
    images = list_images(hr)
    _refuse_twins(hr, images)
    if lr is None:
        return tuple(Source(path.stem, path) for path in images)
    if not lr.is_dir():
        raise BadFile(f"There is no folder {lr} of LR images. Leave lr out, and LR is made from HR in memory.")
    partners = match_lr(images, list_images(lr) if has_images(lr) else [], scale, lr_pattern)
    missing = [path for path in images if path not in partners]
    if missing:
        raise BadFile(_missing(missing, images, hr, lr, scale))
    return tuple(Source(path.stem, path, partners[path]) for path in images)


def match_lr(hr: Sequence[Path], lr: Iterable[Path], scale: int, pattern: str | None = None) -> dict[Path, Path]:
    """Return, for each HR path that has one, the path of its LR partner.

    Args:
        scale: enlargement factor, for ``{scale}`` in the pattern.
        pattern: an LR name without suffix in terms of ``{stem}`` and ``{scale}``; None tries the common ones.
    """
    if pattern is not None and "{stem}" not in pattern:
        raise BadInput(f"lr_pattern {pattern!r} must contain {{stem}}, the HR file's name, as in '{{stem}}x{{scale}}'.")
    patterns = _LR_PATTERNS if pattern is None else (pattern,)
    by_stem = {path.stem: path for path in lr}
    partners = {}
    for path in hr:
        stem = re.sub(r"_(HR|GT)$", "", path.stem, flags=re.IGNORECASE)
        names = (p.format(stem=s, scale=scale) for p in patterns for s in (path.stem, stem))
        found = next((by_stem[n] for n in names if n in by_stem), None)
        if found is not None:
            partners[path] = found
    return partners


def read_tree(folder: Path, scale: int, *, below: bool = False) -> Tree:
    """Read a data set's folder in any of the known layouts.

    With ``below`` HR images of the folders below are taken too and called by their place there; LR has the same tree.
    """
    if not folder.is_dir():
        raise BadFile(f"There is no folder {folder}. Check the spelling; paths are relative to {Path.cwd()}.")
    mixed = None if below else mixed_tree(folder, scale)
    if mixed is not None:
        return mixed
    hr = hr_folder(folder, below=below)
    lr = lr_folder(folder, hr, scale)
    if not below:
        return Tree(folder, hr, lr, folder_sources(hr, lr, scale))
    sources: list[Source] = []
    for place in dict.fromkeys(path.parent.relative_to(hr) for path in hr_images(hr, below=True)[0]):
        inside = folder_sources(hr / place, None if lr is None else lr / place, scale)
        sources += [replace(source, name=(place / source.name).as_posix()) for source in inside]
    return Tree(folder, hr, lr, tuple(sources))


def hr_images(hr: Path, *, below: bool) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the images of a folder of HR images, and what is left out and why; LR images made in it are neither."""
    images, left = find_images(hr, below=below)
    made = hr / "LR_bicubic"
    return [path for path in images if made not in path.parents], [(path, why) for path, why in left if path != made]


def hr_folder(folder: Path, *, below: bool = False) -> Path:
    """Return the folder of HR images: ``HR`` and its other names, or the folder itself if images lie in it."""
    named = [path for path in folders_in(folder) if _HR_NAMES.fullmatch(path.name) and (below or has_images(path))]
    if len(named) > 1:
        raise BadFile(
            f"{folder} holds several folders of HR images ({', '.join(path.name for path in named)}). "
            "Give the path of one of them."
        )
    if named:
        return named[0]
    if has_images(folder) or (below and hr_images(folder, below=True)[0]):
        return folder
    found = ", ".join(sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))[:8])
    inside = [path for path in folders_in(folder) if has_images(path) or has_images(path / "HR")]
    if inside:
        raise BadFile(
            f"{folder} holds no images itself but {len(inside)} folders that do: name one, for example {inside[0]}. "
            f"Found: {found}."
        )
    raise BadFile(
        f"No images in {folder}: looked for image files there and in a folder HR below it, found {found or 'nothing'}. "
        f"Expected {folder / 'HR' / '<name>.png'} and, optionally, {folder / 'LR_bicubic/X2/<name>x2.png'}. "
        f"srkit data doctor {folder} shows the tree."
    )


def has_images(folder: Path) -> bool:
    """Tell whether image files lie directly in a folder."""
    return folder.is_dir() and any(
        path.suffix.lower() in SUFFIXES and not path.name.startswith(".") for path in folder.iterdir()
    )


def lr_folder(folder: Path, hr: Path, scale: int) -> Path | None:
    """Return the folder of LR images that belongs to ``hr``, the HR folder of the data set in ``folder``, if any."""
    stem = hr.name[: -len("_HR")] if hr.name.upper().endswith("_HR") else ""
    home = hr.parent if hr != folder or _HR_NAMES.fullmatch(hr.name) else folder
    tops = [f"{stem}_LR_bicubic"] if stem else []
    tops += ["LR_bicubic", "LR"]
    names = [f"{top}/X{scale}" for top in tops] + [f"LRbicx{scale}", f"LR_x{scale}", f"LR_bicubic_X{scale}"]
    candidates = [home / name for name in names] + [folder.parent / "matlab_lr" / folder.name / f"X{scale}"]
    found = next((found for found in map(_any_case, candidates) if found is not None), None)
    if found is not None or hr == home:
        return found
    plain = (_any_case(home / name) for name in (*tops, "ValidationLR"))  # of unknown scale: the sizes will tell
    return next((folder for folder in plain if folder is not None and has_images(folder)), None)


def mixed_tree(folder: Path, scale: int) -> Tree | None:
    """Read a folder in which HR and LR lie side by side under names that end in ``_HR`` and ``_LR``, or give None."""
    hr: dict[str, Path] = {}
    lr: dict[str, Path] = {}
    for path in list_images(folder) if has_images(folder) else []:
        match = _MIXED.fullmatch(path.stem)
        if match is None:
            continue
        srf = _SRF.search(match["stem"])
        written = int(match["scale"] or (srf["scale"] if srf else scale))
        if written == scale or (scale == 1 and not srf):
            (hr if match["kind"].upper() == "HR" else lr)[match["stem"]] = path
    if not hr or not lr:
        return None
    alone = sorted(hr.keys() - lr.keys())
    if alone:
        raise BadFile(_missing([hr[s] for s in alone], list(hr.values()), folder, folder, scale))
    return Tree(folder, folder, folder, tuple(Source(stem, hr[stem], lr[stem]) for stem in hr))


def folders_in(folder: Path) -> list[Path]:
    """Return the folders of a folder, hidden ones left out."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _any_case(path: Path) -> Path | None:
    """Return ``path``, or the one folder that differs from it only in upper and lower case in its last two names."""
    if path.is_dir():
        return path
    for parent in (p for p in (path.parent, *_alike(path.parent)) if p.is_dir()):
        for found in _alike(parent / path.name):
            return found
    return None


def _alike(path: Path) -> list[Path]:
    if not path.parent.is_dir():
        return []
    return [p for p in folders_in(path.parent) if p.name.lower() == path.name.lower()]


def _refuse_twins(folder: Path, images: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in images:
        other = seen.setdefault(path.stem, path)
        if other is not path:
            raise BadFile(f"{folder} holds {other.name} and {path.name}: two images of one name. Move one elsewhere.")


def _missing(missing: Sequence[Path], images: Sequence[Path], hr: Path, lr: Path, scale: int) -> str:
    shown = ", ".join(path.name for path in missing[:3]) + (", …" if len(missing) > 3 else "")
    first = missing[0]
    return (
        f"{len(missing)} of {len(images)} HR images in {hr} have no LR partner in {lr}: {shown}. "
        f"Looked for {first.stem}x{scale}{first.suffix} and the like. "
        f"srkit data make-lr {hr} --scale {scale} makes what is missing."
    )
