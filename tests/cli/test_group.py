from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from srkit._verdicts import verdicts
from srkit.cli._group import COMMANDS, cli
from srkit.errors import BadInput
from tests.cli._call import Call

HEAVY = ("torch", "numpy", "PIL", "matplotlib", "scipy", "IPython", "jupyter_client", "tqdm")


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "srkit", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [("--help",), ("--version",), *[(verb, "--help") for verb in COMMANDS]])
def test_help_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    program = (
        "import sys\nfrom srkit.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit as left:\n"
        f"    code = left.code\nloaded = sorted(set({HEAVY!r}) & set(sys.modules))\n"
        "print('LOADED', loaded, code, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    assert done.stderr.strip().endswith("LOADED [] 0"), done.stderr


def test_every_verb_is_in_the_help_and_can_be_called(call: Call) -> None:
    text = call("--help").out
    for verb, meaning in COMMANDS.items():
        assert verb in text
        assert meaning in text
        assert call(verb, "--help").code == 0


def test_every_option_of_every_command_says_what_it_does() -> None:
    def walk(command: click.Command, name: str) -> None:
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts[0]}"
        if isinstance(command, click.Group):
            context = click.Context(command)
            for verb in command.list_commands(context):
                found = command.get_command(context, verb)
                assert found is not None
                walk(found, f"{name} {verb}")

    walk(cli, "srkit")


@pytest.mark.parametrize(
    ("verb", "systems"),
    [
        ("zssr", ["zssr"]),
        ("kernel", ["kernelgan", "kernelgan_fkp", "dip_fkp", "ikc"]),
        ("weak", ["fssr", "bulat", "cincgan"]),
    ],
)
def test_the_help_of_a_verb_says_of_each_of_its_systems_what_the_table_says(
    verb: str, systems: list[str], call: Call
) -> None:
    text = " ".join(call(verb, "--help").out.split())
    for name in systems:
        assert verdicts(name)
        assert all(f"{name}: {line}." in text for line in verdicts(name))


def test_an_unknown_verb_is_a_usage_error(call: Call) -> None:
    answer = call("frobnicate")
    assert answer.code == 2
    assert "frobnicate" in answer.err


def test_a_byte_that_no_name_has_is_a_usage_error(call: Call) -> None:
    answer = call("kernel", "a\0b.png")
    assert answer.code == 2
    assert "byte of value 0" in answer.err


def test_an_error_is_one_sentence_on_stderr_and_exit_code_two(call: Call, tmp_path: Path) -> None:
    answer = call("upscale", tmp_path / "nothing.png", "--model", "bicubic", "--scale", 2)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1
    assert "nothing.png" in answer.err


def test_debug_shows_the_traceback_wherever_it_stands(call: Call, tmp_path: Path) -> None:
    for words in (("--debug", "upscale"), ("upscale", "--debug")):
        answer = call(*words, tmp_path / "nothing.png", "--model", "bicubic")
        assert answer.code == 2
        assert "Traceback" in answer.err
        assert "error: " in answer.err


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    @click.command("failing")
    def failing() -> None:
        raise error

    monkeypatch.setattr(type(cli), "get_command", lambda *_: failing)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Stopped"),
        (BadInput("that is not it"), 2, "error: that is not it"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full/disk"), 2, "disk is full"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/locked"), 2, "Not allowed"),
    ],
)
def test_exit_codes_tell_what_happened(
    call: Call, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, words: str
) -> None:
    fail_with(monkeypatch, error)
    answer = call("failing")
    assert answer.code == code
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_a_bug_shows_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        cli.main(["failing"], standalone_mode=False)


def test_the_module_and_the_command_are_the_same() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("srkit ")
    assert run("frobnicate").returncode == 2


def test_a_pipe_closed_early_is_no_error() -> None:
    line = f"{sys.executable} -m srkit models list | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
