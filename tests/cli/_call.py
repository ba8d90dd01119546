"""Call the command line in this process and catch what it says."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from srkit.cli import main


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


class Call:
    """``call("metrics", "explain", a, b)`` runs ``srkit metrics explain a b``."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: object) -> Answer:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        said = self.capsys.readouterr()
        return Answer(int(left.value.code or 0), said.out, said.err)
