"""``srkit weak``: train a network for real images of which no large versions exist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit.cli._help import examples, measured
from srkit.cli._job import bars, report
from srkit.cli._network import Choice, Machine, machine_options
from srkit.cli._numbers import SEED, Count
from srkit.errors import BadInput

if TYPE_CHECKING:
    from torch import nn

    from srkit.ops.jobs import Item

__all__ = ["command"]


@click.command(
    "weak",
    epilog=examples(
        "srkit weak fssr photos/ good/ --model edsr_small --scale 2 --phases 300,100 --enlarge photos/ --out out",
        "srkit weak cincgan photos/ good/ --model edsr_small --scale 2 --phases 300,0 --out runs/cycle",
        "srkit weak bulat photos/ good/ --model x4.safetensors --phases 600,100 --out runs/bulat",
    )
    + "\n\n"
    + measured("fssr", "bulat", "cincgan"),
)
@click.argument("system", metavar="SYSTEM")
@click.argument("real", type=click.Path(path_type=Path))
@click.argument("large", type=click.Path(path_type=Path))
@click.option("--model", metavar="NAME|FILE|ADDRESS", required=True, help="Where to begin: a trained network.")
@click.option("--scale", type=Count(), metavar="N", help="Enlargement factor; a weight file knows it.")
@click.option(
    "--phases",
    "--steps",
    "steps",
    default="300,100",
    show_default=True,
    metavar="N,M",
    help="Steps of the two phases; M may be 0.",
)
@click.option("--seed", type=SEED, default=0, show_default=True, metavar="N", help="Decides everything random.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    required=True,
    help="Where to put the runs; call again to go on.",
)
@click.option("--enlarge", metavar="FILE|FOLDER|ADDRESS",
              help="At the end, enlarge these into OUT/enlarged.")  # fmt: skip
@machine_options
def command(system: str, real: Path, large: Path, machine: Machine, **options: Any) -> int:
    """Train by SYSTEM (fssr, bulat, cincgan) from REAL, small photographs, and LARGE, good pictures of other things.

    The settings are for minutes on a CPU; srkit.papers has those of the papers. A demonstration, below, did not beat
    the best of bicubic, back-projection and a round Gaussian.
    """
    from srkit.inference.pictures import pictures_of
    from srkit.papers import train_weak

    given = [] if options["enlarge"] is None else [options["enlarge"]]
    wanted, left = pictures_of(given, options["out"] / "enlarged", "") if given else ([], [])
    machine.set_threads()
    net = Choice(model=options["model"], scale=options["scale"]).open(Machine("cpu", machine.threads))
    found = train_weak(
        system, real, large, net=net, steps=_steps(options["steps"]), out=options["out"], seed=options["seed"],
        device=machine.device, progress=True,
    )  # fmt: skip
    for name, run in found.runs.items():
        click.echo(f"[{name}]\n{run}")
    if any(run.interrupted for run in found.runs.values()):
        click.echo("Stopped; the same call goes on.")
        return 130
    return _enlarge(found.net, wanted, left) if wanted else 0


def _steps(text: str) -> tuple[int, int]:
    try:
        first, second = (int(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"--phases {text!r} was given; write the steps of the two phases: --phases 300,100.") from None
    if first < 1 or second < 0:
        raise BadInput(f"--phases {text}: the first phase needs 1 step or more, the second 0 or more.")
    return first, second


def _enlarge(net: nn.Module, wanted: list[Item], left: list[tuple[Path, str]]) -> int:
    from srkit.inference import pictures

    planned = pictures.plan_pictures(wanted, net)
    with bars(planned) as bar:
        return report(planned, pictures.enlarge_pictures(planned, net, progress=bar), left, dry_run=False)
