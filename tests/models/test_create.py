"""Building networks by name, and what happens to wrong names, scales, arguments and images."""

from __future__ import annotations

import contextlib
import copy
import pickle
import warnings
from typing import Any

import pytest
import torch
from torch import nn

import srkit
from srkit.errors import BadInput, DuplicateName, SrkitError, UnknownName
from srkit.models import card, create, names, register_model
from srkit.models._build import arguments_of
from srkit.models._registry import MODELS


def test_the_defaults_are_the_papers_and_tiny_is_small() -> None:
    with torch.device("meta"):
        net = create("rcan", scale=4)
    assert len(net.body) == 10  # type: ignore[arg-type]
    small = create("rcan", scale=4, tiny=True)
    assert sum(p.numel() for p in small.parameters()) < 100_000
    assert (small.name, small.scale, small.arguments) == ("rcan", 4, dict(card("rcan").tiny))


def test_names_ignore_case_and_take_patterns() -> None:
    assert create("EDSR-Baseline", scale=2, tiny=True).name == "edsr_baseline"
    assert {"rcan", "srcnn"} <= set(names("*rc*"))
    assert all("rc" in name for name in names("*rc*"))


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'edsr'"):
        create("edrs", scale=2)


@pytest.mark.parametrize(("name", "scale"), [("a2001sr", 4), ("rcan", 5), ("espcn", 0), ("srcnn", 8)])
def test_a_scale_the_card_does_not_have_is_refused_with_networks_that_have_it(name: str, scale: int) -> None:
    with pytest.raises(BadInput, match=f"Networks for x{scale}"):
        create(name, scale=scale)


@pytest.mark.parametrize("scale", [2.0, "2", True, None])
def test_a_scale_that_is_not_a_whole_number_is_refused(scale: object) -> None:
    with pytest.raises(BadInput, match="whole number"):
        create("rcan", scale=scale)  # type: ignore[arg-type]


def test_a2001sr_made_without_the_registry_refuses_other_scales_too() -> None:
    with pytest.raises(BadInput, match="enlarges by 2"):
        MODELS.get("a2001sr").factory(scale=3)


def test_a_misspelt_argument_is_refused_with_the_right_one() -> None:
    with pytest.raises(BadInput, match="Did you mean 'n_blocks'"):
        create("edsr", scale=2, n_block=3)
    with pytest.raises(BadInput, match="It has: scale, channels, n_groups"):
        create("rcan", scale=2, n_feats=64)


@pytest.mark.parametrize(
    ("lr", "says"),
    [
        (torch.rand(3, 9, 9), r"net\(lr\[None\]\)"),
        (torch.rand(9, 9), "a tensor of shape"),
        (torch.rand(1, 1, 9, 9), "expand"),
        (torch.rand(1, 4, 9, 9), "alpha"),
        (torch.rand(1, 9, 9, 3), r"permute\(0, 3, 1, 2\)"),
        (torch.zeros(1, 3, 9, 9, dtype=torch.uint8), "/ 255"),
        (torch.rand(1, 3, 7, 9), "at least 8x8"),
        (torch.rand(1, 3, 9, 9).double(), r"net.to\(torch.float64\)"),
        (torch.rand(1, 3, 9, 9, device="meta"), "is on cpu and the image on meta"),
        ("photo.png", "srkit.upscale"),
        (None, "NoneType"),
    ],
)
def test_a_wrong_image_is_refused_with_the_line_that_repairs_it(lr: object, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        create("a2001sr", scale=2)(lr)


def test_the_check_survives_copies_pickles_and_wrappers_and_is_made_once() -> None:
    net = create("a2001sr", scale=2, tiny=True)
    bad = torch.rand(3, 9, 9)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), nn.DataParallel(net), nn.Sequential(net)):
        with pytest.raises(BadInput, match="a2001sr reads a batch"):
            twin(bad)
    assert len(net._forward_pre_hooks) == 1


def test_autocast_may_mix_types() -> None:
    net = create("a2001sr", scale=2, tiny=True).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert net(torch.rand(1, 3, 8, 8)).shape == (1, 3, 16, 16)


def test_a_network_can_be_traced() -> None:
    net, lr = create("rcan", scale=2, tiny=True).eval(), torch.rand(1, 3, 9, 10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(net, lr)
    torch.testing.assert_close(traced(lr), net(lr))


def test_a2001sr_with_a_zeroed_last_layer_is_torchs_bicubic() -> None:
    net = create("a2001sr", scale=2)
    nn.init.zeros_(net.tail.weight)  # type: ignore[arg-type, union-attr]
    nn.init.zeros_(net.tail.bias)  # type: ignore[arg-type, union-attr]
    lr = torch.rand(1, 3, 9, 8)
    expected = nn.functional.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)
    assert torch.equal(net(lr), expected)


def test_bicubic_is_the_library_resize_and_has_nothing_to_learn() -> None:
    net, lr = create("bicubic", scale=3), torch.rand(2, 3, 9, 8)
    torch.testing.assert_close(net(lr), srkit.ops.resize.imresize(lr, 3))
    assert not list(net.parameters())


def test_one_output_pixel_of_srcnn_sees_seventeen_pixels_of_the_bicubic_image() -> None:
    net = create("srcnn", scale=2).double()
    image = torch.rand(1, 1, 41, 41, dtype=torch.float64, requires_grad=True)
    features = net.reconstruct(net.map(net.extract(image).exp()).exp())  # type: ignore[operator]
    (gradient,) = torch.autograd.grad(features[0, 0, 20, 20], image)
    rows, columns = gradient[0, 0].nonzero(as_tuple=True)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (12, 28, 12, 28)


class _Net(nn.Module):
    def __init__(self, *, scale: int) -> None:
        super().__init__()


def test_a_network_that_forgets_its_scale_is_told_so() -> None:
    register_model("forgets", card("a2001sr"))(_Net)
    try:
        with pytest.raises(BadInput, match=r"self\.scale = scale"):
            create("forgets", scale=2)
    finally:
        MODELS.unregister("forgets")


def test_constructors_that_swallow_arguments_or_lack_a_scale_are_refused() -> None:
    class Swallows(nn.Module):
        def __init__(self, *, scale: int, **kwargs: object) -> None: ...

    class Scaleless(nn.Module):
        def __init__(self) -> None: ...

    with pytest.raises(BadInput, match="kwargs"):
        register_model("swallows", card("rcan"))(Swallows)
    with pytest.raises(BadInput, match="no argument 'scale'"):
        register_model("scaleless", card("rcan"))(Scaleless)
    with pytest.raises(BadInput, match="needs a Card"):
        register_model("cardless", "rcan")  # type: ignore[arg-type]
    with pytest.raises(DuplicateName, match="'rcan' is already registered"):
        register_model("rcan", card("rcan"))(_Net)


@pytest.mark.parametrize("name", ["edsr_small", "srmd_small", "swinir", "esrgan", "usrnet"])
@pytest.mark.parametrize("value", ["[1", [], {}, -1, 2.5], ids=repr)
def test_a_value_of_a_wrong_kind_is_refused_by_every_argument(name: str, value: object) -> None:
    for argument in arguments_of(MODELS.get(name).factory):
        with contextlib.suppress(SrkitError):  # some values are right for some arguments
            create(name, scale=2, tiny=True, **{argument: value})


@pytest.mark.parametrize("pretrained", [True, 1, ["srkit"], b"srkit"])
def test_weights_that_are_neither_named_nor_a_path_are_refused_with_what_there_is(pretrained: Any) -> None:
    with pytest.raises(BadInput, match="pretrained takes 'srkit'"):
        srkit.models.create("edsr_small", scale=2, pretrained=pretrained)
