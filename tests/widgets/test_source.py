"""``source``: the code as it stands in the file, and where."""

from __future__ import annotations

import functools
import html
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from srkit.errors import BadInput
from srkit.widgets import _show as showing
from srkit.widgets import show, source
from srkit.widgets._show import Shown


def plain(page: str) -> list[str]:
    """Return the lines of the ``<pre>`` without markup."""
    body = re.search(r"<pre[^>]*>(.*)</pre>", page, re.DOTALL)
    assert body
    return html.unescape(re.sub(r"<[^>]+>", "", body[1])).split("\n")


def test_the_lines_shown_are_the_lines_of_the_file_at_the_numbers_given() -> None:
    shown = source(show)
    file = Path(showing.__file__).read_text().split("\n")
    for line in plain(shown._repr_html_()):
        number, code = re.fullmatch(r" *(\d+)  (.*)", line).groups()  # type: ignore[union-attr]
        assert file[int(number) - 1] == code
    assert shown.place.startswith("srkit/widgets/_show.py, lines ")
    assert shown.summary == "Show pictures pixel for pixel, as large as the page allows, with size and range as text."


def test_a_method_loses_its_indentation_and_keeps_its_own() -> None:
    code = source(Shown._repr_html_).code
    assert code.startswith("def _repr_html_(self)")
    assert "\n    return fill(" in code


def test_an_instance_stands_for_its_class_and_wrappers_are_seen_through() -> None:
    assert source(torch.nn.Conv2d(1, 1, 1)).name == "Conv2d"
    assert source(functools.partial(show, alt="x")).name == "show"
    assert source(functools.wraps(show)(lambda *a: None)).name == "show"
    assert source(torch.nn.Conv2d).place.startswith("torch/nn/modules/conv.py, lines ")


def test_a_module_is_shown_whole_from_line_one() -> None:
    shown = source(showing)
    assert shown.first_line == 1
    assert shown.code + "\n" == inspect.getsource(showing)


def test_printing_gives_place_and_plain_code() -> None:
    assert repr(source(show)).startswith("# srkit/widgets/_show.py, lines ")
    assert "<span" not in repr(source(show))


@pytest.mark.parametrize("thing", [len, torch.relu, 3, "show", None, [show]])
def test_what_has_no_python_code_is_refused_with_an_example_that_has(thing: Any) -> None:
    with pytest.raises(BadInput, match=r"source\(srkit\.losses\.tv\)"):
        source(thing)


def test_code_that_holds_markup_is_shown_and_not_obeyed() -> None:
    page = source(test_code_that_holds_markup_is_shown_and_not_obeyed)._repr_html_()
    marker = "<img src=x onerror=alert(1)>"
    assert marker not in page
    assert any(marker in line for line in plain(page))


def test_a_function_typed_into_a_notebook_is_shown_with_its_place_in_words() -> None:
    import linecache

    text = "def typed(x):\n    return x + 1\n"
    linecache.cache["/tmp/ipykernel_1/2.py"] = (len(text), None, text.splitlines(True), "/tmp/ipykernel_1/2.py")
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, "/tmp/ipykernel_1/2.py", "exec"), space)
    assert source(space["typed"]).place == "a cell of this notebook, lines 1 to 2"
