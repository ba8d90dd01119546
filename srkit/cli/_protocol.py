"""``--protocol``, a comparison written as a few words, and ``--metrics``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from srkit.errors import BadInput

if TYPE_CHECKING:
    from srkit.metrics import Protocol

__all__ = ["metrics_option", "parse_protocol"]

metrics_option = click.option(
    "--metrics",
    default="psnr,ssim",
    show_default=True,
    metavar="NAMES",
    help="What to measure: psnr, ssim, lpips, niqe or a plugin's, with commas between.",
)

_HELP = (
    "Write papers, or some of these words: y or rgb, border=PIXELS, no-quantise, round-y, grey-as-stored "
    '(for example "rgb border=10").'
)


def parse_protocol(text: str, *, scale: int) -> Protocol:
    """Turn ``"rgb border=10 no-quantise"`` into a protocol; everything else is as in the papers."""
    from srkit.metrics import Protocol

    protocol = Protocol.papers(scale)
    for word in text.replace(",", " ").lower().split():
        protocol = _with(protocol, word)
    return protocol


def _with(protocol: Protocol, word: str) -> Protocol:
    if word in ("papers", "y"):
        return protocol
    if word == "rgb":
        return replace(protocol, channel="rgb")
    if word in ("no-quantise", "no-quantize"):
        return replace(protocol, quantise=False)
    if word == "round-y":
        return replace(protocol, round_y=True)
    if word == "grey-as-stored":
        return replace(protocol, grey_as_stored=True)
    name, _, value = word.partition("=")
    if name == "border" and value.isdecimal():
        return replace(protocol, border=int(value))
    raise BadInput(f"--protocol does not know {word!r}. {_HELP}")
