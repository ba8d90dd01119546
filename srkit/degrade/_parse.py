"""From ``"blur(1.6) > down(4) > noise(10) > jpeg(50)"`` to a chain.

The grammar::

    chain  = step { ">" step }
    step   = NAME [ "(" [ option { "," option } ] ")" ]
    option = value | name "=" value               (without a name: in the order of the signature)
    value  = number | number ".." number | word | "quoted text"

``0.2..2.4`` draws a value evenly, anew for each image. Every error shows the formula with a caret under the place.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import torch

from srkit._options import takes_whole, unfit
from srkit._reader import WORD, Reader, is_whole, read_fitting, read_options, takes
from srkit.degrade._registry import DEGRADATIONS
from srkit.degrade.chain import Chain, Range, Step
from srkit.errors import UnknownName

__all__ = ["parse", "read_ranged"]

_MOST = 50  # steps

_RANGE = re.compile(r"([-+]?(?:\d+(?:\.\d+)?|\.\d+))\s*\.\.\s*([-+]?(?:\d+(?:\.\d+)?|\.\d+))")


def parse(formula: str) -> Chain:
    """Build the chain that a formula describes; each step is tried on a small grey image, so mistakes show here.

    Args:
        formula: steps joined by ``>``: ``"blur(1.6) > down(4) > noise(10) > jpeg(50)"``,
            ``"blur(0.2..4) > down(4) > noise(0..50, kind=grey)"``, ``"bsrgan(4)"``. Case and blanks do not matter.
            ``srkit.degrade.names()`` lists the steps there are.

    Returns:
        A chain: ``chain(hr, rng=g)`` is the degraded image, ``str(chain)`` the formula, ``chain.scale`` the factor.

    Raises:
        BadInput: bad syntax, option or value; the message points at the place.
        UnknownName: a degradation that is not registered; the message lists what exists.
    """
    reader = Reader(formula if isinstance(formula, str) else "")
    reader.blanks()
    if reader.at_end():
        raise reader.error(f"A chain is text such as 'blur(1.6) > down(4)'; {formula!r} was given")
    steps = [_step(reader)]
    while not reader.at_end():
        if len(steps) == _MOST:
            raise reader.error(f"A chain has at most {_MOST} steps")
        if not reader.take(">"):
            raise reader.error("Steps are joined by '>', in the order in which things happen to the image")
        if reader.at_end():
            raise reader.error("A step is missing after this '>'", back=True)
        steps.append(_step(reader))
    return Chain(steps)


def _step(reader: Reader) -> Step:
    start = reader.place
    word = reader.match(WORD)
    if word is None:
        raise reader.error(f"The name of a degradation is expected here ({', '.join(DEGRADATIONS)})")
    try:
        entry = DEGRADATIONS.get(word.group())
    except UnknownName as error:
        raise UnknownName(reader.pointed(str(error).rstrip("."), start)) from None
    step = Step(entry, read_options(reader, entry, read_ranged) if reader.take("(") else {})
    missing = [name for name, option in entry.options().items() if option.default is option.empty]
    if lacking := [name for name in missing if name not in step.options]:
        raise reader.error(f"{entry.title} needs {' and '.join(lacking)}; {takes(entry)}", place=start)
    with reader.pointing(entry.title, start):
        sizes = {_tried_size(step, end) for end in (("low", "high") if step.has_range else ("low",))}
        return replace(step, drawn_size=len(sizes) > 1)


def read_ranged(reader: Reader, title: str, name: str, hint: Any) -> Any:
    """Read the value of an option, or a range of which it is drawn."""
    start = reader.place
    if (ends := reader.match(_RANGE)) is None:
        return read_fitting(reader, title, name, hint)
    whole = all(map(is_whole, ends.groups()))
    low, high = (_end(reader, text, whole, start) for text in ends.groups())
    if not low <= high:
        raise reader.error("A range runs from the smaller to the larger end", place=start)
    if wrong := unfit(low, hint, drawn=True) or unfit(high, hint, drawn=True):
        raise reader.error(f"{title}: {name} {wrong}", place=start)
    return Range(low, high, whole and takes_whole(hint))


def _end(reader: Reader, text: str, whole: bool, start: int) -> float:
    if not math.isfinite(float(text)):
        raise reader.error("The ends of a range are finite numbers", place=start)
    return int(text) if whole else float(text)


def _tried_size(step: Step, end: str) -> tuple[int, ...]:
    """Run a step on a grey image, with one end of its ranges, and return the size of the result."""
    options = {name: _at(value, end) for name, value in step.options.items()}
    with torch.random.fork_rng(devices=[]):
        made = step.entry.apply(torch.full((1, 3, 48, 48), 0.5), options, torch.Generator().manual_seed(0))
    return tuple(made.shape)


def _at(value: Any, end: str) -> Any:
    if not isinstance(value, Range):
        return value
    return int(getattr(value, end)) if value.whole else getattr(value, end)
