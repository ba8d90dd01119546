"""The browser half as text: parts that fit together, nothing fetched from elsewhere."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from srkit.widgets._compare import CHOICES, VIEW_FIELDS
from srkit.widgets._static import (
    DIAGRAM_PARTS,
    GALLERY_PARTS,
    MONITOR_PARTS,
    SLIDERS_PARTS,
    VOTES_PARTS,
    diagram_script,
    gallery_script,
    laid_together,
    monitor_module,
    page_script,
    sliders_module,
    sliders_script,
    style,
    votes_module,
    votes_script,
    widget_module,
)

FOLDER = resources.files("srkit.widgets").joinpath("static")


def part(name: str) -> str:
    return FOLDER.joinpath(f"{name}.js").read_text(encoding="utf-8")


SCRIPTS = {
    "viewer": GALLERY_PARTS,
    "gallery": SLIDERS_PARTS,
    "run": MONITOR_PARTS,
    "diagram": DIAGRAM_PARTS,
    "votes": VOTES_PARTS,
}
EVERY = [(name, parts) for parts in SCRIPTS.values() for name in parts]


def test_every_part_on_disk_is_laid_into_the_page_and_no_other() -> None:
    on_disk = {path.name.removesuffix(".js") for path in FOLDER.iterdir() if path.name.endswith(".js")}
    assert on_disk == {name for name, _ in EVERY}


@pytest.mark.parametrize(("name", "parts"), EVERY)
def test_a_part_imports_only_what_an_earlier_part_exports(name: str, parts: tuple[str, ...]) -> None:
    earlier = parts[: parts.index(name)]
    for names, home in re.findall(r"^import \{([^}]*)\} from \"\./(\w+)\.js\";$", part(name), flags=re.MULTILINE):
        assert home in earlier
        exported = set(re.findall(r"^export (?:async )?(?:function\*?|const) (\w+)", part(home), flags=re.MULTILINE))
        exported |= set(
            re.findall(r"(\w+) = ", " ".join(re.findall(r"^export const (.*);$", part(home), re.MULTILINE)))
        )
        assert {each.strip() for each in names.split(",")} <= exported


@pytest.mark.parametrize("name", sorted({name for name, _ in EVERY}))
def test_a_part_fits_in_one_look(name: str) -> None:
    assert len(part(name).splitlines()) <= 300


@pytest.mark.parametrize("parts", SCRIPTS.values(), ids=SCRIPTS)
def test_laid_end_to_end_no_import_or_export_is_left_and_no_name_is_declared_twice(parts: tuple[str, ...]) -> None:
    core = laid_together(parts)
    assert not re.findall(r"^(?:import|export)\b", core, flags=re.MULTILINE)
    declared = re.findall(r"^(?:async )?(?:function\*?|const|let|class) (\w+)", core, flags=re.MULTILINE)
    assert len(declared) == len(set(declared))


@pytest.mark.parametrize(
    "text",
    [
        page_script(),
        widget_module(),
        style("viewer"),
        sliders_script(),
        sliders_module(),
        style("sliders"),
        gallery_script(),
        monitor_module(),
        diagram_script(),
        style("diagram"),
        votes_script(),
        votes_module(),
    ],
    ids=[
        "page",
        "widget",
        "style",
        "gallery page",
        "gallery widget",
        "gallery style",
        "gallery",
        "run",
        "drawing",
        "its style",
        "votes page",
        "votes widget",
    ],
)
def test_nothing_is_fetched_and_nothing_ends_the_script_early(text: str) -> None:
    assert set(re.findall(r"https?://[\w./]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"\b(?:fetch|XMLHttpRequest|importScripts|eval)\b|\bimport\(|url\(|@import", text)
    assert "</script" not in text
    assert "</style" not in text


def test_python_and_the_browser_agree_on_the_fields_and_choices_of_a_view() -> None:
    text = part("view")
    first = re.search(r"return \{(.*?)\.\.\.config\.view", part("opening"), re.DOTALL)
    assert first
    fields = set(re.findall(r"(?:^|[ ,])(\w+)(?::|,)", re.sub(r"\([^()]*\)|\[[^\]]*\]", "", first[1])))
    assert set(VIEW_FIELDS) <= fields
    for field, constant in (("mode", "MODES"), ("look", "LOOKS"), ("tool", "TOOLS")):
        body = re.search(rf"export const {constant} = \{{(.*?)\}};", text)
        assert body
        assert tuple(re.findall(r"(\w+):", body[1])) == CHOICES[field]


@pytest.mark.parametrize("name", [path.name for path in FOLDER.iterdir() if path.name.endswith(".css")])
def test_every_rule_of_a_style_sheet_is_confined_to_its_widget(name: str) -> None:
    sheet = style(name.removesuffix(".css"))
    selectors = re.findall(r"^([^\s{}@/][^{}]*)\{", sheet, flags=re.MULTILINE)
    assert selectors
    for selector in selectors:
        assert all(each.strip().startswith(".srkit-") for each in selector.split(","))
