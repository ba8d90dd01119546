"""``srkit degrade``: poor pictures out of good ones, by a chain of degradations."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srkit.cli._help import examples
from srkit.cli._job import counted, job_options, recursive_option, report, sources_argument
from srkit.cli._numbers import SEED
from srkit.cli._progress import progress_bar

if TYPE_CHECKING:
    from srkit.degrade.chain import Chain
    from srkit.ops.jobs import Item

__all__ = ["command"]

_ALWAYS, _FOR_A_PIXEL = 33e6, 48  # bytes


@click.command(
    "degrade",
    epilog=examples(
        'srkit degrade photo.png "blur(1.6) > down(4) > jpeg(50)"',
        'srkit degrade photos/ "down(2) > noise(0..25)" --out poor --seed 1',
    ),
)
@sources_argument
@click.argument("formula", metavar="CHAIN")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE|FOLDER",
              help="Where to; by default beside each as NAME_degraded.png, or FOLDER_degraded.")  # fmt: skip
@click.option("--seed", type=SEED, default=0, show_default=True, metavar="N", help="Decides everything random.")
@recursive_option
@job_options
def command(
    sources: tuple[str, ...],
    formula: str,
    out: Path | None,
    seed: int,
    recursive: bool,
    overwrite: bool,
    dry_run: bool,
) -> int:
    """Degrade pictures by CHAIN, such as "blur(1.6) > down(4) > noise(10) > jpeg(50)"; srkit.degrade lists the steps.

    Each picture has draws of its own, which --seed and its name decide. Results are PNG, which adds no loss.
    """
    from srkit.degrade import parse
    from srkit.inference.pictures import pictures_of
    from srkit.ops.jobs import carry_out, plan

    chain = parse(formula)
    wanted, left = pictures_of(sources, out, "degraded", suffix=".png", below=recursive)
    wanted = [replace(item, settings={"chain": str(chain), "seed": seed}) for item in wanted]
    planned = plan(wanted, overwrite=overwrite, check=_check, memory=_memory)
    with progress_bar("degrading", unit="picture") as move:
        work = carry_out(planned, counted(lambda item: _degrade(item, chain), planned, move))
        return report(planned, work, left, dry_run=dry_run, could_not="be degraded")


def _check(item: Item) -> None:
    from srkit.ops.files import check_enlarged

    check_enlarged(item.source, item.target, 1)


def _memory(item: Item) -> float:
    """Return the bytes that a picture needs by a chain that does not enlarge it."""
    from srkit.ops.files import probe

    height, width, _ = probe(item.source) or (0, 0, False)
    return _ALWAYS + _FOR_A_PIXEL * height * width


def _degrade(item: Item, chain: Chain) -> None:
    import torch

    from srkit.ops.files import read_picture, write_picture
    from srkit.ops.picture import without_hidden_colours

    picture = read_picture(item.source)
    own = hashlib.sha256(f"{item.settings['seed']} {item.source.name}".encode()).digest()
    rng = torch.Generator().manual_seed(int.from_bytes(own[:7], "big"))
    write_picture(
        item.target, chain(without_hidden_colours(picture), rng=rng).clamp(0, 1), like=picture, overwrite=True
    )
