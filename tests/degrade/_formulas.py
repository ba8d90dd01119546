"""Formulas as people mistype them and as fuzzers write them, out of the vocabulary of a registry."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from srkit._registry import Registry

_NUMBERS = (
    *(
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "-1",
        "0.5",
        "1.6",
        "2.5",
        "15",
        "48",
        "50",
        "64",
        "255",
        "256",
        "1000",
        "1e3",
        "1e-3",
    ),
    *("1e-300", "1e308", "1e999", "nan", "inf", "-inf", "99999999999", "9" * 30, "9" * 5000, "0.2..2", "1..3", "2..1"),
    *("0..1e3", "3..3.5", "-5..5", ".5..", "..", "0x10", "1_000", "٣"),
)
_WORDS = (
    "nearest",
    "bicubic",
    "True",
    "False",
    "None",
    "grey",
    "replicate",
    "rggb",
    "'text'",
    '""',
    "'",
    "mse",
    "cut",
    "x y",
)
_SYMBOLS = ("(", ")", ",", "=", "+", ">", "*", "-", " ", "\n", "\0", "é", "𝔘", "\\", "%s", "{}")


def formulas(registry: Registry[Any], joint: str, count: int, *, seed: int) -> Iterator[str]:
    """Yield ``count`` formulas, the same ones for a seed: right ones, nearly right ones, and strings of tokens."""
    rng = random.Random(seed)
    for number in range(count):
        text = joint.join(_part(registry, rng) for _ in range(rng.choice((1, 1, 1, 2, 3))))
        if number % 3 == 1 and text:
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice((*_SYMBOLS, *_NUMBERS, "")) + text[at + rng.randrange(2) :]
        elif number % 3 == 2:
            names = [registry.get(name).title for name in registry]
            text = "".join(rng.choice((*_SYMBOLS, *_NUMBERS, *_WORDS, *names)) for _ in range(rng.randrange(1, 9)))
        yield text


def _part(registry: Registry[Any], rng: random.Random) -> str:
    entry = registry.get(rng.choice(sorted(registry)))
    known = entry.options()
    if rng.random() < 0.4:  # nothing but what it must be given
        needed = [name for name, option in known.items() if option.default is option.empty]
        return f"{entry.title}({', '.join(rng.choice(_NUMBERS[1:10]) for _ in needed)})" if needed else str(entry.title)
    given = [
        f"{name}={rng.choice((*_NUMBERS, *_WORDS))}" if rng.random() < 0.7 else rng.choice(_NUMBERS)
        for name in rng.sample(list(known), rng.randrange(len(known) + 1))
    ]
    return f"{entry.title}({', '.join(given)})" if given or rng.random() < 0.3 else str(entry.title)
