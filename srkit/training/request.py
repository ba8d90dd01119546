"""Resolve names: the network, the pairs, the loss and the validation of a run, and where each came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from srkit import datasets, losses, models
from srkit.datasets import Pairs
from srkit.degrade.chain import Chain
from srkit.errors import BadInput
from srkit.metrics import Protocol
from srkit.training.adversarial import AdversarialTerm, parse_adversarial
from srkit.training.config import Config
from srkit.training.source import Images, Measure, Way, cut_batches, load_pairs, measure_on
from srkit.training.supervise import Batches, LossFunction
from srkit.training.world import World, chance

__all__ = ["Parts", "Request", "check_same_pairs", "prepare", "request_again"]

_FORMER_SOURCES = ("Bicubic", "CodedBatches", "Cycled", "KnownDegradations", "RandomKernels")
"""Classes of batches that older checkpoints name and that others have replaced."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """The arguments of a run: names, paths or objects."""

    net: nn.Module | str | None
    pairs: Images | Batches | None
    loss: LossFunction | str | None
    valid: Images | Measure | None
    scale: int | None = None
    root: str | Path | None = None
    protocol: Protocol | None = None
    arguments: Mapping[str, Any] | None = None
    adversarial: AdversarialTerm | str | None = None
    degrade: str | Chain | None = None
    maker: str | None = None


@dataclass(frozen=True)
class Parts:
    """What a run is made of besides its settings."""

    net: nn.Module  # the network to train
    loss: LossFunction  # the loss
    batches: Batches  # gives a batch for each step
    measure: Measure | None  # validates a network, or None
    origin: dict[str, Any]  # where each came from, as plain values for the checkpoint and ``config.json``
    adversarial: AdversarialTerm | None = None  # against whom the network is trained, or None


def prepare(request: Request, config: Config, world: World) -> Parts:
    """Load and build everything a request names.

    Raises:
        BadInput: something does not fit together, for example the scales of network and pairs.
        UnknownName: there is no such network, dataset or loss.
    """
    scale = _scale(request)
    pairs = load_pairs(request.pairs, scale, request.root)
    net = _network(request, scale, config.seed)
    if isinstance(pairs, Pairs):
        own = getattr(net, "scale", pairs.scale)
        if own != pairs.scale:
            raise BadInput(
                f"The network enlarges x{own} and the pairs of {pairs.name!r} are x{pairs.scale}: use one scale."
            )
    loss = losses.parse(request.loss) if isinstance(request.loss, str) else request.loss
    if not callable(loss):
        raise BadInput(f"loss={request.loss!r} is not a loss: write a formula such as '1*L1', or give a module.")
    adversarial = (
        parse_adversarial(request.adversarial) if isinstance(request.adversarial, str) else request.adversarial
    )
    request = replace(request, scale=scale)
    way = Way(named=request.pairs, scale=scale, root=request.root, degrade=request.degrade, maker=request.maker)
    way = way.of(net, pairs)
    origin = {
        "net": _origin_of_net(net),
        "pairs": _origin_of_pairs(request.pairs, pairs),
        "loss": {"name": request.loss if isinstance(request.loss, str) else None, "class": type(request.loss).__name__},
        "valid": {"name": _recorded(request.valid)},
        "adversarial": None if adversarial is None else adversarial.as_dict(),
        "scale": scale,
        "root": None if request.root is None else str(Path(request.root).absolute()),
        "degrade": None if request.degrade is None else str(request.degrade),
        "maker": way.maker,
    }
    measure = measure_on(request.valid, way, net, config, request.protocol)
    return Parts(net, loss, cut_batches(pairs, way, net, config, world), measure, origin, adversarial)


def request_again(origin: Mapping[str, Any], given: Request) -> Request:
    """Complete the arguments of ``resume`` with those that the checkpoint records."""
    missing = [
        name for name in ("net", "pairs", "loss") if getattr(given, name) is None and origin[name]["name"] is None
    ]
    if missing:
        used = ", ".join(f"{name}=<the {origin[name]['class']} of then>" for name in missing)
        raise BadInput(f"This run was not made from names alone; hand the same things in again: resume(…, {used}).")
    return Request(
        net=given.net or origin["net"]["name"],
        pairs=given.pairs or origin["pairs"]["name"],
        loss=given.loss or origin["loss"]["name"],
        valid=given.valid or origin["valid"]["name"],
        scale=origin["scale"],
        root=given.root or origin["root"],
        protocol=given.protocol,
        arguments=origin["net"]["arguments"],
        adversarial=given.adversarial or _adversarial_again(origin.get("adversarial", origin.get("adversary"))),
        degrade=origin.get("degrade"),
        maker=origin.get("maker", "pairs"),  # what older runs were trained on, whatever the network
    )


def _adversarial_again(saved: Mapping[str, Any] | None) -> AdversarialTerm | None:
    if saved is None:
        return None
    if saved["discriminator"] is None:
        raise BadInput(
            "This run was trained against a discriminator that was handed in as a module; hand the same one in again: "
            "resume(…, adversarial=AdversarialTerm(discriminator=<it>, …))."
        )
    return AdversarialTerm(**saved)


def check_same_pairs(origin: Mapping[str, Any], parts: Parts) -> None:
    """Refuse to resume on other images than the run was made with."""
    then, now = origin["pairs"], parts.origin["pairs"]
    if then["title"] not in _FORMER_SOURCES and (then["title"], then["count"]) != (now["title"], now["count"]):
        raise BadInput(
            f"This run trained on {then['title']!r} ({then['count']} pairs); what was handed in is {now['title']!r} "
            f"({now['count']}). To train on other images, begin a new run with init=<this run folder>."
        )


def _scale(request: Request) -> int | None:
    for thing in (request.pairs, request.net):
        found = getattr(thing, "scale", None)
        if found is not None:
            return int(found)
    return request.scale


def _network(request: Request, scale: int | None, seed: int) -> nn.Module:
    if isinstance(request.net, nn.Module):
        return request.net
    if not isinstance(request.net, str):
        raise BadInput(f"net={request.net!r} is not a network: give a module, or a name from srkit.models.names().")
    if scale is None:
        raise BadInput(f"The scale of {request.net!r} is not known: pass scale=…, for example scale=2.")
    with chance(seed):
        return models.create(request.net, scale=scale, **(request.arguments or {}))


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
