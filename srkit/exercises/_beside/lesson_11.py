"""How the answers of lesson 11 are run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Answer, Inputs, Unusable, Value, fill, watched

__all__ = ["a2001sr", "find_pairs", "self_ensemble", "training_step", "tv_loss"]


def self_ensemble(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    weight = inputs["weight"]

    def net(lr: Tensor) -> Tensor:
        if isinstance(weight, Tensor):
            return F.pixel_shuffle(F.conv2d(lr, weight, padding=1), 2)
        return F.interpolate(lr, scale_factor=2.0, mode="nearest")

    with torch.no_grad():
        return {"sr": answer(net, inputs["lr"])}


def find_pairs(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    lost, files, scale = str(inputs["lost"]), inputs["files"], inputs["scale"]
    with tempfile.TemporaryDirectory(prefix="a2001-") as folder:
        root = Path(folder)
        for name in files:
            path = root / str(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        if not lost:
            return {"pairs": _relative(answer(root, scale), root)}
        try:
            answer(root, scale)
        except (OSError, ValueError, LookupError) as problem:
            stem = lost.removesuffix(f"x{scale}.png")
            return {"refused": True, "named": lost in str(problem) or stem in str(problem)}
        return {"refused": False, "named": False}


def _relative(pairs: Any, root: Path) -> list[Value]:
    if not isinstance(pairs, (list, tuple)):
        raise Unusable(f"A list of pairs is asked for; yours is {type(pairs).__name__}.")
    rows: list[Value] = []
    for index, pair in enumerate(pairs):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(p, (str, Path)) for p in pair):
            raise Unusable(
                f"Each entry is a pair (path of HR, path of LR); entry {index} is {pair!r}.".replace(str(root), "…")
            )
        rows.append([Path(path).relative_to(root).as_posix() for path in pair])
    return rows


def _lopsided(sr: Tensor, hr: Tensor) -> Tensor:
    return 3 * F.relu(sr - hr).mean() + F.relu(hr - sr).mean()


def training_step(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    weight, lrs, hrs = inputs["weight"], inputs["lr"], inputs["hr"]
    conv = nn.Conv2d(3, 12, 3, padding=1, bias=False)
    with torch.no_grad():
        conv.weight.copy_(weight)
    net = nn.Sequential(conv, nn.PixelShuffle(2))
    loss: Answer = F.mse_loss if inputs["loss"] == "squares" else _lopsided
    optimiser = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.5)
    values = [answer(net, loss, optimiser, lr, hr) for lr, hr in zip(lrs, hrs, strict=True)]
    both: dict[str, Value] = {"loss": values, "weights": conv.weight}
    return both if inputs["watch"] == "both" else {str(inputs["watch"]): both[str(inputs["watch"])]}


def a2001sr(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    if inputs["watch"] == "refusal":
        return _refusal(answer)
    net = answer(scale=2)
    if not isinstance(net, nn.Module):
        raise Unusable(f"A2001SR(scale=2) should be an nn.Module; it is {type(net).__name__}.")
    if inputs["watch"] == "parameters":
        return watched(net, "A2001SR", inputs)
    fill(net, inputs["seed"])  # the shapes of A2001SR are all different: the same as copying weights by their places
    if inputs["silent"]:
        _silence(net)
    with torch.no_grad():
        sr = net.eval()(inputs["lr"])
    if inputs["watch"] == "size":
        return {"size": list(sr.shape) if isinstance(sr, Tensor) else None}
    return {"sr": sr}


def _refusal(answer: Answer) -> dict[str, Value]:
    answer(scale=2)
    try:
        answer(scale=3)
    except (ValueError, AssertionError):
        return {"refused": True}
    return {"refused": False}


def _silence(net: nn.Module) -> None:
    """Let the last layer, which alone has three outputs, give nothing."""
    for parameter in net.parameters():
        parameter.data *= len(parameter) != 3


def tv_loss(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    sr = inputs["sr"]
    if inputs["watch"] == "value":
        return {"value": answer(sr)}
    sr = sr.clone().requires_grad_()
    value = answer(sr)
    if not isinstance(value, Tensor):
        raise Unusable(
            f"The loss should be a tensor, so that it can be differentiated; yours is {type(value).__name__}."
        )
    if not value.requires_grad:
        raise Unusable(
            "No gradient comes back from your loss: something between the image and the returned value cuts the graph."
        )
    gradient = torch.autograd.grad(value.sum(), sr)[0]
    return {"gradient": gradient} if inputs["watch"] == "gradient" else {"value": value, "gradient": gradient}
