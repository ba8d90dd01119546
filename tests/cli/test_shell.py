"""What the library says reaches the user of a shell in the words of the shell."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
import torch

import srkit
from srkit.cli._group import cli
from srkit.cli._shell import in_shell
from tests.cli._call import Call
from tests.cli._fuzz import commands

VERBS = {" ".join(path): command for path, command in commands(cli)}


@pytest.mark.parametrize(
    ("verb", "said", "spelt"),
    [
        ("upscale", "say overwrite=True.", "say --overwrite."),
        ("upscale", "tile=None for all, tile=N cuts (tile=256)", "--tile none for all, --tile N cuts (--tile 256)"),
        ("upscale", "ensemble=True or engine='torch'", "--self-ensemble or --engine torch"),
        ("upscale", "A path works too: pretrained='w.pth'.", "A path works too: --weights w.pth."),
        ("upscale", "Make it with rgb_range=255.", "Make it with --set rgb_range=255."),
        ("upscale", "the setting weights=FOLDER", "--set weights=FOLDER"),
        ("upscale", "load(path, name='x', scale=2), or scale=2", "load(path, name='x', scale=2), or --scale 2"),
        ("kernel", "none (real=True), or (crop=28 or more)", "none (--set real=True), or (--set crop=28 or more)"),
        ("kernel", "--set 'crop' was given: write --set crop=28.", "--set 'crop' was given: write --set crop=28."),
        ("kernel", "--set 'rgb border=3' was given", "--set 'rgb border=3' was given"),
        ("evaluate", "the papers' scale=3, not 'rgb scale=2'", "the papers' --scale 3, not 'rgb scale=2'"),
        ("train", "with clip=1.0; guard=None ends it", "with --clip 1.0; --guard 0 ends it"),
        ("train", "supervision=False or augment=False", "--no-supervision or --no-augment"),
        ("train", "patch=96, learning_rate=1e-4", "--patch-size 96, --learning-rate 1e-4"),
        ("train", "say maker='blur_kernels(family=…)'", "say --maker 'blur_kernels(family=…)'"),
        ("train", "out=… or init=<weights>; in Python cache=None", "--out … or --init <weights>; in Python cache=None"),
        ("evaluate", "lr=FOLDER, or Content(layers=relu5_4)", "--lr FOLDER, or Content(layers=relu5_4)"),
        ("weak", "steps=(0, 0) trains nothing", "--phases (0, 0) trains nothing"),
        ("data list", "named with root= or in SRKIT_DATA=x", "named with --root or in SRKIT_DATA=x"),
        ("data list", "crop=28", "crop=28"),
        ("upscale", "/tmp/scale=2/x.png, 'tile=3', a==b", "/tmp/scale=2/x.png, 'tile=3', a==b"),
    ],
)  # fmt: skip
def test_keywords_become_the_options_of_the_verb_or_its_settings(verb: str, said: str, spelt: str) -> None:
    assert in_shell(said, VERBS[verb]) == spelt


def test_no_option_of_a_verb_is_named_as_a_keyword_by_what_is_said_about_a_picture(call: Call, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    srkit.write(photo, torch.rand(3, 30, 30))
    for words, sentence in (
        (("kernel", photo), "--set crop=28 or more"),
        (("kernel", photo, "--method", "ikc"), "--set net=FILE is the file"),
        (("upscale", photo, "--model", "nearest", "--scale", 2, "--tile", 3), "--tile 3 was given"),
    ):
        answer = call(*words)
        assert answer.code == 2
        assert sentence in answer.err


def test_a_file_that_exists_is_kept_until_overwrite_is_said_as_the_verb_spells_it(call: Call, tmp_path: Path) -> None:
    photo, there = (
        tmp_path / "photo.png",
        {end: tmp_path / f"there{end}" for end in (".svg", ".png", ".safetensors", ".onnx")},
    )
    srkit.write(photo, torch.rand(3, 9, 9))
    net = tmp_path / "net.safetensors"
    srkit.models.save(srkit.models.create("espcn", scale=2, tiny=True), net)
    for path in there.values():
        path.write_bytes(b"mine")
    for words in (
        ("models", "card", "espcn", "--diagram", there[".svg"]),
        ("upscale", photo, "--model", "nearest", "--scale", 2, "--out", there[".png"]),
        ("degrade", photo, "noise(3)", "--out", there[".png"]),
        ("zssr", photo, "--out", there[".png"]),
        ("mix", net, net, "--out", there[".safetensors"]),
        ("export", net, "--to", "onnx", "--out", there[".onnx"]),
    ):
        answer = call(*words)
        assert answer.code == 2, words
        assert "--overwrite" in answer.err, words
        assert "overwrite=" not in answer.err, words
    assert {path.read_bytes() for path in there.values()} == {b"mine"}


def test_every_verb_that_can_overwrite_has_the_option_under_that_name() -> None:
    spelt = {verb: in_shell("say overwrite=True.", command) for verb, command in VERBS.items()}
    names = {verb: [o.name for o in command.params if isinstance(o, click.Option)] for verb, command in VERBS.items()}
    assert {verb for verb, said in spelt.items() if said == "say --overwrite."} == {
        verb for verb, options in names.items() if "overwrite" in options
    }
