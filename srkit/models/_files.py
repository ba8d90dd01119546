"""Reading and writing weight files, without ever running code that a file contains."""

from __future__ import annotations

import json
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors
from torch import Tensor, nn

from srkit.errors import BadFile, BadInput
from srkit.ops.atomic import atomic_path
from srkit.ops.pickles import check_pickle_reader

__all__ = ["Weights", "read_bank", "read_weights", "save"]

_WRAPPERS = ("params_ema", "params", "state_dict", "model_state_dict", "model", "net", "net_g", "generator", "weights")
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.")


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


def save(net: nn.Module, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a network's weights and what it takes to build it again into one safetensors file.

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
    path, net = Path(path), unwrap(net)
    if path.suffix != ".safetensors":
        raise BadInput(f"Weights are written as .safetensors; {path.name!r} was given.")
    entries = {key: value.detach().cpu().clone().contiguous() for key, value in net.state_dict().items()}
    label = _label_of(net)
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(safetensors.save(entries, metadata=label))
    return path


def unwrap(net: nn.Module) -> nn.Module:
    """Return the network inside DataParallel, DistributedDataParallel or ``torch.compile``."""
    for inside in ("module", "_orig_mod"):
        inner = getattr(net, inside, None)
        if isinstance(inner, nn.Module) and not hasattr(net, "arguments"):
            return unwrap(inner)
    return getattr(net, "_orig_mod", net)


def read_weights(path: str | Path) -> Weights:
    """Read a state dict from a safetensors file or a PyTorch file; wrappers and prefixes are taken off.

    Args:
        path: the file. Its kind is told from its content, not from its name.

    Raises:
        BadFile: the file is missing, truncated, a web page, a Git LFS pointer, holds code, holds no weights, or some
            weights are not finite.
    """
    path = Path(path)
    head = _head(path)
    if head[8:9] == b"{":
        entries, label = _read_safetensors(path)
    else:
        entries, label = _read_pickle(path), {}
    return _checked(entries, path, label)


def read_bank(path: str | Path) -> dict[str, Weights]:
    """Read a PyTorch file that holds several state dicts under names, such as one for each noise level.

    Args:
        path: the file.

    Raises:
        BadFile: as :func:`read_weights`, and where the file is no dict of state dicts.
    """
    path = Path(path)
    _head(path)
    content = _open_pickle(path)
    if not isinstance(content, Mapping) or not content or not all(map(_is_state, content.values())):
        raise BadFile(f"{path} does not hold several state dicts under names. srkit.models.load reads a single one.")
    return {str(key): _checked(dict(state), path, {}) for key, state in content.items()}


def _checked(entries: Mapping[str, Tensor], path: Path, label: Mapping[str, Any]) -> Weights:
    for name, value in entries.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise BadFile(f"{path}: {name!r} holds NaN or infinite numbers; the training that wrote it had diverged.")
    return Weights(_without_prefix(dict(entries)), path=path, label=label)


def _head(path: Path) -> bytes:
    """Return the first bytes, after refusing what cannot be a weight file."""
    if path.is_dir():
        raise BadFile(f"{path} is a folder; give the weight file inside it: {_nearby(path)}.")
    if not path.exists():
        raise BadFile(f"There is no file {path}. Weight files beside it: {_nearby(path.parent)}.")
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}.") from error
    if not head:
        raise BadFile(f"{path} is empty. Was the download interrupted? Fetch it again.")
    if head.startswith(b"version https://git-lfs"):
        raise BadFile(f"{path} is a Git LFS pointer, not the weights. Run: git lfs pull")
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise BadFile(f"{path} is a web page, not weights: the link led to a login or error page.")
    return head


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as file:
            entries = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise BadFile(f"{path} is not a complete safetensors file ({error}). Fetch or write it again.") from error
    if "srkit" not in metadata:
        return entries, {}
    try:
        label = {"name": metadata["name"], "scale": int(metadata["scale"])}
        label["arguments"] = {key: _tuples(value) for key, value in json.loads(metadata["arguments"]).items()}
    except (KeyError, ValueError, AttributeError) as error:
        raise BadFile(f"{path} says it was written by srkit, but its label is damaged ({error!r}).") from error
    return entries, label


def _read_pickle(path: Path) -> dict[str, Tensor]:
    return _unwrap_state(_open_pickle(path), path)


def _open_pickle(path: Path) -> object:
    check_pickle_reader(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # torch remarks on foreign pickles before it refuses them
            content: object = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadFile(f"{path} {_why_refused(error)}") from error
    except (RuntimeError, EOFError, LookupError, ValueError, TypeError, AttributeError, OSError) as error:
        raise BadFile(f"{path} is not a PyTorch file, or is damaged or cut short. Fetch it again.") from error
    return content


def _why_refused(error: pickle.UnpicklingError) -> str:
    if named := re.search(r"GLOBAL (\S+)", str(error)):
        return (
            f"was not opened: besides numbers it holds {named.group(1)}, and reading that would run code from "
            "the file. Whoever made it can write torch.save(net.state_dict(), path)."
        )
    return (
        "is not a PyTorch file with weights, or is damaged. torch.save(net.state_dict(), path) writes what is expected."
    )


def _unwrap_state(content: object, path: Path) -> dict[str, Tensor]:
    """Find the state dict in what ``torch.load`` returned."""
    if isinstance(content, Mapping):
        if content and all(isinstance(value, Tensor) for value in content.values()):
            return {str(key): value.detach() for key, value in content.items()}
        inner = {key: value for key, value in content.items() if _is_state(value)}
        chosen = next((inner[key] for key in _WRAPPERS if key in inner), None)
        if chosen is None and len(inner) == 1:
            chosen = next(iter(inner.values()))
        if chosen is not None:
            return _unwrap_state(chosen, path)
        nested = [value for key in _WRAPPERS if isinstance(value := content.get(key), Mapping)]
        if nested:
            return _unwrap_state(nested[0], path)
    found = f"a {type(content).__name__}"
    if isinstance(content, Mapping):
        found = f"a dict with the keys {', '.join(map(repr, list(content)[:6])) or '(none)'}"
    raise BadFile(f"{path} holds no state dict but {found}. Expected names with tensors, as net.state_dict() gives.")


def _is_state(value: object) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(tensor, Tensor) for tensor in value.values())


def _without_prefix(entries: dict[str, Tensor]) -> dict[str, Tensor]:
    for prefix in _PREFIXES:
        if entries and all(key.startswith(prefix) for key in entries):
            return _without_prefix({key.removeprefix(prefix): value for key, value in entries.items()})
    return entries


def _label_of(net: nn.Module) -> dict[str, str]:
    from srkit._version import __version__

    name, arguments, scale = (getattr(net, key, None) for key in ("name", "arguments", "scale"))
    if name is None or arguments is None or scale is None:
        raise BadInput(
            f"This {type(net).__name__} does not know its name, so a file of it could not be loaded again. "
            "Register the class with srkit.register_model and make it with srkit.models.create."
        )
    try:
        text = json.dumps(arguments)
    except TypeError as error:
        raise BadInput(f"{name!r} was made with an argument that cannot be written to a file: {error}.") from error
    return {"srkit": __version__, "name": str(name), "scale": str(scale), "arguments": text}


def _nearby(folder: Path) -> str:
    suffixes = (".safetensors", ".pt", ".pth", ".ckpt")
    files = sorted(path.name for path in folder.iterdir() if path.suffix in suffixes) if folder.is_dir() else []
    return ", ".join(files[:8]) or "none"


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
