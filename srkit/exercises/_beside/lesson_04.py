"""How the answers of lesson 4 are run."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Answer, Inputs, Unusable, Value

__all__ = ["coverage", "insert_zeros", "pixel_shuffle", "project", "transposed"]


def insert_zeros(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"image": answer(inputs["image"], inputs["stride"])}


def transposed(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"image": answer(inputs["image"], inputs["kernel"], inputs["stride"])}


def coverage(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    counts = answer(inputs["n"], inputs["size"], inputs["stride"])
    return {"counts": counts.tolist() if isinstance(counts, torch.Tensor) else counts}


def pixel_shuffle(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"image": answer(inputs["x"], inputs["scale"])}


def project(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    pair = answer(inputs["n"], inputs["scale"])
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise Unusable(f"Two tensors are asked for, sources and offsets; yours is {type(pair).__name__}.")
    source, offset = pair
    return {"source": source, "offset": offset.float() if isinstance(offset, Tensor) else offset}
