"""How the answers of lesson 3 are run."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Answer, Inputs, Unusable, Value

__all__ = ["espcn", "multiply_adds", "pyramid_level", "srcnn", "up_projection"]


def srcnn(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    layers = [(inputs[f"weight_{number}"], inputs[f"bias_{number}"]) for number in (1, 2, 3)]
    image = answer(inputs["image"], layers)
    if not isinstance(image, Tensor):
        raise Unusable(f"The result should be an image, a tensor; it is {type(image).__name__}.")
    if inputs["watch"] == "size":
        return {"size": list(image.shape)}
    return {"image": image[..., 4:-4, 4:-4] if inputs["watch"] == "middle" else image}


def multiply_adds(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    count = answer([tuple(layer) for layer in inputs["layers"]], inputs["scale"])
    if isinstance(count, bool) or not isinstance(count, (int, float)):
        raise Unusable(f"The count should be a number; it is {type(count).__name__}.")
    return {"count": float(count)}


def espcn(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    layers = [(inputs[f"weight_{number}"], inputs[f"bias_{number}"]) for number in (1, 2, 3)]
    image = answer(inputs["image"], layers, inputs["scale"])
    if not isinstance(image, Tensor):
        raise Unusable(f"The result should be an image, a tensor; it is {type(image).__name__}.")
    return {"size": list(image.shape)} if inputs["watch"] == "size" else {"image": image}


def pyramid_level(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    def double(features: Tensor) -> Tensor:
        return F.leaky_relu(F.conv_transpose2d(features, inputs["double"], stride=2, padding=1), 0.2)

    def predict(features: Tensor) -> Tensor:
        return F.conv2d(features, inputs["predict"], padding=1)

    image, features = inputs["image"], inputs["features"]
    for _ in range(inputs["levels"]):
        result = answer(image, features, double, predict)
        if not isinstance(result, tuple) or len(result) != 2:
            raise Unusable("Return two tensors, the features and the image: return features, image.")
        features, image = result
    return {"features": features} if inputs["watch"] == "features" else {"image": image}


def up_projection(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    scale, slope = inputs["scale"], inputs["slope"]

    def there(x: Tensor) -> Tensor:
        return F.leaky_relu(F.conv_transpose2d(x, inputs["there"], stride=scale, padding=2), slope)

    def back(x: Tensor) -> Tensor:
        return F.leaky_relu(F.conv2d(x, inputs["back"], stride=scale, padding=2), slope)

    def again(x: Tensor) -> Tensor:
        return F.leaky_relu(F.conv_transpose2d(x, inputs["again"], stride=scale, padding=2), slope)

    return {"large_features": answer(inputs["small"], there, back, again)}
