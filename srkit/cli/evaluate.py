"""``srkit evaluate``: PSNR, SSIM and any other registered metric of a network on datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from srkit.cli._help import examples
from srkit.cli._job import job_options, kept_in, recursive_option, report
from srkit.cli._network import Choice, Machine, machine_options, network_options, tile_option
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.cli._progress import progress_bar
from srkit.cli._protocol import metrics_option, parse_protocol
from srkit.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

    from srkit.ops.jobs import Item

__all__ = ["command"]


@click.command(
    "evaluate",
    epilog=examples(
        "srkit evaluate --model a2001sr --dataset set5",
        "srkit evaluate --model RCAN_BIX4.pt --dataset set5 --dataset b100 --self-ensemble --out results",
        "srkit evaluate --model esrgan.pt --dataset set14 --metrics psnr,lpips,niqe",
        "srkit evaluate --model esrgan.pt --lr photos/ --metrics niqe --out results",
    ),
)
@network_options
@click.option("--dataset", "datasets", multiple=True, metavar="NAME|FOLDER", help="What to measure on. Repeatable.")
@click.option(
    "--lr", "folders", multiple=True, metavar="FOLDER", help="Instead: images without true large ones. Repeatable."
)
@click.option("--root", metavar="FOLDER", help="Where the named datasets lie.")
@click.option("--degrade", metavar="TEXT", help='Make LR by a chain, e.g. "blur(1.6) > down(4) > noise(10)".')
@click.option("--self-ensemble", is_flag=True, help="Mean over eight flips and rotations; eight times the work.")
@tile_option
@click.option(
    "--protocol",
    default="papers",
    show_default=True,
    metavar="TEXT",
    help='papers, or a spelling such as "rgb border=10" or "y border=4 no-quantise".',
)
@metrics_option
@click.option(
    "--out",
    "--save-results",
    "save_results",
    metavar="FOLDER",
    help="Where to write images, metrics.csv and a page with the worst regions; nothing is written without it.",
)
@click.option("--save-gt", is_flag=True, help="With --out, write the LR and HR images too.")
@click.option("--csv", metavar="FILE", help="Write the numbers of all datasets to this file.")
@recursive_option
@job_options
@machine_options
@plugin_option
def command(
    choice: Choice,
    datasets: tuple[str, ...],
    folders: tuple[str, ...],
    plugins: tuple[str, ...],
    machine: Machine,
    **options: Any,
) -> int:
    """Measure a network; the protocol stands beside every number.

    An image that cannot be measured is named and the others go on; with --out what is done is kept: call again to go
    on. With --lr there is nothing to compare with: --metrics names such as need no reference (default niqe).
    """
    load_plugins(plugins)
    _check(datasets, folders, options)
    net = choice.open(machine)
    from srkit.evaluation.run import Evaluation
    from srkit.evaluation.table import join_csv
    from srkit.inference.mode import scale_of

    how: dict[str, Any] = {"protocol": parse_protocol(options["protocol"], scale=scale_of(net))}
    how |= {name: options[name] for name in ("metrics", "root", "overwrite")} | {"below": options["recursive"]}
    how |= {"ensemble": options["self_ensemble"], "tile": None if choice.method else options["tile"]}
    how |= {"save": options["save_results"], "save_pairs": options["save_gt"]}
    tables, codes = [], [0]
    for where in datasets or folders:
        job = Evaluation(
            net, _images(where, scale_of(net), options) if datasets else None, lr=where if folders else None, **how
        )
        ended: list[Item] = []
        with progress_bar(where, unit="image") as move:
            work = kept_in(ended, job.carry_out(move))
            codes.append(report(job.planned, work, job.left, dry_run=options["dry_run"], could_not="be measured"))
        if any(item.state in ("done", "kept") for item in ended):
            tables.append((job.table if codes[-1] == 130 else job.finish)(ended))
            click.echo(f"{tables[-1]}\n")
            _say_where(tables[-1].folder)
        if codes[-1] == 130:
            break
    if options["csv"] and tables:
        click.echo(f"Numbers: {join_csv(tables, options['csv'])}")
    return max(codes)


def _check(datasets: tuple[str, ...], folders: tuple[str, ...], options: dict[str, Any]) -> None:
    """Refuse what does not go together, and choose the metrics where there is no true image and none was named."""
    if bool(datasets) == bool(folders):
        raise BadInput("Say what to measure on: --dataset NAME or FOLDER, or --lr FOLDER for images without true ones.")
    if folders and (options["degrade"] is not None or options["root"] is not None):
        raise BadInput("--degrade and --root belong to --dataset: the images of --lr are enlarged as they are.")
    source = click.get_current_context().get_parameter_source("metrics")
    if folders and source is click.core.ParameterSource.DEFAULT:
        options["metrics"] = "niqe"


def _images(dataset: str, scale: int, options: dict[str, Any]) -> Any:
    """Return the name of a dataset, or its pairs with LR made by ``--degrade``."""
    if options["degrade"] is None:
        return dataset
    from srkit.datasets import load
    from srkit.datasets.degraded import degraded

    pairs = load(dataset, scale=scale, root=options["root"], below=options["recursive"])
    return degraded(pairs, options["degrade"])


def _say_where(folder: Path | None) -> None:
    if folder is not None:
        click.echo(f"Page: {folder / 'index.html'}\n")
