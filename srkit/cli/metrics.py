"""``srkit metrics``: metrics of two pictures, and why they differ between protocols."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from srkit.cli._help import examples
from srkit.cli._numbers import Count
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.cli._protocol import parse_protocol
from srkit.errors import BadFile, BadInput

if TYPE_CHECKING:
    from torch import Tensor

    from srkit.metrics import Protocol
    from srkit.metrics._registry import Metric
    from srkit.ops.picture import Picture

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
@click.argument("truth", required=False)
@click.option("--scale", type=Count(), metavar="N", help="Enlargement factor: the papers' border.")
@click.option("--protocol", metavar="TEXT", help='"papers", or words such as "rgb border=10 no-quantise".')
@click.option("--metrics", "names", metavar="NAMES", help="Only these, with commas between; else every registered one.")
@plugin_option
def compute(result: str, truth: str | None, plugins: tuple[str, ...], **options: Any) -> None:
    """Print every metric of RESULT against TRUTH, with its protocol; without TRUTH, those that need no reference.

    Both are files or addresses.
    """
    load_plugins(plugins)
    from srkit.evaluation.score import choose
    from srkit.inference.enlarge import opened
    from srkit.metrics import METRICS

    scale, protocol, names = options["scale"], options["protocol"] or "papers", options["names"]
    if truth is not None and scale is None and "border=" not in protocol:
        raise BadInput('The border is not known: give --scale (the papers\' border), or --protocol "y border=4".')
    sr, hr = (opened(result).rgb, None) if truth is None else _pair(result, truth, scale or 1)
    used = parse_protocol(protocol, scale=scale or 1)
    for name in names.split(",") if names else METRICS.names():
        metric = METRICS.get(name)
        if not names and hr is None and metric.needs_reference:
            continue
        try:
            choose([name])
            value = _measure(metric, sr, hr, used)
        except (BadFile, BadInput) as error:  # one metric that cannot be had does not hide the others
            if names or not metric.conditions:
                raise
            click.echo(f"{name:>6}  not measured: {error}")
        else:
            click.echo(f"{name:>6}  {value:.4f}  ({metric.conditions or used})")


def _measure(metric: Metric, sr: Tensor, hr: Tensor | None, protocol: Protocol) -> float:
    """Measure images of one or three channels; metrics with conditions of their own see three."""
    if metric.conditions:
        sr, hr = sr.expand(3, -1, -1), None if hr is None else hr.expand(3, -1, -1)
    return metric(sr, hr, protocol=protocol)


@command.command(
    "explain",
    epilog=examples(
        "srkit metrics explain baby_x2_SR.png baby.png --scale 2",
    ),
)
@click.argument("result")
@click.argument("truth")
@click.option(
    "--scale", type=Count(), metavar="N", default=4, show_default=True, help="Enlargement factor: the border."
)
def explain_pair(result: str, truth: str, scale: int) -> None:
    """Print RESULT against TRUTH, files or addresses, under the protocols in use, and say why they differ."""
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
    from srkit.inference.enlarge import opened
    from srkit.ops.pixels import modcrop

    first, second = opened(result), opened(truth)
    sr, hr = first.rgb, second.rgb
    if first.grey and second.grey:
        sr, hr = sr[:1], hr[:1]
    if sr.shape != hr.shape and scale > 1 and modcrop(hr, scale).shape == sr.shape:
        click.echo(
            f"{truth} was cut to a multiple of {scale}: {hr.shape[-1]} x {hr.shape[-2]} pixels before.", err=True
        )
        hr = modcrop(hr, scale)
    transparency = _transparency(first, second)
    if transparency:
        click.echo(transparency)
    return sr, hr


def _transparency(first: Picture, second: Picture) -> str:
    """Say how two pictures differ in transparency, which no metric sees; nothing where both are opaque or alike."""
    import torch

    one, other = (
        torch.ones_like(picture.rgb[:1]) if picture.alpha is None else picture.alpha for picture in (first, second)
    )
    height, width = (min(a, b) for a, b in zip(one.shape[-2:], other.shape[-2:], strict=True))
    gap = (one[..., :height, :width] - other[..., :height, :width]).abs().mul(255).round()
    if not gap.any():
        return ""
    return (
        f"The pictures differ in transparency: by up to {int(gap.max())} of 255 levels, in "
        f"{100 * float((gap > 0).float().mean()):.2g} % of the pixels. The numbers below compare colours only."
    )
