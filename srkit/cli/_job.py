"""What all commands over many pictures share: options, progress bars, and the report at the end."""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit._lines import duration
from srkit.cli._progress import progress_bar
from srkit.cli._shell import in_shell

if TYPE_CHECKING:
    from srkit.ops.jobs import Item

__all__ = ["bars", "by_size", "counted", "job_options", "kept_in", "recursive_option", "report", "sources_argument"]

sources_argument = click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER|ADDRESS...")
recursive_option = click.option(
    "--recursive", is_flag=True, help="Go into the folders below, too; results keep their tree."
)


def job_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--overwrite`` and ``--dry-run`` to a command."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Print what would be done, kept and refused, and do nothing."),
        click.option("--overwrite", is_flag=True, help="Replace results that exist."),
    ):
        function = option(function)
    return functools.wraps(function)(function)


@contextmanager
def bars(planned: Sequence[Item], *, unit: str = "tile") -> Iterator[Callable[[Path], Callable[[int, int], object]]]:
    """Return a function that shows a progress bar for each picture, with its number and the time left for all."""
    total, begun, start = sum(item.state == "to do" for item in planned), 0, time.monotonic()
    with ExitStack() as open_bars:

        def next_bar(picture: Path) -> Callable[[int, int], object]:
            nonlocal begun
            open_bars.close()
            left = f", {duration((time.monotonic() - start) / begun * (total - begun))} for all" if begun else ""
            begun += 1
            label = f"{begun}/{total} {picture.name}{left}" if total > 1 else picture.name
            move: Callable[[int, int], object] = open_bars.enter_context(progress_bar(label, unit=unit))
            return move

        yield next_bar


def counted(
    work: Callable[[Item], Any], planned: Sequence[Item], move: Callable[[int, int], object]
) -> Callable[[Item], Any]:
    """Return ``work`` that moves one bar for all items after each, for items too quick for bars of their own."""
    total, ended = sum(item.state == "to do" for item in planned), 0

    def one(item: Item) -> Any:
        nonlocal ended
        try:
            return work(item)
        finally:
            ended += 1
            move(ended, total)

    return one


def by_size(needed: Callable[[int, int], float]) -> Callable[[Item], float]:
    """Return the forecast of an item's memory that ``plan`` takes, of one for height and width of its picture."""

    def memory(item: Item) -> float:
        from srkit.ops.files import probe

        height, width, _ = probe(item.source) or (1, 1, False)
        return float(needed(height, width))

    return memory


def kept_in(ended: list[Item], work: Iterator[Item]) -> Iterator[Item]:
    """Yield the items of ``work`` and put each into ``ended``, for a verb that prints more when they are done."""
    for item in work:
        ended.append(item)
        yield item


def report(
    planned: Sequence[Item],
    work: Iterator[Item],
    left: Sequence[tuple[Path, str]],
    *,
    dry_run: bool,
    could_not: str = "be enlarged",
) -> int:
    """Print the plan, or carry it out and print what became of each item; return the exit code.

    Ctrl-C ends it after what is done was counted; what is done stays.

    Args:
        planned: the plan.
        work: yields each item in its final state while it is carried out.
        left: what was found and left out, with the reason.
        dry_run: print the plan and do nothing.
        could_not: what could not be done to a picture that failed.
    """
    ended: list[Item] = []
    _say_room(planned)
    try:
        for item in planned if dry_run else work:
            ended.append(item)
            _say(item, dry_run)
    except KeyboardInterrupt:
        seen = Counter(item.state for item in ended)
        goes_on = " The same call goes on." if any(item.writes for item in planned) else ""
        click.echo(f"\nStopped: {seen['done'] + seen['kept']} of {len(planned)} are done.{goes_on}", err=True)
        return 130
    for path, why in left:
        click.echo(f"note: left out: {path} ({why}).", err=True)
    bad = [item for item in ended if item.problem is not None]
    if bad and len(planned) > 1:  # of a single one the error says all
        click.echo(f"{len(bad)} of {len(planned)} pictures could not {could_not}.", err=True)
        _table(bad)
    return 2 if bad else 0


def _say(item: Item, dry_run: bool) -> None:
    if item.problem is not None:
        click.echo(f"error: {in_shell(_named(item))}", err=True)
    elif dry_run:
        need = f", about {item.memory / 1e9:.2g} GB of memory" if item.memory >= 2e8 else ""
        size = "" if item.size is None else f" ({item.size[1]} x {item.size[0]} pixels{need})"
        click.echo(f"{item.state}: {item.called}{f' -> {item.target}' if item.writes else ''}{size}")
    elif item.writes:
        click.echo(str(item.target))
        if item.state == "kept":
            how = (
                "was made before in just this way" if item.known else "is there already, nothing says how it was made,"
            )
            click.echo(f"note: {item.target} {how} and is kept.", err=True)


def _named(item: Item) -> str:
    return str(item.problem) if item.source.name in str(item.problem) else f"{item.called}: {item.problem}"


def _table(bad: Sequence[Item]) -> None:
    """List what failed once more where the errors have scrolled away."""
    for item in bad:
        click.echo(f"  {item.state:<7}  {item.called}", err=True)


def _say_room(planned: Sequence[Item]) -> None:
    """Say before the work where results, at the most that their pixels can take, would fill the disk."""
    from srkit.ops.jobs import room

    for place, needed, free in room(planned):
        click.echo(
            f"note: the results may need up to {needed >> 20:,} MiB in {place}, where {free >> 20:,} MiB are free.",
            err=True,
        )
