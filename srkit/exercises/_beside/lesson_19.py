"""How the answers of lesson 19 are run."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from srkit.exercises._beside import Answer, Inputs, Unusable, Value

__all__ = ["noised", "posterior", "restore", "shift_schedule", "shift_step"]


def noised(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"image": answer(inputs["clean"], inputs["betas"], inputs["t"], inputs["noise"])}


def posterior(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    found = answer(inputs["noisy"], inputs["clean"], inputs["betas"], inputs["t"])
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise Unusable("A pair is asked for: (mean, variance).")
    both: dict[str, Value] = {"mean": found[0], "variance": float(found[1])}
    return both if inputs["watch"] == "both" else {inputs["watch"]: both[inputs["watch"]]}


def shift_schedule(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    roots: Any = answer(inputs["steps"], inputs["kappa"], inputs["power"], inputs["least"])
    if inputs["watch"] == "ends" and isinstance(roots, Tensor) and roots.ndim == 1:
        return {"first_and_last": roots[[0, -1]]}
    return {"roots": roots}


def shift_step(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    given = (inputs[name] for name in ("x", "guess", "before", "now", "kappa", "noise"))
    return {"image": answer(*given)}


def restore(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    asked: list[int] = []

    def guess(x: Tensor, y: Tensor, t: int) -> Tensor:
        """Guess the clean image as a fixed mixture that depends on t; note when it was asked."""
        asked.append(int(t))
        share = torch.tensor(0.3 + 0.05 * int(t)).to(x)
        return (1 - share) * torch.tanh(x) + share * y.flip(-1)

    image = answer(guess, inputs["y"], inputs["roots"], inputs["kappa"], inputs["noises"])
    return {"times": asked} if inputs["watch"] == "times" else {"image": image}
