"""One option has one name, one kind of value and one meaning in every command."""

from __future__ import annotations

from collections import defaultdict

import click
import pytest

from srkit.cli._group import cli
from srkit.cli._numbers import Count
from tests.cli._call import Call
from tests.cli._fuzz import commands

MEANINGS = {  # how the help of an option begins, wherever it stands
    "--scale": "Enlargement factor",
    "--out": "Where to",
    "--seed": "Decides everything random",
    "--set": "A setting",
    "--root": "Where the named datasets lie",
    "--degrade": "Make LR by a chain",
    "--tile": "LR pixels a side",
    "--device": "auto, cpu, cuda",
    "--threads": "CPU threads",
    "--kernel": "Tell the blur",
    "--blur": "Tell the blur",
    "--noise": "Tell the noise",
    "--plugin": "A Python file",
    "--overwrite": "Replace",
    "--dry-run": "Print what would be done",
    "--recursive": "Go into the folders below",
    "--tiny": "The small configuration",
    "--self-ensemble": "Mean over eight flips",
}


def options() -> dict[str, list[tuple[str, click.Option]]]:
    """Return the options of all commands by their first name, each with its command."""
    found = defaultdict(list)
    for path, command in commands(cli):
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                found[parameter.opts[0]].append((" ".join(path), parameter))
    return dict(found)


def kind(option: click.Option) -> str:
    """Return what sort of value an option takes."""
    if option.is_flag:
        return "flag"
    if isinstance(option.type, click.types.IntParamType):
        return "whole number"
    if isinstance(option.type, click.types.FloatParamType):
        return "number"
    return "choice" if isinstance(option.type, click.Choice) else "text"


SHARED = {name: rows for name, rows in options().items() if len(rows) > 1}


@pytest.mark.parametrize("name", sorted(SHARED))
def test_an_option_of_several_commands_takes_one_kind_of_value(name: str) -> None:
    rows = SHARED[name]
    assert len({kind(option) for _, option in rows}) == 1, [(command, kind(option)) for command, option in rows]
    places = [set((option.metavar or "").split("|")) for _, option in rows]
    largest = max(places, key=len)
    assert all(place <= largest for place in places), [(command, option.metavar) for command, option in rows]


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_an_option_means_the_same_everywhere(name: str) -> None:
    others = [
        (command, option.help) for command, option in options()[name] if not str(option.help).startswith(MEANINGS[name])
    ]
    assert not others


def test_an_option_that_may_stand_several_times_says_so_and_no_other_does() -> None:
    wrong = [
        (command, name)
        for name, rows in options().items()
        for command, option in rows
        if option.multiple != ("Repeatable" in str(option.help))
    ]
    assert not wrong


def refuses(option: click.Option, value: str) -> bool:
    try:
        option.type.convert(value, option, None)
    except click.BadParameter:
        return True
    return False


def test_no_number_option_takes_what_is_no_number_or_too_large_for_pytorch() -> None:
    numbers = [
        (command, option)
        for rows in options().values()
        for command, option in rows
        if kind(option) in ("number", "whole number")
    ]
    assert len(numbers) > 40
    taken = [
        (command, option.name, value)
        for command, option in numbers
        for value in ("nan", "inf", "-inf", *["9" * 30] * (kind(option) == "whole number"))
        if not refuses(option, value)
    ]
    assert taken == []


def test_a_count_goes_up_to_the_largest_number_of_31_bits_and_no_further() -> None:
    counts = [option for rows in options().values() for _, option in rows if isinstance(option.type, Count)]
    assert len(counts) > 10
    assert not [option.name for option in counts if refuses(option, "2147483647")]
    assert not [option.name for option in counts if not refuses(option, "2147483648")]


def test_the_older_spellings_still_work(call: Call) -> None:
    for words in (("models", "list", "nearest", "--weights"), ("models", "list", "nearest", "--sources")):
        assert call(*words).code == 0
    assert "--dataset" in call("evaluate", "--save-results", "x").err  # known: what is missing is another option
    assert "No such option" not in call("weak", "--steps", "1,1").err
