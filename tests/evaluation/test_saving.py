from __future__ import annotations

import base64
import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

import srkit
from srkit.datasets import Pair
from srkit.errors import BadFile, BadInput
from srkit.evaluation import evaluate
from srkit.evaluation.regions import Box, error_levels, worst_box
from srkit.ops.color import rgb_to_y
from tests.evaluation.test_evaluate import Nearest, image


@pytest.fixture
def pairs() -> list[Pair]:
    return [Pair("a/b c", image(0)[:, ::2, ::2], image(0)), Pair("a/b c", image(1)[:, ::2, ::2], image(1))]


class Page(HTMLParser):
    """Collects addresses and tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        self.addresses += [value for key in ("src", "href") if (value := found.get(key))]
        if tag == "img":
            self.images.append(found)


def test_images_numbers_and_page_lie_in_one_folder_of_the_datasets_name(tmp_path: Path, pairs: list[Pair]) -> None:
    table = evaluate(Nearest(), pairs, save=tmp_path)
    assert table.folder == tmp_path / "results-pairs"
    files = sorted(path.relative_to(table.folder).as_posix() for path in table.folder.rglob("*.*"))
    assert files == ["a/.srkit-done.jsonl", "a/b_c_x2_2_SR.png", "a/b_c_x2_SR.png", "index.html", "metrics.csv"]
    with (table.folder / "metrics.csv").open() as file:
        assert float(next(iter(csv.DictReader(file)))["psnr"]) == pytest.approx(table[0].psnr, abs=1e-6)


def test_the_saved_image_scores_what_the_table_says(tmp_path: Path, pairs: list[Pair]) -> None:
    table = evaluate(Nearest(), pairs, save=tmp_path)
    saved = srkit.read(tmp_path / "results-pairs" / "a/b_c_x2_SR.png")
    again = srkit.metrics.psnr(saved, pairs[0].hr, protocol=srkit.Protocol.papers(2))
    assert again == pytest.approx(table[0].psnr, abs=1e-9)


def test_inputs_and_truths_are_written_too_when_asked(tmp_path: Path, pairs: list[Pair]) -> None:
    evaluate(Nearest(), pairs, save=tmp_path, save_pairs=True)
    lr = srkit.read(tmp_path / "results-pairs" / "a/b_c_x2_LR.png")
    hr = srkit.read(tmp_path / "results-pairs" / "a/b_c_x2_HR.png")
    assert torch.allclose(lr, pairs[0].lr)
    assert torch.allclose(hr, pairs[0].hr)


class Counting(Nearest):
    """Counts what it enlarges, and says how it does that in its ``extra_repr``."""

    def __init__(self, said: str = "") -> None:
        super().__init__()
        self.said, self.seen = said, 0

    def extra_repr(self) -> str:
        return self.said

    def forward(self, lr: Tensor) -> Tensor:
        self.seen += 1
        return super().forward(lr)


def test_results_of_other_networks_settings_or_pictures_are_moved_aside_and_never_overwritten(
    tmp_path: Path, pairs: list[Pair]
) -> None:
    evaluate(Counting(), pairs, save=tmp_path)
    (tmp_path / "results-pairs" / "my notes.txt").write_text("precious")
    evaluate(Counting("another"), pairs, save=tmp_path)
    evaluate(Counting("another"), pairs, save=tmp_path, metrics="psnr")
    evaluate(Counting("another"), pairs[::-1], save=tmp_path, metrics="psnr")
    folders = sorted(path.name for path in tmp_path.iterdir())
    assert folders == ["results-pairs", "results-pairs.1", "results-pairs.2", "results-pairs.3"]
    assert (tmp_path / "results-pairs.1" / "my notes.txt").read_text() == "precious"


def test_what_was_measured_in_just_this_way_is_not_measured_again(tmp_path: Path, pairs: list[Pair]) -> None:
    broken = [pairs[0], Pair("odd", torch.rand(3, 8, 8), torch.rand(3, 17, 16))]
    with pytest.raises(BadInput, match="odd"):
        evaluate(Counting(), broken, save=tmp_path)
    net = Counting()
    table = evaluate(net, pairs, save=tmp_path)
    assert net.seen == 1
    alone = evaluate(Nearest(), pairs)
    assert [row.scores for row in table] == [row.scores for row in alone]
    assert table.folder is not None
    page = (table.folder / "index.html").read_text("utf-8")
    evaluate(net, pairs, save=tmp_path)
    assert net.seen == 1
    assert (table.folder / "index.html").read_text("utf-8") == page
    assert [path.name for path in tmp_path.iterdir()] == ["results-pairs"]


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_computed(
    tmp_path: Path, pairs: list[Pair]
) -> None:
    (tmp_path / "file").write_text("in the way")

    class Never(Nearest):
        def forward(self, lr: Tensor) -> Tensor:
            raise AssertionError

    with pytest.raises(BadFile, match="Results cannot be written"):
        evaluate(Never(), pairs, save=tmp_path / "file")


def test_the_page_asks_nobody_for_anything_and_needs_no_scripts(tmp_path: Path, pairs: list[Pair]) -> None:
    folder = evaluate(Nearest(), pairs, save=tmp_path).folder
    assert folder is not None
    text = (folder / "index.html").read_text("utf-8")
    page = Page(text)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert not re.findall(r"https?://|url\(|@import", text)
    for address in page.addresses:
        inside = address.startswith(("data:image/", "#"))
        assert inside or (folder / address.replace("%20", " ")).is_file(), address


def test_every_picture_of_the_page_can_be_decoded_and_is_described(tmp_path: Path, pairs: list[Pair]) -> None:
    folder = evaluate(Nearest(), pairs, save=tmp_path).folder
    assert folder is not None
    page = Page((folder / "index.html").read_text("utf-8"))
    assert len(page.images) == 7 * len(pairs)
    for found in page.images:
        data = str(found["src"]).partition(",")[2]
        Image.open(io.BytesIO(base64.b64decode(data))).load()
        assert len(str(found["alt"])) > 5
    assert len({str(found["alt"]) for found in page.images}) == 7


def test_the_page_prints_protocol_gain_and_each_number(tmp_path: Path, pairs: list[Pair]) -> None:
    table = evaluate(Nearest(), pairs, save=tmp_path)
    assert table.folder is not None
    text = (table.folder / "index.html").read_text("utf-8")
    assert table.protocol in text
    for row in (*table, table.mean):
        assert f"{row.psnr:.2f}" in text
        assert f"{row.ssim:.4f}" in text


def test_names_are_escaped_on_the_page(tmp_path: Path) -> None:
    pair = Pair("<b onclick='x'>", image(0)[:, ::2, ::2], image(0))
    net = Nearest()
    net.name = "<i>net</i>"  # type: ignore[assignment]  # a name from a weight file can be anything
    folder = evaluate(net, [pair], save=tmp_path).folder
    assert folder is not None
    page = Page((folder / "index.html").read_text("utf-8"))
    assert page.tags.count("i") == 2  # the two bars of the table
    assert "onclick" not in {name for found in page.images for name in found}
    assert page.tags.count("b") == 4 + 7  # four facts, seven captions


def test_the_worst_region_is_found_where_the_error_was_put() -> None:
    errors = torch.full((80, 120), 0.1)
    errors[40:56, 90:106] = 5
    box = worst_box(errors, side=16)
    assert box == Box(40, 90, 16, 16)
    brute = max(
        ((top, left) for top in range(65) for left in range(105)),
        key=lambda at: float(errors[at[0] : at[0] + 16, at[1] : at[1] + 16].square().sum()),
    )
    assert (box.top, box.left) == brute


def test_the_worst_region_stays_out_of_the_border_that_is_not_measured() -> None:
    errors = torch.zeros(80, 80)
    errors[:3] = 100
    errors[50, 50] = 1
    box = worst_box(errors, side=20, border=4)
    assert box.top >= 4
    assert box.of(errors).max() == 1


def test_an_image_smaller_than_the_region_is_shown_whole() -> None:
    assert worst_box(torch.rand(20, 30), side=64) == Box(0, 0, 20, 30)


def test_error_levels_are_differences_of_luma_in_eight_bit_steps() -> None:
    black, white = torch.zeros(3, 4, 4), torch.ones(3, 4, 4)
    assert torch.allclose(error_levels(white, black), torch.full((4, 4), 219.0, dtype=torch.float64))
    grey = torch.full((3, 4, 4), 0.5)
    expected = (rgb_to_y(torch.full((3, 4, 4), 128 / 255, dtype=torch.float64)) - 16 / 255) * 255
    assert torch.allclose(error_levels(grey, black), expected.expand(1, 4, 4)[0])
