"""BSRNet and BSRGAN: the chain on the fly, both phases end to end, and the names of the published files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from srkit.datasets.degraded import Chained
from srkit.papers import bsrgan_recipe, bsrnet_recipe
from srkit.training import AdversarialTerm, train

PUBLISHED = {"head": "conv_first", "body_end": "trunk_conv", "steps.0": "upconv1", "steps.1": "upconv2"}
PUBLISHED |= {"high": "HRconv", "tail": "conv_last"}


def theirs(name: str) -> str:
    """Return what cszn/BSRGAN's network_rrdbnet.py calls one of our weights."""
    stem, kind = name.rsplit(".", 1)
    if stem in PUBLISHED:
        return f"{PUBLISHED[stem]}.{kind}"
    _, block, _, dense, _, layer = stem.split(".")
    return f"RRDB_trunk.{block}.RDB{int(dense) + 1}.conv{int(layer) + 1}.{kind}"


def test_a_file_with_the_names_of_bsrnet_is_recognised_and_loads(tmp_path: Path) -> None:
    net = srkit.models.create("esrgan", scale=4, tiny=True).eval()
    torch.save({theirs(name): weight for name, weight in net.state_dict().items()}, tmp_path / "BSRNet.pth")
    found = srkit.models.load(tmp_path / "BSRNet.pth")
    assert (found.name, found.scale) == ("esrgan", 4)
    lr = torch.rand(1, 3, 9, 10)
    with torch.no_grad():
        assert torch.equal(found(lr), net(lr))


def test_both_phases_are_trained_on_the_chain_one_from_the_other(tmp_path: Path) -> None:
    small: dict[str, Any] = {"patch": 32, "batch": 1, "progress": False, "steps": 2}
    data = srkit.datasets.samples(scale=4)[:2]
    net = srkit.models.create("esrgan", scale=4, tiny=True)
    first = train(net, data, out=tmp_path / "bsrnet", **{**bsrnet_recipe(), **small})
    assert first.history["L1"][0] > 0
    judge = AdversarialTerm(game="LS", weight=1.0, discriminator="unet", channels=4)
    recipe = {**bsrgan_recipe(weights="untrained"), **small, "adversarial": judge}
    recipe["loss"] = "1*L1"  # VGG-19 on every step takes seconds
    again = srkit.models.create("esrgan", scale=4, tiny=True)
    second = train(again, data, init=tmp_path / "bsrnet", **recipe)
    assert {"L1", "LS", "discriminator"} <= set(second.history.columns)


def test_the_recipes_are_those_of_the_option_files() -> None:
    net, gan = bsrnet_recipe(), bsrgan_recipe(weights="untrained")
    assert (net["degrade"], net["patch"], net["ema"], net["learning_rate"]) == ("bsrgan(4)", 4 * 72, 0.999, 1e-4)
    assert (gan["learning_rate"], gan["adversarial"].game, gan["adversarial"].weight) == (5e-5, "LS", 1.0)
    loss = srkit.losses.parse(gan["loss"])
    assert loss.names == ("L1", "Content")


@pytest.mark.parametrize("seed", [0, 1])
def test_the_chain_gives_another_image_at_every_step(seed: int) -> None:
    maker = Chained(bsrnet_recipe()["degrade"])
    batches = srkit.datasets.Made.of(srkit.datasets.samples(scale=4), maker, patch=32, batch=2, seed=seed)
    first, again, later = batches.batch(0), batches.batch(0), batches.batch(1)
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], later[0])
    assert float(first[0].min()) >= 0
    assert float(first[0].max()) <= 1
