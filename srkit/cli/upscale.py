"""``srkit upscale``: pictures and folders of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit.cli._help import examples
from srkit.cli._network import Choice, Machine, machine_options, network_options, progress_bar, tile_option
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.errors import BadFile, BadInput, SrkitError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["command"]


@click.command(
    "upscale",
    epilog=examples(
        "srkit upscale photo.png --model a2001sr",
        "srkit upscale photos/ --model RCAN_BIX4.pt --out photos_x4 --self-ensemble",
    ),
)
@click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER...")
@network_options
@click.option("--out", metavar="FILE|FOLDER", help="Where to; by default beside each picture as NAME_x2.png.")
@click.option("--self-ensemble", is_flag=True, help="Mean over eight flips and rotations; eight times the work.")
@tile_option
@click.option("--halo", type=click.IntRange(0), metavar="N", help="LR pixels read around a tile; measured by default.")
@click.option("--overwrite", is_flag=True, help="Replace results that exist.")
@machine_options
@plugin_option
def command(
    sources: tuple[str, ...],
    choice: Choice,
    out: str | None,
    plugins: tuple[str, ...],
    machine: Machine,
    **options: Any,
) -> int:
    """Enlarge pictures with a network; name, format, transparency and bit depth stay."""
    paths = [_existing(source) for source in sources]
    load_plugins(plugins)
    net = choice.open(machine)
    common: dict[str, Any] = {
        "tile": None if choice.method else options["tile"],
        "halo": options["halo"],
        "ensemble": options["self_ensemble"],
        "overwrite": options["overwrite"],
    }
    target = None if out is None else Path(out)
    _refuse_one_file_for_many(paths, target)
    failures = sum(_one_source(path, target, net, common) for path in paths)
    if failures:
        click.echo(f"{failures} picture{'s' if failures > 1 else ''} could not be enlarged.", err=True)
    return 2 if failures else 0


def _one_source(path: Path, out: Path | None, net: nn.Module, common: dict[str, Any]) -> int:
    from srkit.inference import upscale_file, upscale_folder
    from srkit.inference.pictures import default_target

    if path.is_dir():
        folder = out if out is not None else path.with_name(f"{path.resolve().name}_x{net.scale}")
        failures = 0
        for outcome in upscale_folder(path, folder, net, **common):
            if outcome.problem is not None:
                failures += _report(outcome.source, outcome.problem)
            else:
                click.echo(str(outcome.target))
        return failures
    try:
        target = (
            default_target(path, net) if out is None else out / path.name if out.is_dir() or not out.suffix else out
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        with progress_bar(path.name, unit="tile") as move:
            written = upscale_file(path, target, net, progress=move, **common)
    except SrkitError as problem:
        return _report(path, problem)
    click.echo(str(written))
    return 0


def _report(path: Path, problem: SrkitError) -> int:
    """Say why a picture was left out, by its name; the others go on."""
    named = str(problem) if path.name in str(problem) else f"{path}: {problem}"
    click.echo(f"error: {named}", err=True)
    return 1


def _existing(source: str) -> Path:
    path = Path(source)
    if not path.exists():
        raise BadFile(f"{source} does not exist (looked in {Path.cwd()}).")
    return path


def _refuse_one_file_for_many(paths: list[Path], out: Path | None) -> None:
    many = len(paths) > 1 or paths[0].is_dir()
    if many and out is not None and out.suffix and not out.is_dir():
        raise BadInput(f"--out {out} names one file and there are several pictures; give a folder.")
