"""A checkout has the same bytes on every system, whatever git is set to do with the ends of lines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.house._code import ROOT


def git(*words: str) -> bytes:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"needs a clone made by git ({done.stderr.decode().strip()})")
    return done.stdout


def test_a_checkout_on_windows_has_the_bytes_that_were_committed(tmp_path: Path) -> None:
    settings = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    git(*settings, "checkout-index", "--all", f"--prefix={tmp_path}/")
    names = [name for name in git("ls-files", "-z").decode().split("\0") if name]
    assert len(names) > 1000
    stored = dict(line.split("\t")[::-1] for line in git("ls-files", "-s", "-z").decode().split("\0") if line)
    given = subprocess.run(
        ["git", "hash-object", "--no-filters", "--stdin-paths"],
        input="\n".join(names).encode(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    found = dict(zip(names, given.stdout.decode().split(), strict=True))
    changed = [name for name in names if found[name] != stored[name].split()[1]]
    assert not changed
