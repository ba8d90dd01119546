"""Files of ncnn, MatConvNet and Caffe: written here by hand, and the real ones where they lie."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.io import savemat
from torch import Tensor, nn

from srkit.errors import BadFile, BadInput, SrkitError
from srkit.models import create, load

LR = torch.rand(1, 3, 12, 13, generator=torch.Generator().manual_seed(0))
END_OF = {2: "Interp 0=3 1=5.000000e-01 2=5.000000e-01", 3: "Interp 0=3 1=7.500000e-01 2=7.500000e-01", 4: None}


def _ncnn(
    net: nn.Module, folder: Path, *, half: bool, shuffle: int, more: tuple[str, ...] = (), mean: tuple[float, ...] = ()
) -> Path:
    """Write convolutions and PReLUs in order as ncnn does; before them the subtraction of a mean, and times 255."""
    lines, data, blob = ["Input in 0 1 b0"], np.array(mean, "<f4").tobytes(), 0
    if mean:
        minus = ("MemoryData m 0 1 mean 0=1 1=1 2=3", "BinaryOp s 2 1 in mean sub 0=1")
        lines = ["Input in 0 1 in", *minus, "BinaryOp t 1 1 sub b0 0=2 1=1 2=2.550000e+02"]
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            weight = module.weight.detach().numpy()
            side = weight.shape[-1]
            sizes = f"0={weight.shape[0]} 1={side} 4={side // 2} 5=1 6={weight.size}"
            lines.append(f"Convolution c{blob} 1 1 b{blob} b{blob + 1} {sizes}")
            raw = weight.astype("<f2" if half else "<f4").tobytes()
            data += (0x01306B47 if half else 0).to_bytes(4, "little") + raw + bytes(-len(raw) % 4)
            data += module.bias.detach().numpy().astype("<f4").tobytes()  # type: ignore[union-attr]
        elif isinstance(module, nn.PReLU):
            lines.append(f"PReLU p{blob} 1 1 b{blob} b{blob + 1} 0={module.weight.numel()}")
            data += module.weight.detach().numpy().astype("<f4").tobytes()
        else:
            continue
        blob += 1
    for line in (f"PixelShuffle 0={shuffle}", *more):
        kind, settings = line.split(" ", 1)
        lines.append(f"{kind} x{blob} 1 1 b{blob} b{blob + 1} {settings}")
        blob += 1
    (folder / "net.param").write_text("\n".join(["7767517", f"{len(lines)} {blob + 1}", *lines]), "utf-8")
    (folder / "net.bin").write_bytes(data)
    return folder / "net.bin"


@pytest.mark.parametrize("half", [False, True], ids=["32 bits", "16 bits"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_compact_comes_back_from_ncnn_and_its_param_tells_the_scale(scale: int, half: bool, tmp_path: Path) -> None:
    net = create("compact", scale=scale, draws=4, channels=8, n_convs=2).eval()
    more = (END_OF[scale],) if END_OF[scale] else ()
    path = _ncnn(net, tmp_path, half=half, shuffle=4, more=more)  # type: ignore[arg-type]
    for file in (path, path.with_suffix(".param")):
        again = load(file)
        assert (again.name, again.scale) == ("compact", scale)
        with torch.no_grad():
            torch.testing.assert_close(again(LR), net(LR), atol=2e-3 if half else 0.0, rtol=0.0)


@pytest.mark.parametrize("mean", [(), (0.485, 0.456, 0.406)], ids=["bare", "with a mean"])
def test_span_comes_back_from_ncnn_with_the_colours_it_subtracts(mean: tuple[float, ...], tmp_path: Path) -> None:
    colours = {"mean": mean or (0.0, 0.0, 0.0), "rgb_range": 255.0 if mean else 1.0}
    net = create("span_s", scale=3, channels=8, n_blocks=2, **colours).eval()
    again = load(_ncnn(net, tmp_path, half=False, shuffle=3, mean=mean))
    assert (again.name, again.scale) == ("span", 3)
    with torch.no_grad():
        assert torch.equal(again(LR), net(LR))


def test_a_network_that_subtracts_nothing_is_not_taken_for_one_that_does(tmp_path: Path) -> None:
    net = create("compact", scale=4, channels=8, n_convs=2).eval()
    with pytest.raises(BadFile, match="fits no registered network"):
        load(_ncnn(net, tmp_path, half=False, shuffle=4, mean=(0.5, 0.5, 0.5)))


def test_srmd_and_srmdnf_are_told_apart_in_ncnn_files_without_a_name(tmp_path: Path) -> None:
    for name in ("srmd", "srmdnf"):
        net = create(name, scale=3, channels=8, depth=4)
        again = load(_ncnn(net, tmp_path, half=False, shuffle=3))
        assert (again.name, again.scale) == (name, 3)
        assert all(torch.equal(value, again.state_dict()[key]) for key, value in net.state_dict().items())


def test_a_pair_of_ncnn_files_that_is_none_is_refused(tmp_path: Path) -> None:
    path = _ncnn(create("compact", scale=4, tiny=True), tmp_path, half=False, shuffle=4)
    whole, text = path.read_bytes(), path.with_suffix(".param").read_text("utf-8")
    path.write_bytes(whole + b"0000")
    with pytest.raises(BadFile, match="4 bytes are left over"):
        load(path)
    path.write_bytes(whole[:-4])
    with pytest.raises(BadFile, match="end too early"):
        load(path)
    path.write_bytes((0x000D4B38).to_bytes(4, "little") + whole[4:])
    with pytest.raises(BadFile, match="compressed"):
        load(path)
    path.write_bytes(whole)
    path.with_suffix(".param").write_text(text.replace("PReLU", "LSTM"), "utf-8")
    with pytest.raises(BadFile, match="'LSTM'"):
        load(path)
    path.unlink()
    with pytest.raises(BadFile, match=r"there is no .*net\.bin"):
        load(path.with_suffix(".param"))


def _matlab_model(net: nn.Module) -> dict[str, np.ndarray]:
    """Return VDSR's cells: kernels as height, width, in, out."""
    layers = list(net.layers)  # type: ignore[arg-type]
    cells = np.empty((2, len(layers)), dtype=object)
    for i, layer in enumerate(layers):
        cells[0, i] = layer.weight.detach().permute(2, 3, 1, 0).double().numpy()
        cells[1, i] = layer.bias.detach().double().numpy()[:, None]
    return {"weight": cells[0], "bias": cells[1]}


def test_vdsr_comes_back_from_matlab(tmp_path: Path) -> None:
    net = create("vdsr", scale=2, bias=True, channels=8, depth=4).eval()
    savemat(tmp_path / "x.mat", {"model": _matlab_model(net)})
    again = load(tmp_path / "x.mat", scale=2)
    with torch.no_grad():
        assert torch.equal(again(LR), net(LR))
    savemat(tmp_path / "kernel.mat", {"Kernel": np.ones((3, 3))})
    with pytest.raises(BadFile, match="holds Kernel; a network is in 'model'"):
        load(tmp_path / "kernel.mat")
    (tmp_path / "x.mat").write_bytes((tmp_path / "x.mat").read_bytes()[:300])
    with pytest.raises(BadFile, match="damaged"):
        load(tmp_path / "x.mat")


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    head = b""
    while value > 127:
        head, value = head + bytes([value & 127 | 128]), value >> 7
    return head + bytes([value])


def _blob(value: Tensor) -> bytes:
    shape = _field(1, b"".join(map(_varint, value.shape)))
    return _field(5, value.detach().numpy().astype("<f4").tobytes()) + _field(7, shape)


@pytest.mark.parametrize(("layer", "name", "blob"), [(100, 1, 7), (2, 4, 6)], ids=["since 2014", "before"])
def test_vdsr_comes_back_from_caffe(layer: int, name: int, blob: int, tmp_path: Path) -> None:
    net = create("vdsr", scale=2, bias=True, channels=8, depth=4).eval()
    message = _field(1, b"VDSR")
    for i, conv in enumerate(net.layers):  # type: ignore[arg-type]
        parts = _field(blob, _blob(conv.weight)) + _field(blob, _blob(conv.bias))
        message += _field(layer, _field(name, f"conv{i + 1}".encode()) + parts)
    path = tmp_path / "whatever.bin"  # the content decides
    path.write_bytes(message)
    with pytest.raises(BadInput, match="more than one scale"):
        load(path)
    with torch.no_grad():
        assert torch.equal(load(path, scale=2)(LR), net(LR))
    path.write_bytes(message[:-9])
    with pytest.raises(BadFile, match="damaged or cut short"):
        load(path)


def _normalised(name: str, norm: nn.BatchNorm2d) -> bytes:
    """Return the two layers that Caffe has for a batch normalisation: sums over 999.98 samples, and factors."""
    sums = [999.98 * norm.running_mean, 999.98 * norm.running_var, torch.tensor([999.98])]  # type: ignore[operator]
    return _layer(f"bn_{name}", "BatchNorm", *sums) + _layer(f"scale_{name}", "Scale", norm.weight, norm.bias)


def _layer(name: str, kind: str, *blobs: Tensor) -> bytes:
    return _field(
        100, _field(1, name.encode()) + _field(2, kind.encode()) + b"".join(_field(7, _blob(b)) for b in blobs)
    )


def _convolution(name: str, conv: nn.Conv2d) -> bytes:
    return _layer(name, "Convolution", conv.weight, conv.bias)  # type: ignore[arg-type]


def _used(net: nn.Module) -> nn.Module:
    """Give the normalisations statistics and factors as after training, and parts of a picture shares of their own."""
    draws = torch.Generator().manual_seed(1)
    for key, value in net.state_dict().items():
        if ("norm" in key or key == "ensemble") and value.is_floating_point():
            value.copy_(0.5 + torch.rand(value.shape, generator=draws))
    return net.eval()


def _drrn(net: Any) -> list[bytes]:
    layers = [_normalised("conv1", net.head_norm), _convolution("conv1", net.head)]
    for n, (first, second) in enumerate(zip(net.norms1, net.norms2, strict=True), 1):
        layers += [_normalised(f"conv1_{n}a", first), _convolution(f"conv1_{n}a", net.conv1)]
        layers += [_normalised(f"conv1_{n}b", second), _convolution(f"conv1_{n}b", net.conv2)]
    return [*layers, _normalised("conv_end", net.tail_norm), _convolution("conv_end", net.tail)]


def _memnet(net: Any) -> list[bytes]:
    layers = [_normalised("conv1", net.head_norm.norm), _convolution("conv1", net.head)]
    for m, block in enumerate(net.blocks, 1):
        for r, (first, second) in enumerate(zip(block.norms1, block.norms2, strict=True), 1):
            layers += [
                _normalised(f"conv{m:02}_{r:02}_a", first.norm),
                _convolution(f"conv{m:02}_{r:02}_a", block.conv1),
            ]
            layers += [
                _normalised(f"conv{m:02}_{r:02}_b", second.norm),
                _convolution(f"conv{m:02}_{r:02}_b", block.conv2),
            ]
        layers += [_normalised(f"conv_transition_{m:02}", block.gate_norm.norm)]
        layers += [_convolution(f"conv_transition_{m:02}", block.gate)]
    for m, norm in enumerate(net.tail_norms, 1):
        layers += [_normalised(f"conv_end_{m:02}", norm.norm), _convolution(f"conv_end_{m:02}", net.tail)]
        layers += [_layer(f"weight_output_end_{m:02}", "Scale", net.ensemble[m - 1 : m])]
    return layers


SHARING: dict[str, tuple[dict[str, int], Callable[[Any], list[bytes]]]] = {
    "drrn": ({"channels": 6, "n_units": 11}, _drrn),
    "memnet": ({"channels": 4, "n_blocks": 3, "n_recursions": 2}, _memnet),
}


@pytest.mark.parametrize("name", SHARING)
def test_layers_that_share_weights_come_back_from_caffe_as_one_and_must_agree(name: str, tmp_path: Path) -> None:
    sizes, layers_of = SHARING[name]
    net = _used(create(name, scale=3, **sizes))
    layers, path = layers_of(net), tmp_path / "x.caffemodel"
    path.write_bytes(_field(1, b"net") + b"".join(layers))
    again = load(path, scale=3)
    assert again.name == name
    assert sizes.items() <= again.arguments.items()
    with torch.no_grad():
        torch.testing.assert_close(again(LR), net(LR))
    layers[3] = layers_of(create(name, scale=3, **sizes))[3]  # one of those that share, from another network
    path.write_bytes(_field(1, b"net") + b"".join(layers))
    with pytest.raises(BadFile, match=r"does not fit|fits no"):
        load(path, scale=3)


def test_a_network_with_any_byte_changed_is_read_or_refused(tmp_path: Path) -> None:
    cells = np.empty((1, 2), dtype=object)
    cells[0, 0], cells[0, 1] = np.ones((9, 4), np.float32), np.ones((36, 1), np.float32)
    savemat(tmp_path / "a.mat", {"model": {"weight": cells, "bias": cells}})
    content, rng = (tmp_path / "a.mat").read_bytes(), np.random.default_rng(4)
    for _ in range(400):
        changed = bytearray(content)
        for place in rng.integers(128, len(content), 2):
            changed[place] = rng.integers(0, 256)
        (tmp_path / "b.mat").write_bytes(bytes(changed))
        with contextlib.suppress(SrkitError):
            load(tmp_path / "b.mat", scale=2)
