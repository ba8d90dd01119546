"""``srkit metrics``: two pictures, their numbers, and why numbers differ."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from srkit.cli._help import examples
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.cli._protocol import parse_protocol
from srkit.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["command"]


@click.group("metrics")
def command() -> None:
    """Compare two pictures, and explain the numbers."""


@command.command(
    "compute",
    epilog=examples(
        "srkit metrics compute baby_x2_SR.png baby.png --scale 2",
    ),
)
@click.argument("result")
@click.argument("truth")
@click.option("--scale", type=click.IntRange(1), metavar="N", help="Enlargement factor: the papers' border.")
@click.option("--protocol", metavar="TEXT", help='"papers", or words such as "rgb border=10 no-quantise".')
@plugin_option
def compute(result: str, truth: str, scale: int | None, protocol: str | None, plugins: tuple[str, ...]) -> None:
    """Print every metric of RESULT against TRUTH, with its protocol."""
    load_plugins(plugins)
    from srkit.metrics import METRICS

    if scale is None and "border=" not in (protocol or ""):
        raise BadInput('The border is not known: give --scale (the papers\' border), or --protocol "y border=4".')
    sr, hr = _pair(result, truth, scale or 1)
    used = parse_protocol(protocol or "papers", scale=scale or 1)
    for name in METRICS.names():
        value = METRICS.get(name)(sr, hr, protocol=used)
        click.echo(f"{name:>6}  {float(value):.4f}  ({used})")


@command.command(
    "explain",
    epilog=examples(
        "srkit metrics explain baby_x2_SR.png baby.png --scale 2",
    ),
)
@click.argument("result")
@click.argument("truth")
@click.option(
    "--scale", type=click.IntRange(1), metavar="N", default=4, show_default=True, help="Enlargement factor: the border."
)
def explain_pair(result: str, truth: str, scale: int) -> None:
    """Print RESULT against TRUTH under the protocols in use, and say why they differ."""
    from srkit.metrics import explain

    sr, hr = _pair(result, truth, scale)
    rows = explain(sr, hr, scale=scale)
    wide = max(len(row.protocol) for row in rows)
    reference = rows[0].psnr
    click.echo(f"{'protocol':<{wide}}  {'PSNR dB':>8}  {'differs':>8}  {'SSIM':>7}")
    for row in rows:
        differs = row.psnr - reference if row.psnr != reference else 0.0
        click.echo(f"{row.protocol:<{wide}}  {row.psnr:8.4f}  {differs:+8.4f}  {row.ssim:7.5f}")
        click.echo(textwrap.indent(textwrap.fill(row.reason, 92), "    "))


def _pair(result: str, truth: str, scale: int) -> tuple[Tensor, Tensor]:
    """Read both; cut the truth to a multiple of the scale where that is all the sizes differ by."""
    from srkit.ops.files import read_picture
    from srkit.ops.pixels import modcrop

    first, second = read_picture(result), read_picture(truth)
    sr, hr = first.rgb, second.rgb
    if first.grey and second.grey:
        sr, hr = sr[:1], hr[:1]
    if sr.shape != hr.shape and scale > 1 and modcrop(hr, scale).shape == sr.shape:
        click.echo(
            f"{truth} was cut to a multiple of {scale}: {hr.shape[-1]} x {hr.shape[-2]} pixels before.", err=True
        )
        hr = modcrop(hr, scale)
    return sr, hr
