"""``compare`` without a browser: sizes, numbers, text, and a page that stands on its own."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
import torch

from srkit.errors import BadInput
from srkit.metrics import Protocol, psnr, ssim
from srkit.widgets import compare
from tests.widgets.test_show import Images


def scene(height: int = 24, width: int = 32, seed: int = 0) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    truth = torch.rand(3, height, width, generator=rng)
    noise = torch.randn(3, height, width, generator=rng)
    return {"truth": truth, "fine": truth + 0.02 * noise, "coarse": truth + 0.1 * noise}


def config(page: str) -> Any:
    found = re.search(r'data-config="([^"]*)"', page)
    assert found
    return json.loads(html.unescape(found[1]))


def test_the_numbers_in_the_text_are_those_of_srkit_under_the_protocol_of_the_papers() -> None:
    pictures = scene()
    made = compare(**pictures, scale=4)
    protocol = Protocol.papers(4)
    for name in ("fine", "coarse"):
        numbers = made.contents.whole[made.contents.names.index(name)]
        assert numbers[0] == f"{psnr(pictures[name], pictures['truth'], protocol=protocol):.2f} dB"
        assert numbers[1] == f"{ssim(pictures[name], pictures['truth'], protocol=protocol):.4f}"
        assert f"PSNR {numbers[0]}, SSIM {numbers[1]}" in made._repr_html_()
        assert f"PSNR {numbers[0]}, SSIM {numbers[1]}" in repr(made)
    assert str(protocol) in repr(made)
    assert html.escape(str(protocol)) in made.page()


@pytest.mark.parametrize("protocol", [Protocol(channel="rgb"), Protocol(border=2), Protocol(round_y=True)])
def test_a_region_has_the_numbers_of_the_two_crops_without_a_border(protocol: Protocol) -> None:
    pictures = scene()
    x, y, w, h = 3, 5, 20, 14
    crops = {name: picture[:, y : y + h, x : x + w] for name, picture in pictures.items()}
    here = Protocol(channel=protocol.channel, border=0, round_y=protocol.round_y)
    found = compare(**pictures, protocol=protocol).region(x, y, w, h)
    assert set(found) == {"fine", "coarse"}
    for name, numbers in found.items():
        assert numbers[0] == pytest.approx(psnr(crops[name], crops["truth"], protocol=here), abs=1e-10)
        assert numbers[1] == pytest.approx(ssim(crops[name], crops["truth"], protocol=here), abs=1e-12)


def test_the_page_holds_every_picture_exactly_once_and_without_loss() -> None:
    pictures = scene()
    page = compare(**pictures, scale=2)._repr_html_()
    images = Images(page)
    assert len(images.images) == 3
    assert page.count("data:image/png;base64,") == 3
    truth = (pictures["truth"] * 255 + 0.5).floor().permute(1, 2, 0).to(torch.uint8)
    assert (images.pixels(2) == truth.numpy()).all()


def test_the_page_asks_for_nothing_that_is_not_in_it() -> None:
    page = compare(**scene(), scale=2)._repr_html_()
    addresses = set(re.findall(r"https?://[^\s\"'`<]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # the name of SVG, which is never fetched
    assert not re.findall(r"<(?:script|link|iframe|img)[^>]*(?:src|href)=\"(?!data:)", page)
    assert "@import" not in page
    assert "url(" not in page


def test_with_scripts_and_styles_stripped_names_numbers_and_alternative_texts_remain() -> None:
    page = compare(**scene(), scale=2, alt="Coloured noise").page()
    images = Images(page)
    assert images.tags <= {"div", "table", "tbody", "tr", "td", "b", "img"}
    assert [image["alt"] for image in images.images] == [f"{n}: Coloured noise" for n in ("fine", "coarse", "truth")]
    assert "<b>fine</b>" in page
    assert "dB, SSIM 0." in page


def test_an_lr_picture_is_shown_enlarged_by_a_whole_factor_and_not_measured() -> None:
    pictures = scene()
    made = compare(**pictures, lr=pictures["truth"][:, ::4, ::4], scale=4)
    i = made.contents.names.index("lr")
    assert made.contents.factors[i] == 4
    assert made.contents.whole[i] == ("", "")
    assert "lr" not in made.region(0, 0, 16, 16)


def test_pictures_that_do_not_fit_together_are_refused_with_both_sizes_and_the_usual_cause() -> None:
    pictures = scene()
    with pytest.raises(BadInput, match=r"(?s)'fine' is 31 x 24 px and 'truth' is 32 x 24 px.*modcrop"):
        compare(fine=pictures["fine"][:, :, 1:], truth=pictures["truth"])
    with pytest.raises(BadInput, match="32 x 24 px"):
        compare(fine=pictures["fine"], truth=pictures["truth"][:, :20])


def test_identical_pictures_are_called_identical_and_tiny_ones_have_no_ssim() -> None:
    truth = scene()["truth"]
    assert compare(same=truth, truth=truth).contents.whole[0] == ("identical", "1.0000")
    tiny = compare(a=truth[:, :8, :8], truth=truth[:, :8, :8])
    assert tiny.contents.whole[0][1] == "needs 11 x 11 px"


def test_without_a_truth_there_are_pictures_and_no_numbers() -> None:
    pictures = scene()
    made = compare(fine=pictures["fine"], coarse=pictures["coarse"])
    assert made.contents.truth == -1
    assert "PSNR" not in made.page()
    with pytest.raises(BadInput, match=r"compare\(\.\.\., truth=hr\)"):
        made.region(0, 0, 4, 4)


def test_a_picture_with_nan_is_drawn_and_marked_but_not_measured() -> None:
    pictures = scene()
    pictures["fine"][0, 3, 3] = float("nan")
    made = compare(**pictures)
    assert made.contents.whole[0] == ("NaN", "NaN")
    assert "painted magenta" in made.page()


def test_grey_pictures_are_measured_as_stored_where_the_protocol_says_so() -> None:
    grey = {name: picture[:1] for name, picture in scene().items()}
    plain, stored = Protocol(), Protocol(grey_as_stored=True)
    assert compare(**grey, protocol=stored).contents.channel == "grey"
    assert compare(**grey, protocol=plain).contents.channel == "y"
    for protocol in (plain, stored):
        expected = f"{psnr(grey['fine'], grey['truth'], protocol=protocol):.2f} dB"
        assert compare(**grey, protocol=protocol).contents.whole[0][0] == expected


def test_a_protocol_that_keeps_more_than_8_bits_is_refused_because_the_browser_has_no_more() -> None:
    with pytest.raises(BadInput, match="must round to 8 bits"):
        compare(**scene(), protocol=Protocol(quantise=False))


def test_names_that_are_no_keywords_come_in_a_mapping_and_no_name_is_used_twice() -> None:
    pictures = scene()
    assert compare({"EDSR+": pictures["fine"]}, truth=pictures["truth"]).contents.names == ("EDSR+", "truth")
    with pytest.raises(BadInput, match="'fine' is used twice"):
        compare({"fine": pictures["fine"]}, fine=pictures["fine"])
    with pytest.raises(BadInput, match="no picture"):
        compare(truth=pictures["truth"])


def test_a_view_takes_names_for_left_and_right_and_refuses_what_does_not_exist() -> None:
    pictures = scene()
    page = compare(**pictures, view={"left": "coarse", "right": "fine", "zoom": 8})._repr_html_()
    assert config(page)["view"] == {"left": 1, "right": 0, "zoom": 8}
    with pytest.raises(BadInput, match="Did you mean 'centre'"):
        compare(**pictures, view={"center": [1, 2]})
    with pytest.raises(BadInput, match="Choose one of: slider, flip, side, grid"):
        compare(**pictures, view={"mode": "onion"})
    with pytest.raises(BadInput, match="none of the pictures"):
        compare(**pictures, view={"left": "edsr"})


def test_a_name_cannot_break_out_of_the_page() -> None:
    evil = "</script><img src=x onerror=alert(1)>\"'"
    page = compare({evil: scene()["fine"]}, truth=scene()["truth"])._repr_html_()
    assert evil not in page
    assert len(Images(page).images) == 2
    assert config(page)["names"] == [evil, "truth"]


def test_a_region_outside_the_picture_is_refused() -> None:
    made = compare(**scene())
    for region in ((-1, 0, 4, 4), (0, 0, 33, 4), (0, 0, 0, 4)):
        with pytest.raises(BadInput, match="not inside the picture of 32 x 24 px"):
            made.region(*region)


def test_a_border_that_eats_the_picture_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(BadInput, match="nothing remains to measure"):
        compare(**scene(), scale=12)
