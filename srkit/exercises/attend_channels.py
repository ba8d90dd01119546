"""Exercise 17.2: attention between channels instead of between pixels."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_17
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(query: Tensor, key: Tensor, value: Tensor, temperature: float) -> Tensor:
    alike = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT * temperature  # (b, c, c)
    return alike.softmax(-1) @ value


def _not_normalised(query: Tensor, key: Tensor, value: Tensor, temperature: float) -> Tensor:
    return (query @ key.mT * temperature).softmax(-1) @ value


def _over_channels(query: Tensor, key: Tensor, value: Tensor, temperature: float) -> Tensor:
    return (F.normalize(query, dim=1) @ F.normalize(key, dim=1).mT * temperature).softmax(-1) @ value


def _wrong_axis(query: Tensor, key: Tensor, value: Tensor, temperature: float) -> Tensor:
    return (F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT * temperature).softmax(1) @ value


def _pixels(query: Tensor, key: Tensor, value: Tensor, temperature: float) -> Tensor:
    alike = F.normalize(query, dim=1).mT @ F.normalize(key, dim=1) * temperature
    return value @ alike.softmax(-1).mT


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, channels: int, pixels: int, temperature: float, *, alike: bool = False) -> Case:
        query, key, value = 2 * noise(3, 2, channels, pixels, seed=seed + channels + pixels) - 1
        key = key[:, :1].expand(-1, channels, -1).clone() if alike else key
        inputs = {"query": query, "key": key, "value": value, "temperature": temperature}
        return Case(criterion=criterion, inputs=inputs)

    return [
        case("mean", 3, 6, 1.0, alike=True),
        case("maps", 4, 7, 1.0),
        case("temperature", 4, 7, 5.0),
        case("many", 5, 3, 2.0),
    ]


EXERCISE = define(
    lesson_17.attend_channels,
    cases=_cases,
    references=(_reference,),
    wrong={
        "not_normalised": _not_normalised,
        "normalised_over_channels": _over_channels,
        "softmax_over_queries": _wrong_axis,
        "between_pixels": _pixels,
        "divided_by_temperature": lambda query, key, value, temperature: _reference(query, key, value, 1 / temperature),
        "key_for_query": lambda query, key, value, temperature: _reference(key, query, value, temperature),
    },
)
