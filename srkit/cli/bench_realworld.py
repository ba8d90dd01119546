"""``srkit bench-realworld``: networks and methods under eight Gaussian blurs, and on photographs without a truth."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit.cli._condition import Condition, condition_options
from srkit.cli._help import examples
from srkit.cli._job import counted, job_options, kept_in, recursive_option, report
from srkit.cli._network import Choice, Machine, machine_options
from srkit.cli._progress import progress_bar
from srkit.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from srkit.evaluation.realworld import Contender
    from srkit.evaluation.table import Table
    from srkit.ops.jobs import Item

__all__ = ["command"]


@click.command(
    "bench-realworld",
    epilog=examples(
        "srkit bench-realworld --scale 2 --dataset set5 --method bicubic --method back_projection --known-blur",
        "srkit bench-realworld --scale 4 --model RCAN_BIX4.pt --method bicubic --photos photos/ --out side_by_side",
    ),
)
@click.option("--scale", type=click.IntRange(2, 4), required=True, metavar="N", help="Enlargement factor.")
@click.option("--method", "chosen_methods", multiple=True, metavar="NAME", help="A one-image method. Repeatable.")
@click.option("--model", "chosen_models", multiple=True, metavar="NAME|FILE|ADDRESS",
              help="A network. Repeatable.")  # fmt: skip
@click.option("--dataset", metavar="NAME|FOLDER", help="Measure here under the eight Gaussian blurs.")
@click.option("--root", metavar="FOLDER", help="Where the named datasets lie.")
@click.option(
    "--known-blur", "--told", "known", is_flag=True, help="Give the true blur to networks and methods that use it."
)
@click.option("--photos", metavar="FOLDER", help="Enlarge these photographs and show them side by side.")
@click.option("--metrics", metavar="NAMES", default="", help="Measure the photographs too, for example niqe.")
@click.option("--natural", metavar="FILE", help="NIQE's statistics (.npz); with them NIQE is measured.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where to write: photographs and their page, by default realworld; of --dataset nothing is kept without it.",
)
@condition_options
@recursive_option
@job_options
@machine_options
def command(machine: Machine, **options: Any) -> int:
    """Compare networks and methods under blur that is not bicubic.

    With --out what is done is kept, also under the eight blurs: the same call goes on.
    """
    if options["dataset"] is None and options["photos"] is None:
        raise BadInput("Say what to compare on: --dataset set5 (the eight blurs), --photos FOLDER, or both.")
    machine.set_threads()
    contenders = _contenders(machine, options)
    code = 0 if options["dataset"] is None else _gaussians(contenders, options)
    return code if options["photos"] is None or code == 130 else max(code, _photographs(contenders, options))


def _contenders(machine: Machine, options: dict[str, Any]) -> dict[str, Contender]:
    scale = options["scale"]
    found: dict[str, Contender] = {
        name: functools.partial(_method, name, scale, machine, options["condition"], options["known"])
        for name in options["chosen_methods"]
    }
    for model in options["chosen_models"]:
        choice = Choice(model=model, scale=None if "." in model else scale)
        name = Path(model).stem if Path(model).stem not in found else f"{Path(model).parent.name}_{Path(model).stem}"
        if name in found:
            raise BadInput(f"--model {model}: there is a {name} already; two that are compared need two names.")
        found[name] = functools.partial(
            _network, choice.unconditioned(machine), choice.foreign, options["condition"], options["known"]
        )
    return found


def _method(
    name: str, scale: int, machine: Machine, condition: Condition, known: bool, kernel: Tensor | None
) -> nn.Module:
    from srkit.methods import as_network

    condition = Condition(given=kernel) if known and kernel is not None else condition
    return machine.place(as_network(name, scale=scale, **condition.to_method(name, strict=False)))


def _network(net: nn.Module, foreign: bool, condition: Condition, known: bool, kernel: Tensor | None) -> nn.Module:
    condition = Condition(given=kernel, basis=condition.basis) if known and kernel is not None else condition
    return condition.to_network(net, foreign=foreign, strict=False)


def _gaussians(contenders: dict[str, Contender], options: dict[str, Any]) -> int:
    from srkit.evaluation.realworld import GaussianBench

    chosen: dict[str, Any] = {name: options[name] for name in ("scale", "root", "overwrite")}
    bench = GaussianBench(contenders, options["dataset"], save=options["out"], below=options["recursive"], **chosen)
    with progress_bar("eight blurs", unit="image") as move:
        work = bench.carry_out(move)
        code = report(bench.planned, work, bench.left, dry_run=options["dry_run"], could_not="be measured")
    tables = [table for found in bench.found.values() for table in found.values()]
    if tables:
        told = ", the blur known to methods that use it" * options["known"]
        where = f"{options['dataset']} x{options['scale']}, eight aligned Gaussian blurs{told}"
        click.echo(f"{where}: PSNR ({tables[0].protocol})")
        click.echo(f"{'width of the blur':20s} " + " ".join(f"{width:6.2f}" for width in bench.widths))
        for name, found in bench.found.items():
            click.echo(f"{name:20s} {_row([found.get(width) for width in bench.widths])}")
    return code


def _row(tables: Sequence[Table | None]) -> str:
    """Return the mean under each blur, and the mean of all where all were measured."""
    from srkit.evaluation.table import SAME, finite_mean

    known = [table for table in tables if table is not None]
    row = " ".join("     -" if table is None else f"{table.mean.psnr:6.2f}" for table in tables)
    if len(known) == len(tables):
        row += f"   mean {finite_mean([table.mean.psnr for table in known]):6.2f}"
    exact = sum(table.perfect("psnr") for table in known)
    return row + (f"   ({exact} images {SAME} left out)" if exact else "")


def _photographs(contenders: dict[str, Contender], options: dict[str, Any]) -> int:
    from srkit.evaluation.realworld import PhotographBench
    from srkit.metrics import Naturalness
    from srkit.ops.jobs import carry_out

    out = options["out"] or Path("realworld")
    natural = None if options["natural"] is None else Naturalness.load(options["natural"])
    chosen: dict[str, Any] = {name: options[name] for name in ("metrics", "overwrite")} | {
        "below": options["recursive"]
    }
    bench = PhotographBench(contenders, options["photos"], out, natural=natural, **chosen)
    ended: list[Item] = []
    with progress_bar("photographs", unit="picture") as move:
        work = carry_out(bench.planned, counted(bench.work, bench.planned, move))
        code = report(bench.planned, kept_in(ended, work), bench.left, dry_run=options["dry_run"])
    if options["dry_run"] or code == 130:
        return code
    for one in bench.finish(ended):
        if one.scores:
            click.echo("  ".join([str(one.file), *one.spoken]))
    click.echo(f"Page: {out / 'index.html'}")
    return code
