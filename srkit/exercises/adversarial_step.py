"""Exercise 09.4: one turn of both sides, with a loss of three terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from srkit.exercises._beside import Inputs, Outputs, Value, lesson_09
from srkit.exercises._model import Case, define, drawn, noise
from srkit.losses import charbonnier

__all__ = ["EXERCISE"]

Network = Callable[[Tensor], Tensor]


def _turn(
    generator: nn.Module,
    discriminator: nn.Module,
    optimisers: tuple[Optimizer, Optimizer],
    phi: Network,
    weights: Mapping[str, float],
    lr: Tensor,
    hr: Tensor,
    *,
    clears: tuple[bool, bool] = (True, True),
    weighs: bool = True,
    generator_first: bool = False,
    hides_real: bool = False,
    content: float = 1.0,
) -> dict[str, float]:
    """Play one turn. Each keyword is what one misconception would change."""
    found: dict[str, float] = {}

    def play_discriminator() -> None:
        made = discriminator(generator(lr).detach())
        real = F.softplus(-discriminator(hr)).mean()
        loss = F.softplus(made).mean() + (0.0 * real if hides_real else real)
        _step(optimisers[1], loss, clears=clears[1])
        found["discriminator"] = loss.item()

    def play_generator() -> None:
        sr = generator(lr)
        difference = (phi(sr) - phi(hr)).flatten(1)
        terms = {
            "pixel": charbonnier(sr, hr, eps=1e-3),
            "content": content * (difference.square().sum(1).sqrt() / difference.shape[1]).mean(),
            "adversarial": F.softplus(-discriminator(sr)).mean(),
        }
        loss = sum(((weights[name] if weighs else 1.0) * term for name, term in terms.items()), hr.new_zeros(()))
        _step(optimisers[0], loss, clears=clears[0])
        found.update({name: term.item() for name, term in terms.items()}, total=loss.item())

    for play in (play_generator, play_discriminator) if generator_first else (play_discriminator, play_generator):
        play()
    return found


def _step(optimiser: Optimizer, loss: Tensor, *, clears: bool) -> None:
    if clears:
        optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _cases(seed: int) -> list[Case]:
    def inputs(watch: list[Value], turns: int, place: int, **weights: float) -> dict[str, Value]:
        return {
            "watch": watch,
            "seed": drawn(0, 2**24, seed=seed + place),
            "lr": noise(turns, 2, 3, 5, 6, seed=seed + place + 1),
            "hr": noise(turns, 2, 3, 10, 12, seed=seed + place + 2),
            "weights": [weights.get(name, 0.0) for name in lesson_09.TERMS],
        }

    mixed = {"pixel": 1.0, "content": 0.7, "adversarial": 0.05}
    return [
        Case(criterion="terms", inputs=inputs(list(lesson_09.TERMS), 1, 0, **mixed)),
        Case(criterion="total", inputs=inputs(["total"], 1, 10, **mixed)),
        Case(criterion="discriminator", inputs=inputs(["discriminator", "discriminator_weights"], 1, 20, **mixed)),
        Case(criterion="generator", inputs=inputs(["generator_weights"], 1, 30, pixel=1.0, adversarial=0.5)),
        Case(criterion="turns", inputs=inputs(["generator_weights", "discriminator_weights"], 3, 40, **mixed)),
    ]


def _graph_kept(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    return any(isinstance(outputs.get(name), Tensor) for name in (*lesson_09.TERMS, "total", "discriminator"))


def _variant(**changes: Any) -> Callable[..., dict[str, float]]:
    return lambda *given: _turn(*given, **changes)


EXERCISE = define(
    lesson_09.adversarial_step,
    cases=_cases,
    references=(_turn,),
    raises={"not_detached": "backward through the graph a second time|modified by an inplace operation"},
    signs={"graph_kept": _graph_kept},
    wrong={
        "gradients_never_cleared": _variant(clears=(False, False)),
        "discriminator_never_cleared": _variant(clears=(True, False)),
        "weights_ignored": _variant(weighs=False),
        "generator_first": _variant(generator_first=True),
        "real_images_forgotten": _variant(hides_real=True),
    },
)
