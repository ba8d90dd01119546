"""How the answers of lesson 12 are run."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from srkit.exercises._beside import Answer, Inputs, Unusable, Value, fill, watched

__all__ = ["convolution", "kernel_code", "round_kernel", "small_srmd", "stretch", "tilted_kernel"]


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


def small_srmd(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    answered = answer(scale=inputs["scale"], basis=inputs["basis"], channels=6, depth=3)
    if not isinstance(answered, nn.Module) or inputs["watch"] == "parameters":
        return watched(answered, "SmallSRMD", inputs)
    net: Any = answered  # whose methods are the student's
    fill(net, inputs["weights"])
    batches = list(zip(*(inputs[name] for name in ("hr", "widths", "levels", "rough")), strict=True))
    if inputs["watch"] == "losses":
        return {"losses": net.fit(batches, 0.01)}
    given = net.spoil(*batches[0])
    if not isinstance(given, Tensor) or given.ndim != 4:
        raise Unusable("spoil should return one tensor, (b, 3 + n + 1, h, w).")
    if inputs["watch"] == "sr":
        return {"sr": net(given)}
    return {"lr": given[:, :3]} if inputs["watch"] == "lr" else {"code_and_noise_maps": given[:, 3:]}
