"""Which network a file's weights belong to, found from names and shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadFile, BadInput, SrkitError
from srkit.models._build import arguments_of, shapes
from srkit.models._files import Held, Weights, readable
from srkit.models._registry import MODELS, Entry, Layout
from srkit.models.readers import joined, places_of

__all__ = ["Match", "differences", "labelled", "misfit", "recognise", "translate"]

_YOURS = (
    "A network of yours must be registered first, and named: load(path, name='my_net', scale=2), on the command line "
    "--plugin my_net.py --model my_net --weights FILE."
)


@dataclass(frozen=True)
class Match:
    """A network that weights were compared with.

    Attributes:
        name: registered name.
        scale: enlargement factor; None where the weights fit several.
        arguments: for its constructor.
        weights: the file's entries under our names.
        differences: what does not fit, in words.
        fits: share of the entries of both that are the same in name and shape, in [0, 1].
        prefix: where in the file the entries stand.
    """

    name: str
    scale: int | None
    arguments: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    differences: tuple[str, ...] = ()
    fits: float = 1.0
    prefix: str = ""


def labelled(held: Held, name: str | None) -> Match:
    """Compare a file that says what it holds with what it says, before anything is built.

    Raises:
        BadInput: it holds another network than ``name``.
        BadFile: the network it names cannot be built, or its weights do not fit that.
        UnknownName: nobody registered the network it names.
    """
    found, scale, arguments = (held.label[key] for key in ("name", "scale", "arguments"))
    if name is not None and MODELS.key(name) != found:
        raise BadInput(f"{held.path} holds {found!r}, and {name!r} was asked for.")
    MODELS.get(found)
    try:
        if "scale" in arguments:
            raise BadInput("its arguments name a scale again")
        own = shapes(found, scale=scale, entries=len(held.entries), **arguments)
    except BadInput as error:
        raise BadFile(f"{held.path} says that it holds {found!r} x{scale}, which cannot be: {error}") from error
    weights, wrong = dict(held.entries), differences(held.entries, own)
    if wrong:  # an earlier srkit may have called its parts otherwise
        weights, _ = translate(weights, MODELS.get(found).layout, scale, folded=bool(arguments.get("folded", True)))
        if differences(weights, own):
            raise BadFile(misfit(held.path, found, wrong))
    return Match(found, scale, arguments, weights)


def recognise(held: Held, name: str | None, scale: int | None, arguments: Mapping[str, Any]) -> Match:
    """Find the network, and the place in the file, whose names and shapes agree.

    Raises:
        BadFile: none; the message names the nearest where at least half of the entries agree.
    """
    best = _compare_in_order(held) if held.enlarges else []
    if exact := [match for match in best if not match.differences and (name is None or match.name == MODELS.key(name))]:
        return max(exact, key=lambda match: _closeness(match, arguments))
    for prefix, weights in held.views():
        found = [match for known in _likely(weights) for match in _compare(weights, known, scale, arguments, prefix)]
        wanted = [match for match in found if name is None or match.name == MODELS.key(name)]
        if exact := [match for match in wanted if not match.differences]:
            return max(exact, key=lambda match: _closeness(match, arguments))  # the first of equals
        best += found
    lead = max(best, key=lambda match: (match.fits, _closeness(match, arguments)), default=None)
    if (lead is None or lead.fits < 0.5) and held.class_name:
        raise BadFile(
            f"{held.path} holds a {held.class_name}, which a training wrote and which is no registered network, "
            "so it cannot be built by name. A generator that spoils good images enlarges none. {_YOURS} "
            "srkit.train(net, ..., init=path), or srkit train --init FILE, begins with the weights."
        )
    if lead is None and all(_OF_AN_OPTIMISER.search(key) for key in held.entries):
        raise BadFile(
            f"{held.path} holds the state of an optimiser and no network's weights; look for the file of the network, "
            "which a training writes beside it."
        )
    if lead is None or lead.fits < 0.5:
        raise BadFile(f"{held.path} fits no registered network; its first entries are {_first(held)}. {_YOURS}")
    looks = f"{lead.name!r}" + (f" x{lead.scale}" if lead.scale else "")
    if name and not lead.differences:
        raise BadFile(f"{held.path} does not fit {MODELS.key(name)!r}; it is {looks}. Leave the name out.")
    place = f", taken from {readable(lead.prefix)!r}" if lead.prefix else ""
    like = f"{looks} (which it looks like: {lead.fits:.0%} of the entries agree{place})"
    raise BadFile(misfit(held.path, like, list(lead.differences)))


def translate(
    weights: Mapping[str, Tensor], layout: Layout | None, scale: int | None, *, folded: bool = True
) -> tuple[dict[str, Tensor], dict[str, Any] | None]:
    """Return the entries under our names, and the constructor arguments their shapes tell (None: not this network).

    Convolutions that are trained as several layers are folded into one where ``folded`` says so.
    """
    if layout is None:
        return dict(weights), None
    further = layout.renames_at(scale) if layout.renames_at and scale else ()
    rename = _renamer((*layout.renames, *further))
    renamed = dict(weights)
    try:
        renamed = {rename(key): value for key, value in joined(weights, layout.caffe).items()}
        renamed = layout.in_form(renamed, folded) if layout.in_form else renamed
        sizes = layout.sizes(renamed)
    except (LookupError, RuntimeError, ZeroDivisionError, ValueError, AttributeError, TypeError):
        sizes = None
    ignored = _patterns(layout.ignored)
    kept = {key: value for key, value in renamed.items() if not any(pattern.fullmatch(key) for pattern in ignored)}
    return kept, sizes


def differences(entries: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[str]:
    """Say where entries and a state dict differ. Counters, which hold no weights, may be missing or left over."""
    wrong = [
        f"{key} is {tuple(entries[key].shape)} instead of {tuple(value.shape)}"
        for key, value in own.items()
        if key in entries and entries[key].shape != value.shape
    ]
    missing = [f"{key} is missing" for key, value in own.items() if key not in entries and not _counts(value)]
    left = [f"{key} is none of its weights" for key, value in entries.items() if key not in own and not _counts(value)]
    return wrong + missing + left


def misfit(path: Path, name: str, found: list[str]) -> str:
    """Return the sentence for a file that does not fit."""
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    return f"{path} does not fit {name}: {'; '.join(found[:3])}{more}."


def _counts(value: Tensor) -> bool:
    """Tell what is no weight: whole numbers, and the single double-precision sums that profilers leave behind."""
    return not value.is_floating_point() or (value.dtype == torch.float64 and value.numel() <= 1)


def _compare(weights: Weights, name: str, scale: int | None, given: Mapping[str, Any], prefix: str) -> Iterator[Match]:
    """Yield the variants of ``name`` that the weights may be, each with what does not fit."""
    entry = MODELS.get(name)
    folded = bool(given.get("folded", True))
    entries, sizes = translate(weights, entry.layout, scale or entry.card.scales[0], folded=folded)
    found = sizes.pop("scale", None) if sizes else None
    told = found or scale or (entry.card.scales[0] if len(entry.card.scales) == 1 else None)
    known = arguments_of(entry.factory)
    extra = {} if sizes else {key: value for key, value in given.items() if key in known}
    for candidate in (told,) if told else entry.card.scales[: 1 if sizes else None]:
        try:
            own = shapes(name, scale=candidate, entries=len(weights), **(sizes or extra))
        except SrkitError:
            continue
        if own:
            agreed = told or (None if sizes else candidate)
            same = sum(key in own and own[key].shape == value.shape for key, value in entries.items())
            fits = same / (len(own) + len(entries) - same)
            wrong = tuple(differences(entries, own))
            yield Match(MODELS.key(name), agreed, sizes or {}, entries, wrong, fits, prefix)


def _compare_in_order(held: Held) -> list[Match]:
    """Compare tensors without names with the networks whose layout can tell their sizes from the order."""
    tensors, found = list(held.entries.values()), list[Match]()
    for name in MODELS.names():
        entry = MODELS.get(name)
        if entry.layout is None or entry.layout.in_order is None:
            continue
        try:
            sizes = entry.layout.in_order(tensors)
            scale = int(sizes.pop("scale", held.enlarges))
            own = shapes(name, scale=scale, entries=len(tensors), **sizes)
        except (LookupError, ValueError, SrkitError):
            continue
        learned = [tensor for key, tensor in held.entries.items() if not key.endswith((".constant", ".factor"))]
        entries = dict(zip(own, learned, strict=False))
        if len(own) == len(learned):
            found.append(Match(MODELS.key(name), scale, sizes, entries, tuple(differences(entries, own))))
    return found


def _likely(weights: Mapping[str, Tensor]) -> list[str]:
    """Return the networks whose entries have such names, digits aside, so that most networks need not be built."""
    alike = {MODELS.get(name).factory for name in MODELS.names() if _resembles(weights, MODELS.get(name))}
    return [name for name in MODELS.names() if MODELS.get(name).factory in alike]  # with all variants of each


def _resembles(weights: Mapping[str, Tensor], entry: Entry) -> bool:
    """Whether half of the names of both agree, or nearly all of the file's: a variant may have fewer layers."""
    own, layout = _index(entry), entry.layout
    examples = _examples(weights)
    if layout is not None:
        scales = entry.card.scales if layout.renames_at else entry.card.scales[:1]
        named = [_kept(examples, layout, scale) for scale in scales]
    else:
        named = [set(map(_undigited, examples))]
    shared = [(len(own & found), len(own | found), len(found)) for found in named if own and found]
    return any(2 * both >= either or (theirs >= 4 and both >= 0.9 * theirs) for both, either, theirs in shared)


def _kept(examples: Iterable[str], layout: Layout, scale: int) -> set[str]:
    further = layout.renames_at(scale) if layout.renames_at else ()
    rename, ignored = _renamer((*layout.renames, *further)), _patterns(layout.ignored)
    renamed = map(rename, places_of(examples, layout.caffe))
    return {_undigited(key) for key in renamed if not any(pattern.fullmatch(key) for pattern in ignored)}


def _examples(weights: Mapping[str, Tensor]) -> list[str]:
    """Return at most twelve names of each kind of entry: a network of 400 blocks has as many kinds as one of two."""
    counted: dict[str, int] = {}
    found = []
    for key, value in weights.items():
        kind = _undigited(key)
        counted[kind] = counted.get(kind, 0) + 1
        if counted[kind] <= 12 and not _counts(value):
            found.append(key)
    return found


def _index(entry: Entry) -> frozenset[str]:
    """Return the kinds of entries of a network, read from its small configuration, once in a process."""
    if entry.factory not in _INDEX:
        _INDEX[entry.factory] = {}
    kinds, key = _INDEX[entry.factory], repr((entry.arguments, entry.card.tiny))
    if key not in kinds:
        own = _tiny_shapes(entry)
        kinds[key] = frozenset(_undigited(name) for name, value in own.items() if not _counts(value))
    return kinds[key]


_OF_AN_OPTIMISER = re.compile(r"(^|\0)state\0\d+\0|optim", re.IGNORECASE)

_INDEX: dict[Any, dict[str, frozenset[str]]] = {}


def _tiny_shapes(entry: Entry) -> Mapping[str, Tensor]:
    name = next(name for name in MODELS.names() if MODELS.get(name) is entry)
    return shapes(name, scale=entry.card.scales[0], entries=10_000, **entry.card.tiny)


def _undigited(key: str) -> str:
    return re.sub(r"\d+", "#", key)


@lru_cache(maxsize=1024)
def _patterns(texts: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, texts))


@lru_cache(maxsize=1024)
def _renamer(renames: tuple[tuple[str, str], ...]) -> Any:
    compiled = [(re.compile(pattern), ours) for pattern, ours in renames]

    def rename(key: str) -> str:
        for pattern, ours in compiled:
            if match := pattern.fullmatch(key):
                return match.expand(ours)
        return key

    return rename


def _closeness(match: Match, arguments: Mapping[str, Any]) -> int:
    """Count the arguments that make a variant: all of them if the weights have them, else -1."""
    variant = MODELS.get(match.name).arguments
    wanted = {**match.arguments, **arguments}
    return len(variant) if all(wanted.get(key) == value for key, value in variant.items()) else -1


def _first(held: Held) -> str:
    entries = list(held.entries.items())[:3]
    return ", ".join(f"{readable(key)} {tuple(value.shape)}" for key, value in entries)
