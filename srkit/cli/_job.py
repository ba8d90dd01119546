"""What every verb over many pictures has in common: its options, its bars, and the account it gives at the end."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit.cli._network import progress_bar

if TYPE_CHECKING:
    from srkit.ops.jobs import Item

__all__ = ["bars", "job_options", "report"]


def job_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--recursive``, ``--overwrite`` and ``--dry-run`` to a command."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Print what would be done, kept and refused, and do nothing."),
        click.option("--overwrite", is_flag=True, help="Replace results that exist."),
        click.option("--recursive", is_flag=True, help="Go into the folders below, too; results keep their tree."),
    ):
        function = option(function)
    return functools.wraps(function)(function)


@contextmanager
def bars(planned: Sequence[Item]) -> Iterator[Callable[[Path], Callable[[int, int], object]]]:
    """Give a function that shows a bar for each picture, with its place among those that are to do."""
    total, begun = sum(item.state == "to do" for item in planned), 0
    with ExitStack() as open_bars:

        def next_bar(picture: Path) -> Callable[[int, int], object]:
            nonlocal begun
            begun += 1
            open_bars.close()
            label = f"{begun}/{total} {picture.name}" if total > 1 else picture.name
            move: Callable[[int, int], object] = open_bars.enter_context(progress_bar(label, unit="tile"))
            return move

        yield next_bar


def report(planned: Sequence[Item], work: Iterator[Item], left: Sequence[tuple[Path, str]], *, dry_run: bool) -> int:
    """Print the plan, or carry it out and print what became of each item; return the exit code.

    Args:
        planned: the plan.
        work: yields each item in its final state while it is carried out.
        left: what was found and left out, with the reason.
        dry_run: print the plan and do nothing.
    """
    seen: Counter[str] = Counter()
    for item in planned if dry_run else work:
        seen[item.state] += 1
        if item.problem is not None:
            named = str(item.problem) if item.source.name in str(item.problem) else f"{item.source}: {item.problem}"
            click.echo(f"error: {named}", err=True)
        elif dry_run:
            click.echo(f"{item.state}: {item.source} -> {item.target}")
        else:
            click.echo(str(item.target))
            if item.state == "kept":
                click.echo(f"note: {item.target} was made before in just this way and is kept.", err=True)
    for path, why in left:
        click.echo(f"note: left out: {path} ({why}).", err=True)
    bad = seen["refused"] + seen["failed"]
    if bad:
        of = f" of {len(planned)}" if len(planned) > 1 else ""
        click.echo(f"{bad}{of} picture{'s' if bad > 1 or of else ''} could not be enlarged.", err=True)
    return 2 if bad else 0
