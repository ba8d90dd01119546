"""The numbers of one image, and what must be said about images that are stored grey."""

from __future__ import annotations

from torch import Tensor

from srkit.datasets import Pair
from srkit.errors import BadInput
from srkit.metrics import Protocol, psnr, ssim

__all__ = ["grey_note", "score"]


def score(sr: Tensor, pair: Pair, protocol: Protocol) -> dict[str, float]:
    """Return PSNR and SSIM of one result; a pair stored grey is compared on its one channel if the protocol says so.

    Raises:
        BadInput: the two cannot be compared; the message names the image.
    """
    one_channel = protocol.grey_as_stored and getattr(pair, "grey", False)
    ours, truth = (_grey(sr), pair.hr[:1]) if one_channel else (sr, pair.hr)
    try:
        return {
            "psnr": float(psnr(ours, truth, protocol=protocol)),
            "ssim": float(ssim(ours, truth, protocol=protocol)),
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
        f"{which} stored grey and compared on Y like the others; compared as stored (grey_as_stored=True), the mean "
        f"would be {1.3222 * grey / images:.2f} dB lower."
    )


def _grey(image: Tensor) -> Tensor:
    """Return ``(1, h, w)``: full-range luma; three equal channels give exactly that channel."""
    red, green, blue = image[:1], image[1:2], image[2:]
    return green + 0.299 * (red - green) + 0.114 * (blue - green)
