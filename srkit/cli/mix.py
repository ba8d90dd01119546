"""``srkit mix``: interpolation between two networks."""

from __future__ import annotations

from pathlib import Path

import click

from srkit.cli._help import examples
from srkit.cli._numbers import Real
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.errors import BadFile

__all__ = ["command"]


@click.command(
    "mix",
    epilog=examples(
        "srkit mix psnr.safetensors gan.safetensors --alpha 0.8 --out between.safetensors",
        "srkit mix runs/psnr/last.safetensors runs/gan/last.safetensors --alpha 0 --alpha 0.5 --alpha 1 --out between",
    ),
)
@click.argument("first", metavar="FILE|ADDRESS")
@click.argument("second", metavar="FILE|ADDRESS")
@click.option("--alpha", "alphas", type=Real(), multiple=True, default=(0.5,), show_default=True, metavar="N",
              help="How far from the first to the second; 0 and 1 are the two themselves. Repeatable.")  # fmt: skip
@click.option("--out", metavar="FILE|FOLDER", help="Where to; with several alphas a folder. Default: FIRST_mix.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@plugin_option
def command(
    first: str, second: str, alphas: tuple[float, ...], out: str | None, overwrite: bool, plugins: tuple[str, ...]
) -> None:
    """Interpolate the weights of two networks, the second of which was fine-tuned from the first."""
    load_plugins(plugins)
    from srkit import models
    from srkit.datasets.transfer import is_address, local
    from srkit.inference import mix

    files = [Path(local(given)) for given in (first, second)]
    nets = models.load(files[0]), models.load(files[1])
    home = Path() if is_address(first) else files[0].parent
    chosen = Path(out) if out is not None else home / f"{files[0].stem}_mix"
    one_file = len(alphas) == 1 and chosen.suffix == ".safetensors"
    targets = [chosen if one_file else chosen / f"{alpha:g}.safetensors" for alpha in alphas]
    taken = [target for target in targets if target.exists() and not overwrite]
    if taken:
        raise BadFile(f"{taken[0]} exists already; choose another --out, or add --overwrite.")
    for alpha, target in zip(alphas, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        models.save(mix(*nets, alpha), target, overwrite=overwrite)
        click.echo(f"{target}  alpha {alpha:g}")
