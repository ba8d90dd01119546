from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import srkit
from srkit.datasets._registry import DATASETS
from srkit.losses import LOSSES
from srkit.models._registry import MODELS
from tests.cli._call import Call

PLUGIN = """
import torch
from torch import nn
import srkit
from helper import FACTOR

CARD = srkit.models.Card(
    title="Mine", year=2026, citation="me", url="here", framework="post-upsampling", idea="one convolution",
    lesson="11", scales=(2,), parameters={2: 84 * 4}, parameters_source="counted",
)

@srkit.register_model("plugin_net", CARD)
class PluginNet(nn.Module):
    def __init__(self, *, scale):
        super().__init__()
        self.scale = scale
        self.body = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.PixelShuffle(2))
    def forward(self, lr):
        return self.body(lr) * FACTOR

@srkit.register_loss("PLUGIN_LOSS")
def plugin_loss(sr, hr):
    return (sr - hr).abs().mean()

@srkit.register_dataset("plugin_set")
def plugin_set(*, scale, root):
    return srkit.datasets.samples(scale=scale, split="train")
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "helper.py").write_text("FACTOR = 1.0\n")
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN)
    yield path
    for registry, name in ((MODELS, "plugin_net"), (DATASETS, "plugin_set"), (LOSSES, "plugin_loss")):
        if name in registry:
            registry.unregister(name)


def test_network_loss_and_dataset_of_a_file_train_by_name(call: Call, plugin: Path, tmp_path: Path) -> None:
    words = ("--model", "plugin_net", "--scale", 2, "--dataset", "plugin_set", "--loss", "0.5*PLUGIN_LOSS+0.1*TV")
    answer = call(
        "train", "--plugin", plugin, *words, "--steps", 2, "--batch", 2, "--patch-size", 32, "--out", tmp_path / "run"
    )
    assert answer.code == 0, answer.err
    assert "network plugin_net" in answer.err
    assert "dataset plugin_set" in answer.err
    assert "plugin_loss" in answer.err.lower()
    net = srkit.models.load(tmp_path / "run" / "last.safetensors")
    assert net.name == "plugin_net"


def test_the_same_file_twice_is_refused_by_the_registry(call: Call, plugin: Path) -> None:
    answer = call("models", "list", "plugin*", "--plugin", plugin, "--plugin", plugin)
    assert answer.code == 2
    assert "already registered" in answer.err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import torch\n\nx = undefined_name\n", "line 3: NameError: name 'undefined_name' is not defined"),
        ("def f(:\n    pass\n", "line 1: invalid syntax"),
        ("raise SystemExit(3)\n", "line 1: SystemExit: 3"),
        ("import no_such_module\n", "line 1: ModuleNotFoundError"),
        ("def f():\n    return 1 / 0\n\nf()\n", "line 2: ZeroDivisionError"),
        ("import srkit\n@srkit.register_model('x', 3)\nclass X: ...\n", "line 2: register_model('x'"),
    ],
)
def test_an_error_in_a_plugin_names_file_and_line(call: Call, tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    answer = call("models", "list", "--plugin", tmp_path / "bad.py")
    assert answer.code == 2
    assert "bad.py" in answer.err
    assert sentence in answer.err
    assert "Traceback" not in answer.err


def test_a_plugin_that_registers_nothing_is_told_how(call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("x = 1\n")
    answer = call("models", "list", "--plugin", tmp_path / "empty.py")
    assert answer.code == 0
    assert "registered nothing" in answer.err


def test_a_plugin_that_is_not_there_is_refused(call: Call, tmp_path: Path) -> None:
    answer = call("models", "list", "--plugin", tmp_path / "none.py")
    assert answer.code == 2
    assert "does not exist" in answer.err
    (tmp_path / "notes.txt").write_text("")
    assert "must end in .py" in call("models", "list", "--plugin", tmp_path / "notes.txt").err
