"""The official weights of VGG-19: where they are stored, and their download, once, on request, and verified."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from srkit.errors import BadFile, Offline
from srkit.ops.atomic import locked

__all__ = ["VGG_ADDRESS", "fetch_vgg", "find_vgg"]

VGG_ADDRESS = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
"""The file of torchvision (``VGG19_Weights.IMAGENET1K_V1``, 575 MB); its name ends in the beginning of its SHA-256."""


def find_vgg(path: str | Path | None = None) -> Path:
    """Return the weight file of VGG-19 on this machine.

    Args:
        path: where it is; None looks at ``$SRKIT_VGG19`` and then where torchvision and :func:`fetch_vgg` put it.
    """
    chosen = path or os.environ.get("SRKIT_VGG19", "").strip() or _cached()
    found = Path(chosen).expanduser()
    if not found.is_file():
        raise BadFile(
            f"The weights of VGG-19 are not at {found}. Get them once (575 MB) with\n"
            '  python -c "import srkit; srkit.losses.fetch_vgg()"\n'
            "or say where the file is: $SRKIT_VGG19, or the option weights='/a/path.pth'. Without any weights, "
            "weights=untrained compares the features of a random VGG-19, which is another loss with other numbers."
        )
    return found


def fetch_vgg(*, address: str = VGG_ADDRESS, folder: str | Path | None = None, progress: bool = True) -> Path:
    """Download the official weights, unless they are there, and compare the checksum with the one in the file's name.

    Args:
        address: where from; ``name-<beginning of its SHA-256>.pth``.
        folder: where to; None is torch's own cache, which torchvision uses too.
        progress: show a bar.

    Returns:
        The path of the file.

    Raises:
        Offline: the address cannot be reached.
        BadFile: what came is not the file that was requested (it is removed), or it cannot be written.
    """
    target = _cached().parent if folder is None else Path(folder)
    target = target / address.rpartition("/")[2]
    if target.is_file():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        prefix = target.stem.rpartition("-")[2]
        with locked(target.with_name(f".{target.name}.lock"), f"downloading {target}", wait=True):
            for part in target.parent.glob(f"{target.name}.*.partial"):  # of a process that was killed
                part.unlink()
            if not target.is_file():
                torch.hub.download_url_to_file(address, str(target), hash_prefix=prefix, progress=progress)
    except RuntimeError as error:
        raise BadFile(f"{address} did not give the file its name promises: {error}. It was removed.") from error
    except OSError as error:
        raise Offline(
            f"{address} could not be downloaded ({error}). Bring the file in another way and put it at {target}."
        ) from error
    return target


def _cached() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / VGG_ADDRESS.rpartition("/")[2]
