"""SPAN's convolutions: four layers in training, one kernel in use, the same pixels and the same gradients."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import srkit
from srkit.models._create import load_into
from srkit.models.span import FoldingConv
from tests.models._published import golden, golden_input, published_file, same_as_golden


def test_four_layers_folded_are_the_four_layers_run_one_after_the_other() -> None:
    torch.manual_seed(0)
    layer = FoldingConv(5, 7, folded=False).double()
    features = torch.randn(2, 5, 6, 9, dtype=torch.float64)
    chain = layer.last(layer.middle(layer.first(F.pad(features, (1, 1, 1, 1))))) + layer.skip(features)
    torch.testing.assert_close(layer(features), chain)
    whole, part = (torch.autograd.grad(sr.square().sum(), layer.middle.weight)[0] for sr in (layer(features), chain))
    torch.testing.assert_close(whole, part)


def test_a_file_of_the_training_keeps_its_layers_on_demand_and_never_trusts_their_old_copy(tmp_path: Path) -> None:
    record = golden("span-x2")
    path = published_file(record, tmp_path)
    folded, open_ = srkit.models.load(path), srkit.models.load(path, folded=False)
    into = srkit.models.create("span", scale=2, channels=8)
    assert load_into(into, path) == []
    assert "head.whole.weight" in folded.state_dict()
    assert "head.first.weight" in open_.state_dict()
    with torch.no_grad():
        for net in (folded, open_, into.eval()):
            same_as_golden(record, net(golden_input(record)))


def test_a_folded_file_says_its_sizes(tmp_path: Path) -> None:
    net = srkit.models.create("span_s", scale=4).eval()
    names = {"head": "conv_1", "body_end": "conv_2"}
    names |= {f"body.{b}.convs.{c}": f"block_{b + 1}.c{c + 1}_r" for b in range(6) for c in range(3)}
    state = {}
    for key, value in net.state_dict().items():
        place, _, part = key.partition(".whole.")
        theirs = {"fusion.": "conv_cat.", "tail.": "upsampler.0."}
        whole = next((theirs[ours] + key.removeprefix(ours) for ours in theirs if key.startswith(ours)), "")
        state[whole or f"{names[place]}.eval_conv.{part}"] = value
    torch.save({"params": state}, tmp_path / "4x.pth")
    again = srkit.models.load(tmp_path / "4x.pth")
    assert (again.name, again.scale) == ("span_s", 4)
    lr = torch.rand(1, 3, 9, 8)
    with torch.no_grad():
        assert torch.equal(again(lr), net(lr))
    with pytest.raises(srkit.errors.BadFile, match="does not fit"):
        srkit.models.load(tmp_path / "4x.pth", folded=False)
