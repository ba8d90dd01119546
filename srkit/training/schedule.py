"""Learning rate as a pure function of the step: nothing to remember, nothing to apply twice after a resume."""

from __future__ import annotations

import bisect
import itertools
import math
import re
from typing import Protocol

from srkit.errors import BadInput

__all__ = ["SCHEDULES", "learning_rate_at", "parse_schedule"]

SCHEDULES = ("constant", "halve", "multistep", "cosine")
_SPELLING = re.compile(r"([a-z]+)(?:@([0-9_, ]+))?")
_HELP = "write 'constant', 'halve@200000' (every 200,000 steps), 'multistep@1000,2000' or 'cosine'"


class Rates(Protocol):
    """The settings a schedule reads; :class:`srkit.training.config.Config` has them."""

    @property
    def steps(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def schedule(self) -> str: ...
    @property
    def gamma(self) -> float: ...
    @property
    def floor(self) -> float: ...
    @property
    def warmup(self) -> int: ...


def parse_schedule(text: str) -> tuple[str, tuple[int, ...]]:
    """Take a schedule's spelling apart: ``"multistep@100,300"`` -> ``("multistep", (100, 300))``.

    Raises:
        BadInput: the name is unknown, or the step numbers are missing, not wanted, zero or not increasing.
    """
    found = _SPELLING.fullmatch(text.strip().lower())
    if not found or found[1] not in SCHEDULES:
        raise BadInput(f"{text!r} is not a learning rate schedule: {_HELP}.")
    name, listed = found[1], found[2]
    try:
        numbers = tuple(int(number) for number in listed.split(",")) if listed else ()
    except ValueError:
        raise BadInput(f"The steps in schedule {text!r} cannot be read: {_HELP}.") from None
    if not _numbers_fit(name, numbers):
        raise BadInput(f"Schedule {text!r} does not say when the rate changes: {_HELP}.")
    return name, numbers


def learning_rate_at(step: int, rates: Rates) -> float:
    """Return the learning rate of update number ``step`` (the first is 0).

    The values are those of torch's ``StepLR``, ``MultiStepLR`` and ``CosineAnnealingLR(T_max=steps)`` when stepped once
    per update; a warm-up multiplies the first ``warmup`` rates by 1/(warmup + 1), 2/(warmup + 1), ….
    """
    name, numbers = parse_schedule(rates.schedule)
    factor = 1.0
    if name == "halve":
        factor = rates.gamma ** (step // numbers[0])
    elif name == "multistep":
        factor = rates.gamma ** bisect.bisect_right(numbers, step)
    elif name == "cosine":
        share = min(step / rates.steps, 1.0)
        factor = rates.floor + (1 - rates.floor) * (1 + math.cos(math.pi * share)) / 2
    rise = min(1.0, (step + 1) / (rates.warmup + 1))
    return rates.learning_rate * factor * rise


def _numbers_fit(name: str, numbers: tuple[int, ...]) -> bool:
    if name in ("constant", "cosine"):
        return not numbers
    if name == "halve":
        return len(numbers) == 1 and numbers[0] > 0
    return bool(numbers) and numbers[0] > 0 and all(a < b for a, b in itertools.pairwise(numbers))
