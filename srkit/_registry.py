"""One registry for networks, losses, datasets, degradations and metrics.

Registering is a decorator, a second use of a name is an error, and the error for a name that does not exist lists the
nearest ones. Nothing is found by scanning folders or importing strings.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from srkit.errors import BadInput, DuplicateName, UnknownName

__all__ = ["Registry"]

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


class Registry(Generic[T]):
    """Things of one kind by name.

    Args:
        kind: what the things are called in messages, in the singular ("network", "loss", …).

    Names are lower case letters, digits and underscores; look-ups ignore case and treat ``-`` as ``_``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that registers a thing under ``name``.

        Running the same notebook cell again replaces what that cell defined before; every other second use is refused.
        """
        if not _NAME.fullmatch(name):
            raise BadInput(
                f"{name!r} cannot name a {self.kind}: use lower case letters, digits and underscores, "
                f"for example {re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_') or 'my_' + self.kind!r}."
            )

        def file(thing: T) -> T:
            old = self._entries.get(name)
            if old is not None and not _same_notebook_definition(old, thing):
                raise DuplicateName(
                    f"The {self.kind} {name!r} is already registered ({_origin(old)}). Choose another name, "
                    f"for example {self._free_name(name)!r}."
                )
            self._entries[name] = thing
            return thing

        return file

    def get(self, name: str) -> T:
        """Return what is registered under ``name``."""
        key = self.key(name)
        try:
            return self._entries[key]
        except KeyError:
            raise UnknownName(self._unknown(name, key)) from None

    def names(self, pattern: str = "*") -> list[str]:
        """Return the registered names that match a shell pattern (``"*rc*"``), sorted."""
        return sorted(name for name in self._entries if fnmatch.fnmatchcase(name, pattern.lower()))

    def unregister(self, name: str) -> None:
        """Remove ``name`` from the registry; unknown names are an error."""
        self.get(name)
        del self._entries[self.key(name)]

    @staticmethod
    def key(name: str) -> str:
        """Return the spelling under which ``name`` is looked up."""
        return name.strip().lower().replace("-", "_")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.key(name) in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self._entries)

    def _unknown(self, name: str, key: str) -> str:
        near = difflib.get_close_matches(key, self._entries, n=3, cutoff=0.6)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        return f"There is no {self.kind} called {name!r}.{hint} Known: {', '.join(self.names()) or 'none yet'}."

    def _free_name(self, name: str) -> str:
        candidates = (f"my_{name}", *(f"my_{name}_{i}" for i in range(2, 100)))
        return next(candidate for candidate in candidates if candidate not in self._entries)


def _origin(thing: Any) -> str:
    target = getattr(thing, "factory", None) or getattr(thing, "function", thing)
    return f"{getattr(target, '__module__', '?')}.{getattr(target, '__qualname__', type(target).__name__)}"


def _same_notebook_definition(old: Any, new: Any) -> bool:
    return _origin(old) == _origin(new) and _origin(new).startswith("__main__.")
