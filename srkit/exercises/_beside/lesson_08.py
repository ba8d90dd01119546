"""How the answers of lesson 8 are run."""

from __future__ import annotations

from srkit.exercises._beside import Answer, Inputs, Unusable, Value, watched

__all__ = ["conv_cost", "haar_bands", "haar_image", "receptive_field", "small_wavelet_net", "spectral_descriptor"]


def receptive_field(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    pixels = answer(inputs["sizes"], inputs["dilations"])
    if not isinstance(pixels, (int, float)):
        raise Unusable(f"A receptive field is a number of pixels; yours is {type(pixels).__name__}.")
    return {"pixels": pixels}


def conv_cost(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    names = ("channels_in", "channels_out", "size", "groups", "places")
    cost = answer(*(inputs[name] for name in names))
    if not isinstance(cost, (tuple, list)) or len(cost) != 2:
        raise Unusable("Two numbers are asked for, the parameters and the multiply-adds, in this order.")
    return {"parameters": cost[0], "multiply_adds": cost[1]}


def haar_bands(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"bands": answer(inputs["image"])}


def haar_image(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"image": answer(inputs["bands"])}


def spectral_descriptor(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"descriptor": answer(inputs["features"], inputs["waves"])}


def small_wavelet_net(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    plan = {name: inputs[name] for name in ("levels", "channels", "depth")}
    return watched(answer(**plan), "SmallWaveletNet", inputs)
