"""Exercise 11.3: one step of training, the six statements everything else is built around."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from srkit.exercises._beside import Inputs, Outputs, Value, lesson_11
from srkit.exercises._model import Case, define, noise
from srkit.exercises._signs import tensor_among

__all__ = ["EXERCISE"]

Loss = Callable[[Tensor, Tensor], Tensor]
Optimiser = torch.optim.Optimizer


def _reference(net: nn.Module, loss: Loss, optimiser: Optimiser, lr: Tensor, hr: Tensor) -> float:
    optimiser.zero_grad()
    sr = net(lr)
    value = loss(sr, hr)
    value.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    return value.item()


def _cases(seed: int) -> list[Case]:
    def inputs(steps: int, loss: str, watch: str) -> dict[str, Value]:
        return {
            "weight": noise(12, 3, 3, 3, seed=seed) - 0.45,
            "lr": noise(steps, 2, 3, 4, 5, seed=seed + 1),
            "hr": noise(steps, 2, 3, 8, 10, seed=seed + 2),
            "loss": loss,
            "watch": watch,
        }

    return [
        Case(criterion="loss", inputs=inputs(1, "squares", "loss")),
        Case(criterion="moves", inputs=inputs(1, "squares", "weights")),
        Case(criterion="fresh", inputs=inputs(3, "squares", "weights")),
        Case(criterion="order", inputs=inputs(2, "lopsided", "both")),
    ]


def _never_cleared(net: nn.Module, loss: Loss, optimiser: Optimiser, lr: Tensor, hr: Tensor) -> float:
    value = loss(net(lr), hr)
    value.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    return value.item()


def _step_first(net: nn.Module, loss: Loss, optimiser: Optimiser, lr: Tensor, hr: Tensor) -> float:
    optimiser.step()
    optimiser.zero_grad()
    value = loss(net(lr), hr)
    value.backward()  # type: ignore[no-untyped-call]
    return value.item()


def _clamped(net: nn.Module, loss: Loss, optimiser: Optimiser, lr: Tensor, hr: Tensor) -> float:
    return _reference(nn.Sequential(net, nn.Hardtanh(0.0, 1.0)), loss, optimiser, lr, hr)


def _measured_after(net: nn.Module, loss: Loss, optimiser: Optimiser, lr: Tensor, hr: Tensor) -> float:
    _reference(net, loss, optimiser, lr, hr)
    return loss(net(lr), hr).item()


def _unmoved(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    weights, before = outputs["weights"], inputs["weight"]
    return isinstance(weights, Tensor) and isinstance(before, Tensor) and torch.equal(weights, before)


EXERCISE = define(
    lesson_11.training_step,
    cases=_cases,
    references=(_reference,),
    raises={
        "graph_cut": "does not require grad",
        "moved_too_early": "modified by an inplace operation",
    },
    signs={
        "tensor_returned": tensor_among("loss"),
        "weights_unmoved": _unmoved,
    },
    wrong={
        "gradients_never_cleared": _never_cleared,
        "step_before_backward": _step_first,
        "clamped": _clamped,
        "measured_after": _measured_after,
        "sr_and_hr_swapped": lambda net, loss, optimiser, lr, hr: _reference(
            net, lambda sr, hr: loss(hr, sr), optimiser, lr, hr
        ),
    },
)
