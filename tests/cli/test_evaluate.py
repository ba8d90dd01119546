from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from srkit.cli._protocol import parse_protocol
from srkit.errors import BadInput
from tests.cli._call import Call

BICUBIC = ("--model", "bicubic", "--scale", 2)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(2):
        rough = torch.rand(3, 5, 5, generator=torch.Generator().manual_seed(seed))
        srkit.write(folder / f"p{seed}.png", srkit.ops.resize.imresize(rough, size=(32, 40)).clamp(0, 1))
    return folder


def test_the_command_prints_what_the_function_returns(call: Call, pictures: Path) -> None:
    answer = call("evaluate", *BICUBIC, "--dataset", pictures)
    assert answer.code == 0, answer.err
    table = srkit.evaluate(srkit.models.create("bicubic", scale=2), pictures)
    assert f"{table.mean.psnr:.2f}" in answer.out
    assert table.protocol in answer.out


def test_results_page_and_csv_are_written_and_named(call: Call, pictures: Path, tmp_path: Path) -> None:
    words = ("--out", tmp_path / "out", "--save-gt", "--csv", tmp_path / "all.csv", "--self-ensemble")
    answer = call("evaluate", *BICUBIC, "--dataset", pictures, "--dataset", pictures, *words)
    assert answer.code == 0, answer.err
    assert str(tmp_path / "out" / "results-pictures" / "index.html") in answer.out
    assert (tmp_path / "out" / "results-pictures" / "p0_x2_LR.png").is_file()
    assert (tmp_path / "out" / "results-pictures" / "p1_x2_SR.png").is_file()
    assert "p1_x2_SR.png was made before in just this way" in answer.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results-pictures"]
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == ["p0", "p1", "mean"] * 2
    assert {row["network"] for row in rows} == {"bicubic+"}


def test_a_pair_that_differs_in_transparency_alone_is_not_passed_off_as_identical(
    call: Call, pictures: Path, tmp_path: Path
) -> None:
    glass = torch.ones(1, 32, 40)
    srkit.write(pictures / "p1.png", srkit.ops.files.read(pictures / "p1.png"), alpha=glass)  # none shows through
    words = ("evaluate", *BICUBIC, "--dataset", pictures, "--out", tmp_path / "out")
    assert "transparent" not in call(*words).out
    glass[..., :3] = 0.5
    srkit.write(pictures / "p0.png", srkit.ops.files.read(pictures / "p0.png"), alpha=glass)
    for _ in ("measured", "kept"):
        assert (
            "1 image is transparent in places: metrics compare colours only, never the transparency."
            in call(*words).out
        )


def test_another_protocol_changes_the_number_and_the_label(call: Call, pictures: Path) -> None:
    answer = call("evaluate", *BICUBIC, "--dataset", pictures, "--protocol", "rgb border=5")
    assert "RGB of 8 bits, border 5" in answer.out


def test_the_command_measures_what_it_is_told_and_a_plugins_metric_too(
    call: Call, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "my.py").write_text(
        "import srkit\n@srkit.register_metric('my_error', higher_is_better=False)\n"
        "def my_error(sr, hr, *, protocol=None):\n    return (sr - hr).abs().mean()\n"
    )
    words = ("--plugin", tmp_path / "my.py", "--metrics", "ssim,my_error", "--csv", tmp_path / "all.csv")
    try:
        answer = call("evaluate", *BICUBIC, "--dataset", pictures, *words)
    finally:
        srkit.metrics.METRICS.unregister("my_error")
    assert answer.code == 0, answer.err
    assert "my_error ↓" in answer.out
    assert "PSNR" not in answer.out
    with (tmp_path / "all.csv").open() as file:
        assert float(next(iter(csv.DictReader(file)))["my_error"]) > 0


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("papers", srkit.Protocol(border=3)),
        ("rgb", srkit.Protocol(channel="rgb", border=3)),
        ("y, border=0", srkit.Protocol()),
        ("no-quantise round-y", srkit.Protocol(border=3, quantise=False, round_y=True)),
        ("grey-as-stored border=10", srkit.Protocol(border=10, grey_as_stored=True)),
    ],
)
def test_a_protocol_is_written_as_a_few_words(text: str, protocol: srkit.Protocol) -> None:
    assert parse_protocol(text, scale=3) == protocol


@pytest.mark.parametrize("text", ["luma", "border=", "border=²", "border=-1", "border", "rgb;"])
def test_a_word_no_protocol_has_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="does not know"):
        parse_protocol(text, scale=2)


def test_a_dataset_that_is_not_there_is_refused(call: Call, tmp_path: Path) -> None:
    answer = call("evaluate", *BICUBIC, "--dataset", "nosuchset")
    assert answer.code == 2
    assert "nosuchset" in answer.err
    answer = call("evaluate", *BICUBIC, "--dataset", "set5", "--root", tmp_path)
    assert answer.code == 2
    assert str(tmp_path) in answer.err


def test_a_picture_that_cannot_be_read_is_named_and_the_others_are_measured(
    call: Call, pictures: Path, tmp_path: Path
) -> None:
    words = ("evaluate", "--model", "bicubic", "--scale", 2, "--dataset", pictures)
    whole = call(*words)
    srkit.write(pictures / "cut.png", torch.rand(3, 64, 64))
    (pictures / "cut.png").write_bytes((pictures / "cut.png").read_bytes()[:2000])
    answer = call(*words, "--out", tmp_path / "out", "--csv", tmp_path / "all.csv")
    assert answer.code == 2
    assert "cut.png" in answer.err
    assert "could not be measured and are left out" in answer.out
    assert whole.out.split("mean")[1].split()[0] == answer.out.split("mean")[1].split()[0]
    assert "cut" not in (tmp_path / "all.csv").read_text()


def test_after_ctrl_c_the_same_call_measures_what_is_missing(
    call: Call, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("evaluate", *BICUBIC, "--dataset", pictures, "--out", tmp_path / "out")
    whole = call("evaluate", *BICUBIC, "--dataset", pictures)
    enlarge, seen = srkit.inference.upscale, []

    def interrupted(lr: torch.Tensor, **options: Any) -> Any:
        seen.append(lr)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return enlarge(lr, **options)

    planned = call(*words, "--dry-run")
    assert not (tmp_path / "out").exists()
    assert "to do" in planned.out
    assert "p0_x2_SR.png (40 x 32 pixels)" in planned.out
    monkeypatch.setattr("srkit.evaluation.run.upscale", interrupted)
    stopped = call(*words)
    assert (stopped.code, len(seen)) == (130, 2)
    assert "1 of 2 are done. The same call goes on" in stopped.err
    assert "p0 " in stopped.out
    assert call(*words, "--dry-run").out.splitlines()[0].startswith("kept")
    answer = call(*words)
    assert (answer.code, len(seen)) == (0, 3)
    assert whole.out.split("mean")[1].split()[:2] == answer.out.split("mean")[1].split()[:2]
    assert call(*words, "--overwrite").code == 0
    assert len(seen) == 5
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results-pictures"]


def test_an_image_that_cannot_be_measured_is_named_and_the_others_are(call: Call, pictures: Path) -> None:
    srkit.write(pictures / "a.png", torch.rand(3, 12, 12))  # less than SSIM's window is left inside the border
    answer = call("evaluate", *BICUBIC, "--dataset", pictures)
    assert answer.code == 2
    assert "a.png" in answer.err
    assert "p1" in answer.out


BRIGHTNESS = """
import srkit
@srkit.register_metric("brightness", title="Brightness", needs_reference=False, conditions="mean of all values")
def brightness(sr):
    return float(sr.mean())
"""


def test_a_folder_without_true_images_is_measured_by_what_needs_none(
    call: Call, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "my.py").write_text(BRIGHTNESS)
    words = ("--lr", pictures, "--plugin", tmp_path / "my.py", "--metrics", "brightness", "--save-gt")
    try:
        answer = call("evaluate", *BICUBIC, *words, "--save-results", tmp_path / "out", "--csv", tmp_path / "all.csv")
        refused = call("evaluate", *BICUBIC, "--lr", pictures, "--metrics", "ssim,brightness,psnr")
    finally:
        srkit.metrics.METRICS.unregister("brightness")
    assert answer.code == 0, answer.err
    large = [srkit.upscale(srkit.read(pictures / f"p{n}.png"), srkit.models.create("bicubic", scale=2)) for n in (0, 1)]
    means = [float(image.mean()) for image in large]
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == ["p0", "p1", "mean"]
    assert [float(row["brightness"]) for row in rows] == pytest.approx([*means, sum(means) / 2], abs=1e-5)
    assert {row["protocol"] for row in rows} == {"no true images"}
    assert f"{means[0]:.4f}" in answer.out
    page = (tmp_path / "out" / "results-pictures" / "index.html").read_text("utf-8")
    assert "Brightness" in page
    assert "difference from bicubic" in page.lower()
    assert "truth" not in page.lower()
    found = {path.name for path in (tmp_path / "out" / "results-pictures").glob("*.png")}
    assert found == {"p0_x2_SR.png", "p0_x2_LR.png", "p1_x2_SR.png", "p1_x2_LR.png"}
    assert refused.code == 2
    assert "ssim and psnr compare with true images, and these have none" in refused.err
    assert "niqe" in refused.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--lr FOLDER"),
        (("--dataset", "samples", "--lr", "."), "--lr FOLDER"),
        (("--lr", "nowhere", "--metrics", "niqe"), "missing"),
        (("--lr", ".", "--degrade", "blur(1) > down(2)"), "belong to --dataset"),
    ],
)
def test_what_cannot_be_measured_without_true_images_is_said(call: Call, words: tuple[str, ...], said: str) -> None:
    answer = call("evaluate", *BICUBIC, *words)
    assert answer.code == 2
    assert said in answer.err
