"""``srkit export``: a network for the programs that do not know PyTorch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from srkit.cli._help import examples
from srkit.cli._network import Choice, Machine, network_options
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.errors import BadInput

__all__ = ["command"]


@click.command(
    "export",
    epilog=examples(
        "srkit export edsr_small --scale 2 --to ncnn",
        "srkit export runs/mine/last.safetensors --to onnx --out mine.onnx",
        "srkit upscale photo.jpg --model mine.onnx",
    ),
)
@click.argument("source", metavar="[NAME|FILE]", required=False)
@network_options
@click.option("--to", required=True, type=click.Choice(["onnx", "ncnn", "openvino"]), help="The format.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to; by default NAME_x2.onnx, .ncnn.zip or .openvino.zip in this folder.")  # fmt: skip
@click.option("--licence", metavar="TEXT", help="The terms of the weights, where they are not srkit's own.")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
@plugin_option
def command(
    source: str | None,
    choice: Choice,
    to: str,
    out: Path | None,
    licence: str | None,
    overwrite: bool,
    plugins: tuple[str, ...],
) -> None:
    """Write a network, for images of any size, into one file that other programs and srkit upscale read.

    The file says what it is: card, licence, scale, range, and how far the network looks, so that tiles stay exact.
    """
    load_plugins(plugins)
    from srkit.inference.bundle import SUFFIXES, write_bundle
    from srkit.inference.engines import proven
    from srkit.inference.mode import scale_of
    from srkit.inference.tiling import LEAST
    from srkit.ops.atomic import check_place

    if choice.method is not None or choice.engine is not None or choice.precision != "float32":
        raise BadInput("A network is exported in float32: leave out --method, --engine and --precision.")
    if source is not None:
        if choice.model is not None:
            raise BadInput(f"{source} and --model {choice.model} were given; one network is exported at a time.")
        choice = replace(choice, model=source)
    net = choice.open(Machine("cpu"))
    target = out or Path(f"{getattr(net, 'name', 'network')}_x{scale_of(net)}{SUFFIXES[to]}")
    if not target.name.endswith(SUFFIXES[to]):
        raise BadInput(f"--out {target} must end in {SUFFIXES[to]}, by which srkit upscale knows it.")
    check_place(target, overwrite=overwrite)
    terms = f"not srkit's weights; see the terms of {choice.weights or choice.model}" if choice.foreign else None
    bundle = proven(net, to, licence=licence or terms)
    write_bundle(bundle, target, overwrite=overwrite)
    least = f", for images from {bundle.least} x {bundle.least} pixels on" if bundle.least > LEAST else ""
    click.echo(f"{target}  x{scale_of(net)}, {target.stat().st_size / 1e6:.1f} MB{least}")
