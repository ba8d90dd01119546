"""``srkit kernel``: estimate the blur of pictures, and compare it with a round Gaussian."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit.cli._help import examples, measured
from srkit.cli._job import bars, by_size, job_options, recursive_option, report, sources_argument
from srkit.cli._network import Machine, machine_options, parse_settings
from srkit.cli._numbers import Count
from srkit.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from srkit.ops.jobs import Item

__all__ = ["command"]


@click.command(
    "kernel",
    epilog=examples(
        "srkit kernel photo.png --method kernelgan --out k.mat",
        "srkit kernel photos/ --method kernelgan --set preset=LESSON --scale 4 --out kernels",
        "srkit upscale photo.png --method back_projection --scale 2 --kernel k.mat",
    )
    + "\n\n"
    + measured("kernelgan", "kernelgan_fkp", "dip_fkp", "ikc"),
)
@sources_argument
@click.option("--method", default="kernelgan", show_default=True, metavar="NAME", help="What estimates; see below.")
@click.option("--scale", type=Count(2), default=2, show_default=True, metavar="N", help="Enlargement factor.")
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting, e.g. preset=LESSON. Repeatable."
)
@click.option("--true-kernel", "truth", type=click.Path(path_type=Path), metavar="FILE", help="To compare with.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE|FOLDER",
              help="Where to: .mat, .npy or .png; by default NAME_kernel.mat beside each.")  # fmt: skip
@recursive_option
@job_options
@machine_options
def command(sources: tuple[str, ...], machine: Machine, **options: Any) -> int:
    """Estimate the blur kernel of pictures and write it as a file that every --kernel takes.

    Methods: kernelgan, kernelgan_fkp, dip_fkp, ikc, and those of plugins that estimate one. Beside each kernel stands a
    round Gaussian, which is often as good: compare the pictures that the two give before believing either. What was
    measured stands below; a demonstration is a method that did not beat the best of what costs nothing.
    """
    from srkit.inference.pictures import pictures_of
    from srkit.ops.jobs import carry_out, plan

    machine.set_threads()
    method = _method(options)  # a method or a setting that does not exist is reported before anything else
    said = {"method": options["method"], "scale": options["scale"], "settings": list(options["settings"])}
    wanted, left = pictures_of(sources, options["out"], "kernel", suffix=".mat", below=options["recursive"])
    wanted = [replace(item, settings=said) for item in wanted]
    planned = plan(
        wanted,
        overwrite=options["overwrite"],
        check=_check,
        memory=by_size(lambda height, width: method.foreseen_bytes((height, width), options["scale"])),
    )
    with bars(planned, unit="step") as bar:
        work = carry_out(planned, lambda item: _estimate(item, options, machine, bar(item.source)))
        return report(planned, work, left, dry_run=options["dry_run"], could_not="be estimated from")


def _method(options: dict[str, Any]) -> Any:
    import inspect

    from srkit import methods
    from srkit.methods._registry import METHODS

    name, settings = options["method"], parse_settings(options["settings"])
    if not methods.card(name).estimates_kernel:
        can = [other for other in methods.names() if methods.card(other).estimates_kernel]
        raise BadInput(f"The method {name} estimates no kernel. Those that do: {', '.join(can)}.")
    if "then" in inspect.signature(METHODS.get(name).factory).parameters:
        settings.setdefault("then", "back_projection")  # the picture is not asked for
    return methods.create(name, **settings)


def _check(item: Item) -> None:
    from srkit.ops.atomic import check_place
    from srkit.ops.files import probe

    if item.target.suffix.lower() not in (".mat", ".npy", ".png"):
        raise BadInput(f"{item.target}: a kernel is written as .mat, .npy or .png; give one of these suffixes.")
    probe(item.source)
    if item.target.parent.is_dir():
        check_place(item.target, overwrite=True)


def _estimate(item: Item, options: dict[str, Any], machine: Machine, move: Callable[[int, int], object]) -> None:
    from srkit.degrade import read_kernel
    from srkit.degrade.kernel_files import write_kernel
    from srkit.ops.files import read_picture
    from srkit.ops.picture import without_hidden_colours

    lr = machine.put(without_hidden_colours(read_picture(item.source)))
    result = _method(options).restore(lr, scale=options["scale"], progress=move)
    if not result.complete:
        raise BadInput(f"{item.source}: no kernel is written, for the search {result.reason}.")
    write_kernel(item.target, result.kernel.cpu(), overwrite=True)
    truth = None if options["truth"] is None else read_kernel(options["truth"])
    click.echo("\n".join(_described(result.kernel.cpu(), truth, options["scale"])))


def _described(kernel: Tensor, truth: Tensor | None, scale: int) -> list[str]:
    """Say how wide the kernel is beside a round Gaussian, and with a truth how near both are to it."""
    import torch

    from srkit.degrade.kernels import gaussian_variances
    from srkit.methods import kernel_psnr, kernel_report
    from srkit.methods.kernel_score import ROUND, covariance

    usual = ROUND * scale
    narrow, wide = (max(float(v), 0.0) ** 0.5 for v in torch.linalg.eigvalsh(covariance(kernel)))
    away = kernel_psnr(kernel, gaussian_variances(17, usual))
    lines = [
        f"  found: {wide:.2f} pixels wide along its long axis, {narrow:.2f} across",
        f"  a round Gaussian as is usual at x{scale}: {usual**0.5:.2f} (--blur {usual**0.5:.2f}), "
        f"kernel PSNR of the two {away:.1f} dB",
    ]
    if truth is not None:
        told = kernel_report(kernel, truth, scale=scale)
        lines.append(
            "  kernel PSNR to the truth: " + ", ".join(f"{name} {value:.1f} dB" for name, value in told.items())
        )
    return lines
