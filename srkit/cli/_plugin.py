"""``--plugin my.py``: run a file of the user's, so that what it registers can be used by name."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from srkit.errors import BadFile, BadInput, SrkitError

__all__ = ["load_plugins", "plugin_option"]


def plugin_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--plugin`` to a command."""
    return click.option(
        "--plugin",
        "plugins",
        multiple=True,
        metavar="FILE",
        help="A Python file that registers your own network, loss, dataset or metric. Repeatable.",
    )(function)


def load_plugins(paths: Sequence[str]) -> None:
    """Run each file once, and print what it registered."""
    for text in paths:
        path = Path(text)
        if not path.is_file():
            raise BadFile(f"The plugin {path} does not exist (looked in {Path.cwd()}).")
        before = _registered()
        _run(path)
        added = [f"{kind} {name}" for kind, names in _registered().items() for name in sorted(names - before[kind])]
        if not added:
            click.echo(
                f"warning: {path} registered nothing. Put @srkit.register_model('my_net', card) above a network, "
                "@srkit.register_loss('NAME') above a loss, @srkit.register_dataset('name') above a dataset.",
                err=True,
            )
        else:
            click.echo(f"{path} registered: {', '.join(added)}", err=True)


def _run(path: Path) -> None:
    name = f"srkit_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadFile(f"The plugin {path} is not a Python file; its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise BadInput(_where(path, error)) from error


def _where(path: Path, error: BaseException) -> str:
    what = str(error) if isinstance(error, SrkitError) else f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return f"{error.filename or path}, line {error.lineno}: {error.msg}."
    inside = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).name == path.name]
    return f"{path}, line {inside[-1].lineno}: {what}" if inside else f"{path}: {what}"


def _registered() -> dict[str, set[str]]:
    from srkit.datasets._registry import DATASETS
    from srkit.losses import LOSSES
    from srkit.metrics import METRICS
    from srkit.models._registry import MODELS

    return {
        "network": set(MODELS.names()),
        "loss": set(LOSSES.names()),
        "dataset": set(DATASETS.names()),
        "metric": set(METRICS.names()),
    }
