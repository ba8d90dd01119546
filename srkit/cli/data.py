"""``srkit data``: list, download, check and prepare datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from srkit.cli._help import examples
from srkit.cli._job import counted, job_options, kept_in, recursive_option, report
from srkit.cli._numbers import Count
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.cli._progress import progress_bar

if TYPE_CHECKING:
    from srkit.ops.jobs import Item

__all__ = ["command"]


@click.group("data")
def command() -> None:
    """List, fetch, check and prepare datasets."""


@command.command("list")
@click.option("--root", metavar="FOLDER", help="Where the named datasets lie, and nowhere else.")
@plugin_option
def list_data(root: str | None, plugins: tuple[str, ...]) -> None:
    """Print every dataset of the catalogue, and its folder if it is on this machine."""
    load_plugins(plugins)
    from srkit.datasets import CATALOGUE, card
    from srkit.datasets._registry import DATASETS
    from srkit.datasets.catalogue import where

    names = DATASETS.names()
    wide = max(map(len, names))
    for name in names:
        known, place = card(name), where(name, root)
        count = "?" if known is None or known.images is None else str(known.images)
        state = "not here" if place is None else str(place)
        if place is None and (name not in CATALOGUE or name.startswith("samples")):
            state = "always here"
        click.echo(f"{name:<{wide}}  {count:>5} images  {known.title if known else name:<40}  {state}")
    click.echo("\nsrkit data fetch NAME downloads one; srkit data doctor NAME|FOLDER looks for problems.")


@command.command("fetch", epilog=examples("srkit data fetch set5", "srkit data fetch div2k --scale 2"))
@click.argument("name")
@click.option("--scale", type=Count(2), metavar="N", help="Enlargement factor of LR images to fetch too.")
@click.option("--archive", metavar="FILE", help="Unpack this archive, downloaded by hand, instead.")
def fetch_data(name: str, scale: int | None, archive: str | None) -> None:
    """Download the dataset NAME once, verified, or say how to get it by hand."""
    from srkit.datasets import fetch, install_archive

    if archive is not None:
        folder = install_archive(name, archive, report=click.echo)
    else:
        folder = fetch(name, scale=scale, report=click.echo)
    click.echo(f"{name} is in {folder}")


@command.command("doctor", epilog=examples("srkit data doctor Dataset/A2001 --scale 2", "srkit data doctor set5"))
@click.argument("target", metavar="FOLDER|NAME")
@click.option(
    "--scale",
    type=Count(),
    metavar="N",
    default=2,
    show_default=True,
    help="Enlargement factor to use it at.",
)
@click.option("--root", metavar="FOLDER", help="Where the named datasets lie.")
@plugin_option
def doctor(target: str, scale: int, root: str | None, plugins: tuple[str, ...]) -> int:
    """Look at every image of a dataset; print the tree, the problems, and the command that repairs them."""
    load_plugins(plugins)
    from srkit import datasets

    report = datasets.doctor(target, scale, root=root)
    click.echo(str(report))
    return 0 if report.ok else 1


@command.command("make-lr", epilog=examples("srkit data make-lr Dataset/A2001 --scale 2 --scale 4"))
@click.argument("folder")
@click.option(
    "--scale", "scales", type=Count(2), metavar="N", multiple=True, help="Enlargement factor. Repeatable. [default: 2]"
)
@recursive_option
@job_options
def make_low_resolution(folder: str, scales: tuple[int, ...], recursive: bool, overwrite: bool, dry_run: bool) -> int:
    """Write the LR images of FOLDER as MATLAB's imresize would, in EDSR-PyTorch's tree.

    LR images that are there are kept: call again to go on.
    """
    from srkit.datasets.lowres import plan_lr, write_lr
    from srkit.ops.jobs import carry_out

    planned, left = plan_lr(folder, scales or (2,), overwrite=overwrite, below=recursive)
    ended: list[Item] = []
    with progress_bar("reducing", unit="picture") as move:
        work = kept_in(ended, carry_out(planned, counted(write_lr, planned, move)))
        code = report(planned, work, left, dry_run=dry_run, could_not="be reduced")
    written = sum(item.state == "done" for item in ended)
    click.echo(f"{written} image{'s' if written != 1 else ''} written.")
    return code
