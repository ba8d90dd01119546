"""Rule 1, one paper, one file; and the anatomy of such a file."""

from __future__ import annotations

import ast
import copy
import re
from functools import cache
from pathlib import Path

import pytest

from srkit.models._registry import MODELS
from tests.house._code import PAPERS, ROOT, SRKIT, lines, registers_a_network, registrations, relative, tree

NETWORKS = [path for path in PAPERS if registers_a_network(path)]


@pytest.fixture(params=NETWORKS, ids=lambda path: path.stem)
def paper(request: pytest.FixtureRequest) -> Path:
    """One network file after the other."""
    path: Path = request.param
    return path


def test_a_network_file_begins_with_its_source_its_idea_and_its_deviations(paper: Path) -> None:
    words = ast.get_docstring(tree(paper)) or ""
    assert re.search(r"https?://\S+", words), "give an address where the paper can be read"
    assert re.search(r"\b(19|20)\d\d\b", words) or "this course" in words, "give the year of the publication"
    assert re.search(r"\bidea\b", words, re.IGNORECASE), "say the idea in one sentence"
    assert re.search(r"\bdeviat|\bas in the paper\b", words, re.IGNORECASE), (
        "list the deviations, or say there are none"
    )


def test_a_network_file_shows_its_idea_first_and_then_its_card(paper: Path) -> None:
    body = tree(paper).body
    cards = [i for i, node in enumerate(body) if isinstance(node, ast.Assign) and _calls(node, "Card", "Layout")]
    classes = [i for i, node in enumerate(body) if isinstance(node, ast.ClassDef)]
    filed = registrations(paper)
    assert filed, "the registration register_model(name, CARD)(Network) stands at the foot, not on the class"
    assert body[-len(filed) :] == filed, "the registration is the last thing in the file"
    assert classes[-1] < min(cards), "blocks and network come first; card and layout stand below them"
    network = body[classes[-1]]
    registered = {ast.unparse(node.value.args[0]) for node in filed}  # type: ignore[attr-defined]
    assert network.name in registered, "smaller blocks first; the network is the last class"  # type: ignore[attr-defined]
    methods = [node.name for node in network.body if isinstance(node, ast.FunctionDef)]  # type: ignore[attr-defined]
    assert methods.index("__init__") < methods.index("forward") if "__init__" in methods else "forward" in methods


def test_a_network_file_is_on_the_shelf_by_exactly_one_line(paper: Path) -> None:
    shelf = tree(ROOT / "srkit" / "models" / "__init__.py")
    imported = [a.name for node in shelf.body if isinstance(node, ast.ImportFrom) for a in node.names]
    assert imported.count(paper.stem) == 1
    elsewhere = {path for path, names in _mentioned().items() if paper.stem in names}
    assert elsewhere <= {"srkit/models/__init__.py"}, "nothing else in the library may know a network by name"


@cache
def _mentioned() -> dict[str, set[str]]:
    """Return file -> words that can be names of modules of ``srkit.models`` there."""
    told = re.compile(r"srkit\.models\.(\w+)|models import (.*)")
    return {
        relative(path): {
            word for match in told.findall("\n".join(lines(path))) for word in re.findall(r"\w+", " ".join(match))
        }
        for path in SRKIT
        if path.parent.name != "exercises"  # an exercise may compare with the network it teaches
    }


@pytest.mark.parametrize("name", MODELS.names())
def test_a_number_never_travels_alone(name: str) -> None:
    card = MODELS.get(name).card
    assert card.title
    assert card.citation
    assert card.url.startswith("http")
    assert card.idea.rstrip().endswith(".")
    assert set(card.parameters) == set(card.scales)
    assert card.parameters_source or not any(card.parameters.values())
    for score in (*card.published, *card.measured):
        assert score.source
        assert score.dataset
        assert score.protocol
        assert score.scale in card.scales
        assert 10 < score.psnr < 60


@pytest.mark.parametrize("name", MODELS.names())
def test_the_address_on_the_card_is_the_one_in_the_docstring(name: str) -> None:
    entry = MODELS.get(name)
    path = ROOT / (entry.factory.__module__.replace(".", "/") + ".py")
    assert entry.card.url in (ast.get_docstring(tree(path)) or "")


def _calls(node: ast.Assign, *functions: str) -> bool:
    return isinstance(node.value, ast.Call) and ast.unparse(node.value.func) in functions


def test_no_block_stands_in_the_files_of_three_networks() -> None:
    """What a third network wants moves to ``srkit/layers``: blocks, and functions of four statements or more."""
    found: dict[str, set[str]] = {}
    for path in PAPERS:
        for node in tree(path).body:
            statements = sum(isinstance(one, ast.stmt) for one in ast.walk(node))
            if isinstance(node, ast.ClassDef) or (isinstance(node, ast.FunctionDef) and statements > 4):
                found.setdefault(_shape(node), set()).add(f"{relative(path)} {node.name}")
    assert len(found) > 100
    assert not [sorted(places) for places in found.values() if len(places) > 2]


def test_the_shape_of_a_block_is_the_same_under_other_names_and_texts_and_no_other() -> None:
    block = (
        "class A(nn.Module):\n    'One.'\n    def forward(self, x: Tensor) -> Tensor:\n        return x + self.body(x)"
    )
    same = "class B(nn.Module):\n    def forward(self, y):\n        'Two.'\n        return y + self.convs(y)"
    other = same.replace("y + self", "y * self")
    shapes = [_shape(ast.parse(code).body[0]) for code in (block, same, other)]
    assert shapes[0] == shapes[1] != shapes[2]


def _shape(node: ast.stmt) -> str:
    """Return a block as text without what it is called: names in the order in which they come, no texts, no types."""
    names: dict[str, str] = {}
    node = copy.deepcopy(node)
    for one in ast.walk(node):
        if isinstance(one, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(one):
            one.body = one.body[1:]
        for field in ("annotation", "returns"):
            if hasattr(one, field):
                setattr(one, field, None)
    for one in ast.walk(node):
        for field in ("name", "id", "attr", "arg"):
            if isinstance(name := getattr(one, field, None), str):
                setattr(one, field, names.setdefault(name, f"name {len(names)}"))
    return ast.dump(node)
