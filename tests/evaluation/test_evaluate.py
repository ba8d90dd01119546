from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor, nn

import srkit
from srkit.datasets import Pair, from_folders
from srkit.errors import BadFile, BadInput
from srkit.evaluation import Row, Table, evaluate, join_csv
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
    assert float(rows[-1]["psnr"]) == pytest.approx(table.mean.psnr, abs=1e-6)
    with join_csv([table, table], tmp_path / "b.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 8


def test_csv_into_a_missing_folder_is_refused_and_leaves_nothing(tmp_path: Path, pairs: list[Pair]) -> None:
    table = evaluate(Nearest(), pairs)
    with pytest.raises(BadFile, match="does not exist"):
        table.to_csv(tmp_path / "nowhere" / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_names_are_escaped_where_html_is_written() -> None:
    row = Row(name="<script>alert(1)</script>", psnr=1.0, ssim=0.5, seconds=0.1)
    table = Table(network="<b>", dataset="d", scale=2, protocol="p", rows=(row,))
    assert "<script>" not in table._repr_html_()
    assert "<b>" not in table._repr_html_()
