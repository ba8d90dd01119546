"""CARN and CARN-M against the authors' code and weights, and what makes the one recursive and the other not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import srkit
from srkit.errors import BadFile, BadInput
from srkit.models._create import load_into
from tests._shared import shared
from tests.models._published import golden, golden_input, published_file, same_as_golden, seeded

RECORDED = {  # output mean, standard deviation and pixel [5, 7] of the authors' code with their weights
    2: (0.4955917, 0.3747544, (0.0130368, 0.9186941, 0.5784456)),
    3: (0.4958768, 0.3766817, (0.0592486, 0.1523605, 0.8966879)),
    4: (0.4957893, 0.3816460, (0.7881439, 0.7857670, 0.3269444)),
}


def test_a_published_file_for_one_scale_gives_the_pixels_of_the_authors_code(tmp_path: Path) -> None:
    record = golden("carn")
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("carn", 4)
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_a_published_file_for_all_scales_gives_the_pixels_of_the_scale_asked_for(tmp_path: Path) -> None:
    record = golden("carn_m")
    net = srkit.models.load(published_file(record, tmp_path), scale=3)
    assert (net.name, net.scale) == ("carn_m", 3)
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_a_file_for_all_scales_is_not_loaded_before_one_is_named(tmp_path: Path) -> None:
    path = published_file(golden("carn_m"), tmp_path)
    with pytest.raises(BadInput, match=r"more than one scale.*2, 3, 4"):
        srkit.models.load(path)
    assert [srkit.models.load(path, scale=scale).scale for scale in (2, 3, 4)] == [2, 3, 4]


def test_a_file_for_all_scales_fills_a_network_of_any_of_them(tmp_path: Path) -> None:
    record = golden("carn_m")
    net = srkit.models.create("carn_m", scale=3).eval()
    load_into(net, published_file(record, tmp_path))
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_a_file_for_all_scales_that_lacks_an_entry_is_refused(tmp_path: Path) -> None:
    record = golden("carn_m")
    del record["shapes"]["upsample.up3.body.0.bias"]
    with pytest.raises(BadFile, match=r"upsampler\.0\.bias is missing"):
        srkit.models.load(published_file(record, tmp_path), scale=3)


def test_the_counts_of_the_papers_hold_all_three_upsamplers() -> None:
    """1592K for CARN, biases included; 412K for CARN-M, weights alone, as the paper rounds them."""
    once = {scale: srkit.models.card("carn").parameters[scale] for scale in (2, 3, 4)}
    rest = once[2] - (9 * 64 * 256 + 256)
    assert sum(once.values()) - 2 * rest == 1_591_939
    once = {scale: srkit.models.card("carn_m").parameters[scale] for scale in (2, 3, 4)}
    rest = once[2] - (9 * 64 * 256 // 4 + 256)
    assert sum(once.values()) - 2 * rest == 414_787


def test_a_mobile_cascade_uses_one_block_three_times() -> None:
    net: Any = srkit.models.create("carn_m", scale=2, tiny=True)
    (block,) = net.cascades[0].blocks
    calls: list[int] = []
    block.register_forward_hook(lambda *_: calls.append(1))
    net(torch.rand(1, 3, 8, 8))
    assert len(calls) == 3
    assert [len(cascade.blocks) for cascade in srkit.models.create("carn", scale=2, tiny=True).cascades] == [3, 3, 3]  # type: ignore[union-attr]


def test_a_cascade_written_out_step_by_step_gives_the_same() -> None:
    block: Any = srkit.models.create("carn_m", scale=2, tiny=True).cascades[1]  # type: ignore[index]
    held, inside = block.state_dict(), torch.rand(2, 16, 9, 8)

    def recursion(x: Tensor) -> Tensor:
        y = x
        for name in ("conv1", "conv2"):
            y = F.conv2d(y, held[f"blocks.0.{name}.weight"], held[f"blocks.0.{name}.bias"], padding=1, groups=4).relu()
        return (x + F.conv2d(y, held["blocks.0.mix.weight"], held["blocks.0.mix.bias"])).relu()

    def fusion(i: int, *seen: Tensor) -> Tensor:
        return F.conv2d(torch.cat(seen, 1), held[f"fusions.{i}.weight"], held[f"fusions.{i}.bias"]).relu()

    with torch.no_grad():
        first = recursion(inside)
        second = recursion(fusion(0, inside, first))
        third = recursion(fusion(1, inside, first, second))
        torch.testing.assert_close(block(inside), fusion(2, inside, first, second, third), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("name", "scale"), [("pcarn", 4), ("pcarn_m", 3)])
def test_a_published_file_for_all_scales_gives_the_pixels_of_the_authors_code(
    name: str, scale: int, tmp_path: Path
) -> None:
    record = golden(name)
    net = srkit.models.load(published_file(record, tmp_path), scale=scale)
    assert (net.name, net.scale) == (name, scale)
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_a_silent_cascade_leaves_the_first_features_which_carn_would_lose() -> None:
    for name, last, kept in (("pcarn", "joins", True), ("carn", "fusions", False)):
        net: Any = srkit.models.create(name, scale=2, tiny=True).eval()
        for weight in getattr(net, last).parameters():
            torch.nn.init.zeros_(weight)
        with torch.no_grad():
            one, other = net(torch.rand(1, 3, 8, 8)), net(torch.rand(1, 3, 8, 8))
        assert torch.equal(one, other) is not kept


def test_its_fusions_may_be_negative_and_carns_may_not() -> None:
    for name, negative in (("pcarn", True), ("carn", False)):
        net: Any = srkit.models.create(name, scale=2, tiny=True)
        with torch.no_grad():
            fused = net.cascades[0](torch.rand(1, 16, 9, 9))
        assert bool((fused < 0).any()) is negative


def test_the_files_of_carn_and_of_pcarn_are_told_apart(tmp_path: Path) -> None:
    assert srkit.models.load(published_file(golden("carn_m"), tmp_path), scale=2).name == "carn_m"
    assert srkit.models.load(published_file(golden("pcarn_m"), tmp_path), scale=2).name == "pcarn_m"


@pytest.mark.parametrize("sizes", [{"groups": 4}, {"mobile": True, "groups": 4, "channels": 30}])
def test_groups_that_cannot_be_are_refused(sizes: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="Groups need mobile=True"):
        srkit.models.create("carn", scale=2, **sizes)


@pytest.mark.parametrize("scale", RECORDED)
def test_the_authors_weights_give_the_recorded_values(scale: int) -> None:
    net = srkit.models.load(shared("checkpoints/carn_m.pth"), scale=scale)
    mean, std, pixel = RECORDED[scale]
    with torch.no_grad():
        out = net(seeded(3))
    assert float(out.mean()) == pytest.approx(mean, abs=1e-5)
    assert float(out.std()) == pytest.approx(std, abs=1e-5)
    assert out[0, :, 5, 7].tolist() == pytest.approx(pixel, abs=1e-4)
