"""From names to things: the network, the pairs, the loss and the validation of a run, and where each came from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from srkit import datasets, losses, models
from srkit.datasets import DegradedPatches, Pairs, Patches, degraded
from srkit.degrade import Chain
from srkit.errors import BadInput
from srkit.evaluation import Table, evaluate
from srkit.evaluation.score import choose
from srkit.metrics import Protocol
from srkit.training.adversarial import Adversary, parse_adversary
from srkit.training.batch import Batches
from srkit.training.chance import chance
from srkit.training.config import Config
from srkit.training.curriculum import parse_growth
from srkit.training.scales import AnyScale, Growing, RandomScale, at_scale, keyword_of
from srkit.training.supervise import LossFunction
from srkit.training.world import World

__all__ = ["Images", "Measure", "Order", "Work", "check_same_pairs", "order_again", "prepare"]

Images = Pairs | str | Path
Measure = Callable[[nn.Module], Table]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was asked for: names, paths or the things themselves."""

    net: nn.Module | str | None
    pairs: Images | Batches | None
    loss: LossFunction | str | None
    valid: Images | Measure | None
    scale: int | None = None
    root: str | Path | None = None
    protocol: Protocol | None = None
    arguments: Mapping[str, Any] | None = None
    adversary: Adversary | str | None = None
    degrade: str | Chain | None = None


@dataclass(frozen=True)
class Work:
    """What a run needs besides its settings.

    Attributes:
        net: the network to train.
        loss: the loss.
        batches: gives a batch for each step.
        measure: validates a network, or None.
        origin: where each came from, as plain values for the checkpoint and ``config.json``.
        adversary: against whom the network is trained, or None.
    """

    net: nn.Module
    loss: LossFunction
    batches: Batches
    measure: Measure | None
    origin: dict[str, Any]
    adversary: Adversary | None = None


def prepare(order: Order, config: Config, world: World) -> Work:
    """Load and build everything an order names.

    Raises:
        BadInput: something does not fit together, for example the scales of network and pairs.
        UnknownName: there is no such network, dataset or loss.
    """
    scale = _scale(order)
    pairs = _pairs(order.pairs, scale, order.root)
    net = _network(order, scale, config.seed)
    if isinstance(pairs, Pairs):
        own = getattr(net, "scale", pairs.scale)
        if own != pairs.scale:
            raise BadInput(
                f"The network enlarges x{own} and the pairs of {pairs.name!r} are x{pairs.scale}: use one scale."
            )
    loss = losses.parse(order.loss) if isinstance(order.loss, str) else order.loss
    if not callable(loss):
        raise BadInput(f"loss={order.loss!r} is not a loss: write a formula such as '1*L1', or give a module.")
    adversary = parse_adversary(order.adversary) if isinstance(order.adversary, str) else order.adversary
    order = replace(order, scale=scale)
    origin = {
        "net": _origin_of_net(net),
        "pairs": _origin_of_pairs(order.pairs, pairs),
        "loss": {"name": order.loss if isinstance(order.loss, str) else None, "class": type(order.loss).__name__},
        "valid": {"name": _recorded(order.valid)},
        "adversary": None if adversary is None else adversary.as_dict(),
        "scale": scale,
        "root": None if order.root is None else str(Path(order.root).absolute()),
        "degrade": None if order.degrade is None else str(order.degrade),
    }
    return Work(net, loss, _batches(order, pairs, net, config, world), _measure(order, config), origin, adversary)


def order_again(origin: Mapping[str, Any], given: Order) -> Order:
    """Complete what was handed to ``resume`` with what the checkpoint says was used.

    Raises:
        BadInput: something was not recorded by name and must be handed in again.
    """
    missing = [
        name for name in ("net", "pairs", "loss") if getattr(given, name) is None and origin[name]["name"] is None
    ]
    if missing:
        used = ", ".join(f"{name}=<the {origin[name]['class']} of then>" for name in missing)
        raise BadInput(f"This run was not made from names alone; hand the same things in again: resume(…, {used}).")
    return Order(
        net=given.net or origin["net"]["name"],
        pairs=given.pairs or origin["pairs"]["name"],
        loss=given.loss or origin["loss"]["name"],
        valid=given.valid or origin["valid"]["name"],
        scale=origin["scale"],
        root=given.root or origin["root"],
        protocol=given.protocol,
        arguments=origin["net"]["arguments"],
        adversary=given.adversary or _adversary_again(origin.get("adversary")),
        degrade=origin.get("degrade"),
    )


def _adversary_again(saved: Mapping[str, Any] | None) -> Adversary | None:
    if saved is None:
        return None
    if saved["discriminator"] is None:
        raise BadInput(
            "This run was trained against a discriminator that was handed in as a module; hand the same one in again: "
            "resume(…, adversary=Adversary(discriminator=<it>, …))."
        )
    return Adversary(**saved)


def check_same_pairs(origin: Mapping[str, Any], work: Work) -> None:
    """Refuse to resume on other images than the run was made with.

    Raises:
        BadInput: the pairs have another name or number.
    """
    then, now = origin["pairs"], work.origin["pairs"]
    if (then["title"], then["count"]) != (now["title"], now["count"]):
        raise BadInput(
            f"This run trained on {then['title']!r} ({then['count']} pairs); what was handed in is {now['title']!r} "
            f"({now['count']}). To train on other images, begin a new run: train(…, init=<this run folder>)."
        )


def _scale(order: Order) -> int | None:
    for thing in (order.pairs, order.net):
        found = getattr(thing, "scale", None)
        if found is not None:
            return int(found)
    return order.scale


def _pairs(pairs: Images | Batches | None, scale: int | None, root: str | Path | None) -> Pairs | Batches:
    if pairs is None:
        raise BadInput("There is nothing to train on: pairs is None. Give a dataset name, a folder or loaded pairs.")
    if not isinstance(pairs, str | Path):
        return pairs
    if scale is None:
        raise BadInput(
            f"At which scale {str(pairs)!r} is to be loaded is not known: pass scale=…, for example scale=2."
        )
    return datasets.load(str(pairs), scale=scale, root=root)


def _network(order: Order, scale: int | None, seed: int) -> nn.Module:
    if isinstance(order.net, nn.Module):
        return order.net
    if not isinstance(order.net, str):
        raise BadInput(f"net={order.net!r} is not a network: give a module, or a name from srkit.models.names().")
    if scale is None:
        raise BadInput(f"The scale of {order.net!r} is not known: pass scale=…, for example scale=2.")
    with chance(seed):
        return models.create(order.net, scale=scale, **(order.arguments or {}))


def _batches(order: Order, pairs: Pairs | Batches, net: nn.Module, config: Config, world: World) -> Batches:
    if config.batch % (world.size * config.accumulate):
        raise BadInput(
            f"batch={config.batch} cannot be shared by {world.size} processes in {config.accumulate} parts each: "
            f"choose a multiple of {world.size * config.accumulate}."
        )
    if isinstance(pairs, Pairs):
        return _patches(order, pairs, net, config, world)
    if order.degrade is not None:
        raise BadInput("degrade=… makes LR from the HR of pairs; an object with batch(step) makes its LR itself.")
    if callable(getattr(pairs, "batch", None)):
        return pairs
    raise BadInput(
        f"Cannot train on a {type(pairs).__name__}: give a dataset name, a folder, the pairs of srkit.datasets.load or "
        "srkit.datasets.from_folders, or an object whose batch(step) returns (lr, hr)."
    )


def _patches(order: Order, pairs: Pairs, net: nn.Module, config: Config, world: World) -> Batches:
    """Cut patches at one scale, at one drawn for each batch, or at the one a growing network has reached."""
    how: dict[str, Any] = {"patch": config.patch, "batch": config.batch, "seed": config.seed}
    how |= {"augment": config.augment, "rank": world.rank, "world": world.size}

    def cut(some: Pairs) -> Batches:
        return Patches(some, **how) if order.degrade is None else DegradedPatches(some, order.degrade, **how)

    levels = parse_growth(config.growth)
    whole = all(float(scale).is_integer() for scale in config.scales)
    if config.scales and not whole:
        return AnyScale(cut(at_scale(pairs, 1)), config.scales, seed=config.seed, keyword=keyword_of(net))
    wanted = [int(scale) for scale in config.scales] or [level.scale for level in levels]
    by_scale = {scale: cut(_pairs_at(order.pairs, pairs, scale, order.root)) for scale in wanted}
    if config.scales:
        return RandomScale(by_scale, seed=config.seed, keyword=keyword_of(net))
    return Growing(by_scale, levels=levels, steps=config.steps) if levels else cut(pairs)


def _pairs_at(asked: object, loaded: Pairs, scale: int, root: str | Path | None) -> Pairs:
    """Return the pairs of a scale: read by name if they have one, so that their own LR images are used."""
    if isinstance(asked, str | Path) and scale != loaded.scale:
        return datasets.load(str(asked), scale=scale, root=root)
    return at_scale(loaded, scale)


def _measure(order: Order, config: Config) -> Measure | None:
    valid = order.valid
    if valid is None:
        return None
    if callable(valid):
        return valid
    choose(config.metrics)
    pairs = _pairs(valid, order.scale, order.root)
    if not isinstance(pairs, Pairs):
        raise BadInput(f"Cannot validate on a {type(pairs).__name__}: give a dataset name, a folder or loaded pairs.")

    def measure(net: nn.Module) -> Table:
        scale = getattr(net, "scale", pairs.scale) if config.growth else pairs.scale
        seen = _pairs_at(valid, pairs, scale, order.root)
        seen = seen if order.degrade is None else degraded(seen, order.degrade)
        return evaluate(net, seen, protocol=order.protocol, metrics=config.metrics)

    return measure


def _origin_of_net(net: nn.Module) -> dict[str, Any]:
    name, arguments = getattr(net, "name", None), getattr(net, "arguments", None)
    try:
        json.dumps(arguments)
    except TypeError:
        name, arguments = None, None
    return {"name": name, "arguments": None if arguments is None else dict(arguments), "class": type(net).__name__}


def _origin_of_pairs(asked: object, pairs: Pairs | Batches) -> dict[str, Any]:
    return {
        "name": _recorded(asked),
        "title": getattr(pairs, "name", type(pairs).__name__),
        "count": len(pairs) if isinstance(pairs, Pairs) else None,
        "class": type(pairs).__name__,
    }


def _recorded(asked: object) -> str | None:
    """Return the name of a dataset as it was given, a folder with its full path, anything else as None."""
    if not isinstance(asked, str | Path):
        return None
    is_folder = str(asked) not in datasets.DATASETS and Path(asked).is_dir()
    return str(Path(asked).absolute()) if is_folder else str(asked)
