"""The ``srkit`` command: finds the verb, and turns errors into one sentence and an exit code.

Exit codes: 0 done; 1 a check failed (``doctor``), or a bug, which shows its traceback; 2 something given cannot be
used; 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence

import click

from srkit import _home
from srkit._version import __version__
from srkit.cli._shell import in_shell
from srkit.errors import SrkitError

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS = {
    "course": "Lay the lessons out in a folder of your own.",
    "lab": "Open the lessons in JupyterLab.",
    "doctor": "Check this installation and print one fix per problem.",
    "train": "Train a network, or go on training one.",
    "evaluate": "Measure PSNR and SSIM on a dataset.",
    "upscale": "Enlarge pictures and folders of pictures.",
    "degrade": "Make pictures worse by a chain of degradations.",
    "kernel": "Estimate the blur of pictures.",
    "export": "Write a network for ONNX, ncnn or OpenVINO.",
    "mix": "Interpolate the weights of two networks.",
    "weak": "Train for photographs that have no large versions.",
    "zssr": "Train on each picture itself, and enlarge it.",
    "bench-realworld": "Compare methods under blurs and on real photographs.",
    "models": "List the networks, show a card, check the contract.",
    "data": "List, fetch, check and prepare datasets.",
    "metrics": "Compare two pictures, and explain the numbers.",
    "grade": "Grade a class in a sandbox.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in teaching order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the file of one verb and return its command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"srkit.cli.{cmd_name.replace('-', '_')}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the verbs without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="srkit COMMAND --help explains a command."
    + (" docs/FLAGS.md translates the flags of EDSR-PyTorch." if _home.clone() else ""),
)
@click.version_option(__version__, "--version", prog_name="srkit", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Single-image super-resolution: train, measure and use the networks of the course."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code.

    Args:
        arguments: the words after ``srkit``; None takes those of the process. ``--debug`` may stand anywhere.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    with _warnings_in_one_line():
        code = _run(words, debug=debug)
    sys.exit(code)


@contextlib.contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Print a warning as a sentence, without the line of Python it comes from."""
    before = warnings.showwarning
    warnings.showwarning = lambda message, *_, **__: click.echo(f"note: {in_shell(str(message))}", err=True)
    try:
        yield
    finally:
        warnings.showwarning = before


def _run(words: list[str], *, debug: bool) -> int:
    try:
        if any("\0" in word for word in words):
            raise click.UsageError("An argument holds a byte of value 0: no file and no option has one in its name.")
        result = cli.main(words, prog_name="srkit", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped.", err=True)
        return 130
    except SrkitError as error:
        return _say(error, in_shell(str(error), _command_of(words)), debug=debug)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _say(error, _explained(error), debug=debug)
    return result if isinstance(result, int) else 0


def _command_of(words: Sequence[str]) -> click.Command:
    """Return the verb that was called."""
    command: click.Command = cli
    for word in words:
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), word) or command
    return command


def _say(error: BaseException, sentence: str, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    click.echo(f"error: {sentence}", err=True)
    return 2


def _explained(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"The disk is full{where}. Free some space and call again; files already complete were kept."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"Not allowed{where}: {error.strerror}. Choose a place you may write to."
    return f"{error.strerror or error}{where}."
