"""How the answers of lesson 13 are run."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Answer, Inputs, Unusable, Value

__all__ = ["calmest", "coupling", "effective_kernel", "patch_distance"]


def patch_distance(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"distances": answer(inputs["image"], inputs["other"], inputs["size"])}


def calmest(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    step = answer(inputs["images"], inputs["window"], inputs["patience"])
    if isinstance(step, Tensor) and step.numel() == 1:
        step = step.item()
    if isinstance(step, bool) or not isinstance(step, int):
        raise Unusable(f"The number of a step is asked for, a whole number; yours is {type(step).__name__}.")
    return {"step": step}


def effective_kernel(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"kernel": answer(list(zip(inputs["weights"], inputs["strides"], strict=True)))}


def coupling(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    """Run the answer with two small networks made of one matrix each; the case says which of its outputs is meant."""
    w_scales, w_moves = inputs["w_scales"], inputs["w_moves"]
    networks = (lambda values: torch.tanh(values @ w_scales + 0.1), lambda values: values @ w_moves + 0.3)
    found = answer(inputs["x"], inputs["mask"], *networks, inputs["back"])
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise Unusable("Two things are to be returned: the values, and the log-determinants.")
    return {inputs["asked"]: found[0] if inputs["asked"] == "values" else found[1]}
