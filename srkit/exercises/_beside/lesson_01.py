"""How the answers of lesson 1 are run."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Answer, Inputs, Value

__all__ = ["best_guess", "degrade", "hidden_change"]


def degrade(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"small_image": answer(inputs["image"], inputs["kernel"], inputs["scale"], inputs["noise"])}


def hidden_change(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    change = answer(inputs["change"], inputs["scale"])
    if inputs["reduced"] and isinstance(change, Tensor) and change.shape == inputs["change"].shape:
        return {"reduced_change": F.avg_pool2d(change, inputs["scale"])}
    return {"change": change}


def best_guess(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"guess": answer(inputs["candidates"], inputs["loss"])}
