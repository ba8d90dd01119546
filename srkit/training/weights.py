"""Weights of a run: the files it writes, and the weights that fine-tuning begins with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from torch import Tensor, nn

from srkit import models
from srkit.errors import BadFile, BadInput
from srkit.models._create import load_into
from srkit.ops.atomic import write_atomically
from srkit.training.checkpoint import load_checkpoint

__all__ = ["begin_from", "write_weights"]

_OF_A_RUN = ("best.safetensors", "last.safetensors", "checkpoint.pt")


def write_weights(path: Path, net: nn.Module) -> None:
    """Write a network as safetensors, replacing the file in one step.

    A network made by ``srkit.models.create`` is written with its name and arguments, so that ``srkit.models.load``
    builds it again. Of a system that has a method ``in_use()``, what that returns is written: the network that enlarges
    once the training is over. Any other module is written as tensors with the name of its class.
    """
    in_use = getattr(net, "in_use", None)
    net = in_use() if callable(in_use) else net
    if all(hasattr(net, label) for label in ("name", "arguments", "scale")):
        models.save(net, path, overwrite=True)
        return
    entries = {key: value.detach().cpu().clone().contiguous() for key, value in net.state_dict().items()}
    parts = dict.fromkeys(type(part).__name__ for part in (net, getattr(net, "generator", net)))
    write_atomically(path, safetensors.torch.save(entries, metadata={"class": " of ".join(parts)}), durable=True)


def begin_from(net: nn.Module, source: str | Path | Mapping[str, Tensor], *, partial: bool = False) -> list[str]:
    """Put given weights into a network before it is trained further.

    Args:
        source: a weight file (ours, or an official EDSR-PyTorch file of the same network), a run folder (its best
            weights, else its last), a checkpoint, or a state dict.
        partial: leave weights whose shape differs as they are; for example to begin a x4 network from a x2 one, whose
            last layers have another size.

    Returns:
        The names of the weights that were left as they are; empty unless ``partial``.
    """
    if isinstance(source, Mapping):
        return _copy(net, source, partial=partial)
    path = _inside(Path(source))
    if path.name == "checkpoint.pt":
        saved = load_checkpoint(path)
        return _copy(net, saved["average"]["net"] if saved["average"] else saved["net"], partial=partial)
    return load_into(net, path, strict=not partial)


def _inside(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = next((path / name for name in _OF_A_RUN if (path / name).exists()), None)
    if found is None:
        raise BadFile(f"{path} is not a run folder: none of {', '.join(_OF_A_RUN)} is in it.")
    return found


def _copy(net: nn.Module, given: Mapping[str, Tensor], *, partial: bool) -> list[str]:
    own = net.state_dict()
    fitting = {key: value for key, value in given.items() if key in own and own[key].shape == value.shape}
    left = sorted(set(own) - set(fitting))
    foreign = [key for key in given if key not in own]
    if not fitting or (not partial and (left or foreign)):
        first = f"{left[0]!r} {tuple(own[left[0]].shape)}" if left else f"{foreign[0]!r}, which it does not have"
        raise BadInput(
            f"The weights given as init do not fit this {type(net).__name__}: {len(fitting)} of {len(own)} tensors "
            f"match, and the first that does not is {first}. "
            + ("init_partial=True begins with those that match." if fitting else "Are they of another network?")
        )
    net.load_state_dict({**own, **fitting})
    return left
