"""Tables of many results without a browser: order, numbers, and what is left without scripts."""

from __future__ import annotations

import pytest
import torch

import srkit
from srkit.errors import BadInput, UnknownName
from srkit.metrics import METRICS, Protocol, psnr, ssim
from srkit.widgets import class_table, gallery
from srkit.widgets._gallery import worst_piece
from tests.widgets.test_show import Images

RNG = torch.Generator().manual_seed(0)


def results() -> dict[str, dict[str, torch.Tensor]]:
    made = {}
    for name, strength in (("good", 0.01), ("bad", 0.2), ("middle", 0.05)):
        truth = torch.rand(3, 40, 48, generator=RNG)
        ours = truth.clone()
        ours[:, 20:30, 24:34] += strength
        made[name] = {"bicubic": (truth + 0.1).clamp(0, 1), "ours": ours.clamp(0, 1), "truth": truth}
    return made


def test_the_worst_piece_is_where_the_error_was_put() -> None:
    pictures = results()["bad"]
    box, number = worst_piece(pictures["ours"], pictures["truth"], side=10)
    assert (box.top, box.left, box.height, box.width) == (20, 24, 10, 10)
    expected = psnr(box.of(pictures["ours"]), box.of(pictures["truth"]), protocol=Protocol(channel="y", border=0))
    assert number == pytest.approx(float(expected))


def test_the_worst_image_stands_first_with_the_numbers_of_the_papers() -> None:
    pictures = results()
    shown = gallery(pictures, scale=2, side=16)
    assert [row[0] for row in shown.rows] == ["bad", "middle", "good"]
    expected = float(psnr(pictures["bad"]["bicubic"], pictures["bad"]["truth"], protocol=Protocol.papers(2)))
    assert shown.rows[0][1] == round(expected, 2)
    assert shown.columns == ("image", "bicubic, dB", "ours, dB", "worst 16 x 16 of ours, dB")
    assert str(Protocol.papers(2)) in repr(shown)


def test_a_gallery_shows_any_registered_metric_of_every_method() -> None:
    pictures = results()
    shown = gallery(pictures, scale=2, side=16, metrics=("psnr", "ssim"))
    assert shown.columns[1:5] == ("bicubic, PSNR dB", "ours, PSNR dB", "bicubic, SSIM", "ours, SSIM")
    expected = ssim(pictures["bad"]["ours"], pictures["bad"]["truth"], protocol=Protocol.papers(2))
    assert shown.rows[0][4] == round(float(expected), 4)
    assert "PSNR, SSIM, Y of 8-bit RGB" in shown.note
    with pytest.raises(UnknownName, match="psnrr"):
        gallery(pictures, scale=2, metrics="psnrr")


def test_each_row_holds_a_labelled_comparison_of_its_worst_piece() -> None:
    html = gallery(results(), scale=2, side=16)._repr_html_()
    images = Images(html)
    assert len(images.images) == 9
    assert "bicubic: the worst piece of bad, 16 x 16 pixels" in images.images[0]["alt"]
    assert html.count("<script>") == 1


def test_images_without_truth_or_with_other_methods_are_refused() -> None:
    broken = results()
    del broken["bad"]["ours"]
    with pytest.raises(BadInput, match="'bad' has"):
        gallery(broken, scale=2)
    with pytest.raises(BadInput, match="no results"):
        gallery({}, scale=2)
    with pytest.raises(BadInput, match="none of the methods: bicubic, ours"):
        gallery(results(), scale=2, judged="edsr")


def test_a_class_is_shown_with_the_lowest_score_first_and_unknown_ones_before_all() -> None:
    students = [
        {"name": "a", "score": 9.0, "per_exercise": {"psnr": 5, "tv": 4}, "flag": "", "unusual": ""},
        {"name": "b", "score": None, "per_exercise": {"psnr": None, "tv": 2}, "flag": "look", "unusual": "slow"},
        {"name": "<c>", "score": 3.0, "per_exercise": {"psnr": 3, "tv": 0}},
    ]
    shown = class_table(students, {"psnr": 5, "tv": 4})
    assert [row[0] for row in shown.rows] == ["b", "<c>", "a"]
    assert shown.rows[0] == ("b", None, None, 2, "look; slow")
    html = shown._repr_html_()
    assert "&lt;c&gt;" in html
    assert "rgba(213,94,0,0.55)" in html
    with pytest.raises(BadInput, match="unknown: \\['ssim'\\]"):
        class_table([{"name": "a", "per_exercise": {"ssim": 1}}], {"psnr": 5})


def test_images_without_any_truth_are_browsed_by_metrics_that_need_none() -> None:
    @srkit.register_metric("brightness_seen", needs_reference=False, conditions="mean of all values")
    def brightness(sr: torch.Tensor) -> float:
        return float(sr.mean())

    blind = {name: {"bicubic": one["bicubic"], "ours": one["ours"]} for name, one in results().items()}
    try:
        made = gallery(blind, scale=2, metrics="brightness_seen", side=10)
        name, theirs, ours, number = made.rows[0]
        assert theirs == round(float(blind[str(name)]["bicubic"].mean()), 4)
        assert ours == round(float(blind[str(name)]["ours"].mean()), 4)
        assert number == round(
            worst_piece(blind[str(name)]["ours"], blind[str(name)]["bicubic"], side=10, border=2)[1], 2
        )
        assert "compared with bicubic" in repr(made)
        with pytest.raises(BadInput, match="psnr compares with true images"):
            gallery(blind, scale=2)
        with pytest.raises(BadInput, match="two methods"):
            gallery({"a": {"ours": blind[str(name)]["ours"]}}, scale=2)
    finally:
        METRICS.unregister("brightness_seen")
