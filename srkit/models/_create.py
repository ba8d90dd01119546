"""From a name or a file to a network: ``create``, ``load``, ``load_into``, ``names``, ``card``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit._home import weights_terms
from srkit.errors import BadFile, BadInput
from srkit.models._build import build
from srkit.models._files import Weights, checked, read_held, unwrap
from srkit.models._match import differences, labelled, misfit, recognise, translate
from srkit.models._official import is_listed_name, official_path, official_scores, weights_home
from srkit.models._registry import MODELS, Card

__all__ = ["card", "create", "load", "load_into", "names", "shipped"]


def create(
    name: str,
    *,
    scale: int,
    tiny: bool = False,
    pretrained: str | Path | None = None,
    **arguments: Any,
) -> nn.Module:
    """Build a registered network in its paper's configuration.

    Args:
        name: see :func:`names`.
        scale: enlargement factor; the card lists those the network is defined for.
        tiny: take the card's small configuration, which runs in CPU seconds.
        pretrained: ``"srkit"`` for the weights shipped with the package (``"srkit:gan"`` for a variant of them, such as
            the twin trained against a discriminator); a name on the list of weights of others (``"official"``,
            ``"realesrgan"``, …; ``srkit models list --sources`` prints it), which may change the network's sizes; or
            the path of a weight file.
        **arguments: constructor arguments that differ from the paper's; an unknown one is refused.

    Returns:
        The network, with ``.scale``, ``.name`` and ``.arguments`` (what it takes to build it again): in training mode,
        or in evaluation mode where it has trained weights, as :func:`load` gives it.

    Raises:
        UnknownName: ``name`` is not registered.
        BadInput: a scale or an argument the network does not have.
        BadFile: ``pretrained`` names weights that are missing or do not fit.
        Offline: ``pretrained`` names weights that are not on this machine; the message has the command that gets them.
    """
    if is_listed_name(pretrained):
        if tiny:
            raise BadInput(f"tiny=True makes another network than that of the weights {pretrained!r}; leave one out.")
        path = official_path(MODELS.key(name), scale=scale, variant=str(pretrained))
        return load(path, name=name, scale=scale, **arguments)
    tiny_arguments = dict(MODELS.get(name).card.tiny) if tiny else {}
    net = build(name, scale=scale, **{**tiny_arguments, **arguments})
    if pretrained is not None:
        load_into(net, weights_path(MODELS.key(name), scale=scale, pretrained=pretrained))
        net.eval()
    return net


def names(pattern: str = "*") -> list[str]:
    """Return the registered networks that match a shell pattern (``"*rc*"``), sorted."""
    return MODELS.names(pattern)


def card(name: str) -> Card:
    """Return the card of a registered network, with our scores of its listed official weights.

    Raises:
        UnknownName: ``name`` is not registered.
    """
    found = MODELS.get(name).card
    return replace(found, measured=(*found.measured, *official_scores(MODELS.key(name))))


def load(path: str | Path, *, name: str | None = None, scale: int | None = None, **arguments: Any) -> nn.Module:
    """Build the network whose weights a file holds.

    Reads our own files (which say what they are) and foreign ones, among them the official ``.pt`` files of
    EDSR-PyTorch and RCAN: name, scale and sizes are inferred from the entries' names and shapes. The weights may stand
    in dicts and behind prefixes under any name, beside an optimiser or other networks; averaged weights are preferred,
    and where a file holds several things, a warning says which were taken. No code in a file is ever run.

    Args:
        path: safetensors, or a PyTorch file with a state dict or a whole network; told from its content.
        name: the registered network, where the file does not tell.
        scale: enlargement factor, where the weights do not tell (SRCNN's are the same at every scale).
        **arguments: constructor arguments the weights do not tell (EDSR's ``residual_scale``).

    Returns:
        The network in evaluation mode, float32, on the CPU, with ``.name``, ``.scale`` and ``.arguments``.

    Raises:
        BadFile: the file cannot be read, or fits no network; the message names the one it looks like and the first
            differences.
        BadInput: the scale must be given and is not; or the file contradicts ``name`` or ``scale``.
        UnknownName: the network ``name``, or the one the file names, is not registered.
    """
    held = read_held(path)
    match = labelled(held, name) if held.label else recognise(held, name, scale, arguments)
    if scale is not None and match.scale != scale:
        raise BadInput(f"{path} holds {match.name!r} x{match.scale}, and x{scale} was asked for.")
    if match.scale is None:
        raise BadInput(
            f"{path} fits {match.name!r} at more than one scale. "
            f"Say which: scale=2, or another of {', '.join(map(str, MODELS.get(match.name).card.scales))}."
        )
    held.say(match.prefix)
    with torch.random.fork_rng(devices=[]):
        net = build(match.name, scale=match.scale, **{**match.arguments, **arguments})
    _fill(net, match.weights, held.path)
    return net.eval()


def load_into(net: nn.Module, path: str | Path, *, strict: bool = True) -> list[str]:
    """Copy the weights of a file into a network made by ``create``, in place.

    Args:
        net: the network to fill.
        path: as for :func:`load`.
        strict: with False, parameters that the file lacks or holds in another shape are left as they are, so that x4
            can start from x2 weights.

    Returns:
        The names of the parameters that were left as they were; empty if ``strict``.

    Raises:
        BadFile: the weights do not fit (``strict``), or they are another network's.
    """
    held, net = read_held(path), unwrap(net)
    own, name = net.state_dict(), str(getattr(net, "name", type(net).__name__))
    layout = MODELS.get(name).layout if name in MODELS else None
    nearest: tuple[int, dict[str, Tensor]] | None = None
    folded = bool(getattr(net, "arguments", {}).get("folded"))
    for prefix, weights in held.views():
        entries, sizes = translate(weights, layout, getattr(net, "scale", None), folded=folded)
        wrong = len(differences(entries, own))
        if not wrong:
            held.say(prefix)
            _check_range(net, sizes, weights)
            _fill(net, entries, held.path)
            return []
        if nearest is None or wrong < nearest[0]:
            nearest = wrong, entries
    entries = nearest[1] if nearest else {}
    fitting = {key: value for key, value in entries.items() if key in own and own[key].shape == value.shape}
    another = not own.keys() <= entries.keys() and not entries.keys() <= own.keys()
    if strict or another or 2 * len(fitting) < len(own):
        raise BadFile(misfit(held.path, name, differences(entries, own)))
    net.load_state_dict(checked(Weights(fitting, path=held.path, label={})), strict=False)
    return sorted(set(own) - set(fitting))


def _fill(net: nn.Module, entries: Mapping[str, Tensor], path: Path) -> None:
    own = net.state_dict()
    if wrong := differences(entries, own):
        raise BadFile(misfit(path, str(getattr(net, "name", type(net).__name__)), wrong))
    fitting = {key: value for key, value in entries.items() if key in own}
    net.load_state_dict(checked(Weights(fitting, path=path, label={})), strict=False)  # counters may be missing


def _check_range(net: nn.Module, sizes: Mapping[str, Any] | None, weights: Weights) -> None:
    own, found = getattr(getattr(net, "range", None), "rgb_range", None), (sizes or {}).get("rgb_range")
    if own is not None and found is not None and own != found and not weights.label:
        raise BadFile(
            f"{weights.path} was trained with white = {found:g} and this network has white = {own:g}. "
            f"Make it with rgb_range={found:g}."
        )


def shipped() -> list[str]:
    """Return the shipped weights as ``<name>_x<scale>`` or ``<name>_x<scale>_<variant>``, sorted."""
    return sorted(path.stem for path in weights_home().glob("*.safetensors"))


def weights_path(name: str, *, scale: int, pretrained: str | Path) -> Path:
    """Return the file that ``pretrained`` means for this network; the terms of shipped weights go to the log.

    Args:
        name: registered name.
        scale: enlargement factor.
        pretrained: ``"srkit"`` for the shipped weights, ``"srkit:gan"`` for a variant, anything else is a path.

    Raises:
        BadFile: nothing is shipped for this network and scale; the message lists what is.
    """
    if not isinstance(pretrained, str | Path):
        raise BadInput(
            f"pretrained takes 'srkit' (the shipped weights), 'official' or another listed name, or a path, and got "
            f"{pretrained!r}. `srkit models list` says which network has which."
        )
    shop, colon, variant = str(pretrained).partition(":")
    if shop != "srkit" or (colon and not variant.isidentifier()):
        return Path(pretrained)
    path = weights_home() / f"{name}_x{scale}{'_' * bool(variant)}{variant}.safetensors"
    if not path.is_file():
        raise BadFile(
            f"No weights are shipped for {name!r} x{scale}{f' ({variant})' if variant else ''} (looked for {path}). "
            f"Shipped: {', '.join(shipped()) or 'none'}. A path works too: pretrained='weights.safetensors'."
        )
    logging.getLogger("srkit").info("%s: %s", path.name, weights_terms())
    return path
