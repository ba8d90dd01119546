"""IRCNN beside its author's PyTorch code, and what dilation buys."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit.errors import BadFile, BadInput
from srkit.models.ircnn import denoisers
from tests.models._formula import weights
from tests.models._published import golden, golden_input, published_file, same_as_golden


def test_the_state_dict_of_kair_gives_the_pixels_of_its_code(tmp_path: Path) -> None:
    record = golden("ircnn")
    net = srkit.models.load(published_file(record, tmp_path), scale=2)
    assert (net.name, net.arguments) == ("ircnn", {"channels": 64, "colours": 3})
    with torch.no_grad():
        denoised = net.denoise(golden_input(record))  # type: ignore[operator]
    assert (denoised - golden_input(record)).abs().max() > 0.05, "the layers must matter"
    same_as_golden(record, denoised)


def test_a_gray_state_dict_is_recognised_as_the_gray_network(tmp_path: Path) -> None:
    shapes = golden("ircnn")["shapes"]
    first, last = next(iter(shapes)), list(shapes)[-2:]
    gray = {**shapes, first: [64, 1, 3, 3], last[0]: [1, 64, 3, 3], last[1]: [1]}
    torch.save(weights(gray), tmp_path / "gray.pth")
    assert srkit.models.load(tmp_path / "gray.pth", scale=3).name == "ircnn_gray"


def test_seven_layers_see_thirty_three_pixels() -> None:
    net = srkit.models.create("ircnn", scale=2, channels=4).double()
    for layer in net.layers:
        torch.nn.init.constant_(layer.weight, 0.01)
        torch.nn.init.ones_(layer.bias)
    image = torch.rand(1, 3, 51, 51, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(net.denoise(image)[0, 0, 25, 25], image)  # type: ignore[operator]
    seen = gradient[0, 0, 25].nonzero().flatten()
    assert int(seen[-1] - seen[0]) + 1 == 33


def test_all_denoisers_of_a_file_are_found_by_their_noise_level(tmp_path: Path) -> None:
    shapes = {key: [min(n, 4) for n in shape] for key, shape in golden("ircnn")["shapes"].items()}
    shapes = {key.removeprefix("model."): shape for key, shape in shapes.items()}
    bank = {str(i): {f"model.{k}": v + i for k, v in weights(shapes).items()} for i in range(25)}
    torch.save(bank, tmp_path / "ircnn_color.pth")
    found = denoisers(tmp_path / "ircnn_color.pth")
    assert list(found) == list(range(2, 52, 2))
    assert torch.equal(found[2].layers[0].bias + 24, found[50].layers[0].bias)
    assert not found[50].training


def test_a_file_of_something_else_is_refused_with_a_reason(tmp_path: Path) -> None:
    torch.save({"0": {"head.weight": torch.rand(3)}}, tmp_path / "other.pth")
    with pytest.raises(BadFile, match="under '0'"):
        denoisers(tmp_path / "other.pth")
    torch.save({"head.weight": torch.rand(3)}, tmp_path / "single.pth")
    with pytest.raises(BadFile, match="several state dicts"):
        denoisers(tmp_path / "single.pth")
    with pytest.raises(BadInput, match="1 or 3 colours"):
        srkit.models.create("ircnn", scale=2, colours=2)
