"""Whatever is written in a formula, an error of the project answers, and reading it costs little."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from srkit import degrade, losses
from srkit.degrade._registry import DEGRADATIONS
from srkit.errors import SrkitError
from srkit.losses import LOSSES
from tests.degrade._formulas import formulas

MOST = 200_000_000  # numbers computed while a formula is read; three terms with a VGG-19 come to 80 million


class Counting(TorchDispatchMode):
    """Counts the numbers that are computed."""

    count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            self.count += made.numel()
        return made


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("registry", "joint", "parse", "count"),
    [(DEGRADATIONS, " > ", degrade.parse, 1500), (LOSSES, "+", losses.parse, 250)],
    ids=["degradations", "losses"],
)
def test_any_text_is_read_or_refused_by_an_error_that_teaches(
    registry: Any, joint: str, parse: Callable[[str], object], count: int
) -> None:
    read = 0
    for formula in formulas(registry, joint, count, seed=0):
        with contextlib.suppress(SrkitError), Counting() as work:
            parse(formula)
            read += 1
        assert work.count < MOST, formula[:99]
    assert count > 5 * read > count / 4, "both kinds were tried"


@pytest.mark.parametrize(
    "formula",
    ["blur(50)", "blur_motion(200)", "resize(16)", "up(16)", "blur(1, size=255)", "blur_widths(50, 49)", "jpeg(1)"],
)
def test_the_largest_values_that_are_accepted_cost_little(formula: str) -> None:
    with Counting() as work:
        degrade.parse(formula)
    assert work.count < MOST


@pytest.mark.parametrize(
    "formula",
    ["blur(51)", "blur_motion(201)", "resize(17)", "up(17)", "blur(1, size=257)", "blur_widths(51, 49)", "jpeg(0)"],
)
def test_what_is_beyond_is_refused(formula: str) -> None:
    with pytest.raises(SrkitError, match="from"):
        degrade.parse(formula)


def test_whatever_a_term_of_somebody_elses_raises_is_told_with_its_place() -> None:
    @losses.register_loss("Broken")
    class Broken(torch.nn.Module):
        def __init__(self) -> None:
            raise OSError("the table is not there")

    try:
        with pytest.raises(SrkitError, match=r"Broken: the table is not there"):
            losses.parse("1*L1+2*Broken")
    finally:
        LOSSES.unregister("broken")


def test_a_number_with_thousands_of_digits_is_read_over_once() -> None:
    from srkit._reader import NUMBER

    assert NUMBER.match("9" * 9_000 + "x") is None  # backtracking would take nine thousand times nine thousand steps
    assert [NUMBER.match(text) is not None for text in ("1", "1.", ".5", "1e3", "-2.5e-3", "inf")] == [True] * 6
    assert [NUMBER.match(text) is not None for text in ("1x", "1..2", "1e", ".", "1.2.3")] == [False] * 5
