"""Exercise 11.3: one step of training, the six statements everything else is built around."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from srkit.exercises._beside import Inputs, Outputs, Value, lesson_11
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


def _tensor_returned(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    values = outputs["loss"]
    return isinstance(values, list) and any(isinstance(value, Tensor) for value in values)


EXERCISE = Exercise(
    answer="training_step",
    number="11.3",
    title="One step of training",
    difficulty=2,
    importance=5,
    minutes=15,
    criteria=(
        Criterion(name="loss", points=1, text="it returns the loss of the batch as a plain number"),
        Criterion(name="moves", points=1, text="one step changes the weights as the optimiser says"),
        Criterion(name="fresh", points=1, text="three steps in a row do not disturb each other"),
        Criterion(name="order", points=1, text="it serves a loss that tells sr from hr", hidden=True),
    ),
    cases=_cases,
    perform=lesson_11.training_step,
    references=(_reference,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-4, reason="float32 gradients summed in another order, carried over three steps"
    ),
    hides=("srkit.training.loop:one_step", "srkit.training.loop:differentiate"),
    slips={
        "tensor_returned": Slip(
            "You return a tensor, and with it the whole graph of the step, which then stays in memory. A tensor of one "
            "element can give you its plain number.",
            sign=_tensor_returned,
        ),
        "weights_unmoved": Slip(
            "The weights are the same after the step as before. Is there a gradient when the optimiser is told to "
            "move, and is it told to?",
            sign=_unmoved,
        ),
        "graph_cut": Slip(
            "The value of the loss knows nothing of the weights: something switched gradients off.",
            raises="does not require grad",
        ),
        "moved_too_early": Slip(
            "The weights were moved between the loss and its differentiation.",
            raises="modified by an inplace operation",
        ),
        "gradients_never_cleared": Slip(
            "The first step is right and the later ones are not: backward() adds to what is already there.",
            wrong=_never_cleared,
        ),
        "step_before_backward": Slip("Each step seems to use the gradient of the batch before.", wrong=_step_first),
        "clamped": Slip(
            "It looks as if you clamp the image before the loss: where it leaves [0, 1] the gradient is then zero and "
            "cannot bring it back.",
            wrong=_clamped,
        ),
        "measured_after": Slip(
            "You return the loss after the update. Training curves show the loss the step was made from.",
            wrong=_measured_after,
        ),
        "sr_and_hr_swapped": Slip(
            "For this loss it matters which image comes first. Everywhere in this course: loss(sr, hr).",
            wrong=lambda net, loss, optimiser, lr, hr: _reference(net, lambda sr, hr: loss(hr, sr), optimiser, lr, hr),
        ),
    },
    avoid=(),
    hints=(
        "Say it in words first: forget, enlarge, compare, differentiate, move, report.",
        "The optimiser holds the weights and can clear their gradients and move them; the value of the loss is what "
        "you differentiate, by calling one of its methods. The order matters: move only once there is a gradient of "
        "this batch and of no other.",
        "The first statement is optimiser.zero_grad(), the second sr = net(lr). Four more, each as short.",
    ),
)
