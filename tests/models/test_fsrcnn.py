"""FSRCNN against public code, and where its large image hears its small one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit.models._create import load_into
from srkit.ops.transposed import checkerboard, overlaps
from tests.models._outputs import double_input, same_outputs
from tests.models._published import golden, published_file


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_state_dict_of_the_widely_used_port_gives_the_pixels_of_its_code(scale: int, tmp_path: Path) -> None:
    record = golden(f"fsrcnn_scale{scale}")
    net = srkit.models.load(published_file(record, tmp_path), scale=scale)
    assert (net.name, net.arguments) == ("fsrcnn", {"channels": 56, "shrunk": 12, "depth": 4})
    with torch.no_grad():
        same_outputs(record, [net.double().enlarge_luma(double_input(record))])  # type: ignore[operator]


def test_the_weights_alone_are_what_the_paper_counts() -> None:
    for name, weights in (("fsrcnn", 12_464), ("fsrcnn_s", 3_937)):
        net = srkit.models.create(name, scale=3)
        assert sum(weight.numel() for weight in net.parameters() if weight.ndim == 4) == weights


def test_only_the_last_layer_depends_on_the_scale_so_that_x3_can_start_from_x2(tmp_path: Path) -> None:
    two, three = (srkit.models.create("fsrcnn", scale=scale) for scale in (2, 3))
    assert {key: value.shape for key, value in two.state_dict().items()} == {
        key: value.shape for key, value in three.state_dict().items()
    }
    srkit.models.save(two, tmp_path / "x2.safetensors")
    assert load_into(three, tmp_path / "x2.safetensors") == []
    assert two.draw.stride == (2, 2)  # type: ignore[union-attr]
    assert three.draw.stride == (3, 3)  # type: ignore[union-attr]


def test_stride_3_divides_the_kernel_of_9_and_draws_no_checkerboard_on_a_flat_image_where_2_and_4_do() -> None:
    for scale in (2, 3, 4):
        net = srkit.models.create("fsrcnn", scale=scale, tiny=True).double()
        torch.nn.init.constant_(net.draw.weight, 0.01)  # type: ignore[arg-type, union-attr]
        with torch.no_grad():
            luma = net.enlarge_luma(torch.full((1, 1, 24, 24), 0.4, dtype=torch.float64))  # type: ignore[operator]
        inside = luma[..., 8 * scale : -8 * scale, 8 * scale : -8 * scale]
        even = len(set(overlaps(9, scale))) == 1
        assert even == (scale == 3)
        assert (float(checkerboard(inside, scale)) < 1e-12) == even
