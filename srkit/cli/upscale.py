"""``srkit upscale``: pictures and folders of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from srkit.cli._help import examples
from srkit.cli._job import bars, job_options, recursive_option, report
from srkit.cli._network import Choice, Machine, machine_options, network_options, tile_option
from srkit.cli._numbers import Count, Real
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.errors import BadFile, BadInput

__all__ = ["command"]


@click.command(
    "upscale",
    epilog=examples(
        "srkit upscale photo.jpg",
        "srkit upscale photo.png --model a2001sr",
        "srkit upscale photos/ --model RCAN_BIX4.pt --out photos_x4 --self-ensemble",
    ),
)
@click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER...")
@network_options
@click.option("--out", metavar="FILE|FOLDER", help="Where to; by default beside each picture as NAME_x2.png.")
@click.option(
    "--clean",
    type=Real(0, 1),
    metavar="0..1",
    help="Without --model, at x4: how clean the pictures are; 0 (the default) removes most noise and JPEG blocks.",
)
@click.option("--self-ensemble", is_flag=True, help="Mean over eight flips and rotations; eight times the work.")
@tile_option
@click.option("--halo", type=Count(0), metavar="N", help="LR pixels read around a tile; measured by default.")
@recursive_option
@job_options
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
    """Enlarge pictures with a network; name, format, transparency and bit depth stay.

    Everything is planned before anything is done. A picture that cannot be enlarged is named and the others go on;
    what is done is kept: call again to go on.
    """
    from srkit.inference import pictures

    paths = [_existing(source) for source in sources]
    load_plugins(plugins)
    target = None if out is None else Path(out)
    _refuse_one_file_for_many(paths, target)
    net = choice.open_for_photographs(machine, options["clean"])
    wanted, left = pictures.pictures_of(paths, target, net, below=options["recursive"])
    how = {"ensemble": options["self_ensemble"]}
    planned = pictures.plan_pictures(wanted, net, overwrite=options["overwrite"], said=choice.said, **how)
    tile = None if choice.method else options["tile"]
    with bars(planned) as bar:
        work = pictures.enlarge_pictures(planned, net, tile=tile, halo=options["halo"], progress=bar, **how)
        return report(planned, work, left, dry_run=options["dry_run"])


def _existing(source: str) -> Path:
    path = Path(source)
    if not path.exists():
        raise BadFile(f"{source} does not exist (looked in {Path.cwd()}).")
    return path


def _refuse_one_file_for_many(paths: list[Path], out: Path | None) -> None:
    many = len(paths) > 1 or paths[0].is_dir()
    if many and out is not None and out.suffix and not out.is_dir():
        raise BadInput(f"--out {out} names one file and there are several pictures; give a folder.")
