"""Where the batches of a run come from: patches as they are, degraded anew, or made as the network's card says."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from srkit import datasets, models
from srkit.datasets import Made, Pairs, Patches, Source
from srkit.datasets.degraded import Chained, Condition, PatchMaker, at_scale, degraded, fitting_chain
from srkit.datasets.maker import generator_for
from srkit.datasets.makers import make_maker
from srkit.degrade.chain import Chain
from srkit.errors import BadInput
from srkit.evaluation import Table, evaluate
from srkit.evaluation.mismatch import Conditioned
from srkit.evaluation.score import choose
from srkit.metrics import Protocol
from srkit.models._registry import MODELS
from srkit.ops import pixels
from srkit.training.config import Config
from srkit.training.curriculum import parse_growth
from srkit.training.scales import AnyScale, Growing, RandomScale, keyword_of
from srkit.training.supervise import Batches, complete, has_predictions
from srkit.training.world import World

__all__ = ["Images", "Measure", "Way", "cut_batches", "load_pairs", "measure_on"]

Images = Pairs | str | Path
Measure = Callable[[nn.Module], Table]
_PAIRS = "pairs"


@dataclass(frozen=True, kw_only=True)
class Way:
    """How batches are made of pairs."""

    named: object  # the pairs as they were requested: a name, a folder or the pairs themselves
    scale: int | None  # enlargement factor
    root: str | Path | None  # where named data lie
    degrade: str | Chain | None  # a chain that makes LR anew, or None
    maker: str | None  # formula of what makes LR and condition, or None

    def of(self, net: nn.Module, pairs: Pairs | Batches) -> Way:
        """Return the same with the requested maker or the one on the network's card."""
        name = getattr(net, "name", None)
        card = MODELS.get(str(name)).card if name in MODELS else None
        maker = self.maker or (None if card is None else card.trained_on)
        if maker == _PAIRS or (maker is None and not _condition_of(net, card)):
            return replace(self, maker=None)
        if not isinstance(pairs, Pairs):
            if callable(getattr(pairs, "batch", None)):
                _check_condition(pairs, net, maker)
            return replace(self, maker=None)
        if maker is None:
            raise BadInput(
                f"{type(net).__name__} needs the condition {_condition_of(net, card)!r} beside the image, and nothing "
                "makes it: give maker=… (a name of srkit.datasets.MAKERS), name it on the card as trained_on, or give "
                "batches with it, srkit.datasets.Made.of(pairs, maker)."
            )
        if self.degrade is not None:
            raise BadInput(
                f"{type(net).__name__} is trained on batches made by {maker}, and degrade=… would make them without "
                "the condition it needs. Leave degrade out, or say maker='pairs' to train without."
            )
        return replace(self, maker=maker)

    def again(self, pairs: Pairs, scale: int) -> Pairs:
        """Return pairs at a scale: read by name if they have one, so that their own LR images are used."""
        if isinstance(self.named, str | Path) and scale != pairs.scale:
            return datasets.load(str(self.named), scale=scale, root=self.root)
        return at_scale(pairs, scale)


def load_pairs(given: Images | Batches | None, scale: int | None, root: str | Path | None) -> Pairs | Batches:
    """Return what is trained on, loaded where it is a name or a folder."""
    if given is None:
        raise BadInput("There is nothing to train on: pairs is None. Give a dataset name, a folder or loaded pairs.")
    if not isinstance(given, str | Path):
        return given
    if scale is None:
        raise BadInput(
            f"At which scale {str(given)!r} is to be loaded is not known: pass scale=…, for example scale=2."
        )
    return datasets.load(str(given), scale=scale, root=root)


def cut_batches(pairs: Pairs | Batches, way: Way, net: nn.Module, config: Config, world: World) -> Batches:
    """Return what gives a batch for each step."""
    if config.batch % (world.size * config.accumulate):
        raise BadInput(
            f"batch={config.batch} cannot be shared by {world.size} processes in {config.accumulate} parts each: "
            f"choose a multiple of {world.size * config.accumulate}."
        )
    if isinstance(pairs, Pairs):
        return _patches(pairs, way, net, config, world)
    if way.degrade is not None:
        raise BadInput("degrade=… makes LR from the HR of pairs; an object with batch(step) makes its LR itself.")
    if callable(getattr(pairs, "batch", None)):
        return pairs
    raise BadInput(
        f"Cannot train on a {type(pairs).__name__}: give a dataset name, a folder, the pairs of srkit.datasets.load or "
        "srkit.datasets.from_folders, or an object whose batch(step) returns (lr, hr, condition)."
    )


def _patches(pairs: Pairs, way: Way, net: nn.Module, config: Config, world: World) -> Batches:
    """Cut patches at one scale, at one drawn for each batch, or at the one a growing network has reached."""
    how: dict[str, Any] = {"patch": config.patch, "batch": config.batch, "seed": config.seed}
    how |= {"augment": config.augment, "rank": world.rank, "world": world.size}
    if way.maker is not None:
        maker = _checked_maker(way.maker, net, config)
        return Made.of(at_scale(pairs, maker.scale), maker, **how)

    def cut(some: Pairs) -> Batches:
        if way.degrade is None:
            return Patches(some, **how)
        return Made.of(some, Chained(fitting_chain(way.degrade, some)), **how)

    levels = parse_growth(config.growth) if config.growth else ()
    whole = all(float(scale).is_integer() for scale in config.scales)
    if config.scales and not whole:
        return AnyScale(cut(at_scale(pairs, 1)), config.scales, seed=config.seed, keyword=keyword_of(net))
    wanted = [int(scale) for scale in config.scales] or [level.scale for level in levels]
    by_scale = {scale: cut(way.again(pairs, scale)) for scale in wanted}
    if config.scales:
        return RandomScale(by_scale, seed=config.seed, keyword=keyword_of(net))
    return Growing(by_scale, levels=levels, steps=config.steps) if levels else cut(pairs)


def measure_on(
    valid: Images | Measure | None,
    way: Way,
    net: nn.Module,
    config: Config,
    protocol: Protocol | None,
    *,
    save: Path | None = None,
) -> Measure | None:
    """Return what validates a network; validation images are degraded like those of the training, once and for all.

    With ``save``, each measurement leaves its images, numbers and page in that folder.
    """
    if valid is None or callable(valid):
        return valid
    choose(config.metrics)
    pairs = load_pairs(valid, way.scale, way.root)
    if not isinstance(pairs, Pairs):
        raise BadInput(f"Cannot validate on a {type(pairs).__name__}: give a dataset name, a folder or loaded pairs.")
    how: dict[str, Any] = {"protocol": protocol, "metrics": config.metrics, "save": save}
    if way.maker is not None:
        return _measure_told(pairs, _checked_maker(way.maker, net, config), how)
    source = replace(way, named=valid)

    def measure(net: nn.Module) -> Table:
        seen = source.again(pairs, getattr(net, "scale", pairs.scale) if config.growth else pairs.scale)
        return evaluate(net, seen if way.degrade is None else degraded(seen, way.degrade), **how)

    return measure


def _measure_told(pairs: Pairs, maker: PatchMaker, how: dict[str, Any]) -> Measure:
    sources: list[Source] = []
    conditions: list[Condition] = []

    def measure(net: nn.Module) -> Table:
        for number in range(len(sources), len(pairs)):
            hr = pixels.modcrop(pairs[number].hr, maker.scale)
            lr, condition = maker(hr, generator_for(0, number))
            sources.append(Source(pairs[number].name, pixels.crop_border(hr, maker.margin), lr))
            conditions.append(condition)
        seen = Pairs(sources, name=f"{pairs.name} | {maker}", scale=maker.scale)
        return evaluate(InTurn([Conditioned(net, one, scale=maker.scale) for one in conditions]), seen, **how)

    return measure


class InTurn(nn.Module):
    """One network with another condition at each call: those of a series of images, in their order."""

    def __init__(self, nets: Sequence[Conditioned]) -> None:
        super().__init__()
        self.net, self.scale, self.name = nets[0].net, nets[0].scale, nets[0].name
        self.left = iter(nets)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(1, 3, h, w)`` to ``(1, 3, scale*h, scale*w)``."""
        sr: Tensor = next(self.left)(lr)
        return sr


def _checked_maker(formula: str, net: nn.Module, config: Config) -> PatchMaker:
    if config.scales or config.growth:
        raise BadInput(f"Batches made by {formula} have one scale: leave scales and growth out.")
    if has_predictions(net) and not config.supervision:
        raise BadInput(
            f"supervision=False trains {type(net).__name__} by its last prediction alone, which does not use the "
            f"condition of its batches (made by {formula}). Leave supervision on, or say maker='pairs'."
        )
    return make_maker(formula, net)


def _condition_of(net: nn.Module, card: models.Card | None) -> str | None:
    """Return the keyword without which a network cannot be trained, or None."""
    if card is not None:
        return card.extra_input
    parameters = list(inspect.signature(net.forward).parameters.values())[1:]
    named = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    return next((one.name for one in parameters if one.default is one.empty and one.kind in named), None)


def _check_condition(batches: Batches, net: nn.Module, maker: str | None) -> None:
    if not complete(batches.batch(0))[2]:
        raise BadInput(
            f"{type(net).__name__} needs a condition beside the image ({maker or 'see its forward'}), and the batches, "
            f"{type(batches).__name__}, bring no condition: their batch(step) returns (lr, hr, condition), "
            "srkit.datasets.Made.of(pairs, maker) makes such. maker='pairs' trains without."
        )
