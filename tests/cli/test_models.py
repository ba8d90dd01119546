from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import srkit
from srkit.cli.models import _located
from srkit.models._points import POINTS
from srkit.models._registry import MODELS
from tests.cli._call import Call

BAD = """
from torch import nn
import srkit

CARD = srkit.models.Card(
    title="Bad", year=2026, citation="me", url="here", framework="post-upsampling", idea="none", lesson="11",
    scales=(2,), parameters={2: 1}, parameters_source="guessed",
)

@srkit.register_model("exam_victim", CARD)
class Bad(nn.Module):
    def __init__(self, *, scale):
        super().__init__()
        self.scale = scale
        self.body = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, lr):
        return self.body(lr)
"""


def test_the_list_has_one_line_for_each_network_that_matches(call: Call) -> None:
    lines = call("models", "list").out.strip().splitlines()
    assert [line.split()[0] for line in lines] == srkit.models.names()
    assert [line.split()[0] for line in call("models", "list", "edsr*").out.splitlines()] == srkit.models.names("edsr*")


def test_the_list_says_which_networks_have_weights_here_or_to_fetch(call: Call) -> None:
    lines = {line.split()[0]: line for line in call("models", "list").out.splitlines()}
    assert "shipped x2 x4" in lines["edsr_small"]
    assert "fetch x2" in lines["swinir"]
    assert "needs none" in lines["bicubic"]
    assert "train or bring them" in lines["ipt"]


def test_a_pattern_that_matches_nothing_is_an_error(call: Call) -> None:
    answer = call("models", "list", "zzz*")
    assert answer.code == 2
    assert "a2001sr" in answer.err


def test_a_card_shows_paper_sizes_and_every_number_with_its_source(call: Call) -> None:
    for name in srkit.models.names():
        card = srkit.models.card(name)
        text = " ".join(call("models", "card", name).out.split())
        assert card.title in text
        assert card.url in text
        for count in card.parameters.values():
            assert f"{count:,}" in text
        for score in (*card.published, *card.measured):
            number = f"{score.dataset} x{score.scale} {score.psnr:.2f} dB"
            assert number in text
            assert _located(score.source) in text


def test_a_card_draws_its_network_into_a_new_svg_that_says_in_words_what_it_shows(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "drawn.svg"
    assert call("models", "card", "lapsrn", "--diagram", target).code == 0
    picture = ET.parse(target).getroot()
    assert picture.attrib["aria-label"].startswith(
        f"LapSRN ×4, {srkit.models.card('lapsrn').parameters[4]:,} parameters."
    )
    assert "deconv" in picture.attrib["aria-label"]
    before = target.read_bytes()
    answer = call("models", "card", "espcn", "--diagram", target)
    assert (answer.code, target.read_bytes() == before) == (2, True)
    assert "would be overwritten" in answer.err
    assert call("models", "card", "espcn", "--diagram", target, "--overwrite").code == 0
    assert "ESPCN" in ET.parse(target).getroot().attrib["aria-label"]


@pytest.mark.parametrize("name", ["espcn.png", "", "."])
def test_a_drawing_of_another_kind_than_svg_is_refused(
    call: Call, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("models", "card", "espcn", "--diagram", name)
    assert answer.code == 2
    assert "espcn.svg" in answer.err
    assert not list(tmp_path.iterdir())


def test_the_exam_of_a_good_network_succeeds_and_of_a_bad_one_fails(call: Call, tmp_path: Path) -> None:
    answer = call("models", "exam", "a2001sr")
    assert answer.code == 0
    assert str(len(POINTS)) in answer.out
    (tmp_path / "bad.py").write_text(BAD)
    try:
        answer = call("models", "exam", "exam_victim", "--plugin", tmp_path / "bad.py")
        assert answer.code == 1
        assert "exam_victim" in answer.out
    finally:
        MODELS.unregister("exam_victim")


def test_the_atlas_is_printed_as_the_library_gives_it(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    some = srkit.models.atlas("*cnn")
    monkeypatch.setattr(srkit.models, "atlas", lambda: some)  # of all networks it takes long, and is tested there
    assert call("models", "atlas").out == f"{some}\n"
