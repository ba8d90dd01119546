"""``srkit upscale``: pictures and folders of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from srkit.cli._help import examples
from srkit.cli._job import bars, job_options, recursive_option, report, sources_argument
from srkit.cli._network import Choice, Machine, machine_options, network_options, tile_option
from srkit.cli._numbers import Count, Real
from srkit.cli._plugin import load_plugins, plugin_option

__all__ = ["command"]


@click.command(
    "upscale",
    epilog=examples(
        "srkit upscale photo.jpg",
        "srkit upscale photo.png --model a2001sr",
        "srkit upscale photos/ --model RCAN_BIX4.pt --out photos_x4 --self-ensemble",
    ),
)
@sources_argument
@network_options
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE|FOLDER",
              help="Where to; by default beside each picture as NAME_x2.png.")  # fmt: skip
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
    out: Path | None,
    plugins: tuple[str, ...],
    machine: Machine,
    **options: Any,
) -> int:
    """Enlarge pictures with a network; name, format, transparency and bit depth stay.

    Everything is planned before anything is done. A picture that cannot be enlarged is named and the others go on;
    what is done is kept: call again to go on.
    """
    from srkit.datasets.transfer import is_address
    from srkit.inference import pictures
    from srkit.inference.mode import scale_of
    from srkit.ops.files import probe

    load_plugins(plugins)
    if not any(is_address(source) or Path(source).exists() for source in sources):
        probe(sources[0])  # says what is missing, before a network is opened and its engines are tried
    net = choice.open_for_photographs(machine, options["clean"])
    wanted, left = pictures.pictures_of(sources, out, f"x{scale_of(net)}", below=options["recursive"])
    how = {"ensemble": options["self_ensemble"], "halo": options["halo"]}
    how |= {"tile": None if choice.method else options["tile"]}
    planned = pictures.plan_pictures(wanted, net, overwrite=options["overwrite"], said=choice.said, **how)
    with bars(planned) as bar:
        work = pictures.enlarge_pictures(planned, net, progress=bar, **how)
        return report(planned, work, left, dry_run=options["dry_run"])
