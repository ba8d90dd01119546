"""Weight files to networks: ``load`` recognises what a file holds, ``load_into`` fills a network there is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadFile, BadInput, SrkitError
from srkit.models._create import create
from srkit.models._files import Weights, read_weights, unwrap
from srkit.models._registry import MODELS, Layout

__all__ = ["load", "load_into"]


@dataclass(frozen=True)
class Match:
    """A network a file was compared with: how to build it, its weights under our names, and what does not fit."""

    name: str
    scale: int | None
    arguments: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    differences: tuple[str, ...] = field(default_factory=tuple)

    @property
    def fits(self) -> float:
        """The share of the entries that fit, in [0, 1]."""
        return 1 - min(1.0, len(self.differences) / max(1, len(self.weights)))


def load(path: str | Path, *, name: str | None = None, scale: int | None = None, **arguments: Any) -> nn.Module:
    """Build the network whose weights a file holds.

    Reads our own files (which say what they are) and foreign ones, among them the official ``.pt`` files of
    EDSR-PyTorch and RCAN: name, scale and sizes are inferred from the entries' names and shapes. No code in a file is
    ever run.

    Args:
        path: safetensors, or a PyTorch file with a state dict, wrapped or not.
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
    weights = read_weights(path)
    match = _labelled(weights, name) if weights.label else _recognise(weights, name, scale, arguments)
    if scale is not None and match.scale != scale:
        raise BadInput(f"{path} holds {match.name!r} x{match.scale}, and x{scale} was asked for.")
    if match.scale is None:
        raise BadInput(
            f"{path} fits {match.name!r} at more than one scale. "
            f"Say which: load(path, scale=2), one of {', '.join(map(str, MODELS.get(match.name).card.scales))}."
        )
    with torch.random.fork_rng(devices=[]):
        net = create(match.name, scale=match.scale, **{**match.arguments, **arguments})
    _fill(net, match.weights, weights.path)
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
    weights, net = read_weights(path), unwrap(net)
    name = str(getattr(net, "name", type(net).__name__))
    entry = MODELS.get(name) if name in MODELS else None
    entries, sizes = _translate(weights, entry.layout if entry else None, getattr(net, "scale", None))
    _check_range(net, sizes, weights)
    own = net.state_dict()
    if strict:
        _fill(net, entries, weights.path)
        return []
    fitting = {key: value for key, value in entries.items() if key in own and own[key].shape == value.shape}
    another = not own.keys() <= entries.keys() and not entries.keys() <= own.keys()
    if another or 2 * len(fitting) < len(own):
        raise BadFile(_misfit(weights.path, name, _differences(entries, own)))
    net.load_state_dict(fitting, strict=False)
    return sorted(set(own) - set(fitting))


def _fill(net: nn.Module, entries: Mapping[str, Tensor], path: Path) -> None:
    differences = _differences(entries, net.state_dict())
    if differences:
        raise BadFile(_misfit(path, str(getattr(net, "name", type(net).__name__)), differences))
    net.load_state_dict(dict(entries))


def _labelled(weights: Weights, name: str | None) -> Match:
    """Believe what the file says about itself, unless the caller says otherwise."""
    found = weights.label["name"]
    if name is not None and MODELS.key(name) != found:
        raise BadInput(f"{weights.path} holds {found!r}, and {name!r} was asked for.")
    MODELS.get(found)
    return Match(found, weights.label["scale"], weights.label["arguments"], weights)


def _recognise(weights: Weights, name: str | None, scale: int | None, arguments: Mapping[str, Any]) -> Match:
    """Find the network whose parameters have these names and shapes."""
    candidates = [match for known in ([name] if name else MODELS.names()) for match in _compare(weights, known, scale)]
    exact = [match for match in candidates if not match.differences]
    if exact:
        return max(exact, key=lambda match: _closeness(match, arguments))  # the first of equals
    candidates = [match for known in MODELS.names() for match in _compare(weights, known, scale, patient=True)]
    best = max(candidates, key=lambda match: (match.fits, _closeness(match, arguments)), default=None)
    if best is None or best.fits < 0.5:
        raise BadFile(
            f"{weights.path} fits no registered network; its first entries are {_shapes(weights)}. "
            "A network of yours must be registered first, and named: load(path, name='my_net', scale=2)."
        )
    looks = f"{best.name!r}" + (f" x{best.scale}" if best.scale else "")
    if name and not best.differences:
        raise BadFile(f"{weights.path} does not fit {MODELS.key(name)!r}; it is {looks}. Leave the name out.")
    raise BadFile(_misfit(weights.path, f"{looks} (which it looks like)", list(best.differences)))


def _compare(weights: Weights, name: str, scale: int | None, *, patient: bool = False) -> Iterator[Match]:
    """Yield the variants of ``name`` that the weights may be, each with what does not fit.

    A network whose layout cannot read its sizes from the weights is compared only if ``patient``, in its paper's size.
    """
    entry = MODELS.get(name)
    entries, sizes = _translate(weights, entry.layout, scale or entry.card.scales[0])
    if sizes is None and entry.layout is not None and not patient:
        return
    found = sizes.pop("scale", None) if sizes else None
    told = found or scale or (entry.card.scales[0] if len(entry.card.scales) == 1 else None)
    for candidate in (told,) if told else entry.card.scales[: 1 if sizes else None]:
        try:
            with torch.device("meta"):
                own = create(name, scale=candidate, **(sizes or {})).state_dict()
        except SrkitError:
            continue
        if own:
            known = told or (None if sizes else candidate)
            yield Match(MODELS.key(name), known, sizes or {}, entries, tuple(_differences(entries, own)))


def _translate(
    weights: Weights, layout: Layout | None, scale: int | None
) -> tuple[dict[str, Tensor], dict[str, Any] | None]:
    """Return the entries under our names, and the constructor arguments their shapes tell (None: not this network)."""
    if layout is None:
        return dict(weights), None
    further = layout.renames_at(scale) if layout.renames_at and scale else ()
    renamed = {_rename(key, (*layout.renames, *further)): value for key, value in weights.items()}
    try:
        sizes = layout.sizes(renamed)
    except (KeyError, IndexError, ZeroDivisionError):
        sizes = None
    kept = {key: value for key, value in renamed.items() if not any(re.fullmatch(p, key) for p in layout.ignored)}
    return kept, sizes


def _rename(key: str, renames: tuple[tuple[str, str], ...]) -> str:
    for pattern, ours in renames:
        if match := re.fullmatch(pattern, key):
            return match.expand(ours)
    return key


def _closeness(match: Match, arguments: Mapping[str, Any]) -> int:
    """Count the arguments that make a variant: all of them if the weights have them, else -1."""
    variant = MODELS.get(match.name).arguments
    wanted = {**match.arguments, **arguments}
    return len(variant) if all(wanted.get(key) == value for key, value in variant.items()) else -1


def _check_range(net: nn.Module, sizes: Mapping[str, Any] | None, weights: Weights) -> None:
    own, found = getattr(getattr(net, "range", None), "rgb_range", None), (sizes or {}).get("rgb_range")
    if own is not None and found is not None and own != found and not weights.label:
        raise BadFile(
            f"{weights.path} was trained with white = {found:g} and this network has white = {own:g}. "
            f"Make it with create(..., rgb_range={found:g})."
        )


def _differences(entries: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[str]:
    wrong = [
        f"{key} is {tuple(entries[key].shape)} instead of {tuple(value.shape)}"
        for key, value in own.items()
        if key in entries and entries[key].shape != value.shape
    ]
    missing = [f"{key} is missing" for key in own if key not in entries]
    return wrong + missing + [f"{key} is not in the network" for key in entries if key not in own]


def _misfit(path: Path, name: str, differences: list[str]) -> str:
    more = f"; and {len(differences) - 3} more" if len(differences) > 3 else ""
    return f"{path} does not fit {name}: {'; '.join(differences[:3])}{more}."


def _shapes(weights: Mapping[str, Tensor]) -> str:
    return ", ".join(f"{key} {tuple(value.shape)}" for key, value in list(weights.items())[:3])
