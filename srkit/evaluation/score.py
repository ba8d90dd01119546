"""The metrics of one image, and the note that is needed for images stored grey."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from srkit.datasets import Pair
from srkit.errors import BadInput
from srkit.metrics import METRICS, Protocol
from srkit.metrics._registry import Metric
from srkit.ops.color import luma
from srkit.ops.files import probe, read_picture

__all__ = ["Alone", "choose", "grey_note", "is_transparent", "score", "transparency_note"]


@dataclass(frozen=True)
class Alone:
    """An LR image without a known HR image: ``hr`` is None."""

    name: str
    lr: Tensor
    hr: None = None


def choose(names: str | Sequence[str], *, truth: bool = True) -> tuple[Metric, ...]:
    """Return the registered metrics of these names, each once and ready to be called."""
    wanted = names.split(",") if isinstance(names, str) else names
    found = {METRICS.key(name): METRICS.get(name) for name in wanted if name.strip()}
    if not found:
        raise BadInput(f"No metric was named. Choose from: {', '.join(METRICS.names())}.")
    if not truth and (lacking := [name for name, metric in found.items() if metric.needs_reference]):
        free = [name for name in METRICS if not METRICS.get(name).needs_reference]
        raise BadInput(
            f"{' and '.join(lacking)} compare{'s' * (len(lacking) == 1)} with true images, and these have none. Without"
            f" them there are: {', '.join(free) or 'none'}."
        )
    for metric in found.values():
        if metric.ready is not None:
            metric.ready()
    return tuple(found.values())


def score(sr: Tensor, pair: Pair | Alone, protocol: Protocol, metrics: Sequence[Metric]) -> dict[str, float]:
    """Return the values of one result by name of the metric.

    Where the protocol says that grey files are compared as stored, a pair stored grey is compared on its one channel by
    the metrics that follow the protocol.

    Raises:
        BadInput: the two cannot be compared; the message names the image.
    """
    one_channel = protocol.grey_as_stored and getattr(pair, "grey", False)
    seen = (luma(sr), pair.hr[:1]) if one_channel and pair.hr is not None else (sr, pair.hr)
    try:
        return {
            metric.name: metric(*((sr, pair.hr) if metric.conditions else seen), protocol=protocol)
            for metric in metrics
        }
    except BadInput as error:
        raise BadInput(f"Image {pair.name!r}: {error}") from error


def grey_note(grey: int, images: int, protocol: Protocol) -> str:
    """Return the sentence that belongs under a table in which ``grey`` of ``images`` images are stored grey.

    Papers differ here: MATLAB scripts leave a file of one channel as it is (0 to 255) and convert the others to Y (16
    to 235), which makes the same result 20 log10(255 / 219) = 1.32 dB worse on that image.
    """
    if not grey or protocol.channel != "y":
        return ""
    which = "1 image is" if grey == 1 else f"{grey} images are"
    if protocol.grey_as_stored:
        return f"{which} stored grey and compared as stored (0 to 255), as the usual MATLAB scripts do."
    return (
        f"{which} stored grey and compared on Y like the others; compared as stored (the protocol grey-as-stored), the "
        f"mean PSNR would be {1.3222 * grey / images:.2f} dB lower."
    )


def is_transparent(files: Iterable[Path]) -> bool:
    """Tell whether one of the files shows what lies behind it, in one pixel or more; others are not decoded."""
    seen = ((path, probe(path)) for path in files)
    alphas = (read_picture(path).alpha for path, found in seen if found is None or found[2])
    return any(alpha is not None and float(alpha.min()) < 1 for alpha in alphas)


def transparency_note(transparent: int) -> str:
    """Return the sentence that belongs under a table in which so many images are transparent in places."""
    which = "1 image is" if transparent == 1 else f"{transparent} images are"
    return (
        f"{which} transparent in places: metrics compare colours only, never the transparency." if transparent else ""
    )
