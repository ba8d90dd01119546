"""Errors: each says what was given, what was expected and what to do next.

The tree::

    SrkitError
    ├── BadInput (ValueError)       an argument, an image or a tensor that cannot be used as it is
    ├── BadFile (OSError)           a path that is missing, unreadable, truncated or not what its name says
    ├── UnknownName (LookupError)   a network, loss, dataset, metric … that is not registered
    ├── DuplicateName (ValueError)  a second registration under a name already taken
    └── Offline (OSError)           something must be downloaded and cannot be

The command line prints these as one sentence and leaves with exit code 2; anything else is a bug and shows its
traceback.
"""

from __future__ import annotations

__all__ = ["BadFile", "BadInput", "DuplicateName", "Offline", "SrkitError", "UnknownName"]


class SrkitError(Exception):
    """The common parent of every error srkit raises on purpose."""


class BadInput(SrkitError, ValueError):
    """An argument, an image or a tensor cannot be used as it is."""


class BadFile(SrkitError, OSError):
    """A path is missing, unreadable, truncated, or does not hold what was expected."""


class UnknownName(SrkitError, LookupError):
    """A name that is not registered was requested; the message lists near misses and everything there is."""


class DuplicateName(SrkitError, ValueError):
    """A name was registered twice for two different things."""


class Offline(SrkitError, OSError):
    """A download was needed and could not be made; the message names the file, its address and where to put it."""
