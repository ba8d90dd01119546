"""The options that choose a network, a machine and a bar of progress: the same for every verb that runs one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit.errors import BadFile, BadInput

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "Machine",
    "machine_options",
    "network_options",
    "open_network",
    "parse_settings",
    "progress_bar",
    "tile_type",
]

_WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt", ".bin")


@dataclass(frozen=True)
class Machine:
    """Where to run: a torch device name, and a number of threads (None leaves PyTorch's choice)."""

    device: str = "auto"
    threads: int | None = None

    def set_threads(self) -> None:
        """Set the number of CPU threads of this process."""
        if self.threads is not None:
            import torch

            torch.set_num_threads(self.threads)

    def place(self, net: nn.Module) -> nn.Module:
        """Move ``net`` there.

        Raises:
            BadInput: there is no such device here.
        """
        import torch

        self.set_threads()
        chosen = ("cuda" if torch.cuda.is_available() else "cpu") if self.device == "auto" else self.device
        try:
            return net.to(torch.device(chosen))
        except (RuntimeError, AssertionError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise BadInput(f"--device {self.device} cannot be used here: {reason}. --device cpu works.") from error


def network_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--model --weights --scale --tiny --set`` to a command."""
    options = (
        click.option(
            "--model",
            required=True,
            metavar="NAME|FILE",
            help="A network by name (srkit models list), or a weight file.",
        ),
        click.option(
            "--weights", metavar="FILE", help="Weights for the network named by --model; without it, those shipped."
        ),
        click.option(
            "--scale", type=click.IntRange(1), metavar="N", help="Enlargement factor; known from a weight file."
        ),
        click.option("--tiny", is_flag=True, help="The small configuration of the network's card."),
        click.option(
            "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A constructor argument, e.g. n_blocks=32."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def machine_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--device --threads`` to a command; it receives them as ``machine``."""
    import functools

    @functools.wraps(function)
    def command(*arguments: Any, device: str, threads: int | None, **options: Any) -> Any:
        return function(*arguments, machine=Machine(device, threads), **options)

    command = click.option(
        "--threads", type=click.IntRange(1), metavar="N", help="CPU threads; PyTorch's choice by default."
    )(command)
    return click.option(
        "--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda, cuda:1, mps."
    )(command)


def open_network(
    model: str, *, weights: str | None, scale: int | None, tiny: bool, settings: Sequence[str], machine: Machine
) -> nn.Module:
    """Return a trained network, on its machine, in eval mode.

    Raises:
        UnknownName: no network of that name.
        BadInput: no scale can be known, or the name has no weights.
        BadFile: a weight file is missing or does not fit.
    """
    from srkit import models

    arguments = parse_settings(settings)
    if _is_file(model):
        if weights or arguments or tiny:
            raise BadInput(
                f"--model {model} is a weight file and knows its network; leave out --weights, --set and --tiny."
            )
        return machine.place(models.load(model, scale=scale)).eval()
    entry = models.card(model)
    if scale is None:
        if len(entry.scales) != 1:
            known = ", ".join(map(str, entry.scales))
            raise BadInput(f"{model} exists for several scales; say which one: --scale, one of {known}.")
        (scale,) = entry.scales
    chosen: str | None = weights or "srkit"
    if not any(entry.parameters.values()):
        chosen = None
    net = models.create(model, scale=scale, tiny=tiny, pretrained=chosen, **arguments)
    return machine.place(net).eval()


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Turn ``["n_blocks=32", "activation=relu"]`` into keyword arguments.

    Raises:
        BadInput: an item is not ``name=value``, or a name stands twice.
    """
    found: dict[str, Any] = {}
    for item in settings:
        name, equals, text = item.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name.isidentifier():
            raise BadInput(f"--set {item!r} was given; write a name, = and a value: --set n_blocks=32.")
        if name in found:
            raise BadInput(f"--set {name} was given twice: {found[name]!r} and {text!r}.")
        try:
            found[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            found[name] = text
    return found


def _is_file(model: str) -> bool:
    path = Path(model)
    looks = path.suffix.lower() in _WEIGHT_SUFFIXES or "/" in model or "\\" in model
    if looks and not path.is_file():
        raise BadFile(f"The weight file {model} does not exist (looked in {Path.cwd()}).")
    return looks


class TileType(click.ParamType[Any]):
    """``auto``, ``none`` or a number of LR pixels."""

    name = "tile"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return ``"auto"``, None or the number."""
        if value is None or isinstance(value, int) or value == "auto":
            return value
        if value == "none":
            return "whole"
        if str(value).isdigit():
            return int(value)
        return self.fail(f"{value!r} is not a tile: write auto, none (the whole image) or pixels, for example 256.")


def tile_type(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--tile`` to a command."""
    return click.option(
        "--tile",
        type=TileType(),
        default="auto",
        show_default=True,
        metavar="auto|none|PIXELS",
        help="LR pixels a side of the pieces a picture is cut into; auto cuts only when memory is short.",
    )(function)


@contextmanager
def progress_bar(label: str, *, unit: str) -> Iterator[Callable[[int, int], object]]:
    """Show a bar on a terminal (nothing in a pipe); yields the function that moves it: ``move(done, total)``."""
    from tqdm.std import tqdm

    with tqdm(desc=label, unit=unit, leave=False, disable=None, dynamic_ncols=True) as bar:

        def move(done: int, total: int) -> None:
            bar.total = total
            bar.n = done
            bar.refresh()

        yield move
