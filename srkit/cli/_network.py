"""The options that choose a network, a machine and a tile: the same for every verb that runs one."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srkit._home import weights_terms
from srkit.cli._condition import Condition, condition_options
from srkit.cli._numbers import Count
from srkit.errors import BadFile, BadInput

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Choice", "Machine", "machine_options", "network_options", "parse_settings", "tile_option"]

_WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt", ".bin")
_BUNDLE_SUFFIXES = (".onnx", ".zip")


@dataclass(frozen=True)
class Machine:
    """Where to run: a torch device name (``pick_device``), and a number of CPU threads or None."""

    device: str = "auto"
    threads: int | None = None

    def set_threads(self) -> None:
        """Set the number of CPU threads of this process."""
        if self.threads is not None:
            import torch

            torch.set_num_threads(self.threads)

    def put(self, image: Tensor) -> Tensor:
        """Move an image to the device."""
        from srkit.ops.device import pick_device

        return image.to(pick_device(self.device))

    def place(self, net: nn.Module) -> nn.Module:
        """Move ``net`` to the device, also one that has no weights to move."""
        import torch

        from srkit.ops.device import pick_device

        self.set_threads()
        if not [*net.parameters(), *net.buffers()]:
            net.register_buffer("place", torch.empty(0, dtype=torch.uint8), persistent=False)
        return net.to(pick_device(self.device))


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The values of the options of :func:`network_options`."""

    model: str | None
    weights: str | None = None
    scale: int | None = None
    tiny: bool = False
    settings: tuple[str, ...] = ()
    precision: str = "float32"
    engine: str | None = None
    method: str | None = None
    condition: Condition = field(default_factory=Condition)

    def open(self, machine: Machine) -> nn.Module:
        """Return the network with its trained weights, on its machine, in eval mode."""
        if (self.model is None) == (self.method is None):
            raise BadInput("Say what shall enlarge: --model NAME or FILE, or --method NAME; one of the two.")
        if self.method is not None:
            return machine.place(self._from_method()).eval()
        return self._computed(self.condition.to_network(self._single(), foreign=self.foreign), machine)

    def unconditioned(self, machine: Machine) -> nn.Module:
        """Return the network of :meth:`open` without a condition; raises the same errors."""
        return self._computed(self._single(), machine)

    def _single(self) -> nn.Module:
        return self._from_file() if _is_file(self._model) else self._from_name()

    def _computed(self, net: nn.Module, machine: Machine) -> nn.Module:
        """Return the network as it is to be computed: by its engine, in its precision."""
        from srkit.inference.engines import Converted, on_engine

        ready = on_engine(machine.place(net).eval(), engine=self.engine or "torch", precision=self.precision)
        if isinstance(ready, Converted) and ready is not net:
            click.echo(f"note: computed by {ready.engine} in {ready.precision} (--engine torch: by PyTorch).", err=True)
        return ready

    def open_for_photographs(self, machine: Machine, clean: float | None) -> nn.Module:
        """Return the best of the shipped networks for photographs, and print its name; used where no network was given.

        Args:
            clean: 0 for poor photographs to 1 for clean ones; None is 0. Only where no network was given.
        """
        from srkit import mix, models
        from srkit.models._official import listed

        chosen = self if self.method is not None else replace(self, engine=self.engine or "auto")

        if self.condition and self.model is None and self.method is None:
            raise BadInput(
                "Blur and noise are for networks and methods that use them: add --model srmd_small or --method zssr."
            )
        if self.model is not None or self.method is not None or self.weights or self.tiny or self.settings:
            if clean is not None:
                raise BadInput("--clean belongs to the network that is taken where none is named; leave out --model.")
            return chosen.open(machine)
        scale = self.scale or 4
        if scale not in (2, 4):
            raise BadInput(f"For x{scale} nothing is shipped that takes any photograph: x2 or x4, or say --model.")
        if scale == 4 and clean is None and listed("compact_large", scale=4, variant="realesr-general").path:
            net = models.create("compact_large", scale=4, pretrained="realesr-general")
            what = "compact_large, weights realesr-general; it invents detail (--clean 0 takes one that does not)."
        else:
            share = clean or 0.0
            poor, faithful = (models.create("edsr_small", scale=scale, pretrained=f"srkit{v}") for v in (":photo", ""))
            net = mix(poor, faithful, share)
            what = f"edsr_small, trained on poor photographs, {share:.0%} of the way to clean ones (--clean). "
            what += weights_terms()
        click.echo(f"note: enlarged {scale} times by {what}", err=True)
        return chosen._computed(net, machine)

    @property
    def said(self) -> dict[str, Any]:
        """The settings of a method and the precision: what the result depends on besides the weights."""
        return {"method": self.method, "settings": list(self.settings), "precision": self.precision}

    @functools.cached_property
    def _model(self) -> str:
        """A name or a file; what an address gives is fetched."""
        from srkit.datasets.transfer import local

        return local(self.model or "")

    def _from_method(self) -> nn.Module:
        from srkit.methods import as_network

        if self.scale is None or self.weights or self.tiny:
            raise BadInput(f"--method {self.method} needs --scale, and takes --set but neither --weights nor --tiny.")
        settings = {**parse_settings(self.settings), **self.condition.to_method(str(self.method))}
        return as_network(str(self.method), scale=self.scale, **settings)

    @property
    def foreign(self) -> bool:
        """Whether the weights are not srkit's own, judging by their name."""
        source = self._model if _is_file(self._model) else self.weights or "srkit"
        return source.partition(":")[0] != "srkit" and Path(source).suffix != ".safetensors"

    def _from_file(self) -> nn.Module:
        from srkit import models
        from srkit.inference.engines import load_bundle

        if self.weights or self.settings or self.tiny:
            raise BadInput(
                f"--model {self.model} is a weight file and knows its network; leave out --weights, --set and --tiny."
            )
        if not self._model.lower().endswith(_BUNDLE_SUFFIXES):
            return models.load(self._model, scale=self.scale)
        net = load_bundle(self._model, precision=self.precision)
        if self.scale not in (None, net.scale):
            raise BadInput(f"{self._model} enlarges {net.scale} times; leave out --scale {self.scale}.")
        return net

    def _from_name(self) -> nn.Module:
        from srkit import models

        card, scale = models.card(self._model), self.scale
        if scale is None:
            if len(card.scales) != 1:
                known = ", ".join(map(str, card.scales))
                raise BadInput(f"{self.model} exists for several scales; say which one: --scale, one of {known}.")
            (scale,) = card.scales
        has_weights = any(card.parameters.values())
        pretrained = (self.weights or "srkit") if has_weights else None
        settings = parse_settings(self.settings)
        try:
            net = models.create(self._model, scale=scale, tiny=self.tiny, pretrained=pretrained, **settings)
        except BadFile:
            if pretrained == "srkit":
                self._check_shipped(scale)
            raise
        if str(pretrained).partition(":")[0] == "srkit":
            click.echo(f"note: weights of srkit. {weights_terms()}", err=True)
        return net

    def _check_shipped(self, scale: int) -> None:
        from srkit.cli.models import had

        shipped, fetched = had(self._model)
        if f"x{scale}" not in shipped:
            here = f" (there are {', '.join(shipped)})" if shipped else ""
            fetch = [f"srkit models fetch {self._model} --scale {scale}"] if f"x{scale}" in fetched else []
            ways = " or ".join([*fetch, "--weights FILE", "srkit train"])
            raise BadFile(
                f"No weights of {self._model} x{scale} come with srkit{here}. Ways to some: {ways}. "
                "srkit models list says which networks have weights."
            )


_OPTIONS = (
    click.option("--model", metavar="NAME|FILE|ADDRESS", help="A network, or a file of trained weights."),
    click.option("--method", metavar="NAME", help="Instead of a network: zssr, back_projection."),
    click.option(
        "--weights",
        metavar="NAME|FILE",
        help="Weights of --model NAME: a file, official, srkit:gan; else srkit's.",
    ),
    click.option("--scale", type=Count(), metavar="N", help="Enlargement factor; a weight file knows it."),
    click.option("--tiny", is_flag=True, help="The small configuration of the network's card."),
    click.option(
        "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting, e.g. n_blocks=32. Repeatable."
    ),
    click.option(
        "--precision",
        type=click.Choice(["float32", "bfloat16", "float16"]),
        default="float32",
        show_default=True,
        help="Number format; bfloat16 pays on processors that have it, float16 on a GPU.",
    ),
    click.option(
        "--engine",
        type=click.Choice(["auto", "torch", "ncnn", "openvino"]),
        help="What computes; auto: the fastest installed that gives the same pixels (default of upscale, else torch).",
    ),
)


def network_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose a network to a command; it receives them as ``choice``."""

    @functools.wraps(function)
    def command(
        *arguments: Any,
        model: str | None,
        method: str | None,
        weights: str | None,
        scale: int | None,
        tiny: bool,
        settings: tuple[str, ...],
        precision: str,
        engine: str | None,
        condition: Condition,
        **options: Any,
    ) -> Any:
        choice = Choice(
            model=model, weights=weights, scale=scale, tiny=tiny, settings=settings, precision=precision,
            engine=engine, method=method, condition=condition,
        )  # fmt: skip
        return function(*arguments, choice=choice, **options)

    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(_OPTIONS), condition_options(command))


def machine_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--device --threads`` to a command; it receives them as ``machine``."""

    @functools.wraps(function)
    def command(*arguments: Any, device: str, threads: int | None, **options: Any) -> Any:
        return function(*arguments, machine=Machine(device, threads), **options)

    command = click.option("--threads", type=click.IntRange(1, 1024), metavar="N", help="CPU threads.")(command)
    return click.option(
        "--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda, cuda:1, mps."
    )(command)


def tile_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--tile`` to a command; it receives ``"auto"``, None or a number as ``tile``."""
    return click.option(
        "--tile",
        callback=lambda _context, _option, text: _parse_tile(text),
        default="auto",
        show_default=True,
        metavar="auto|none|N",
        help="LR pixels a side of the pieces a picture is cut into; auto cuts only where memory is short.",
    )(function)


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Turn ``["n_blocks=32", "activation=relu"]`` into keyword arguments."""
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


def _parse_tile(text: str) -> int | str | None:
    if text == "auto":
        return text
    if text == "none":
        return None
    if text.isdecimal():
        return int(text)
    raise click.BadParameter(f"{text!r}: write auto, none (the whole image) or a number of pixels, for example 256.")


def _is_file(model: str) -> bool:
    path = Path(model)
    looks = path.suffix.lower() in (*_WEIGHT_SUFFIXES, *_BUNDLE_SUFFIXES) or "/" in model or "\\" in model
    if looks and not path.is_file():
        raise BadFile(f"The weight file {model} does not exist (looked in {Path.cwd()}).")
    return looks
