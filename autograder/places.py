"""What Python in the box stands on, found by looking at the Python that runs: folders, files, and links on the way.

A link is laid in the box as the link it is, one at a time, since an interpreter finds its library by following them:
``.venv/bin/python`` may lead to ``/usr/bin/python3``, from there to ``/etc/alternatives`` and to ``/opt``.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import site
import sys
import sysconfig
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from autograder.masks import ROOT

__all__ = ["covered", "follow", "kept_within", "python_path", "view"]

_SYSTEM = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/etc/ld.so.cache")
_PACKAGES = (  # what students may use, and what that imports
    *("torch", "numpy", "PIL", "safetensors", "scipy", "tqdm", "matplotlib", "typing_extensions", "filelock", "sympy"),
    *("mpmath", "networkx", "jinja2", "markupsafe", "fsspec", "contourpy", "cycler", "dateutil", "fontTools"),
    *("kiwisolver", "packaging", "pyparsing", "six", "setuptools"),
)
_MOST_LINKS = 40
_CLONE = ROOT.parent if (ROOT.parent / "tools" / "bootstrap.py").is_file() else ROOT


def follow(path: Path) -> tuple[Path, dict[Path, str]]:
    """Return where an absolute path leads, and link -> what it says for every link on the way.

    Raises:
        OSError: the links lead in a circle.
    """
    place, left, links, count = Path("/"), deque(path.parts[1:]), dict[Path, str](), 0
    while left:
        part = left.popleft()
        step = place.parent if part == ".." else place / part
        if not step.is_symlink():
            place = step
            continue
        links[step] = str(step.readlink())
        if (count := count + 1) > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        target = Path(links[step])
        left.extendleft(reversed(target.parts[1:] if target.is_absolute() else target.parts))
        place = Path("/") if target.is_absolute() else place
    return place, links


@lru_cache
def view() -> tuple[tuple[Path, ...], dict[Path, str]]:
    """Return the folders and files that Python in the box must have, outermost first, and the links that lead there.

    None of them lies within another unless :func:`covered` lies between them, nor a link within one of them: it is
    there with the folder.
    """
    places: set[Path] = set()
    links: dict[Path, str] = {}
    for wanted in _wanted():
        with contextlib.suppress(OSError):  # what this process may not look at it does not stand on
            if wanted.exists():
                place, way = follow(wanted.absolute())
                places.add(place)
                links |= way
    for library in _loaded():
        if not _within(library, places):
            places.add(library if _is_too_much(library.parent) else library.parent)
    found: list[Path] = []
    for place in sorted(places, key=lambda path: len(path.parts)):
        if not _within(place, [outer for outer in found if not _CLONE.is_relative_to(outer)]):
            found.append(place)
    return tuple(found), {link: target for link, target in links.items() if not _within(link, found)}


def covered() -> list[Path]:
    """Return the folders within those places that student code must not see: the library itself, and the project."""
    places, _ = view()
    ours = {_CLONE, ROOT, Path(__file__).resolve().parent, *((place / "srkit").resolve() for place in _site_folders())}
    return sorted(path for path in ours if path.is_dir() and _within(path, places) and path not in places)


def kept_within(folder: str) -> list[str]:
    """Return those of the places that lie below a folder which the box lays out anew."""
    return [str(place) for place in view()[0] if place.is_relative_to(folder)]


def python_path() -> list[str]:
    """Return ``sys.path`` as far as it is to be had in the box: not this folder, nor whatever else was put there."""
    places, _ = view()
    real = [(entry, Path(entry).resolve()) for entry in sys.path if entry]
    return [entry for entry, path in real if _within(path, places) and path not in covered()]


def _wanted() -> Iterator[Path]:
    """Yield everything by the name under which Python will ask for it."""
    yield from map(Path, _SYSTEM)
    yield from map(Path, {sys.executable, getattr(sys, "_base_executable", "") or sys.executable})
    for prefix in {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}:
        yield from (Path(prefix, name) for name in ("lib", "lib64", "pyvenv.cfg"))
    yield from (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
    yield from _site_folders()


def _site_folders() -> list[Path]:
    """Return the folders of packages: those of this Python, and wherever else one that students use comes from."""
    folders = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    folders += map(Path, site.getsitepackages())
    if site.ENABLE_USER_SITE:
        folders.append(Path(site.getusersitepackages()))
    for spec in filter(None, map(importlib.util.find_spec, _PACKAGES)):
        package = Path(spec.submodule_search_locations[0] if spec.submodule_search_locations else spec.origin or "/")
        for place in (package, _real(package)):
            folders.append(place if _is_too_much(place.parent) and place.parent not in folders else place.parent)
    return list(dict.fromkeys(folders))


def _real(package: Path) -> Path:
    """Return where a package lies that is a link, or whose files are."""
    return (package / "__init__.py").resolve().parent if package.is_dir() else package.resolve()


def _loaded() -> Iterator[Path]:
    """Yield the shared libraries that this process has loaded, which includes PyTorch's."""
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    paths = {line.split(maxsplit=5)[5] for line in lines if "/" in line}
    yield from sorted(path for path in map(Path, paths) if ".so" in path.suffixes and path.is_file())


def _is_too_much(folder: Path) -> bool:
    """Tell whether a folder holds what students must not see: somebody's home, or this project."""
    real = folder.resolve()
    return any(place.resolve().is_relative_to(real) for place in (Path("~").expanduser(), ROOT.parent))


def _within(path: Path, places: Iterable[Path]) -> bool:
    return any(path.is_relative_to(place) for place in places)
