"""``srkit degrade``: poor pictures out of good ones, by a chain of degradations."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srkit.cli._help import examples
from srkit.cli._job import by_size, counted, job_options, recursive_option, report, sources_argument
from srkit.cli._numbers import SEED
from srkit.cli._progress import progress_bar

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from srkit.degrade.chain import Chain
    from srkit.ops.jobs import Item

__all__ = ["command"]

_ALWAYS, _PICTURE, _READ = 90e6, 12, 32  # bytes, the last two for each pixel: a picture, and what reading it takes
_WORKSPACE = 1.1  # what single operations take besides
_TRIED, _DRAWS = 128, 8  # pixels a side of what a chain is tried on, and how often


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
    from srkit.ops.files import check_enlarged
    from srkit.ops.jobs import carry_out, plan

    chain = parse(formula)
    wanted, left = pictures_of(sources, out, "degraded", suffix=".png", below=recursive)
    wanted = [replace(item, settings={"chain": str(chain), "seed": seed}) for item in wanted]
    factor, held = _tried(chain)
    planned = plan(
        wanted,
        overwrite=overwrite,
        check=lambda item: check_enlarged(item.source, item.target, factor),
        memory=by_size(lambda height, width: _ALWAYS + max(_READ, _PICTURE + _WORKSPACE * held) * height * width),
    )
    with progress_bar("degrading", unit="picture") as move:
        work = carry_out(planned, counted(lambda item: _degrade(item, chain), planned, move))
        return report(planned, work, left, dry_run=dry_run, could_not="be degraded")


def _tried(chain: Chain) -> tuple[float, float]:
    """Return by how much a chain enlarges and the bytes for each pixel that it takes, the most of several draws."""
    import torch

    from srkit.models.count import living_at_once

    picture = torch.full((3, _TRIED, _TRIED), 0.5)
    sides, held = [0], [0]

    def run(rng: Generator) -> None:
        sides.extend(_applied(chain, picture, rng).shape[1:])

    for seed in range(_DRAWS if chain.random else 1):
        rng = torch.Generator().manual_seed(seed)
        held.append(living_at_once(partial(run, rng)))
    return max(sides) / _TRIED, max(held) / _TRIED**2


def _applied(chain: Chain, picture: Tensor, rng: Generator) -> Tensor:
    return chain(picture, rng=rng).clamp(0, 1)


def _degrade(item: Item, chain: Chain) -> None:
    import torch

    from srkit.ops.files import read_picture, write_picture
    from srkit.ops.picture import without_hidden_colours

    picture = read_picture(item.source)
    own = hashlib.sha256(f"{item.settings['seed']} {item.source.name}".encode()).digest()
    rng = torch.Generator().manual_seed(int.from_bytes(own[:7], "big"))
    made = _applied(chain, without_hidden_colours(picture), rng)
    write_picture(item.target, made, like=picture, overwrite=True)
