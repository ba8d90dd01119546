from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import srkit
from srkit.cli._training import OPTIONS, betas, scales
from srkit.degrade import gaussian_widths, save_pool
from srkit.errors import BadInput
from srkit.training import Config
from tests.cli._call import Call
from tests.training.test_source import made_by_a_maker

BEGIN = ("train", "--model", "a2001sr", "--scale", 2, "--dataset", "samples_train", "--batch", 2, "--patch-size", 32)


def test_the_defaults_of_the_options_are_those_of_the_library() -> None:
    config = Config(steps=1).as_dict()
    for name, option in OPTIONS.items():
        if name in ("steps", "no_augment", "no_supervision"):
            continue
        read = {"betas": betas, "scales": scales, "metrics": lambda text: text.split(",")}.get(name)
        given = option.default if read is None else list(read(str(option.default)))
        assert given == config[name], name
    assert set(config) - set(OPTIONS) == {"augment", "device", "max_skips", "supervision"}


def test_a_run_leaves_weights_history_and_settings(call: Call, tmp_path: Path) -> None:
    words = ("--steps", 3, "--loss", "1*L1+0.001*TV", "--learning-rate", "2e-4", "--ema", 0.9, "--no-augment")
    more = ("--guard", 0, "--betas", "0.8,0.99", "--save-models", "--save-every", 2)
    answer = call(*BEGIN, *words, *more, "--out", tmp_path / "r")
    assert answer.code == 0, answer.err
    settings = json.loads((tmp_path / "r" / "config.json").read_text())
    assert settings["learning_rate"] == 2e-4
    assert settings["augment"] is False
    assert settings["guard"] is None
    assert settings["betas"] == [0.8, 0.99]
    with (tmp_path / "r" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert "TV" in rows[0]
    assert (tmp_path / "r" / "last.safetensors").is_file()
    assert (tmp_path / "r" / "model_2.safetensors").is_file()


@pytest.mark.parametrize("name", [name for name in made_by_a_maker() if name != "kmsr"])  # see below
def test_a_network_that_is_told_more_than_the_image_is_trained_and_resumed_by_its_name(
    call: Call, tmp_path: Path, name: str
) -> None:
    (tmp_path / "small").mkdir()
    srkit.write(tmp_path / "small" / "one.png", torch.rand(3, 64, 64))
    begin = ("train", "--model", name, "--tiny", *BEGIN[3:], "--steps", 1, "--out", tmp_path / "run")
    begun = call(*begin, "--valid", tmp_path / "small", "--save-results")
    assert begun.code == 0, begun.err
    (page,) = (tmp_path / "run").glob("results-*/index.html")
    assert f"Page: {page}" in begun.out
    with (tmp_path / "run" / "history.csv").open() as file:
        (row,) = csv.DictReader(file)
    with (page.parent / "metrics.csv").open() as file:
        measured = next(csv.DictReader(file))
    assert float(row["valid_psnr"]) == pytest.approx(float(measured["psnr"]), abs=2e-3)
    assert json.loads((tmp_path / "run" / "config.json").read_text())["maker"] == srkit.models.card(name).trained_on
    assert "2 of 2" in call("train", "--resume", tmp_path / "run", "--steps", 2).out


def test_kmsr_is_trained_on_a_pool_and_says_so_without_one(call: Call, tmp_path: Path) -> None:
    pool = save_pool(tmp_path / "pool", torch.stack([gaussian_widths(7, 1.0)]))
    begin = ("train", "--model", "kmsr", "--tiny", *BEGIN[3:], "--steps", 1, "--out", tmp_path / "run")
    answer = call(*begin)
    assert answer.code == 2
    assert "--maker" in answer.err
    assert call(*begin, "--maker", f'kernel_pool("{pool}")').code == 0


def test_what_belongs_to_a_new_run_is_not_dropped_on_resuming(call: Call, tmp_path: Path) -> None:
    assert call(*BEGIN, "--steps", 1, "--out", tmp_path / "run").code == 0
    for words in (("--loss", "1*MSE"), ("--degrade", "blur(1) > down(2)"), ("--adversarial", "1*CE"), ("--tiny",)):
        answer = call("train", "--resume", tmp_path / "run", "--steps", 2, *words)
        assert answer.code == 2
        assert f"leave out {words[0]}" in answer.err


def test_a_resumed_run_ends_where_an_unbroken_one_does(call: Call, tmp_path: Path) -> None:
    assert call(*BEGIN, "--steps", 4, "--out", tmp_path / "whole").code == 0
    assert call(*BEGIN, "--steps", 2, "--out", tmp_path / "parts").code == 0
    answer = call("train", "--resume", tmp_path / "parts", "--steps", 4)
    assert answer.code == 0, answer.err
    whole, parts = (load_file(tmp_path / run / "last.safetensors") for run in ("whole", "parts"))
    assert all(torch.equal(whole[key], parts[key]) for key in whole)


def test_fine_tuning_begins_with_the_weights_it_is_given(call: Call, tmp_path: Path) -> None:
    call(*BEGIN, "--steps", 1, "--out", tmp_path / "first")
    words = ("--steps", 1, "--learning-rate", "1e-12", "--seed", 5, "--out", tmp_path / "second")
    assert call(*BEGIN, "--init", tmp_path / "first", *words).code == 0
    first, second = (load_file(tmp_path / run / "last.safetensors") for run in ("first", "second"))
    assert all(torch.allclose(first[key], second[key], atol=1e-9) for key in first)


def test_an_epoch_is_a_thousand_steps(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def refuse(*_: object, **settings: object) -> None:
        seen.update(settings)
        raise BadInput("seen enough")

    monkeypatch.setattr("srkit.training.train", refuse)
    call(*BEGIN, "--epochs", 3, "--out", tmp_path / "r")
    assert seen["steps"] == 3000


def test_results_of_the_validation_set_are_written_at_the_end(call: Call, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    srkit.write(tmp_path / "small" / "one.png", torch.rand(3, 32, 32))
    words = ("--valid", tmp_path / "small", "--save-results", "--out", tmp_path / "r")
    answer = call(*BEGIN, "--steps", 1, *words)
    assert answer.code == 0, answer.err
    assert (tmp_path / "r" / "results-small" / "index.html").is_file()
    answer = call("train", "--resume", tmp_path / "r", "--steps", 2, "--save-results")
    assert answer.code == 0, answer.err
    assert (tmp_path / "r" / "results-small.1").is_dir()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "--steps", 3), "add --model"),
        (BEGIN, "add --steps"),
        ((*BEGIN, "--steps", 3, "--epochs", 1), "twice"),
        ((*BEGIN, "--steps", 3, "--loss", "1*L3"), "L3"),
        ((*BEGIN, "--steps", 3, "--betas", "0.9"), "--betas 0.9,0.999"),
        ((*BEGIN, "--steps", 3, "--schedule", "sometimes"), "sometimes"),
        ((*BEGIN, "--steps", 3, "--save-results"), "--valid was not given"),
        ((*BEGIN, "--steps", 3, "--patch-size", 31), "31"),
        ((*BEGIN, "--steps", 3, "--patch-size", 4000), "4000"),
        ((*BEGIN, "--steps", 3, "--init", "nowhere.pt"), "nowhere.pt"),
        (("train", "--resume", "nowhere"), "nowhere"),
        (("train", "--resume", "nowhere", "--model", "edsr"), "leave out --model"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_sentence(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call(*words)
    assert answer.code == 2
    assert sentence in answer.err
    assert "Traceback" not in answer.err


def test_scales_are_numbers_between_commas() -> None:
    assert scales("2, 3,4") == (2, 3, 4)
    assert scales("") == ()
    with pytest.raises(BadInput, match="--scales 2,3,4"):
        scales("2;3")


def test_two_numbers_are_needed_for_betas() -> None:
    assert betas("(0.9, 0.99)") == (0.9, 0.99)
    with pytest.raises(BadInput):
        betas("a,b")


def test_ctrl_c_keeps_the_run_and_leaves_with_130(tmp_path: Path) -> None:
    options = ["--steps", "1000000", "--save-every", "2", "--out", str(tmp_path / "r")]
    line = [sys.executable, "-m", "srkit", *map(str, BEGIN), *options]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        while not (tmp_path / "r" / "checkpoint.pt").exists() and process.poll() is None:  # it makes steps by then
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "ended early" in out
    assert (tmp_path / "r" / "checkpoint.pt").is_file()


def test_a_run_against_a_discriminator_shows_both_sides_and_is_resumed(call: Call, tmp_path: Path) -> None:
    words = ("--loss", "1*L1", "--adversarial", "0.01*LS", "--discriminator", "patch", "--gan-k", 2)
    answer = call(*BEGIN, "--steps", 1, *words, "--out", tmp_path / "r")
    assert answer.code == 0, answer.err
    then = json.loads((tmp_path / "r" / "config.json").read_text())["adversarial"]
    assert (then["game"], then["weight"], then["discriminator"], then["updates"]) == ("LS", 0.01, "patch", 2)
    assert call("train", "--resume", tmp_path / "r", "--steps", 2).code == 0
    with (tmp_path / "r" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert all(row["LS"] and row["discriminator of real"] and row["discriminator of made"] for row in rows)
