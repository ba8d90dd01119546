"""Everything that takes a picture refuses one in 0 to 255 or [-1, 1] and what is no float, and accepts overshoot."""

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
from srkit.discriminators import DISCRIMINATORS
from srkit.errors import BadInput
from srkit.losses import LOSSES
from srkit.methods._registry import METHODS
from srkit.metrics import METRICS, Naturalness, delta_e_itp, multi_exposure_psnr, niqe, pq_psnr
from srkit.ops.check import check_range

PICTURE = torch.rand(3, 200, 200, generator=torch.Generator().manual_seed(0)) * 0.9 + 0.05
NATURAL = Naturalness(torch.zeros(36).double(), torch.eye(36).double())
SMALL = PICTURE[:, :32, :32].contiguous()
NEEDS_WEIGHTS = ("Content", "VGG22", "VGG54", "dip_fkp", "ikc", "kernelgan_fkp", "lpips", "niqe", "stable_diffusion_x4")


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
    for name in set(METRICS.names()).difference(NEEDS_WEIGHTS):
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


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_in_minus_one_to_one_and_what_is_no_float_are_refused(name: str, tmp_path: Path) -> None:
    enter = entries(tmp_path)[name]
    with pytest.raises(BadInput, match=r"hand in \(\w+ \+ 1\) / 2"):
        enter(SMALL * 2 - 1)
    shown = name in ("show", "compare", "error_map")  # what is only looked at is converted: bytes and masks
    for kind in (torch.int64, torch.complex64, *(() if shown else (torch.uint8, torch.bool))):
        with pytest.raises(BadInput, match=rf"{kind}|floating-point"):
            enter((SMALL * 255).to(kind))


def test_no_photograph_in_minus_one_to_one_passes_and_strong_noise_does() -> None:
    rng = torch.Generator().manual_seed(0)
    for pair in (*srkit.datasets.samples(scale=2), *srkit.datasets.load("samples_train", scale=2)):
        with pytest.raises(BadInput, match=r"\(image \+ 1\) / 2"):
            check_range(pair.hr * 2 - 1)
        check_range(pair.lr + torch.randn(pair.lr.shape, generator=rng) * 75 / 255)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("the loss")])
def test_nan_and_infinity_are_refused_or_shown(name: str, tmp_path: Path) -> None:
    """A loss gives a number that is not finite, so that training skips the batch."""
    for value in (float("nan"), float("inf")):
        broken = SMALL.clone()
        broken[1, 2, 2] = value
        if name in ("show", "compare", "error_map"):
            assert entries(tmp_path)[name](broken)
        else:
            with pytest.raises(BadInput, match="1 of its values not finite"):
                entries(tmp_path)[name](broken)


def test_niqe_and_metrics_of_others_refuse_it_too() -> None:
    with pytest.raises(BadInput, match="in 0 to 255"):
        niqe(PICTURE * 255, NATURAL)
    for name in ("lpips", "niqe"):  # whose weights are not here: the images are checked before
        with pytest.raises(BadInput, match="in 0 to 255"):
            METRICS.get(name)(PICTURE * 255, PICTURE)
    srkit.register_metric("always_one")(lambda sr, hr, *, protocol=None: 1)
    try:
        with pytest.raises(BadInput, match="in 0 to 255"):
            METRICS.get("always_one")(SMALL, SMALL * 255)
    finally:
        METRICS.unregister("always_one")


@pytest.mark.parametrize("metric", [pq_psnr, multi_exposure_psnr, delta_e_itp])
def test_metrics_of_light_take_finite_floats_of_any_range(metric: Callable[..., Tensor]) -> None:
    assert torch.isfinite(metric(SMALL * 4000, SMALL * 3000)).all()
    for wrong in ((SMALL * 255).to(torch.uint8), SMALL / 0):
        with pytest.raises(BadInput, match=r"uint8|finite"):
            metric(SMALL, wrong)


@pytest.mark.parametrize("name", DISCRIMINATORS.names())
def test_a_discriminator_refuses_what_is_no_batch_of_floats(name: str) -> None:
    net = srkit.discriminators.create(name, size=128)
    for wrong, words in (((SMALL[None] * 255).to(torch.uint8), "from_uint8"), (SMALL, r"\(b, 3, h, w\)")):
        with pytest.raises(BadInput, match=words):
            net(wrong)


def test_the_overshoot_of_a_network_is_accepted_everywhere(tmp_path: Path) -> None:
    over = SMALL * 1.3 - 0.15  # a whole picture of too much contrast
    over[0, 0, 0], over[1, 5, 5] = -0.9, 1.9
    for name, enter in entries(tmp_path).items():
        if not name.startswith("the method"):  # some take minutes
            enter(over)


def test_the_result_of_a_network_that_begins_to_learn_may_be_anything_for_a_loss() -> None:
    for name in ("L1", "MSE", "Charbonnier", "SSIM", "Cycle", "LowPass"):
        assert torch.isfinite(srkit.losses.parse(f"1*{name}")(SMALL[None] * 1000 - 300, SMALL[None]))


@pytest.mark.parametrize(
    ("factor", "shift", "words"),
    [
        (1023, 0, "in 0 to 1023"),
        (2, -1, r"\(lr \+ 1\) / 2"),
        (0.5, -0.5, r"lr \+ 0.5"),
        (2.6, -1.5, "normalised or centred"),
        (1e6, -5e5, "has diverged"),
    ],
)
def test_the_message_guesses_where_the_range_comes_from(factor: float, shift: float, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        check_range(PICTURE * factor + shift, name="lr")
    assert str(caught.value).startswith("lr is a (3, 200, 200) tensor")
