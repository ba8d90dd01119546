"""Everything that takes a picture refuses one in 0 to 255, and leaves room for the overshoot of a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import srkit
from srkit.degrade.blur import blur
from srkit.degrade.jpeg import jpeg
from srkit.degrade.noise import noise
from srkit.errors import BadInput
from srkit.losses import LOSSES
from srkit.methods._registry import METHODS
from srkit.metrics import METRICS, Naturalness, niqe
from srkit.ops.check import check_range

PICTURE = torch.rand(3, 200, 200, generator=torch.Generator().manual_seed(0)) * 0.9 + 0.05
NATURAL = Naturalness(torch.zeros(36).double(), torch.eye(36).double())
SMALL = PICTURE[:, :32, :32].contiguous()
NEEDS_WEIGHTS = ("Content", "VGG22", "VGG54", "dip_fkp", "ikc", "kernelgan_fkp", "stable_diffusion_x4")


def entries(tmp_path: Path) -> dict[str, Callable[[Tensor], Any]]:
    """What takes a picture, by name; each is called with a picture ``(3, 32, 32)`` or made of one."""
    net = srkit.models.create("bicubic", scale=2)
    found: dict[str, Callable[[Tensor], Any]] = {
        "upscale": lambda x: srkit.upscale(x, net),
        "upscale of a batch": lambda x: srkit.upscale(x[None], net),
        "write": lambda x: srkit.write(tmp_path / "a.png", x),
        "evaluate": lambda x: srkit.evaluate(net, [srkit.datasets.Pair("a", x[:, ::2, ::2], x)]),
        "explain": lambda x: srkit.metrics.explain(x, x, scale=2),
        "show": lambda x: srkit.widgets.show(x, alt="a picture"),
        "compare": lambda x: srkit.widgets.compare(a=x, truth=SMALL),
        "error_map": lambda x: srkit.widgets.error_map(x, SMALL),
        "gallery": lambda x: srkit.widgets.gallery({"a": {"ours": x, "truth": SMALL}}, scale=2),
        "degrade_lab": srkit.widgets.degrade_lab,
        "blur by hand": lambda x: blur(x[None], 1.0),
        "noise by hand": lambda x: noise(x[None], 10, rng=torch.Generator().manual_seed(0)),
        "jpeg by hand": lambda x: jpeg(x[None], 50),
    }
    for name in ("psnr", "ssim"):
        found[f"{name} of both"] = lambda x, name=name: METRICS.get(name)(x, x)
        found[f"{name} of the result"] = lambda x, name=name: METRICS.get(name)(x, SMALL)
        found[f"{name} of the truth"] = lambda x, name=name: METRICS.get(name)(SMALL, x)
    for name in LOSSES.names():
        if LOSSES.get(name).title not in NEEDS_WEIGHTS:
            found[f"the loss {name}"] = lambda x, name=name: srkit.losses.parse(f"1*{LOSSES.get(name).title}")(
                x[None], x[None]
            )
    for name in set(METHODS.names()).difference(NEEDS_WEIGHTS):
        found[f"the method {name}"] = lambda x, name=name: srkit.methods.create(name).restore(x, scale=2)
    for formula in ("blur(1.0)", "down(2)", "noise(10)", "jpeg(50)", "bsrgan(2)", "real_esrgan(2)"):
        rng = torch.Generator().manual_seed(0)
        found[formula] = lambda x, formula=formula, rng=rng: srkit.degrade.parse(formula)(x, rng=rng)
    return found


NAMES = sorted(entries(Path()))


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_in_another_range_is_refused_with_what_to_divide_by(name: str, tmp_path: Path) -> None:
    for whole in (255, 65535):
        with pytest.raises(BadInput, match=f"Is it a picture in 0 to {whole}"):
            entries(tmp_path)[name](SMALL * whole)


def test_niqe_refuses_it_too() -> None:
    with pytest.raises(BadInput, match="in 0 to 255"):
        niqe(PICTURE * 255, NATURAL)


def test_the_overshoot_of_a_network_is_accepted_everywhere(tmp_path: Path) -> None:
    over = SMALL.clone()
    over[0, 0, 0], over[1, 5, 5] = -0.9, 1.9
    for name, enter in entries(tmp_path).items():
        if not name.startswith("the method"):  # some take minutes
            enter(over)


def test_the_result_of_a_network_that_begins_to_learn_may_be_anything_for_a_loss() -> None:
    for name in ("L1", "MSE", "Charbonnier", "SSIM", "Cycle", "LowPass"):
        assert torch.isfinite(srkit.losses.parse(f"1*{name}")(SMALL[None] * 1000 - 300, SMALL[None]))


@pytest.mark.parametrize(
    ("factor", "shift", "words"),
    [(1023, 0, "in 0 to 1023"), (2.6, -1.5, "normalised or centred"), (1e6, -5e5, "has diverged")],
)
def test_the_message_guesses_where_the_range_comes_from(factor: float, shift: float, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        check_range(PICTURE * factor + shift, name="lr")
    assert str(caught.value).startswith("lr is a (3, 200, 200) tensor")
