"""Who may use what: LICENSE, package metadata, cards and commands say the same, and CITATION.cff has its form."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.licenses import canonicalize_license_expression

import srkit
from srkit import _home
from srkit._version import __version__
from tests.cli._call import Call
from tests.house._code import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LICENCE = (ROOT / "LICENSE").read_text("utf-8")
CFF_KEYS = {  # of the Citation File Format 1.2.0
    *("abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords"),
    *("license", "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact"),
    *("repository-code", "title", "type", "url", "version"),
}


def test_the_packages_licence_is_an_spdx_expression_with_every_part_that_the_licence_file_explains() -> None:
    expression = PROJECT["license"]
    assert canonicalize_license_expression(expression) == expression
    assert expression in LICENCE
    for part in expression.split(" AND "):
        assert LICENCE.count(part) >= 2 or part == "MIT"
    assert "Permission is hereby granted" in LICENCE


def test_every_licence_file_the_package_names_is_there() -> None:
    assert "LICENSE" in PROJECT["license-files"]
    for name in PROJECT["license-files"]:
        assert (ROOT / name).is_file(), name


def test_the_terms_of_the_weights_name_every_set_they_were_trained_on() -> None:
    recipes = [tomllib.loads(path.read_text("utf-8")) for path in (ROOT / "data/weights/recipes").glob("*.toml")]
    manifest = tomllib.loads((ROOT / "data/manifest.toml").read_text("utf-8"))
    used = {name for recipe in recipes for name in recipe["dataset"].split("+")}
    titles = {manifest[part]["title"] for name in used for part in manifest[name].get("parts", [name])}
    assert {"T91", "BSDS200"} < titles
    readme = (ROOT / "data/weights/README.md").read_text("utf-8").partition("## Terms")[2]
    for text in (_home.weights_terms(), LICENCE, readme):
        assert all(title in text for title in titles)
        assert "research" in text


def test_the_card_and_a_command_that_uses_shipped_weights_state_the_terms(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call, out = Call(capsys), tmp_path / "x2.png"
    picture = _home.shipped() / "samples/test/coffee.png"
    assert "For research and teaching" in re.sub(r"\s+", " ", call("models", "card", "edsr_small").out)
    assert "For research and teaching" not in call("models", "card", "edsr").out
    answer = call("upscale", picture, "--model", "espcn", "--scale", 2, "--out", out)
    assert answer.code == 0
    assert _home.weights_terms() in answer.err
    again = call("upscale", picture, "--model", "bicubic", "--scale", 2, "--out", out.with_name("y.png"))
    assert "research" not in again.err


def test_loading_shipped_weights_puts_their_terms_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="srkit"):
        srkit.models.create("espcn", scale=2, pretrained="srkit")
        assert caplog.messages == [f"espcn_x2.safetensors: {_home.weights_terms()}"]
        caplog.clear()
        srkit.models.create("espcn", scale=2)
        assert not caplog.messages


@pytest.mark.parametrize("key", ["cff-version", "message", "title", "authors", "version", "type"])
def test_citation_cff_has_what_the_format_asks_for(key: str) -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation[key]
    assert set(citation) <= CFF_KEYS
    assert (citation["cff-version"], str(citation["version"]), citation["type"]) == ("1.2.0", __version__, "software")
    assert all(set(author) <= {"name", "family-names", "given-names", "orcid"} for author in citation["authors"])


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    assert PROJECT["version"] == __version__
