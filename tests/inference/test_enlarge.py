from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import srkit
from srkit.errors import BadFile, BadInput
from srkit.inference import self_ensemble
from srkit.inference.bounded import affordable_tile, bytes_per_pixel, is_out_of_memory
from srkit.inference.mode import evaluating, scale_of
from srkit.models.count import living_at_once
from tests.inference._nets import Convolutional, Hungry, Pooling, noise, seeded

CPU_FULL = "[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: you tried to allocate"


def test_one_image_and_a_batch_come_back_as_they_went_in() -> None:
    net = seeded(Convolutional, scale=3)
    assert srkit.upscale(noise(3, 9, 11), net).shape == (3, 27, 33)
    assert srkit.upscale(noise(2, 3, 9, 11), net).shape == (2, 3, 27, 33)


def test_a_path_gives_the_same_as_the_tensor_in_the_file(tmp_path: Path) -> None:
    net, image = seeded(Convolutional), noise(3, 12, 10)
    srkit.write(tmp_path / "a.png", image)
    assert torch.equal(srkit.upscale(tmp_path / "a.png", net), srkit.upscale(srkit.read(tmp_path / "a.png"), net))


def test_the_result_is_clamped_to_an_image_and_can_be_trained_on() -> None:
    class Loud(nn.Module):
        scale = 1

        def forward(self, lr: torch.Tensor) -> torch.Tensor:
            return 5 * lr - 2

    sr = srkit.upscale(noise(3, 8, 8), Loud())
    assert sr.min() == 0
    assert sr.max() == 1
    weight = torch.ones(1, requires_grad=True)
    (sr * weight).sum().backward()  # an inference tensor would refuse
    assert weight.grad is not None


@pytest.mark.parametrize("tile", [None, "auto", 16])
def test_every_way_of_tiling_gives_the_same_picture(tile: int | str | None) -> None:
    net, lr = seeded(Convolutional), noise(3, 40, 33)
    with torch.inference_mode():
        expected = net(lr[None])[0].clamp(0, 1)
    torch.testing.assert_close(srkit.upscale(lr, net, tile=tile), expected, rtol=0, atol=1e-6)


def test_the_ensemble_of_tiles_is_the_ensemble_of_the_whole() -> None:
    net, lr = seeded(Convolutional), noise(3, 40, 33)
    with torch.inference_mode():
        expected = self_ensemble(net, lr[None])[0].clamp(0, 1)
    torch.testing.assert_close(srkit.upscale(lr, net, tile=16, ensemble=True), expected, rtol=0, atol=1e-6)


def test_every_module_gets_its_own_training_flag_back_even_after_an_error() -> None:
    net = seeded(Convolutional).train()
    frozen = next(module for module in net.modules() if isinstance(module, nn.BatchNorm2d)).eval()
    flags = [module.training for module in net.modules()]
    means = frozen.running_mean.clone()
    srkit.upscale(noise(3, 20, 20), net, tile=8)
    with pytest.raises(BadInput):
        srkit.upscale(noise(3, 4, 4), nn.Sequential(net, nn.Flatten()))
    assert [module.training for module in net.modules()] == flags
    assert torch.equal(frozen.running_mean, means)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(f"{CPU_FULL} 10 bytes."),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        MemoryError(),
        RuntimeError("MPS backend out of memory"),
    ],
    ids=["cpu", "cuda", "python", "mps"],
)
def test_tiles_shrink_until_they_fit_into_memory(error: BaseException) -> None:
    net, lr = Hungry(limit=900, error=error), noise(3, 70, 90)
    sr = srkit.upscale(lr, net)
    assert torch.equal(sr, lr.repeat_interleave(2, 1).repeat_interleave(2, 2))
    assert net.sizes[0] == (70, 90)
    assert max(h * w for h, w in net.sizes[-9:]) <= 900
    assert sum(h * w > 900 for h, w in net.sizes) <= 3  # halved each time, so few attempts are wasted


def test_memory_too_small_for_any_tile_is_an_error_that_says_what_to_do() -> None:
    net = Hungry(limit=0, error=RuntimeError(f"{CPU_FULL} 10 bytes."))
    with pytest.raises(BadInput, match="even with tiles of 16 x 16"):
        srkit.upscale(noise(3, 64, 64), net)


def test_an_error_that_is_not_about_memory_is_not_hidden() -> None:
    net = Hungry(limit=0, error=RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="mat1"):
        srkit.upscale(noise(3, 64, 64), net)
    assert len(net.sizes) == 1


def test_the_real_cpu_allocator_is_recognised() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert is_out_of_memory(caught.value)


def test_a_large_image_is_enlarged_in_tiles_unasked_and_in_the_same_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    net, lr = seeded(Convolutional), noise(3, 150, 130)
    whole, sizes = srkit.upscale(lr, net, tile=None), []
    net.register_forward_pre_hook(lambda module, inputs: sizes.append(inputs[0].shape[-2:].numel()))
    monkeypatch.setattr("srkit.inference.bounded._ENOUGH", bytes_per_pixel(net) * 64**2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # they are the same, so there is nothing to warn of
        torch.testing.assert_close(srkit.upscale(lr, net), whole, rtol=0, atol=1e-6)
    assert max(sizes[1:]) < 100**2


def test_tiles_that_cannot_equal_the_whole_image_say_so_unless_they_were_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, lr = seeded(Pooling), noise(3, 150, 130)
    monkeypatch.setattr("srkit.inference.bounded._ENOUGH", bytes_per_pixel(net) * 64**2)
    with pytest.warns(RuntimeWarning, match=r"Pooling looks at the whole image.*tile=None"):
        srkit.upscale(lr, net)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        srkit.upscale(lr, net, tile=64)
        srkit.upscale(lr, net, tile=None)


def test_a_result_that_fits_nowhere_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    class Giant(nn.Module):
        scale = 1 << 20

    with pytest.raises(BadInput, match="GB"):
        srkit.upscale(noise(3, 16, 16), Giant())


def test_a_short_memory_gives_a_tile_and_a_large_one_the_whole_image(monkeypatch: pytest.MonkeyPatch) -> None:
    net, lr = seeded(Convolutional), noise(1, 3, 400, 300)
    per_pixel = bytes_per_pixel(net)
    monkeypatch.setattr("srkit.inference.bounded.free_bytes", lambda device: 100 * 2**30)
    assert affordable_tile(net, lr, scale=2) is None
    room = 2 * per_pixel * 128**2 + lr.numel() * 4 * 4
    monkeypatch.setattr("srkit.inference.bounded.free_bytes", lambda device: int(room) + 1)
    assert affordable_tile(net, lr, scale=2) == 128
    monkeypatch.setattr("srkit.inference.bounded.free_bytes", lambda device: 10**15)
    capped = affordable_tile(net, torch.zeros(1).expand(1, 3, 20_000, 20_000), scale=2)
    assert capped is not None
    assert per_pixel * capped**2 <= 2**29 < per_pixel * (capped + 32) ** 2
    monkeypatch.setattr("srkit.inference.bounded.free_bytes", lambda device: 0)
    assert affordable_tile(net, lr, scale=2) == 32
    monkeypatch.setattr("srkit.inference.bounded.free_bytes", lambda device: None)
    assert affordable_tile(net, torch.zeros(1).expand(1, 3, 20_000, 20_000), scale=2) == capped


def test_wide_margins_make_a_tile_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    net, lr = seeded(Convolutional), torch.zeros(1).expand(1, 3, 2_000, 2_000)
    monkeypatch.setattr("srkit.inference.bounded._ENOUGH", bytes_per_pixel(net) * 257**2)
    assert affordable_tile(net, lr, scale=2) == 256
    assert affordable_tile(net, lr, scale=2, halo=100) == 128  # 128 + 2 * 100 is at most 257 * sqrt(1.7)


def test_the_estimate_counts_what_is_alive_at_once_by_hand() -> None:
    net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 3, 3, padding=1))
    assert bytes_per_pixel(net) == 1.5 * 4 * (3 + 16 + 3)
    wide = nn.Sequential(*net, nn.Conv2d(3, 32, 1), nn.Conv2d(32, 3, 1))  # the first 16 channels are gone by then
    assert bytes_per_pixel(wide) == 1.5 * 4 * (3 + 32 + 3)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (torch.zeros(3, 8, 8, dtype=torch.uint8), "float"),
        (torch.zeros(8, 8, 3), "channels"),
        (torch.full((3, 8, 8), torch.nan), "not finite"),
        (torch.zeros(3, 0, 8), "at least one pixel"),
        ([1, 2, 3], "tensor"),
    ],
)
def test_what_is_not_an_image_is_refused_in_words(image: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        srkit.upscale(image, seeded(Convolutional))  # type: ignore[arg-type]


def test_what_is_not_a_network_is_refused_with_the_line_that_makes_one() -> None:
    with pytest.raises(BadInput, match=r"srkit\.models\.create"):
        srkit.upscale(noise(3, 8, 8), "edsr")  # type: ignore[arg-type]


@pytest.mark.parametrize("tile", ["large", 4, 0])
def test_a_tile_that_cannot_be_is_refused(tile: object) -> None:
    with pytest.raises(BadInput, match="tile="):
        srkit.upscale(noise(3, 8, 8), seeded(Convolutional), tile=tile)  # type: ignore[arg-type]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"nothing\.png"):
        srkit.upscale(tmp_path / "nothing.png", seeded(Convolutional))


def test_the_scale_is_measured_where_a_network_does_not_say_it() -> None:
    net = nn.Sequential(nn.Conv2d(3, 27, 3, padding=1), nn.PixelShuffle(3))
    assert scale_of(net) == 3
    assert srkit.upscale(noise(3, 9, 8), net).shape == (3, 27, 24)


def test_a_network_in_half_precision_takes_a_float_image_and_gives_one() -> None:
    net, lr = seeded(Convolutional), noise(3, 16, 16)
    exact = srkit.upscale(lr, net)
    rough = srkit.upscale(lr, net.to(torch.bfloat16))
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, exact, rtol=0, atol=0.05)


def test_a_network_with_global_pooling_can_be_tiled_by_hand() -> None:
    net, lr = seeded(Pooling), noise(3, 60, 60)
    assert (srkit.upscale(lr, net, tile=24, halo=8) - srkit.upscale(lr, net)).abs().max() < 0.02


def test_evaluating_a_network_restores_grad_mode_and_mode() -> None:
    net = seeded(Convolutional).train()
    with evaluating(net):
        assert not net.training
        assert torch.is_inference_mode_enabled()
    assert net.training
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("ensemble", [True, "median"])
def test_the_answers_to_eight_views_are_part_of_what_a_tile_may_take(
    monkeypatch: pytest.MonkeyPatch, ensemble: Any
) -> None:
    net, lr = srkit.models.create("nearest", scale=4), noise(3, 192, 192)
    monkeypatch.setattr("srkit.inference.bounded._ENOUGH", 2**24)
    peak = living_at_once(lambda: srkit.upscale(lr, net, ensemble=ensemble))
    assert peak - lr.nbytes * 4**2 < 2**24
