"""The record of a run: rows, CSV, the curve."""

from __future__ import annotations

import csv
import math

import pytest

from srkit.errors import BadFile, BadInput
from srkit.training.history import History, Ledger, medians


def filled() -> History:
    table = History.of_terms(["L1", "TV"])
    for step in range(1, 51):
        table.note(step, seconds=step / 3, learning_rate=1e-3, loss=1 / step, L1=0.9 / step, TV=0.1 / step, skipped=0)
        if step % 10 == 0:
            table.note(step, valid_psnr=30 + step / 100, valid_ssim=0.9)
    return table


def test_a_row_may_be_completed_and_a_new_step_begins_a_new_one() -> None:
    table = filled()
    assert len(table) == 50
    assert table.pairs("valid_psnr") == ([10, 20, 30, 40, 50], [30.1, 30.2, 30.3, 30.4, 30.5])
    assert table["step"] == list(range(1, 51))


def test_reading_the_csv_back_gives_the_very_same_numbers() -> None:
    table = Ledger(["step", "loss", "reason"])
    for step, loss in enumerate([0.1, 1 / 3, 1e-300, math.pi * 1e20, float("inf"), float("nan"), None]):
        table.note(step, loss=loss, reason='a, "quoted"\nreason')
    again = Ledger.from_csv_text(table.to_csv_text())
    assert repr(again.rows) == repr(table.rows)
    assert again.to_csv_text() == table.to_csv_text()


def test_the_file_grows_row_by_row_into_the_text_of_the_whole_table(tmp_path) -> None:
    path, table = tmp_path / "history.csv", History.of_terms(["L1"])
    table.start_file(path)
    for step in range(1, 20):
        table.note(step, loss=1 / step)
        if step % 4 == 0:
            table.append_to(path)
            assert len(path.read_text().splitlines()) == step, "header and every row but the last"
        if step % 7 == 0:
            table.note(step, valid_psnr=30.0)
            table.append_to(path, everything=True)
            table.append_to(path, everything=True)
            assert path.read_text() == table.to_csv_text()
    table.append_to(path, everything=True)
    assert path.read_text() == table.to_csv_text()


def test_any_csv_reader_understands_the_file(tmp_path) -> None:
    filled().start_file(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 50
    assert float(rows[9]["valid_psnr"]) == 30.1
    assert rows[8]["valid_psnr"] == ""


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "step,loss\n1\n"])
def test_text_that_is_no_history_is_refused(text: str) -> None:
    with pytest.raises(BadFile, match="not a training history"):
        Ledger.from_csv_text(text)


def test_a_loss_term_may_not_hide_a_column() -> None:
    with pytest.raises(BadInput, match="cannot be called loss"):
        History.of_terms(["loss"])


def test_the_curve_shows_the_loss_its_terms_and_the_validation() -> None:
    figure = filled().plot()
    left, right = figure.axes
    labels = [text.get_text() for text in left.get_legend().get_texts()]
    assert left.get_yscale() == "log"
    assert len(labels) == 3
    assert {"L1", "TV"} < set(labels)
    assert list(right.lines[0].get_ydata()) == [30.1, 30.2, 30.3, 30.4, 30.5]


def test_drawing_the_curve_does_not_touch_pyplot() -> None:
    import sys

    before = "matplotlib.pyplot" in sys.modules
    filled().plot()
    if not before:
        assert "matplotlib.pyplot" not in sys.modules


def test_a_long_curve_is_drawn_from_the_medians_of_its_stretches() -> None:
    steps, values = medians(list(range(1000)), [1.0] * 999 + [1e9], parts=100)
    assert len(steps) == len(values) == 100
    assert set(values) == {1.0}
    assert len(medians(list(range(150)), [1.0] * 150, parts=100)[0]) == 75, "never more than the parts asked for"
    assert medians([1, 2], [3.0, 4.0]) == ([1, 2], [3.0, 4.0])
