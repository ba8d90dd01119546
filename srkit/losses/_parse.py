"""From ``"1*L1+0.001*TV"`` to a loss.

The grammar::

    formula = term { "+" term }
    term    = [ weight "*" ] NAME [ "(" [ option { "," option } ] ")" ]
    option  = name "=" value
    value   = number | word | "quoted text"          (True, False and None are words with their Python meaning)

Every error shows the formula with a caret under the place where reading stopped.
"""

from __future__ import annotations

import math

import torch

from srkit._reader import NUMBER, WORD, Reader, read_options
from srkit.errors import BadInput, SrkitError, UnknownName
from srkit.losses._registry import LOSSES, Loss, LossEntry, Term
from srkit.losses.adversarial import GAMES

__all__ = ["parse"]

_MOST = 50  # terms
_SIDES = (48, 192)  # pixels of the images a loss is tried on


def parse(formula: str) -> Loss:
    """Build the loss that a formula describes.

    Args:
        formula: weighted terms joined by ``+``: ``"1*L1+0.001*TV"``, ``"L1 + 0.1*SSIM(window=7) + 1e-3*TV"``. A name
            alone has weight 1; case and blanks do not matter; a repeated name gives separate terms ``L1``, ``L1#2``.
            Weights are finite and not negative (a negative weight would reward the error). Each term is tried on two
            random images, so mistakes show here and not at the first step of a training.

    Returns:
        A module: ``loss(sr, hr)`` is the weighted sum, ``loss.terms(sr, hr)`` its parts, ``str(loss)`` the formula.

    Raises:
        BadInput: bad syntax, weight or option; the message points at the place.
        UnknownName: a loss that is not registered; the message lists what exists.
    """
    if not isinstance(formula, str):
        raise BadInput(f"A loss formula is text such as '1*L1+0.001*TV'; {type(formula).__name__} was given.")
    reader = Reader(formula)
    reader.blanks()
    if reader.at_end():
        raise reader.error("The formula is empty; the simplest one is 'L1'")
    terms = [_term(reader)]
    while not reader.at_end():
        if len(terms) == _MOST:
            raise reader.error(f"A formula has at most {_MOST} terms")
        if not reader.take("+"):
            raise reader.error(_between_terms(reader))
        if reader.at_end():
            raise reader.error("A term is missing after this '+'", back=True)
        terms.append(_term(reader))
    return Loss(terms)


def _term(reader: Reader) -> Term:
    weight = _weight(reader)
    start = reader.place
    word = reader.match(WORD)
    if word is None:
        raise reader.error(f"The name of a loss is expected here ({_known()})")
    entry = _entry(reader, word.group(), start)
    options = read_options(reader, entry, by_name=True) if reader.take("(") else {}
    with reader.pointing(entry.title, start):
        term = Term(entry.title, weight, entry.make(**options), options)
        _try_out(term)
    return term


def _try_out(term: Term) -> None:
    """Compute a term on two small images, and where those are too small for it, on two larger ones."""
    loss, rng = Loss([term]), torch.Generator().manual_seed(0)
    for side in _SIDES:
        sr, hr = torch.rand(2, 1, 3, side, side, generator=rng)
        try:
            with torch.random.fork_rng(devices=[]):
                loss(sr.requires_grad_(), hr)
        except SrkitError:
            if side == _SIDES[-1]:
                raise
        else:
            return


def _weight(reader: Reader) -> float:
    start = reader.place
    number = reader.match(NUMBER)
    if number is None:
        return 1.0
    if not reader.take("*"):
        raise reader.error(f"A weight is followed by '*' and a name, as in '{number.group()}*L1'")
    weight = float(number.group())
    if not math.isfinite(weight):
        raise reader.error(f"The weight {number.group()!r} is not a finite number", place=start)
    if weight < 0:
        raise reader.error("A negative weight would reward the error; weights are zero or positive", place=start)
    return weight


def _entry(reader: Reader, word: str, start: int) -> LossEntry:
    try:
        return LOSSES.get(word)
    except UnknownName as error:
        if word in GAMES or "gan" in word.lower():
            play = f"{word} is a game of two: it is no part of the loss: train with adversarial='0.001*CE'"
            raise UnknownName(reader.pointed(play, start)) from None
        raise UnknownName(reader.pointed(str(error).rstrip("."), start)) from None


def _between_terms(reader: Reader) -> str:
    symbol = reader.text[reader.place]
    if symbol == "-":
        return "Terms are added, never subtracted; weights are zero or positive"
    if symbol == ")":
        return "This bracket was never opened"
    if symbol == "*":
        return "The weight comes before the name, as in '0.5*L1'"
    return "Terms are joined by '+'"


def _known() -> str:
    return ", ".join(LOSSES.get(name).title for name in LOSSES)
