"""``srkit models``: the registered networks."""

from __future__ import annotations

import fnmatch
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srkit._home import shipped, weights_terms
from srkit._verdicts import verdicts
from srkit.cli._help import examples
from srkit.cli._numbers import Count
from srkit.cli._plugin import load_plugins, plugin_option
from srkit.errors import BadInput

if TYPE_CHECKING:
    from srkit.models import Score

__all__ = ["command"]


@click.group("models")
def command() -> None:
    """List the networks, show a card, check the contract."""


@command.command("list")
@click.argument("pattern", default="*")
@click.option("--sources", "--weights", "listed", is_flag=True, help="The weights there are by name, and their terms.")
@plugin_option
def list_models(pattern: str, listed: bool, plugins: tuple[str, ...]) -> None:
    """Print the networks whose name matches PATTERN (a shell pattern such as "*rc*")."""
    load_plugins(plugins)
    if listed:
        _list_weights(pattern)
        return
    from srkit import models

    names = models.names(pattern)
    if not names:
        raise BadInput(f"No network matches {pattern!r}. Known: {', '.join(models.names())}.")
    wide = max(map(len, names))
    for name in names:
        card = models.card(name)
        scales = " ".join(f"x{scale}" for scale in card.scales)
        sizes = sorted(set(card.parameters.values()))
        weights = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}" if sizes else "?"
        shipped, fetched = had(name)
        states = [f"shipped {' '.join(shipped)}"] if shipped else []
        states += [f"fetch {' '.join(fetched)}"] if fetched else []
        state = "needs none" if not any(sizes) else ", ".join(states) or "train or bring them"
        click.echo(f"{name:<{wide}}  {card.year}  {scales:<14}  {weights:>26} weights  {state:<32}  {card.title}")
    click.echo(
        "Shipped weights are here; others: srkit models fetch NAME --scale N. More: srkit models card NAME.", err=True
    )


@command.command("fetch", epilog=examples("srkit models fetch swinir --scale 4", "srkit models fetch carn_m --scale 2"))
@click.argument("name")
@click.option("--scale", type=Count(), required=True, metavar="N", help="Enlargement factor.")
@click.option(
    "--weights",
    "variant",
    default="official",
    show_default=True,
    metavar="NAME",
    help="Weights, by their name in the list.",
)
def fetch(name: str, scale: int, variant: str) -> None:
    """Download the weights of the network NAME that the list names, verify and try them."""
    from srkit.datasets import fetch_weights

    path = fetch_weights(name, scale=scale, variant=variant)
    click.echo(f"{path}: verified, and it loads. srkit.models.create({name!r}, scale={scale}, pretrained={variant!r})")


@command.command("card", epilog=examples("srkit models card rcan", "srkit models card rcan --diagram rcan.svg"))
@click.argument("name")
@click.option(
    "--diagram", "picture", metavar="FILE", help="Draw the network into FILE, an SVG, at the scale next to x4."
)
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@plugin_option
def show_card(name: str, picture: str | None, overwrite: bool, plugins: tuple[str, ...]) -> None:
    """Print what is known about the network NAME: paper, sizes, numbers, deviations."""
    load_plugins(plugins)
    from srkit import models

    card = models.card(name)
    if picture is not None:
        _draw(name, Path(picture), overwrite)
    click.echo(f"{card.title} ({card.year})")
    click.echo(textwrap.fill(card.citation, 100))
    click.echo(card.url)
    click.echo(f"\n{textwrap.fill(card.idea, 100)}\n")
    for label, value in (
        ("framework", card.framework),
        ("lesson", card.lesson),
        ("weights", ", ".join(f"x{scale}: {count:,}" for scale, count in card.parameters.items())),
        ("counted in", card.parameters_source),
        ("tiny", ", ".join(f"{key}={value}" for key, value in card.tiny.items()) or "as it is"),
        ("official weights", card.checkpoints),
        ("export", card.not_exported or "to ONNX and others: srkit export"),
        *([("shipped weights", f"{', '.join(ours)}. {weights_terms()}")] if (ours := _shipped(name)) else []),
    ):
        click.echo(f"{label + ':':<18}{textwrap.fill(str(value), 82, subsequent_indent=' ' * 18)}")
    _scores("Published", card.published)
    _scores("Measured", card.measured)
    for line in verdicts(name):
        click.echo(textwrap.fill(f"Real-world table: {line}", 100, subsequent_indent="  "))
    if card.deviations:
        click.echo("\nDeviations from the paper")
        for deviation in card.deviations:
            click.echo(textwrap.fill(deviation, 100, initial_indent="  - ", subsequent_indent="    "))


def _draw(name: str, target: Path, overwrite: bool) -> None:
    from srkit import models
    from srkit.ops.atomic import check_place
    from srkit.widgets import diagram

    if target.suffix.lower() != ".svg":
        raise BadInput(f"The drawing is an SVG; name its file so: {name}.svg, not {str(target)!r}.")
    check_place(target, overwrite=overwrite)
    net = models.create(name, scale=min(models.card(name).scales, key=lambda scale: abs(scale - 4)))
    diagram(net).save(target, overwrite=overwrite)


@command.command("exam", epilog=examples("srkit models exam my_net --plugin my_net.py"))
@click.argument("name")
@plugin_option
def sit_exam(name: str, plugins: tuple[str, ...]) -> int:
    """Check that the network NAME fulfils the contract of all networks."""
    load_plugins(plugins)
    from srkit import models

    report = models.exam(name)
    click.echo(str(report))
    return 0 if report.passed else 1


@command.command("atlas")
@plugin_option
def show_atlas(plugins: tuple[str, ...]) -> None:
    """Print the table of all networks: sizes, work per pixel, published and measured numbers."""
    load_plugins(plugins)
    from srkit import models

    click.echo(str(models.atlas()))


def _scores(title: str, scores: Iterable[Score]) -> None:
    lines = [
        f"  {score.dataset:<10} x{score.scale}  {score.psnr:6.2f} dB  "
        f"{'' if score.ssim is None else format(score.ssim, '.4f'):<6}  {score.protocol}; {_located(score.source)}"
        for score in scores
    ]
    if lines:
        click.echo("\n".join([f"\n{title}", *lines]))


def _shipped(name: str) -> list[str]:
    """Return the shipped weights of a network, as NAME_xSCALE or NAME_xSCALE_VARIANT."""
    return sorted(path.stem for path in (shipped() / "weights").glob(f"{name}_x[0-9]*.safetensors"))


def had(name: str) -> tuple[list[str], list[str]]:
    """Return for which scales weights of a network are shipped, and for which others can be fetched by name: ``x2``."""
    from srkit import models

    here = [stem.removeprefix(f"{name}_").partition("_")[0] for stem in _shipped(name)]
    listed = {f"x{source.scale}" for source in models.official() if source.network == name}
    return list(dict.fromkeys(here)), sorted(listed - set(here))


def _located(source: str) -> str:
    """Name the shipped weights by the place they have in this installation."""
    return source.replace("data/weights/", f"{shipped()}/weights/")


def _list_weights(pattern: str) -> None:
    from srkit import models

    for source in models.official():
        if not fnmatch.fnmatch(source.network, pattern):
            continue
        here = "here" if source.path else f"get it: {source.how_to_get}"
        score = f"Set5 {source.set5[0]:.2f} dB; " if source.set5 else ""
        click.echo(f"{source.network} x{source.scale} {source.variant!r}: {here}")
        words = f"{score}terms: {source.licence}; trained on {source.trained_on}"
        click.echo(textwrap.fill(words, 100, initial_indent="    ", subsequent_indent="    "))
