"""docs/FLAGS.md: complete, and every new spelling is one the program has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from srkit.cli._group import cli

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "FLAGS.md"
_OPTIONS = (  # option.py of EDSR-PyTorch, commit 9d3bb0e, in its order
    "debug template n_threads cpu n_GPUs seed dir_data dir_demo data_train data_test data_range ext scale patch_size "
    "rgb_range n_colors chop no_augment model act pre_train extend n_resblocks n_feats res_scale shift_mean dilation "
    "precision G0 RDNkSize RDNconfig n_resgroups reduction reset test_every epochs batch_size split_batch "
    "self_ensemble test_only gan_k lr decay gamma optimizer momentum betas epsilon weight_decay gclip loss "
    "skip_threshold save load resume save_models print_every save_results save_gt"
)
OLD = _OPTIONS.split()


def rows() -> list[list[str]]:
    lines = DOCUMENT.read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `--")]


def whole_commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text("utf-8"), re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith("srkit ")]


def spellings() -> list[str]:
    codes = [code for row in rows() for cell in row[2:] for code in re.findall(r"`([^`]+)`", cell)]
    return sorted({*(code for code in codes if code.startswith(("srkit ", "torchrun "))), *whole_commands()})


def test_every_flag_of_the_old_program_has_one_row_in_its_order() -> None:
    assert len(OLD) == 59
    assert [row[0].strip("`-") for row in rows()] == OLD


def test_every_row_gives_a_spelling_or_says_why_there_is_none() -> None:
    for old, default, new, remark in rows():
        assert default, old
        assert "`srkit " in new or "`torchrun " in new or (new == "dropped" and remark), old


@pytest.mark.parametrize("line", spellings())
def test_every_new_spelling_is_one_the_program_has(line: str) -> None:
    words = shlex.split(line.partition("-m srkit ")[2] or line.removeprefix("srkit "))
    if words[0].startswith("--"):
        command: click.Command = cli
    else:
        found = cli.get_command(click.Context(cli), words[0])
        assert found is not None, line
        command = found
        while isinstance(command, click.Group):
            words = words[1:]
            found = command.get_command(click.Context(command), words[0])
            assert found is not None, line
            command = found
    known = {spelling for parameter in command.params for spelling in parameter.opts}
    for word in words:
        if word.startswith("--"):
            assert word in known, f"{line}: {word}"


@pytest.mark.parametrize("line", whole_commands())
def test_every_whole_command_is_understood_word_for_word(line: str) -> None:
    verb, *words = shlex.split(line)[1:]
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    context = command.make_context(verb, words)  # parses, checks ranges and choices, and runs nothing
    assert context.args == []
