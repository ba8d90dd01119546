from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor, nn

import srkit
from srkit.datasets import Pair, from_folders
from srkit.errors import BadFile, BadInput, UnknownName
from srkit.evaluation import Table, evaluate
from srkit.evaluation.table import Row, join_csv
from srkit.inference import upscale
from srkit.metrics import METRICS, Naturalness, niqe, register_metric
from srkit.ops.pixels import quantise
from srkit.ops.resize import imresize
from tests._shared import shared


class Nearest(nn.Module):
    scale = 2

    def forward(self, lr: Tensor) -> Tensor:
        return lr.repeat_interleave(2, -1).repeat_interleave(2, -2)


def image(seed: int, height: int = 48, width: int = 40) -> Tensor:
    rough = torch.rand(3, 6, 6, generator=torch.Generator().manual_seed(seed))
    return (imresize(rough, size=(height, width)).clamp(0, 1) * 255).round() / 255


@pytest.fixture
def pairs() -> list[Pair]:
    found = []
    for seed in range(3):
        hr = image(seed)
        found.append(Pair(f"picture {seed}", imresize(hr, 0.5).clamp(0, 1), hr))
    return found


def test_each_row_is_what_scikit_image_says_of_the_rounded_rgb(pairs: list[Pair]) -> None:
    table = evaluate(Nearest(), pairs, protocol=srkit.Protocol(channel="rgb", border=3))
    for pair, row in zip(pairs, table, strict=True):
        sr = (Nearest()(pair.lr[None])[0].clamp(0, 1) * 255).round().byte()[:, 3:-3, 3:-3].numpy()
        hr = (pair.hr * 255).round().byte()[:, 3:-3, 3:-3].numpy()
        assert row.name == pair.name
        assert row.psnr == pytest.approx(peak_signal_noise_ratio(hr, sr), abs=1e-9)
        assert row.seconds > 0


def test_the_mean_is_the_mean_of_the_rows(pairs: list[Pair]) -> None:
    table = evaluate(Nearest(), pairs)
    assert table.mean.seconds == pytest.approx(sum(row.seconds for row in table) / len(table))
    assert table.mean.psnr == pytest.approx(sum(row.psnr for row in table) / 3)
    assert table["mean"] == table.mean
    assert table["picture 1"] is table[1]
    assert len(table) == 3


def test_the_protocol_of_the_papers_is_the_default_and_is_printed_with_the_numbers(pairs: list[Pair]) -> None:
    table = evaluate(Nearest(), pairs)
    assert table.protocol == str(srkit.Protocol.papers(2))
    for text in (str(table), table.to_markdown(), table._repr_html_()):
        assert table.protocol in text
        assert f"{table.mean.psnr:.2f}" in text
        assert "x2" in text


@pytest.mark.parametrize(("scale", "psnr", "ssim"), [(2, 33.66, 0.9299), (3, 30.39, 0.8682), (4, 28.42, 0.8104)])
def test_bicubic_on_set5_gives_the_published_row(scale: int, psnr: float, ssim: float) -> None:
    root = shared("benchmarks")
    mean = evaluate(srkit.models.create("bicubic", scale=scale), "set5", root=root).mean
    assert mean.psnr == pytest.approx(psnr, abs=0.02)
    assert mean.ssim == pytest.approx(ssim, abs=0.001)


def test_identical_images_give_infinity_and_not_nan() -> None:
    class Perfect(nn.Module):
        scale = 1

        def forward(self, lr: Tensor) -> Tensor:
            return lr

    table = evaluate(Perfect(), [Pair("same", image(0), image(0))])
    assert math.isinf(table.mean.psnr)
    assert "inf" in str(table)


def exact_and_not() -> list[Pair]:
    """Three images of which the second, all of one colour, is reproduced exactly by any interpolation."""
    flat = torch.full((3, 48, 40), 0.4)
    return [Pair(name, hr[:, ::2, ::2], hr) for name, hr in (("a", image(1)), ("flat", flat), ("b", image(2)))]


def test_an_image_reproduced_exactly_does_not_hide_the_others_in_any_form_of_the_table(tmp_path: Path) -> None:
    table = evaluate(Nearest(), exact_and_not(), save=tmp_path)
    assert math.isinf(table["flat"].psnr)
    assert table.mean.psnr == pytest.approx((table["a"].psnr + table["b"].psnr) / 2)
    assert table.mean.ssim == pytest.approx(sum(row.ssim for row in table) / 3)
    assert table.perfect("psnr") == 1
    said = "mean PSNR over 2 of 3 images, 1 without a difference in what is compared"
    assert table.folder is not None
    page, numbers = ((table.folder / name).read_text("utf-8") for name in ("index.html", "metrics.csv"))
    for text in (str(table), table.to_markdown(), table._repr_html_(), page, numbers):
        assert said in text
        assert f"{table.mean.psnr:.2f}" in text
        assert not re.search(r"\bnan\b", re.sub(r"base64,[^\"]*", "", text))


def test_the_gain_on_the_page_compares_the_same_images_on_both_sides(tmp_path: Path) -> None:
    class Shifted(Nearest):
        """Wrong by one level everywhere, so that the flat image is exact for bicubic interpolation alone."""

        def forward(self, lr: Tensor) -> Tensor:
            return super().forward(lr) + 2 / 255

    table = evaluate(Shifted(), exact_and_not(), save=tmp_path)
    bicubic = evaluate(srkit.models.create("bicubic", scale=2), exact_and_not())
    assert math.isfinite(table["flat"].psnr)
    assert math.isinf(bicubic["flat"].psnr)
    gain = sum(table[name].psnr - bicubic[name].psnr for name in ("a", "b")) / 2
    assert table.folder is not None
    assert f"<b>{gain:+.2f} dB</b>" in (table.folder / "index.html").read_text("utf-8")


@pytest.fixture
def mean_error() -> Iterator[str]:
    @register_metric("mean_error", title="MAE", unit="levels", digits=3, higher_is_better=False)
    def mean_error(sr: Tensor, hr: Tensor, *, protocol: srkit.Protocol | None = None) -> Tensor:
        return (sr - hr).abs().mean() * 255

    @register_metric("brightness", needs_reference=False, conditions="the whole image")
    def brightness(sr: Tensor) -> float:
        return float(sr.mean())

    yield "mean_error"
    METRICS.unregister("mean_error")
    METRICS.unregister("brightness")


def test_any_registered_metric_is_in_the_table_the_csv_and_the_page(
    tmp_path: Path, pairs: list[Pair], mean_error: str
) -> None:
    table = evaluate(Nearest(), pairs, metrics=("ssim", mean_error, "brightness"), save=tmp_path)
    results = [upscale(pair.lr, Nearest()) for pair in pairs]
    expected = [float((sr - pair.hr).abs().mean() * 255) for sr, pair in zip(results, pairs, strict=True)]
    assert table.column(mean_error) == pytest.approx(expected)
    assert table.column("brightness") == pytest.approx([float(sr.mean()) for sr in results])
    assert table.folder is not None
    page, numbers = ((table.folder / name).read_text("utf-8") for name in ("index.html", "metrics.csv"))
    for text in (str(table), table.to_markdown(), table._repr_html_(), page):
        assert "MAE levels ↓" in text
        assert "MAE: lower is better." in text
        assert "brightness: the whole image." in text
        assert f"{table.mean[mean_error]:.3f}" in text
        assert "PSNR" not in text
    rows = list(csv.DictReader(numbers.splitlines()))
    assert [float(row["mean_error"]) for row in rows[:3]] == pytest.approx(expected, abs=1e-6)
    with pytest.raises(BadInput, match="'psnr' was not measured"):
        _ = table.mean.psnr


def test_where_lower_is_better_a_smaller_number_is_a_gain_on_the_page(tmp_path: Path, mean_error: str) -> None:
    class Worse(Nearest):
        def forward(self, lr: Tensor) -> Tensor:
            return super().forward(lr) * 0.5

    hr = image(1)
    table = evaluate(Worse(), [Pair("a", hr[:, ::2, ::2], hr)], metrics=mean_error, save=tmp_path)
    bicubic = quantise(imresize(hr[:, ::2, ::2].double(), 2))
    assert table.folder is not None
    loss = float((bicubic - hr).abs().mean() * 255) - table.mean[mean_error]
    assert loss < 0
    assert f"<b>{loss:+.3f} levels</b>" in (table.folder / "index.html").read_text("utf-8")


def test_tables_of_different_metrics_share_a_csv_with_empty_cells(
    tmp_path: Path, pairs: list[Pair], mean_error: str
) -> None:
    tables = [evaluate(Nearest(), pairs[:1], metrics=name) for name in ("psnr", mean_error)]
    rows = list(csv.DictReader(join_csv(tables, tmp_path / "a.csv").read_text("utf-8").splitlines()))
    assert [(bool(row["psnr"]), bool(row[mean_error])) for row in rows] == [(True, False)] * 2 + [(False, True)] * 2


def test_a_metric_that_cannot_be_had_is_refused_before_any_network_runs(
    pairs: list[Pair], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Never(Nearest):
        def forward(self, lr: Tensor) -> Tensor:
            raise AssertionError

    monkeypatch.setenv("SRKIT_LPIPS", str(tmp_path))
    monkeypatch.setenv("SRKIT_NIQE", str(tmp_path / "none.npz"))
    for name, words in (("lpips", "alex.pth missing"), ("niqe", "SRKIT_NIQE")):
        with pytest.raises(BadFile, match=words):
            evaluate(Never(), pairs, metrics=("psnr", name))
    with pytest.raises(UnknownName, match="Did you mean 'psnr'"):
        evaluate(Never(), pairs, metrics="psnrr")
    with pytest.raises(BadInput, match="No metric was named"):
        evaluate(Never(), pairs, metrics=())


def test_niqe_of_a_result_is_measured_with_statistics_named_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    natural = Naturalness(torch.zeros(36, dtype=torch.float64), torch.eye(36, dtype=torch.float64))
    natural.save(tmp_path / "natural.npz")
    monkeypatch.setenv("SRKIT_NIQE", str(tmp_path / "natural.npz"))
    hr = image(3, 200, 210)
    table = evaluate(Nearest(), [Pair("a", hr[:, ::2, ::2], hr)], metrics=("psnr", "niqe"))
    assert table.mean["niqe"] == pytest.approx(niqe(upscale(hr[:, ::2, ::2], Nearest()), natural))
    assert "NIQE: lower is better; Y of 8-bit RGB, the whole image, no reference." in str(table)


def test_a_metric_that_gives_no_number_is_an_error_that_names_it_and_the_image(pairs: list[Pair]) -> None:
    @register_metric("broken")
    def broken(sr: Tensor, hr: Tensor, *, protocol: srkit.Protocol | None = None) -> object:
        return answers.pop()

    answers: list[object] = [float("nan"), torch.zeros(2), None, "high"]
    try:
        while answers:
            with pytest.raises(BadInput, match=r"picture 0.*'broken' gave"):
                evaluate(Nearest(), pairs, metrics="broken")
    finally:
        METRICS.unregister("broken")


def test_a_network_that_answers_nan_is_an_error_that_names_the_image(pairs: list[Pair]) -> None:
    class Diverged(Nearest):
        def forward(self, lr: Tensor) -> Tensor:
            return super().forward(lr) * torch.nan

    with pytest.raises(BadInput, match="picture 0"):
        evaluate(Diverged(), pairs)


def test_an_empty_dataset_is_an_error() -> None:
    with pytest.raises(BadInput, match="no images"):
        evaluate(Nearest(), [])


def test_a_table_without_rows_cannot_exist() -> None:
    with pytest.raises(BadInput, match="no image"):
        Table(network="a", dataset="b", scale=2, protocol="c", rows=())


def test_another_scale_than_the_networks_is_refused(pairs: list[Pair]) -> None:
    with pytest.raises(BadInput, match="x2 and scale=3"):
        evaluate(Nearest(), pairs, scale=3)


def test_something_that_is_no_dataset_is_refused() -> None:
    with pytest.raises(BadInput, match="dataset is a name"):
        evaluate(Nearest(), torch.zeros(3, 8, 8))  # type: ignore[arg-type]


def test_the_ensemble_is_said_in_the_name_and_costs_eight_passes(pairs: list[Pair]) -> None:
    class Counting(Nearest):
        passes = 0

        def forward(self, lr: Tensor) -> Tensor:
            self.passes += 1
            return super().forward(lr)

    net = Counting()
    assert evaluate(net, pairs, ensemble=True).network == "counting+"
    assert net.passes == 8 * len(pairs)


def test_the_network_comes_back_in_training_mode(pairs: list[Pair]) -> None:
    net = Nearest().train()
    evaluate(net, pairs)
    assert net.training


def test_progress_is_told_after_each_image(pairs: list[Pair]) -> None:
    told: list[Sequence[int]] = []
    evaluate(Nearest(), pairs, progress=lambda *now: told.append(now))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_grey_file_is_scored_as_the_protocol_says_and_the_table_says_how() -> None:
    hr = image(0)[:1].expand(3, -1, -1)
    pair = Pair("grey", imresize(hr, 0.5).clamp(0, 1), hr, grey=True)
    on_y = evaluate(Nearest(), [pair])
    stored = evaluate(Nearest(), [pair], protocol=srkit.Protocol(border=2, grey_as_stored=True))
    assert on_y.mean.psnr - stored.mean.psnr == pytest.approx(20 * math.log10(255 / 219), abs=0.01)
    assert "1.32 dB lower" in on_y.note
    beside = evaluate(Nearest(), [pair, Pair("colour", pair.lr, hr)])
    assert "the mean PSNR would be 0.66 dB lower" in beside.note
    assert "as stored" in stored.note
    assert on_y.note in str(on_y)


def test_a_folder_of_images_is_a_dataset(tmp_path: Path) -> None:
    srkit.write(tmp_path / "one.png", image(1))
    table = evaluate(Nearest(), tmp_path)
    assert [row.name for row in table] == ["one"]
    assert evaluate(Nearest(), from_folders(hr=tmp_path, scale=2)).mean.psnr == table.mean.psnr


def test_csv_holds_every_number_with_its_conditions(tmp_path: Path, pairs: list[Pair]) -> None:
    table = evaluate(Nearest(), pairs)
    with table.to_csv(tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == ["picture 0", "picture 1", "picture 2", "mean"]
    assert {row["protocol"] for row in rows} == {str(srkit.Protocol.papers(2))}
    for line, row in zip(rows, (*table, table.mean), strict=True):
        assert float(line["psnr"]) == pytest.approx(row.psnr, abs=1e-6)
        assert float(line["ssim"]) == pytest.approx(row.ssim, abs=1e-6)
        assert float(line["seconds"]) == pytest.approx(row.seconds, abs=1e-4)
    with join_csv([table, table], tmp_path / "b.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 8


def test_csv_into_a_missing_folder_is_refused_and_leaves_nothing(tmp_path: Path, pairs: list[Pair]) -> None:
    table = evaluate(Nearest(), pairs)
    with pytest.raises(BadFile, match="does not exist"):
        table.to_csv(tmp_path / "nowhere" / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_names_are_escaped_where_html_is_written() -> None:
    row = Row(name="<script>alert(1)</script>", scores={"psnr": 1.0, "ssim": 0.5}, seconds=0.1)
    table = Table(network="<b>", dataset="d", scale=2, protocol="p", rows=(row,))
    assert "<script>" not in table._repr_html_()
    assert "<b>" not in table._repr_html_()
