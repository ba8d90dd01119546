"""How the answers of lesson 15 are run."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from srkit.exercises._beside import Answer, Inputs, Unusable, Value

__all__ = ["father_and_son", "median_of_views", "project_back", "should_cut"]


def father_and_son(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    def reduce(x: Tensor) -> Tensor:
        return torch.nn.functional.avg_pool2d(x[None], 2)[0]

    pair = answer(inputs["lr"], *inputs["place"], reduce)
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise Unusable(f"Two images are asked for, father and son; yours is {type(pair).__name__}.")
    return {"father": pair[0], "son": pair[1]}


def should_cut(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    cut = answer(list(inputs["errors"]), inputs["ratio"])
    if isinstance(cut, np.bool_) or (isinstance(cut, torch.Tensor) and cut.dtype == torch.bool and cut.numel() == 1):
        cut = bool(cut)
    if not isinstance(cut, bool):
        raise Unusable(f"True or False is asked for; yours is {type(cut).__name__}.")
    return {"cut": cut}


def halve(x: Tensor) -> Tensor:
    """Return the means of squares of 2 x 2 pixels of ``(c, h, w)``."""
    c, h, w = x.shape
    return x.reshape(c, h // 2, 2, w // 2, 2).mean((2, 4))


def project_back(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    def enlarge(x: Tensor) -> Tensor:
        return x.repeat_interleave(2, 1).repeat_interleave(2, 2)

    return {"image": answer(inputs["sr"], inputs["lr"], halve, enlarge)}


def median_of_views(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    def net(x: Tensor) -> Tensor:
        if inputs["net"] == "copy":
            return x
        if inputs["net"] == "corner":
            spoilt = x.clone()
            spoilt[:, 0, 0] += 10.0
            return spoilt
        h, w = x.shape[1:]
        rows, columns = torch.arange(h).reshape(-1, 1) * 0.3, torch.arange(w).square() * 0.1
        return x + rows + columns

    return {"image": answer(net, inputs["image"])}
