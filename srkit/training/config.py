"""The settings of a training run, in one frozen dataclass.

A config is made once, checked once, written to ``config.json`` and into each checkpoint, and never changed. What is not
in it (the network, the loss, the images) is recorded beside it by :mod:`srkit.training.start`. The learning rate is a
pure function of config and step: there is nothing to remember, and nothing to apply twice after a resume.
"""

from __future__ import annotations

import bisect
import dataclasses
import difflib
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srkit.errors import BadInput
from srkit.training.curriculum import parse_growth

__all__ = [
    "OPTIMISERS",
    "PRECISIONS",
    "SCHEDULES",
    "Config",
    "check_fields",
    "learning_rate_at",
    "make_config",
    "parse_schedule",
]

SCHEDULES = ("constant", "halve", "multistep", "cosine")
_SPELLING = re.compile(r"([a-z]+)(?:@([0-9_, ]+))?")
_HELP = "write 'constant', 'halve@200000' (every 200,000 steps), 'multistep@1000,2000' or 'cosine'"
OPTIMISERS = ("adam", "adamw", "sgd", "rmsprop")
PRECISIONS = ("float32", "auto", "bfloat16", "float16")


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one training run; the defaults are those of EDSR (Lim et al. 2017, section 4.2) unless noted.

    Attributes:
        steps: number of updates of the weights (a skipped update counts as a step).
        seed: from it and the step number follow the first weights, the patches and every dropout; >= 0.
        batch: image pairs per update, over all processes and all accumulated parts together.
        patch: side of the square training patch in HR pixels (the LR patch is ``patch / scale``).
        learning_rate: the highest learning rate of the run; ``schedule`` and ``warmup`` scale it down.
        optimiser: ``"adam"``, ``"adamw"``, ``"sgd"`` or ``"rmsprop"``.
        betas: Adam's decay rates of the running mean and of the running square; each in [0, 1).
        epsilon: added to the denominator by Adam and RMSprop.
        momentum: used by ``"sgd"`` and ``"rmsprop"`` only; in [0, 1).
        weight_decay: L2 penalty per step (decoupled with ``"adamw"``).
        schedule: ``"constant"``, ``"halve@N"`` (times ``gamma`` every N steps), ``"multistep@N,M,…"`` (times ``gamma``
            at each) or ``"cosine"`` (half a cosine from 1 down to ``floor``).
        gamma: what ``halve`` and ``multistep`` multiply by.
        floor: where ``cosine`` ends, as a fraction of ``learning_rate``; in [0, 1].
        warmup: steps of linear rise from almost nothing to the full rate at the beginning.
        ema: decay of the exponential moving average of the weights, for example 0.999; 0 switches it off.
        clip: largest allowed L2 norm of the whole gradient; None leaves it alone.
        accumulate: the batch is sent through the network in this many equal parts, to save memory. The gradient is
            that of the whole batch (exactly so unless the network has batch normalisation).
        precision: ``"float32"``; ``"auto"`` is mixed precision on CUDA and float32 elsewhere; ``"bfloat16"`` and
            ``"float16"`` (CUDA only) ask for one kind. On a CPU with its instructions bfloat16 with ``channels_last``
            takes about half of the time; the weights are others than those of float32.
        guard: an update whose loss or gradient is not finite, or whose loss is more than ``guard`` times the largest of
            the last 100 accepted ones, is skipped. None accepts everything.
        max_skips: this many skipped updates in a row end the run with an error.
        scales: draw one of these scales for each batch (MDSR, CARN; real numbers for Meta-SR); the network's forward
            takes it as its one further keyword. Empty trains one scale.
        growth: levels of a growing network and when they open, as shares of the run: ``"2@0,4@0.12-0.25"``; empty does
            not grow. See :mod:`srkit.training.curriculum`.
        supervision: compare every prediction of a network that offers several with the truth, weighted as it says;
            False trains by the last one alone.
        augment: flip and rotate the patches (eight ways).
        channels_last: store activations with the channels innermost: on a CPU often 1.1 times faster, with other last
            digits.
        keep: which weights the network holds at the end, ``"last"`` or ``"best"`` (of the best validation).
        metrics: what a validation measures, names of registered metrics; the first decides which one is the best.
        valid_every: steps between two validations.
        save_every: steps between two checkpoints.
        log_every: steps between two rows of the history.
        device: ``"auto"`` (CUDA where there is one, else Apple's MPS, else the CPU) or a torch device name.
            ``torch.backends.cudnn.benchmark`` belongs to the process and stays as you set it; True is for runs on CUDA
            whose patches all have one size.

    Raises:
        BadInput: a value is outside its range, or two values do not go together.
    """

    steps: int
    seed: int = 0
    batch: int = 16
    patch: int = 96
    learning_rate: float = 1e-4
    optimiser: str = "adam"
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: str = "constant"
    gamma: float = 0.5
    floor: float = 0.0
    warmup: int = 0
    ema: float = 0.0
    clip: float | None = None
    accumulate: int = 1
    precision: str = "float32"
    guard: float | None = 10.0
    max_skips: int = 50
    scales: tuple[float, ...] = ()
    growth: str = ""
    supervision: bool = True
    augment: bool = True
    channels_last: bool = False
    keep: str = "last"
    metrics: tuple[str, ...] = ("psnr", "ssim")
    valid_every: int = 1000
    save_every: int = 1000
    log_every: int = 1
    device: str = "auto"

    def __post_init__(self) -> None:
        for name in ("betas", "scales", "metrics"):
            value = getattr(self, name)
            value = value.split(",") if isinstance(value, str) else value
            object.__setattr__(self, name, tuple(value) if isinstance(value, Sequence) else value)
        check_fields(self, _RULES)
        parse_schedule(self.schedule)
        object.__setattr__(self, "growth", self.growth.strip())
        if self.growth and parse_growth(self.growth) and self.scales:
            raise BadInput(f"A run either grows or draws a scale per batch: leave growth or scales={self.scales} out.")
        if self.batch % self.accumulate:
            raise BadInput(
                f"batch={self.batch} cannot be cut into accumulate={self.accumulate} equal parts: choose accumulate "
                f"from {[n for n in range(1, self.batch + 1) if self.batch % n == 0]}."
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as plain values that JSON and ``torch.load(weights_only=True)`` both accept."""
        values = dataclasses.asdict(self)
        values |= {name: list(getattr(self, name)) for name in ("betas", "scales", "metrics")}
        return values


def check_fields(record: object, rules: Sequence[tuple[str, Callable[[Any], bool], str]]) -> None:
    """Refuse a record of settings with a value outside its range.

    Args:
        rules: name, what tells whether a value fits, and what is expected, in words.
    """
    for name, fits, expected in rules:
        value = getattr(record, name)
        if not fits(value):
            raise BadInput(f"{name}={value!r} cannot be used to train: expected {expected}.")


def make_config(settings: Mapping[str, Any]) -> Config:
    """Return the config with these ``settings``; the error for an unknown one names the nearest known."""
    known = [field.name for field in dataclasses.fields(Config)]
    for name in settings:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise BadInput(f"There is no training setting called {name!r}.{hint} Known: {', '.join(known)}.")
    if "steps" not in settings:
        raise BadInput("How long to train was not given: pass steps=…, for example steps=2_000.")
    return Config(**settings)


def parse_schedule(text: str) -> tuple[str, tuple[int, ...]]:
    """Parse a schedule: ``"multistep@100,300"`` -> ``("multistep", (100, 300))``."""
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


def learning_rate_at(step: int, rates: Config) -> float:
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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _between(low: float, high: float, *, low_open: bool = False, high_open: bool = False) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        if not _is_number(value):
            return False
        return bool((value > low if low_open else value >= low) and (value < high if high_open else value <= high))

    return fits


def _optional(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _pair_of_rates(value: Any) -> bool:
    fits = _between(0, 1, high_open=True)
    return isinstance(value, tuple) and len(value) == 2 and all(map(fits, value))


def _are_scales(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and all(map(_between(1, math.inf, low_open=True), value))
        and len(set(value)) == len(value)
    )


def _are_names(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(name, str) and name.strip() for name in value)


def _one_of(choices: tuple[str, ...]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in choices


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


_ABOVE_ZERO = _between(0, math.inf, low_open=True)
_RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("steps", _whole(1), "a whole number of updates, 1 or more"),
    ("seed", _whole(0), "a whole number, 0 or more"),
    ("batch", _whole(1), "a whole number of image pairs, 1 or more"),
    ("patch", _whole(1), "a whole number of HR pixels, 1 or more"),
    ("learning_rate", _ABOVE_ZERO, "a finite number above 0, for example 1e-4"),
    ("optimiser", _one_of(OPTIMISERS), f"one of {', '.join(OPTIMISERS)}"),
    ("betas", _pair_of_rates, "two numbers in [0, 1), for example (0.9, 0.999)"),
    ("epsilon", _ABOVE_ZERO, "a finite number above 0, for example 1e-8"),
    ("momentum", _between(0, 1, high_open=True), "a number in [0, 1)"),
    ("weight_decay", _between(0, math.inf), "a finite number, 0 or more"),
    ("schedule", lambda value: isinstance(value, str), "a text such as 'constant', 'halve@200000' or 'cosine'"),
    ("gamma", _between(0, 1, low_open=True), "a number in (0, 1]"),
    ("floor", _between(0, 1), "a fraction of learning_rate in [0, 1]"),
    ("warmup", _whole(0), "a whole number of steps, 0 or more"),
    ("ema", _between(0, 1, high_open=True), "a decay in [0, 1), for example 0.999, or 0 for none"),
    ("clip", _optional(_ABOVE_ZERO), "a gradient norm above 0, or None"),
    ("accumulate", _whole(1), "a whole number of parts, 1 or more"),
    ("precision", _one_of(PRECISIONS), f"one of {', '.join(PRECISIONS)}"),
    ("guard", _optional(_between(1, math.inf, low_open=True)), "a factor above 1, for example 10, or None"),
    ("max_skips", _whole(1), "a whole number of skipped updates in a row, 1 or more"),
    ("scales", _are_scales, "scales above 1, each once, for example (2, 3, 4)"),
    ("growth", lambda value: isinstance(value, str), "a text such as '2@0,4@0.12-0.25'"),
    ("supervision", _is_bool, "True or False"),
    ("augment", _is_bool, "True or False"),
    ("channels_last", _is_bool, "True or False"),
    ("metrics", _are_names, "names of metrics, for example ('psnr', 'niqe')"),
    ("keep", _one_of(("last", "best")), "'last' or 'best'"),
    ("valid_every", _whole(1), "a whole number of steps, 1 or more"),
    ("save_every", _whole(1), "a whole number of steps, 1 or more"),
    ("log_every", _whole(1), "a whole number of steps, 1 or more"),
    ("device", lambda value: isinstance(value, str) and bool(value), "'auto', 'cpu', 'cuda', 'cuda:1', …"),
)
