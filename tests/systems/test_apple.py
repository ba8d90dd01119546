"""What runs on a GPU runs on one without float64, as Apple's are: see ``tests/_apple.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from srkit import degrade, discriminators, losses, metrics, models
from srkit.degrade._registry import DEGRADATIONS
from srkit.discriminators import DISCRIMINATORS
from srkit.errors import SrkitError
from srkit.evaluation.regions import error_levels, worst_box
from srkit.losses import LOSSES
from srkit.models._points import Candidate
from srkit.ops import color
from srkit.ops import device as module
from tests._apple import DEVICE, OnDevice, apple
from tests.methods._shelf import SHELF, small

HR = torch.rand(2, 3, 48, 64, generator=torch.Generator().manual_seed(0))
SR = (HR + 0.1 * torch.rand(2, 3, 48, 64, generator=torch.Generator().manual_seed(1))).clamp(0, 1)


@pytest.fixture(autouse=True)
def without_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WITHOUT_FLOAT64", frozenset({DEVICE}))


def held(found: Any) -> Any:
    return found.held if isinstance(found, OnDevice) else found


def agree(found: Any, wanted: Any) -> bool:
    return bool(torch.allclose(torch.as_tensor(held(found)), torch.as_tensor(wanted), atol=1e-4))


def test_the_device_refuses_float64_and_tensors_of_the_cpu() -> None:
    with apple():
        x = HR.to(DEVICE)
        assert isinstance(x + 1, OnDevice)
        for wrong in (
            x.double,
            lambda: torch.zeros(3, device=DEVICE, dtype=torch.float64),
            lambda: x.to("cpu", torch.float64),
        ):
            with pytest.raises(TypeError, match="float64"):
                wrong()
        with pytest.raises(RuntimeError, match="on mps and on the cpu"):
            x + HR
        assert x.cpu().double().dtype == torch.float64


@torch.no_grad()
def test_every_network_enlarges_there() -> None:
    wrong = {}
    for name in models.names():
        candidate = Candidate(name, models.card(name).scales[0])
        net, lr = candidate.net().eval(), candidate.lr()
        wanted = candidate.run(net, lr)
        try:
            with apple():
                found = candidate.run(net.to(DEVICE), lr.to(DEVICE))
            assert agree(found, wanted)
            assert isinstance(found, OnDevice)
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {error}"
    assert not wrong


def test_every_degradation_works_there() -> None:
    wrong = {}
    for name in DEGRADATIONS:
        entry = DEGRADATIONS.get(name)
        needed = [one for one, option in entry.options().items() if option.default is option.empty]
        if "path" in needed:
            continue  # a kernel of a file, applied as the others are
        chain = degrade.parse(f"{entry.title}({', '.join('2' for _ in needed)})" if needed else entry.title)
        rng = torch.Generator()
        wanted = chain(HR[:1], rng=rng.manual_seed(0))
        try:
            with apple():
                found = chain(HR[:1].to(DEVICE), rng=rng.manual_seed(0))
            assert isinstance(found, OnDevice)
            assert agree(found, wanted)
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {error}"
    assert not wrong


def test_every_loss_works_there_and_trains() -> None:
    wrong, tried = {}, 0
    for name in LOSSES:
        try:
            loss = losses.parse(LOSSES.get(name).title)
        except SrkitError:
            continue  # it wants weights of a file
        tried += 1
        wanted = loss(SR, HR).detach()
        try:
            with apple():
                found = loss.to(DEVICE)(SR.to(DEVICE), HR.to(DEVICE))
            assert isinstance(found, OnDevice)
            assert agree(found, wanted)
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {error}"
    assert not wrong
    assert tried > 6


MEASURES = {
    "psnr": lambda a, b: metrics.psnr(a, b),
    "ssim": lambda a, b: metrics.ssim(a, b),
    "psnr of RGB": lambda a, b: metrics.psnr(a, b, protocol=srkit.Protocol(channel="rgb", quantise=False)),
    "pq_psnr": lambda a, b: metrics.pq_psnr(1000 * a, 1000 * b),
    "multi_exposure_psnr": lambda a, b: metrics.multi_exposure_psnr(100 * a, 100 * b),
    "delta_e_itp": lambda a, b: metrics.delta_e_itp(1000 * a, 1000 * b),
    "error_levels": lambda a, b: error_levels(a[0], b[0]),
    "worst_box": lambda a, b: worst_box((a - b)[0, 0], side=8).top,
    "imresize": lambda a, b: srkit.ops.resize.imresize(a, 1 / 3),
    "imresize of levels": lambda a, b: srkit.ops.resize.imresize(srkit.ops.pixels.to_uint8(a), 1 / 3),
    "luma": lambda a, b: color.rgb_to_y(a),
    "luma of levels": lambda a, b: color.rgb_to_y(srkit.ops.pixels.to_uint8(a)),
    "ycbcr of levels": lambda a, b: color.ycbcr_to_rgb(color.rgb_to_ycbcr(srkit.ops.pixels.to_uint8(a))),
    "aligned kernel": lambda a, b: degrade.align(a[0, 0, :15, :15] / a[0, 0, :15, :15].sum(), 2),
}


@pytest.mark.parametrize("name", MEASURES)
def test_measures_and_functions_on_images_give_what_they_give_on_the_cpu(name: str) -> None:
    wanted = MEASURES[name](SR, HR)
    with apple():
        found = MEASURES[name](SR.to(DEVICE), HR.to(DEVICE))
    assert agree(found, wanted)


@torch.no_grad()
@pytest.mark.parametrize("name", list(DISCRIMINATORS))
def test_every_discriminator_judges_there(name: str) -> None:
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    net = discriminators.create(name, size=64).eval()
    wanted = net(x)
    with apple():
        assert agree(net.to(DEVICE)(x.to(DEVICE)), wanted)


@pytest.mark.parametrize(("suffix", "depth"), [(".png", 8), (".png", 16), (".tif", 16), (".jpg", 8), (".webp", 8)])
def test_pictures_on_the_device_are_written_like_those_of_the_cpu(tmp_path: Path, suffix: str, depth: Any) -> None:
    srkit.write(tmp_path / f"cpu{suffix}", HR[0], depth=depth)
    with apple():
        srkit.write(tmp_path / f"mps{suffix}", HR[0].to(DEVICE), depth=depth)
    assert (tmp_path / f"mps{suffix}").read_bytes() == (tmp_path / f"cpu{suffix}").read_bytes()


@pytest.mark.parametrize("name", SHELF)
def test_every_method_works_there(name: str) -> None:
    lr = HR[0, :, :40, :40].contiguous()
    wanted = small(name).restore(lr, scale=2, progress=lambda done, total: done == 2)
    with apple():
        found = small(name).restore(lr.to(DEVICE), scale=2, progress=lambda done, total: done == 2)
    assert isinstance(found.image, OnDevice)
    assert agree(found.image, wanted.image)
    assert found.kernel is None or agree(found.kernel, wanted.kernel)


def test_networks_are_mixed_there() -> None:
    first, second = (Candidate("a2001sr", 2).net(seed=seed) for seed in (0, 1))
    wanted = srkit.mix(first, second, 0.3).state_dict()
    with apple():
        found = srkit.mix(first.to(DEVICE), second.to(DEVICE), 0.3).state_dict()
    assert all(agree(found[name], value) for name, value in wanted.items())
