"""How the answers of lesson 18 are run."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from srkit.exercises._beside import Answer, Inputs, Unusable, Value, watched

__all__ = ["opposite_areas", "pixel_centres", "query", "small_liif"]


def pixel_centres(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"places": answer(inputs["side"], inputs["length"])}


def opposite_areas(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    weights = answer(inputs["down"], inputs["right"])
    return {"sum": weights.sum(0)} if inputs["watch"] == "sum" else {"weights": weights}


def query(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    features, watch = inputs["features"], inputs["watch"]
    asked = answer(features, inputs["rows"], inputs["columns"], inputs["below"], inputs["beside"])
    c = features.shape[1]
    if not isinstance(asked, Tensor) or asked.shape[-1:] != (c + 4,):
        kind = tuple(asked.shape) if isinstance(asked, Tensor) else type(asked).__name__
        raise Unusable(f"A tensor (b, H, W, c + 4) is asked for, here with a last axis of {c + 4}; given: {kind}.")
    parts = {"features": asked[..., :c], "offsets": asked[..., c : c + 2], "cells": asked[..., c + 2 :]}
    return {"asked": asked} if watch == "asked" else {watch: parts[watch]}


def small_liif(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    net: Any = answer(channels=inputs["channels"], n_blocks=inputs["n_blocks"], hidden=inputs["hidden"])
    if not isinstance(net, nn.Module) or inputs["watch"] != "silent":
        return watched(net, "SmallLIIF", inputs, inputs["free_scale"])
    with torch.no_grad():
        for weight in net.parameters():
            weight.zero_()
        return {"sr": net(inputs["lr"], inputs["free_scale"])}
