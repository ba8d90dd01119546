"""How the answers of lesson 20 are run."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Answer, Inputs, Unusable, Value

__all__ = ["bradley_terry", "lr_consistency", "plane_point", "ranking", "same_error"]


def _number(found: Any, what: str) -> float:
    if isinstance(found, Tensor) and found.numel() == 1:
        return float(found)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Unusable(f"{what} is one number; yours is {type(found).__name__}.")
    return float(found)


def lr_consistency(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    scale = inputs["scale"]
    found = _number(answer(inputs["sr"], inputs["lr"], partial(F.avg_pool2d, kernel_size=scale)), "A PSNR")
    return {"infinite": math.isinf(found)} if inputs["watch"] == "infinite" else {"decibels": found}


def plane_point(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    found = answer(inputs["truths"], inputs["answers"])
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise Unusable("A pair is asked for: (distortion, perception).")
    both: dict[str, Value] = {
        "distortion": _number(found[0], "The distortion"),
        "perception": _number(found[1], "The perception"),
    }
    return both if inputs["watch"] == "both" else {inputs["watch"]: both[inputs["watch"]]}


def same_error(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    kernel = inputs["kernel"]

    def measure(image: Tensor) -> Tensor:
        return F.conv2d(image[None], kernel).sigmoid().mean()

    image = answer(inputs["truth"], inputs["start"], measure, inputs["steps"], inputs["step"])
    if inputs["watch"] == "error" and isinstance(image, Tensor) and image.shape == inputs["truth"].shape:
        return {"mean_squared_error": float((image.detach() - inputs["truth"]).square().mean())}
    return {"image": image}


def bradley_terry(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"strengths": answer(inputs["wins"], inputs["rounds"])}


def ranking(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    found = answer(inputs["votes"], inputs["n"], inputs["draws"])
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        raise Unusable("Three tensors are asked for: (score, low, high), each (n,).")
    every: dict[str, Value] = dict(zip(("score", "low", "high"), found, strict=True))
    return {"score": every["score"]} if inputs["watch"] == "score" else every
