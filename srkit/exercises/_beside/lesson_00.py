"""How the answers of lesson 0 are run."""

from __future__ import annotations

from srkit.exercises._beside import Answer, Inputs, Value

__all__ = ["nearest", "to_bytes", "to_float"]


def to_float(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"image": answer(inputs["pixels"])}


def to_bytes(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"bytes": answer(inputs["image"])}


def nearest(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"image": answer(inputs["image"], inputs["scale"])}
