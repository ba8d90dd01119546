"""``srkit zssr``: train a small network on each picture of a folder and enlarge it."""

from __future__ import annotations

import csv
import glob
import io
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit._lines import duration
from srkit.cli._condition import Condition, condition_options
from srkit.cli._help import examples, measured
from srkit.cli._job import bars, by_size, job_options, recursive_option, report, sources_argument
from srkit.cli._network import Machine, machine_options, parse_settings
from srkit.cli._numbers import SEED, Count
from srkit.errors import BadFile, BadInput

if TYPE_CHECKING:
    from torch import Tensor

    from srkit.ops.jobs import Item

__all__ = ["command"]

_COLUMNS = ("image", "method", "psnr", "ssim", "seconds", "steps", "reason", "result")


@click.command(
    "zssr",
    epilog=examples(
        "srkit zssr photos/ --preset x2_real --kernel kernel.mat",
        "srkit zssr set14/LR_bicubic/X2 --truth set14/HR --preset lesson",
        "srkit zssr photos/ --preset x2_gradual_ideal --set crop=96",
    )
    + "\n\n"
    + measured("zssr"),
)
@sources_argument
@click.option(
    "--preset",
    default="X2_ONE_JUMP_IDEAL_CONF",
    show_default=True,
    help="A configuration of the authors', or FAST, LESSON, PORT.",
)
@click.option("--scale", type=Count(2), default=2, show_default=True, metavar="N", help="Enlargement factor.")
@click.option(
    "--truth", type=click.Path(path_type=Path), help="Folder of the true HR pictures. Else NAME_gt.png beside each."
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting, e.g. max_steps=500. Repeatable."
)
@click.option("--seed", type=SEED, default=0, show_default=True, metavar="N", help="Decides everything random.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Where to; by default FOLDER_zssr_x2, or beside a file.",
)
@condition_options
@recursive_option
@job_options
@machine_options
def command(sources: tuple[str, ...], machine: Machine, **options: Any) -> int:
    """Enlarge pictures by ZSSR, trained on each; prints the PSNR of bicubic and of back-projection for comparison.

    Where no blur is given, a file NAME_0.mat beside a picture is its kernel. What was made with the same settings is
    kept: call again to go on, also in the middle of a picture. Ctrl-C keeps the best so far of the picture in hand.
    Results are called NAME_zssr_x2, in the format of the picture.
    """
    from srkit.ops.jobs import carry_out, plan

    machine.set_threads()
    method = _method(options, None)  # a preset or setting that does not exist is reported before anything else
    items, left = _items(sources, options)
    needed = by_size(lambda height, width: method.foreseen_bytes((height, width), options["scale"]))
    planned = plan(items, overwrite=options["overwrite"], check=_check, memory=needed)
    places = sorted({item.target.parent for item in items})
    with bars(planned) as bar:
        work = carry_out(planned, lambda item: _restore(item, options, machine, bar(item.source)))
        code = report(planned, _without_states(work), left, dry_run=options["dry_run"])
    if not options["dry_run"]:
        _print_numbers(planned, places)
    return code


def _without_states(work: Iterator[Item]) -> Iterator[Item]:
    """Yield the items of ``work``, and remove the state of a training when its result has been noted."""
    for item in work:
        if item.state in ("done", "kept"):
            _state_of(item).unlink(missing_ok=True)
        yield item


def _state_of(item: Item) -> Path:
    return item.target.with_name(f".{item.target.name}.state")


def _items(sources: tuple[str, ...], options: dict[str, Any]) -> tuple[list[Item], list[tuple[Path, str]]]:
    from srkit.inference.pictures import pictures_of

    end = f"zssr_x{options['scale']}"
    found, left = pictures_of(sources, options["out"], end, below=options["recursive"], in_folders=f"_{end}")
    items = []
    for item in found:
        if item.source.stem.endswith("_gt") and str(item.source) not in sources:
            continue
        beside = {"kernel": _kernel_of(item.source, options["condition"]), "truth": _truth_of(item.source, options)}
        reads = {"picture": item.source, **{name: path for name, path in beside.items() if path is not None}}
        items.append(replace(item, settings=_settings(options), reads=reads))
    if not items:
        raise BadFile(
            f"There is no picture to enlarge in {', '.join(map(str, sources))} (NAME_gt.* is taken as truth)."
        )
    return items, left


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """Return what decides a result, resolved, so that two names of one preset are the same."""
    chosen = _method(options, None).settings.for_scale(options["scale"])
    return {
        "method": "zssr",
        "scale": options["scale"],
        "seed": options["seed"],
        "blur": options["condition"].blur,
        **{k: str(v) for k, v in asdict(chosen).items()},
    }


def _method(options: dict[str, Any], kernel: Path | None, state: Path | None = None) -> Any:
    from srkit import methods

    condition = options["condition"].to_method("zssr") | ({} if kernel is None else {"kernel": kernel})
    changes = {**parse_settings(options["settings"]), **condition}
    return methods.create("zssr", preset=options["preset"], seed=options["seed"], state=state, **changes)


def _check(item: Item) -> tuple[int, int] | None:
    from srkit.degrade import read_kernel
    from srkit.ops.files import check_enlarged

    if item.reads and "kernel" in item.reads:
        read_kernel(item.reads["kernel"])
    return check_enlarged(item.source, item.target, item.settings["scale"])


def _restore(item: Item, options: dict[str, Any], machine: Machine, move: Callable[[int, int], object]) -> Any:
    """Enlarge one picture by three methods, write that of ZSSR, and return the numbers of all three."""
    from srkit import methods
    from srkit.ops.files import read_picture, write_picture
    from srkit.ops.picture import without_hidden_colours

    reads, scale = item.reads or {}, options["scale"]
    kernel, truth = reads.get("kernel"), reads.get("truth")
    picture = read_picture(item.source)
    lr, rows = machine.put(without_hidden_colours(picture)), []
    learnt = _method(options, kernel, _state_of(item))
    click.echo(_foretold(item, learnt.settings.for_scale(scale), (lr.shape[-2], lr.shape[-1])), err=True)
    for method in (methods.create("bicubic"), methods.create("back_projection", kernel=learnt.kernel), learnt):
        result = method.restore(lr, scale=scale, progress=move if method is learnt else None)
        if method is learnt:
            write_picture(item.target, result.image.cpu(), like=picture)
            if not result.complete:  # its state is saved
                click.echo(f"\n{item.target}: the best so far.")
                raise KeyboardInterrupt
        rows.append(
            {
                "image": item.source.stem,
                "method": method.name,
                "seconds": round(result.seconds, 2),
                "steps": result.steps,
            }
            | {"reason": result.reason, **_scores(result.image.cpu(), truth, scale)}
        )
        del result  # before the next method makes its own
    return rows


def _foretold(item: Item, settings: Any, size: tuple[int, int]) -> str:
    from srkit.methods.zssr_cost import cost_of

    memory, seconds = cost_of(settings, size)
    return (
        f"note: {item.source.name}: {size[1]} x {size[0]} pixels need about {memory / 1e9:.1f} GB of memory beside "
        f"PyTorch and at most {duration(seconds)}, reckoned from the speed of this machine just now."
    )


def _print_numbers(planned: list[Item], places: list[Path]) -> None:
    """Print the numbers of every picture that is done, and write those of all that ever were beside the results."""
    from srkit.ops.atomic import sweep
    from srkit.ops.jobs import Journal, alone_in

    for place in places:
        facts, table = Journal(place).facts, place / "zssr.csv"
        wanted = [item.target.name for item in planned if item.target.parent == place and item.state != "refused"]
        for name in wanted:
            if name in facts:
                click.echo(_said(facts[name]))
        rows = [{**row, "result": name} for name, three in facts.items() if (place / name).exists() for row in three]
        if rows:
            with alone_in(place):
                sweep(table)
                _write(table, rows)
            click.echo(f"Numbers: {table}")


def _scores(sr: Tensor, truth: Path | None, scale: int) -> dict[str, float | None]:
    from srkit.metrics import Protocol, psnr, ssim
    from srkit.ops.files import read
    from srkit.ops.pixels import modcrop

    if truth is None:
        return {"psnr": None, "ssim": None}
    hr, protocol = modcrop(read(truth), scale), Protocol.papers(scale)
    return {"psnr": float(psnr(sr, hr, protocol=protocol)), "ssim": float(ssim(sr, hr, protocol=protocol))}


def _kernel_of(picture: Path, condition: Condition) -> Path | None:
    if condition.kernel is not None or condition.blur is not None:
        return None if condition.kernel is None else Path(condition.kernel)
    beside = picture.with_name(f"{picture.stem}_0.mat")
    return beside if beside.exists() else None


def _truth_of(picture: Path, options: dict[str, Any]) -> Path | None:
    """Return the file of the true HR picture, if there is one."""
    from srkit.datasets.trees import match_lr
    from srkit.ops.files import list_images

    folder, scale = options["truth"], options["scale"]
    if folder is None:
        return next((path for path in sorted(picture.parent.glob(f"{glob.escape(picture.stem)}_gt.*"))), None)
    found = next(iter(match_lr(list_images(folder), [picture], scale)), None)
    if found is None:
        raise BadInput(f"{folder} holds no HR picture for {picture.name}.")
    return found


def _said(rows: list[dict[str, Any]]) -> str:
    parts = [
        row["method"]
        + (f" {row['psnr']:.2f} dB" if row["psnr"] is not None else "")
        + f" ({row['seconds']:.1f} s of wall time)"
        for row in rows
    ]
    return f"{rows[0]['image']}: {', '.join(parts)}"


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    from srkit.ops.atomic import write_atomically

    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
