"""How the answers of lesson 12 are run."""

from __future__ import annotations

from srkit.exercises._beside import Answer, Inputs, Value

__all__ = ["convolution", "kernel_code", "round_kernel", "stretch", "tilted_kernel"]


def round_kernel(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"kernel": answer(inputs["size"], inputs["sigma"])}


def tilted_kernel(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"kernel": answer(inputs["size"], inputs["variance_1"], inputs["variance_2"], inputs["theta"])}


def convolution(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"image": answer(inputs["image"], inputs["kernel"])}


def kernel_code(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"code": answer(inputs["kernel"], inputs["basis"])}


def stretch(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"input": answer(inputs["lr"], inputs["codes"], inputs["sigma"])}
