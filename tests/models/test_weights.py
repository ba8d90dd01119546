"""The weights that ship: each has its recipe, its history and its numbers, and the numbers are true."""

import json

import pytest

import srkit
from srkit.evaluation import mismatch
from srkit.models._create import shipped, weights_home
from tests._shared import shared
from tools import weights


def test_every_shipped_file_has_a_recipe_a_history_and_measured_numbers() -> None:
    home = weights_home()
    assert shipped() == weights.names()
    for name in shipped():
        assert (home / f"{name}.csv").read_text().startswith("step,")
        assert set(json.loads((home / f"{name}.json").read_text())["measured"]) == set(weights.SETS)


def test_each_file_has_at_most_three_megabytes_and_all_have_25_together() -> None:
    sizes = [path.stat().st_size for path in weights_home().glob("*.safetensors")]
    assert max(sizes) <= 3e6
    assert sum(sizes) <= 25e6


def _shop(name: str) -> str:
    """Return what ``pretrained`` has to say for this file."""
    recipe = weights.recipe_of(name)
    return "srkit" + name.removeprefix(f"{recipe['model']}_x{recipe['scale']}").replace("_", ":")


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_file_loads_by_name_and_says_what_it_is(name: str) -> None:
    recipe = weights.recipe_of(name)
    net = srkit.models.create(recipe["model"], scale=recipe["scale"], pretrained=_shop(name))
    assert (net.name, net.scale) == (recipe["model"], recipe["scale"])
    assert srkit.models.load(weights.weights_of(name)).name == recipe["model"]


def test_every_model_of_a_recipe_has_weights_that_are_found_by_its_name() -> None:
    for name in shipped():
        recipe = weights.recipe_of(name)
        assert srkit.models.create(recipe["model"], scale=recipe["scale"], pretrained="srkit").name == recipe["model"]


@pytest.mark.shared
@pytest.mark.slow
def test_being_told_the_blur_is_worth_two_decibels_and_the_truth_is_the_best_thing_to_be_told() -> None:
    """Two images of Set5, the blurs of the table; the twin has the same size, seed and steps and saw no blur."""
    pairs = [
        pair for pair in srkit.datasets.load(shared("benchmarks/Set5"), scale=2) if pair.name in ("bird", "butterfly")
    ]
    basis, widths = srkit.degrade.srmd_basis(), (0.9, 1.3, 1.7)
    told, twin = (
        srkit.models.create("srmd_small", scale=2, pretrained=weights.weights_of(name))
        for name in ("srmd_small_x2", "srmd_small_x2_bicubic")
    )
    found = mismatch(told, pairs, basis=basis, widths_lr=widths)
    other = mismatch(twin, pairs, basis=basis, widths_lr=widths, widths_sr=(weights.NO_BLUR,))
    assert found.best == widths
    assert float((found.psnr.diagonal() - other.psnr[:, 0]).min()) > 2
