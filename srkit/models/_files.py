"""Reading and writing weight files, without ever running code that a file contains."""

from __future__ import annotations

import heapq
import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors
from torch import Tensor, nn

from srkit.errors import BadFile, BadInput
from srkit.models._kinds import is_pickle, what_it_is
from srkit.models._norms import with_plain_weights
from srkit.models._pickle import Unknown, read_pickle
from srkit.models._shards import check_whole, index_beside, parts_of
from srkit.models.readers import is_caffe, is_matlab, is_ncnn, read_caffe, read_matconvnet, read_ncnn
from srkit.ops.atomic import atomic_path, check_path

__all__ = ["Held", "Weights", "checked", "read_bank", "read_held", "read_weights", "readable", "save", "unwrap"]

_NESTED = "\0"  # between the names of a dict in a dict; a dot stands inside a name
_AVERAGED = re.compile(r"(?<![a-zA-Z])(ema|swa|avg|averaged?|polyak|shadow)(?![a-z])|(?<=[a-z])Ema|_EMA", re.IGNORECASE)
_NO_WEIGHTS = re.compile(r"optim|adam|sched|scaler", re.IGNORECASE)
_VIEWS, _DEEPEST = 16, 32
_LONGEST_HEADER = 100_000_000  # bytes, of safetensors


class Weights(dict[str, Tensor]):
    """A state dict read from a file.

    Attributes:
        path: where it was read.
        label: what the file says about itself: ``name``, ``scale``, ``arguments``; empty for foreign files.
    """

    def __init__(self, entries: Mapping[str, Tensor], *, path: Path, label: Mapping[str, Any]) -> None:
        super().__init__(entries)
        self.path = path
        self.label = dict(label)


@dataclass(frozen=True)
class Held:
    """All tensors of a file, under one flat name each.

    Attributes:
        path: where it was read.
        entries: name -> tensor; names of nested dicts are joined by a zero character.
        label: as in :class:`Weights`.
        enlarges: of a file that tells order and enlargement in place of names, by how much its network enlarges.
        class_name: of a file that a training here wrote of a network without a registered name, its class.
    """

    path: Path
    entries: Mapping[str, Tensor]
    label: Mapping[str, Any]
    enlarges: Fraction | None = None
    class_name: str = ""

    def views(self) -> Iterator[tuple[str, Weights]]:
        """Yield what may be one network's state dict, with the prefix it stands behind; the likeliest first.

        Other programs put weights into dicts and behind prefixes under many names. Of these names nothing is known
        here but how averaged weights are called, which are preferred, and that an optimiser is no network: every group
        of entries with a common prefix is a view, down to four prefixes deep, the larger before the smaller.
        """
        queue: list[tuple[bool, int, int, str]] = [(False, 0, 0, "")]
        for _ in range(_VIEWS):
            if not queue:
                return
            _, depth, _, prefix = heapq.heappop(queue)
            inside = {key.removeprefix(prefix): value for key, value in self.entries.items() if key.startswith(prefix)}
            if direct := {key: value for key, value in inside.items() if _NESTED not in key}:
                yield prefix, Weights(direct, path=self.path, label=self.label)
            groups = Counter(found[0] for key in inside if (found := re.match(r"[^.\0]*[.\0]", key)))
            for group, count in groups.items():
                whole = prefix + group
                if depth < 4 and count > 1 and 10 * count >= len(inside) and not _NO_WEIGHTS.search(whole):
                    heapq.heappush(queue, (not _AVERAGED.search(whole), depth + 1, -count, whole))

    def say(self, taken: str) -> None:
        """Warn where a file holds weights beside those that were taken."""
        left = {
            re.split(r"[.\0]", key)[0]: None for key, value in self.entries.items() if not _inside(key, taken, value)
        }
        if taken and left:
            averaged = " (averaged weights)" if _AVERAGED.search(taken) else ""
            names = ", ".join(map(repr, list(left)[:6]))
            words = f"{self.path} holds several things; taken: {readable(taken)!r}{averaged}; left out: {names}."
            warnings.warn(words, UserWarning, stacklevel=3)


def readable(prefix: str) -> str:
    """Return a prefix as a person would write it."""
    return prefix.rstrip(".\0").replace(_NESTED, ".")


def _inside(key: str, prefix: str, value: Tensor) -> bool:
    return key.startswith(prefix) or value.numel() < 2


def save(net: nn.Module, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a network's weights, and its name and settings, into one safetensors file.

    Args:
        net: made by ``create`` or ``load`` (wrappers for several GPUs or compilation are looked through).
        path: ends in ``.safetensors``.
        overwrite: replace a file that is already there.

    Returns:
        The path written. The file appears complete or not at all.

    Raises:
        BadInput: the network does not know its name, an argument cannot be written as JSON, or the suffix differs.
        BadFile: the file exists, its folder does not, or the disk refuses.
    """
    path, net = check_path(path), unwrap(net)
    if path.suffix != ".safetensors":
        raise BadInput(f"Weights are written as .safetensors; {path.name!r} was given.")
    entries = {key: value.detach().cpu().clone().contiguous() for key, value in net.state_dict().items()}
    label = _label_of(net)
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(_ordered(safetensors.save(entries, metadata=label)))
    return path


def unwrap(net: nn.Module) -> nn.Module:
    """Return the network inside DataParallel, DistributedDataParallel or ``torch.compile``."""
    for inside in ("module", "_orig_mod"):
        inner = getattr(net, inside, None)
        if isinstance(inner, nn.Module) and not hasattr(net, "arguments"):
            return unwrap(inner)
    return getattr(net, "_orig_mod", net)


def read_held(path: str | Path) -> Held:
    """Read everything a weight file holds; its format is recognised from its content, not from its name.

    Args:
        path: safetensors; a file of ``torch.save``, even of a whole network, of which no code is run; the index
            (``*.index.json``) of weights in several such files; a pair of ncnn files; a MATLAB file of VDSR's or
            LapSRN's authors; a ``.caffemodel``.

    Raises:
        BadFile: the file is missing, truncated, of another kind (which is named), harmful, or holds no weights.
    """
    path = check_path(path)
    check_whole(path)
    if parts := parts_of(path, _head(path)):
        found = [_read(part) for part in parts]
        return Held(path, {key: value for one in found for key, value in one.entries.items()}, {})
    return _read(path)


def _read(path: Path) -> Held:
    head = _head(path)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < _LONGEST_HEADER:
        entries, label, class_name = _read_safetensors(path)
        return Held(path, entries if label else with_plain_weights(entries), label, class_name=class_name)
    if is_ncnn(path, head):
        entries, enlarges = read_ncnn(path)
        return Held(path, entries, {}, enlarges)
    if is_matlab(head):
        return Held(path, read_matconvnet(path), {})
    if is_caffe(head):
        return Held(path, read_caffe(path), {})
    if not is_pickle(path, head):
        raise BadFile(f"{path} {what_it_is(path, head)}")
    content = read_pickle(path)
    found = dict(_flat(content, "", 0))
    if not found:
        raise BadFile(
            f"{path} holds no state dict but {_described(content)}. "
            "Expected names with tensors, as net.state_dict() gives."
        )
    return Held(path, with_plain_weights(found), {})


def read_weights(path: str | Path) -> Weights:
    """Read the likeliest state dict of a file, of any network.

    Raises:
        BadFile: as :func:`read_held`, and where some weights are not finite.
    """
    held = read_held(path)
    prefix, weights = next(held.views())
    held.say(prefix)
    return checked(weights)


def read_bank(path: str | Path) -> dict[str, Weights]:
    """Read a PyTorch file that holds several state dicts under names, such as one for each noise level.

    Args:
        path: the file.

    Raises:
        BadFile: as :func:`read_weights`, and where the file is no dict of state dicts.
    """
    held = read_held(path)
    bank: dict[str, Weights] = {}
    for key, value in held.entries.items():
        outer, nested, inner = key.partition(_NESTED)
        if not nested:
            raise BadFile(
                f"{path} does not hold several state dicts under names. srkit.models.load reads a single one."
            )
        bank.setdefault(outer, Weights({}, path=held.path, label={}))[inner] = value
    return {name: checked(weights) for name, weights in bank.items()}


def checked(weights: Weights) -> Weights:
    """Return weights as they are.

    Raises:
        BadFile: some are not finite.
    """
    for name, value in weights.items():
        known = value.float() if value.element_size() == 1 else value  # of eight bits PyTorch cannot ask it
        if value.is_floating_point() and not bool(torch.isfinite(known).all()):
            raise BadFile(
                f"{weights.path}: {name!r} holds NaN or infinite numbers; the training that wrote it had diverged."
            )
    return weights


def _head(path: Path) -> bytes:
    """Return the first bytes, after refusing what cannot be a weight file."""
    if path.is_dir():
        raise BadFile(f"{path} is a folder; give the weight file inside it: {_nearby(path)}.")
    if not path.exists():
        raise BadFile(f"There is no file {path}. Weight files beside it: {_nearby(path.parent)}.")
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}.") from error
    if not head:
        raise BadFile(f"{path} is empty. Was the download interrupted? Fetch it again.")
    if head.startswith(b"version https://git-lfs"):
        raise BadFile(f"{path} is a Git LFS pointer, not the weights. Run: git lfs pull")
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head")) or (start.startswith(b"<?xml") and b"<html" in start):
        raise BadFile(f"{path} is a web page, not weights: the link led to a login or error page.")
    return head


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any], str]:
    try:
        with safe_open(path, framework="pt") as file:
            entries = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise BadFile(f"{path} is not a complete safetensors file ({error}). Fetch or write it again.") from error
    if "srkit" not in metadata:
        return entries, {}, metadata.get("class", "")
    try:
        label = {"name": metadata["name"], "scale": int(metadata["scale"])}
        label["arguments"] = {key: _tuples(value) for key, value in json.loads(metadata["arguments"]).items()}
    except (KeyError, ValueError, AttributeError) as error:
        raise BadFile(f"{path} says it was written by srkit, but its label is damaged ({error!r}).") from error
    return entries, label, ""


def _flat(thing: object, prefix: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    """Yield every tensor in nested dicts, and in objects that were pickled whole, with its flat name."""
    if isinstance(thing, Unknown) and "_modules" in thing.state:
        yield from _of_module(thing, prefix, depth)
        return
    if isinstance(thing, list | tuple | Unknown) and depth < _DEEPEST:
        given = thing.given if isinstance(thing, Unknown) else thing
        for number, part in enumerate(given):  # a compiled network is given the one it was made of
            if isinstance(part, Mapping | Unknown) or (isinstance(part, list | tuple) and len(part) < _DEEPEST):
                yield from _flat(part, f"{prefix}{number}{_NESTED}", depth + 1)
    inside, nested = (thing.state, ".") if isinstance(thing, Unknown) else (thing, _NESTED)
    if isinstance(inside, Mapping) and depth < _DEEPEST:
        for key, value in inside.items():
            if isinstance(value, Tensor):
                yield f"{prefix}{key}", value
            else:
                yield from _flat(value, f"{prefix}{key}{nested}", depth + 1)


def _of_module(module: Unknown, prefix: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters and buffers of a network that was pickled whole, as its state dict would name them."""
    skipped = module.state.get("_non_persistent_buffers_set") or ()
    for part in ("_parameters", "_buffers"):
        for key, value in (module.state.get(part) or {}).items():
            if isinstance(value, Tensor) and key not in skipped:
                yield f"{prefix}{key}", value
    for key, inner in (module.state["_modules"] or {}).items():
        if isinstance(inner, Unknown) and "_modules" in inner.state and depth < _DEEPEST:
            yield from _of_module(inner, f"{prefix}{key}.", depth + 1)


def _described(content: object) -> str:
    if isinstance(content, Mapping):
        without = ", whose values are no tensors" if content else ""
        return f"a dict with the keys {', '.join(map(repr, list(content)[:6])) or '(none)'}{without}"
    return "an object without weights" if isinstance(content, Unknown) else f"a {type(content).__name__}"


def _label_of(net: nn.Module) -> dict[str, str]:
    from srkit._version import __version__

    name, arguments, scale = (getattr(net, key, None) for key in ("name", "arguments", "scale"))
    if name is None or arguments is None or scale is None:
        raise BadInput(
            f"This {type(net).__name__} does not know its name, so a file of it could not be loaded again. "
            "Register the class with srkit.register_model and make it with srkit.models.create."
        )
    try:
        text = json.dumps(arguments, sort_keys=True)
    except TypeError as error:
        raise BadInput(f"{name!r} was made with an argument that cannot be written to a file: {error}.") from error
    return {"srkit": __version__, "name": str(name), "scale": str(scale), "arguments": text}


def _ordered(content: bytes) -> bytes:
    """Return a safetensors file with its label in alphabetical order, so that equal networks are equal bytes.

    The library writes the label in an order that changes from call to call; offsets count from the end of the header.
    """
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[8 + size :]


def _nearby(folder: Path) -> str:
    suffixes = (".safetensors", ".pt", ".pth", ".ckpt")
    if folder.is_dir() and (index := index_beside(folder)):
        return index.name
    files = sorted(path.name for path in folder.iterdir() if path.suffix in suffixes) if folder.is_dir() else []
    return ", ".join(files[:8]) or "none"


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
