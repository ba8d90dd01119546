"""``srkit zssr``: train a small network on each picture of a folder and enlarge it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit.cli._help import examples
from srkit.cli._network import Machine, machine_options, parse_settings
from srkit.errors import BadFile, BadInput

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["command"]

_COLUMNS = ("image", "method", "psnr", "ssim", "seconds", "steps", "reason")


@click.command(
    "zssr",
    epilog=examples(
        "srkit zssr photos/ --preset x2_real --kernel kernel.mat",
        "srkit zssr set14/LR_bicubic/X2 --truth set14/HR --preset lesson",
        "srkit zssr photos/ --preset x2_gradual_ideal --set crop=96",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--preset",
    default="X2_ONE_JUMP_IDEAL_CONF",
    show_default=True,
    help="A configuration of the authors', or FAST, LESSON, PORT.",
)
@click.option(
    "--kernel",
    type=click.Path(path_type=Path),
    help="The blur of all pictures, a .mat file. Else NAME_0.mat beside each.",
)
@click.option("--scale", type=click.IntRange(2), default=2, show_default=True, help="Enlargement factor.")
@click.option(
    "--truth", type=click.Path(path_type=Path), help="Folder of the true HR pictures. Else NAME_gt.png beside each."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the preset. Repeatable.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Decides weights and crops.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to; by default FOLDER_zssr.")
@machine_options
def command(folder: Path, machine: Machine, **options: Any) -> int:
    """Enlarge each picture of FOLDER by ZSSR, bicubic and back-projection alone beside it.

    What is done already is kept: call again to go on. Ctrl-C ends with the best so far of the picture in hand.
    """
    from srkit.ops.files import list_images

    machine.set_threads()
    pictures = [path for path in list_images(folder) if not path.stem.endswith("_gt")]
    if not pictures:
        raise BadFile(f"{folder} holds no picture to enlarge (files NAME_gt.* are taken as truth).")
    out = options["out"] or folder.resolve().with_name(f"{folder.resolve().name}_zssr")
    out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, start=1):
        done = out / f"{picture.stem}.json"
        if not done.exists() and not _restore(
            picture, done, f"{number}/{len(pictures)} {picture.stem}", options, machine
        ):
            click.echo(f"Stopped; call again to go on. Results so far: {out}")
            return 130
        found = json.loads(done.read_text("utf-8"))
        rows += found
        click.echo(_said(found))
    _write(out / "metrics.csv", rows)
    click.echo(f"Numbers: {out / 'metrics.csv'}")
    return 0


def _restore(picture: Path, done: Path, label: str, options: dict[str, Any], machine: Machine) -> bool:
    """Enlarge one picture by three methods, and write images and numbers; returns whether ZSSR came to its own end."""
    from srkit import methods
    from srkit.cli._network import progress_bar
    from srkit.ops.files import read, write

    scale, kernel = options["scale"], _kernel_of(picture, options["kernel"])
    truth = _truth_of(picture, options["truth"], scale)
    lr = machine.put(read(picture))
    zssr = methods.create(
        "zssr", preset=options["preset"], kernel=kernel, seed=options["seed"], **parse_settings(options["settings"])
    )
    rows = []
    for method in (methods.create("bicubic"), methods.create("back_projection", kernel=_read(kernel)), zssr):
        with progress_bar(f"{label} {method.name}", unit="step") as move:
            result = method.restore(lr, scale=scale, progress=move)
        sr = result.image.cpu()
        if method is zssr:
            write(done.with_name(f"{picture.stem}_zssr_X{scale}.png"), sr, overwrite=True)
            if not result.complete:
                return False
        rows.append(
            {"image": picture.stem, "method": method.name, "seconds": round(result.seconds, 2), "steps": result.steps}
            | {"reason": result.reason, **_scores(sr, truth, scale)}
        )
    done.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return True


def _scores(sr: Tensor, truth: Tensor | None, scale: int) -> dict[str, float | None]:
    from srkit.metrics import Protocol, psnr, ssim

    if truth is None:
        return {"psnr": None, "ssim": None}
    protocol = Protocol.papers(scale)
    return {"psnr": float(psnr(sr, truth, protocol=protocol)), "ssim": float(ssim(sr, truth, protocol=protocol))}


def _kernel_of(picture: Path, given: Path | None) -> Path | None:
    beside = picture.with_name(f"{picture.stem}_0.mat")
    return given if given is not None else beside if beside.exists() else None


def _read(kernel: Path | None) -> Tensor | None:
    from srkit.degrade import read_kernel

    return None if kernel is None else read_kernel(kernel)


def _truth_of(picture: Path, folder: Path | None, scale: int) -> Tensor | None:
    """Return the true HR picture, cut to a multiple of the scale, if there is one."""
    from srkit.datasets.trees import match_lr
    from srkit.ops.files import list_images, read
    from srkit.ops.pixels import modcrop

    if folder is not None:
        found = next(iter(match_lr(list_images(folder), [picture], scale)), None)
        if found is None:
            raise BadInput(f"{folder} holds no HR picture for {picture.name}.")
    else:
        found = next((p for p in picture.parent.glob(f"{picture.stem}_gt.*")), None)
    return None if found is None else modcrop(read(found), scale)


def _said(rows: list[dict[str, Any]]) -> str:
    parts = [
        row["method"] + (f" {row['psnr']:.2f} dB" if row["psnr"] is not None else "") + f" ({row['seconds']:.1f} s)"
        for row in rows
    ]
    return f"{rows[0]['image']}: {', '.join(parts)}"


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
