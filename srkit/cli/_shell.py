"""What the library says, as the shell spells it: ``tile=256`` is ``--tile 256``, and the setting ``--set crop=28``."""

from __future__ import annotations

import re
import shlex

import click

__all__ = ["in_shell"]

_PYTHON = r"in Python,? \w+=\S+|[\w.]+\((?:[^()]|\([^()]*\))*\)|(?<!\w)'[^']*'(?!\w)|--(?:set|protocol) (?!')\S+"
_SAID = r"(?<![\w.'\"/\\=<>-])(?P<setting>the setting )?(?P<name>[a-z]\w*)=(?P<value>True|False|None|'[^']*'|(?!=))"
_EITHER = re.compile(f"{_PYTHON}|{_SAID}")
_CALLED = {"ensemble": "self_ensemble", "pretrained": "weights"}
"""Keywords whose options have another name."""


def in_shell(text: str, command: click.Command | None = None) -> str:
    """Return a sentence of the library with its keywords as options of a command; None is the one that runs.

    What is no option is a setting, where the command has any. Calls and formulas, whose keywords are written alike in
    the shell, stay as they are, what stands in quotes, and what is said to be for Python.
    """
    if command is None:
        context = click.get_current_context(silent=True)
        command = click.Command(None) if context is None else context.command
    options = {name: option for option in command.params if isinstance(option, click.Option) for name in _names(option)}

    def spelt(found: re.Match[str]) -> str:
        name, value = found["name"], found["value"]
        if name is None:
            return found[0]
        option = None if found["setting"] else options.get(_CALLED.get(name, name)) or options.get(f"no_{name}")
        plain = shlex.quote(value[1:-1]) if value.startswith("'") else value
        if option is None:
            return f"--set {name}={plain}" if "settings" in options else found[0]
        if option.is_flag:
            return option.opts[0]
        following = plain or found.string[found.end() : found.end() + 1].strip(" .,;:)")
        return option.opts[0] + (" " if following else "") + (_none(option) if plain == "None" else plain)

    return _EITHER.sub(spelt, text)


def _names(option: click.Option) -> set[str]:
    return {str(option.name), *(spelling.strip("-").replace("-", "_") for spelling in option.opts)}


def _none(option: click.Option) -> str:
    return "none" if "none" in str(option.metavar) else "0"
