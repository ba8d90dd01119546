"""A corpus of the forms in which people hand weights on: each loads, or says what it is."""

from __future__ import annotations

import argparse
import collections
import functools
import gzip
import io
import json
import pathlib
import pickle
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from srkit.errors import BadFile
from srkit.models import create, load, save
from srkit.models._build import shapes
from srkit.models._create import load_into

LR = torch.rand(1, 3, 9, 10, generator=torch.Generator().manual_seed(0))
State = Mapping[str, Tensor]


def _other(state: State) -> dict[str, Tensor]:
    return {key: value + 1 for key, value in state.items()}


def _behind(prefix: str, state: State) -> dict[str, Tensor]:
    return {prefix + key: value for key, value in state.items()}


def _adam(state: State) -> dict[str, Any]:
    moments = {i: {"step": torch.tensor(3.0), "exp_avg": value} for i, value in enumerate(state.values())}
    return {"state": moments, "param_groups": [{"lr": 1e-4, "params": list(moments)}]}


JUDGE = {"features.0.weight": torch.ones(8, 3, 3, 3), "features.0.bias": torch.ones(8), "head.weight": torch.ones(1, 8)}

FORMS: dict[str, Callable[[State], object]] = {
    "bare": lambda s: dict(s),
    "ordered": lambda s: collections.OrderedDict(s),
    "state_dict": lambda s: {"state_dict": s},
    "model": lambda s: {"model": s},
    "model_state_dict": lambda s: {"model_state_dict": s, "loss": 0.1},
    "net": lambda s: {"net": s, "epoch": 5},
    "params": lambda s: {"params": s},
    "weights": lambda s: {"weights": s},
    "an unheard-of name": lambda s: {"das_netz": s},
    "twice nested": lambda s: {"checkpoint": {"network": s}},
    "three times nested": lambda s: {"a": {"b": {"c": s}}},
    "params_ema beside params": lambda s: {"params": _other(s), "params_ema": s},
    "params-ema beside params": lambda s: {"params": _other(s), "params-ema": s},
    "ema beside model": lambda s: {"model": _other(s), "ema": s},
    "model_ema": lambda s: {"model": _other(s), "model_ema": s},
    "EMA": lambda s: {"net": _other(s), "EMA": s},
    "modelEma": lambda s: {"model": _other(s), "modelEma": s},
    "averaged": lambda s: {"current": _other(s), "averaged": s},
    "swa_model": lambda s: {"model": _other(s), "swa_model": s},
    "ema inside state_dict": lambda s: {"state_dict": {**_behind("net.", _other(s)), **_behind("net_ema.", s)}},
    "ema_model.module beside online_model": lambda s: {
        **_behind("online_model.module.", _other(s)),
        **_behind("ema_model.module.", s),
        "initted": torch.tensor(True),
        "step": torch.tensor(7),
    },
    "module.": lambda s: _behind("module.", s),
    "module.module.": lambda s: _behind("module.module.", s),
    "_orig_mod.": lambda s: _behind("_orig_mod.", s),
    "model.": lambda s: _behind("model.", s),
    "module._orig_mod.": lambda s: _behind("module._orig_mod.", s),
    "netG.": lambda s: _behind("netG.", s),
    "net_g. beside net_d.": lambda s: {**_behind("net_g.", s), **_behind("net_d.", JUDGE)},
    "generator. beside discriminator.": lambda s: {**_behind("generator.", s), **_behind("discriminator.", JUDGE)},
    "g and d": lambda s: {"g": s, "d": JUDGE},
    "d and g": lambda s: {"d": JUDGE, "g": s},
    "netG with its optimiser": lambda s: {"netG": s, "netD": JUDGE, "optimizer": _adam(s)},
    "Lightning": lambda s: {
        "state_dict": _behind("model.", s),
        "epoch": 3,
        "global_step": 9,
        "pytorch-lightning_version": "2.1",
        "callbacks": {"best": {"score": torch.tensor(3.2)}},
        "optimizer_states": [_adam(s)],
        "hyper_parameters": argparse.Namespace(lr=1e-4),
    },
    "BasicSR training state": lambda s: {"params": s, "iter": 5, "optimizers": [_adam(s)], "schedulers": []},
    "a NumPy number": lambda s: {"state_dict": s, "best": np.float64(1)},
    "a NumPy array of losses": lambda s: {"state_dict": s, "losses": np.ones(4)},
    "a Namespace": lambda s: {"state_dict": s, "args": argparse.Namespace(scale=2, name="x")},
    "a path": lambda s: {"state_dict": s, "data": pathlib.PurePosixPath("data")},
    "a defaultdict": lambda s: {"state_dict": s, "history": collections.defaultdict(list, {"loss": [1.0]})},
    "a partial": lambda s: {"state_dict": s, "activation": functools.partial(torch.relu)},
    "a set and a complex number": lambda s: {"state_dict": s, "tags": {"a"}, "z": 1j},
    "parameters": lambda s: {key: nn.Parameter(value) for key, value in s.items()},
    "a module list pickled whole": lambda s: {"net": s, "criterion": nn.L1Loss()},
    "half precision": lambda s: {key: value.half() for key, value in s.items()},
    "bfloat16": lambda s: {key: value.bfloat16() for key, value in s.items()},
    "double precision": lambda s: {key: value.double() for key, value in s.items()},
    "counters of a profiler": lambda s: {
        **s,
        "total_ops": torch.zeros(1).double(),
        "total_params": torch.zeros(1).double(),
    },
    "a step beside the weights": lambda s: {**s, "step": torch.tensor(3)},
    "epoch as a tensor": lambda s: {"epoch": torch.tensor(3), "state_dict": s},
    "None beside the weights": lambda s: {**s, "config": None},
    "the optimiser first": lambda s: {"optimizer": _adam(s), "state_dict": s},
    "NaN in the judge": lambda s: {"g": s, "d": {key: value * float("nan") for key, value in JUDGE.items()}},
    "a tuple of weights and a number": lambda s: (s, 3),
    "a list of weights and optimiser": lambda s: [s, _adam(s)],
    "lengths and directions": lambda s: _normed(s, "_g", "_v"),
    "lengths and directions as PyTorch 2 names them": lambda s: _normed(s, "s.weight.original0", "s.weight.original1"),
    "channels last": lambda s: {
        key: value.to(memory_format=torch.channels_last) if value.ndim == 4 else value for key, value in s.items()
    },
    "Lightning's averaging callback": lambda s: {
        "state_dict": _behind("model.", _other(s)),
        "callbacks": {"EMACallback": {"ema_state_dict": _behind("model.", s)}},
    },
    "buffers": lambda s: {key: nn.Buffer(value) for key, value in s.items()},
    "whole numbers of 16 bits beside it": lambda s: {**s, "n": torch.zeros(3, dtype=torch.uint16)},
    "tensors that share a storage": lambda s: dict(zip(s, _sharing(list(s.values())), strict=True)),
    "transposed storage": lambda s: {key: _strided(value) for key, value in s.items()},
}


def _sharing(values: list[Tensor]) -> list[Tensor]:
    row = torch.cat([value.flatten() for value in values])
    parts = row.split([value.numel() for value in values])
    return [part.reshape(value.shape) for part, value in zip(parts, values, strict=True)]


def _normed(state: State, length: str, direction: str) -> dict[str, Tensor]:
    """Return weights as weight normalisation keeps them, of twice their length in one of the two."""
    made = dict(state)
    for key in [key for key in state if key.endswith(".weight")]:
        weight = made.pop(key)
        layer = key.removesuffix("weight")
        norm = weight.flatten(1).norm(dim=1).view(-1, *[1] * (weight.ndim - 1))
        names = [f"{'weight' if end[0] == '_' else 'parametrization'}{end}" for end in (length, direction)]
        made[layer + names[0]], made[layer + names[1]] = norm, 2 * weight
    return made


def _strided(value: Tensor) -> Tensor:
    return value.movedim(0, -1).contiguous().movedim(-1, 0)


@pytest.fixture(scope="module")
def net() -> nn.Module:
    torch.manual_seed(0)
    return create("edsr", scale=2, tiny=True).eval()


def _same(one: nn.Module, other: nn.Module, atol: float = 0.0) -> None:
    held = other.state_dict()
    assert (one.name, one.scale) == (other.name, other.scale)
    for key, value in one.state_dict().items():
        torch.testing.assert_close(value, held[key], atol=atol, rtol=0.0)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("form", FORMS)
def test_weights_are_found_in_whatever_they_are_wrapped(form: str, old: bool, net: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"  # a wrong suffix: the content decides
    torch.save(FORMS[form](net.state_dict()), path, _use_new_zipfile_serialization=not old)
    rounded = {"half precision": 1e-3, "bfloat16": 1e-2}.get(form, 1e-6 if "lengths" in form else 0.0)
    _same(load(path), net, rounded)
    again = create("edsr", scale=2, tiny=True)
    load_into(again, path)
    _same(again, net, rounded)


def test_what_was_taken_and_what_was_left_is_said(net: nn.Module, tmp_path: Path) -> None:
    state = net.state_dict()
    torch.save({"params": _other(state), "params-ema": state}, tmp_path / "x.pth")
    with pytest.warns(UserWarning, match=r"taken: 'params-ema' \(averaged weights\); left out: 'params'"):
        load(tmp_path / "x.pth")


def test_a_network_pickled_whole_is_read_without_running_it(net: nn.Module, tmp_path: Path) -> None:
    torch.save({"epoch": 3, "model": net}, tmp_path / "whole.pth")
    _same(load(tmp_path / "whole.pth"), net)
    torch.save(nn.DataParallel(net), tmp_path / "whole.pth")
    _same(load(tmp_path / "whole.pth"), net)


class MadeOf:
    """An object that pickles as a compiled network does: by its class and the network it was made of."""

    def __init__(self, net: nn.Module, how: object) -> None:
        self.parts = (net, how)

    def __reduce__(self) -> Any:
        return MadeOf, self.parts


def test_a_compiled_network_pickled_whole_and_plain_pickles_are_read(net: nn.Module, tmp_path: Path) -> None:
    torch.save(MadeOf(net, {"backend": "inductor"}), tmp_path / "compiled.pth")
    _same(load(tmp_path / "compiled.pth"), net)
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps({"model": dict(net.state_dict())}))
    _same(load(tmp_path / "plain.pkl"), net)


def test_eight_bit_floats_are_read_and_asked_whether_they_are_finite(net: nn.Module, tmp_path: Path) -> None:
    state = {key: value.to(torch.float8_e4m3fn) for key, value in net.state_dict().items()}
    safetensors.torch.save_file(state, tmp_path / "x.safetensors")
    _same(load(tmp_path / "x.safetensors"), net, 0.1)
    state["head.bias"] = torch.full_like(net.head.bias, torch.nan).to(torch.float8_e4m3fn)
    torch.save(state, tmp_path / "x.pth")
    with pytest.raises(BadFile, match=r"'head\.bias' holds NaN"):
        load(tmp_path / "x.pth")


def test_weights_in_several_files_are_read_by_their_index(net: nn.Module, tmp_path: Path) -> None:
    state = {key: value.contiguous() for key, value in net.state_dict().items()}
    parts = {f"model-0000{n}-of-00002.safetensors": list(state)[n - 1 :: 2] for n in (1, 2)}
    for name, keys in parts.items():
        safetensors.torch.save_file({key: state[key] for key in keys}, tmp_path / name)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(
        json.dumps({"metadata": {}, "weight_map": {k: name for name, keys in parts.items() for k in keys}})
    )
    _same(load(index), net)
    with pytest.raises(BadFile, match=r"one part of several; give the index .*model\.safetensors\.index\.json"):
        load(tmp_path / "model-00001-of-00002.safetensors")
    with pytest.raises(BadFile, match=r"is a folder; give the weight file inside it: model\.safetensors\.index\.json"):
        load(tmp_path)
    index.write_text(json.dumps({"weight_map": {"a": "../elsewhere.bin"}}))
    with pytest.raises(BadFile, match="not beside it"):
        load(index)


def test_safetensors_under_another_name_and_with_foreign_metadata_are_read(net: nn.Module, tmp_path: Path) -> None:
    state = {key: value.contiguous() for key, value in net.state_dict().items()}
    safetensors.torch.save_file(_behind("params.", state), tmp_path / "x.pth", metadata={"format": "pt"})
    _same(load(tmp_path / "x.pth"), net)
    _same(load(save(net, tmp_path / "own.safetensors").rename(tmp_path / "own.bin")), net)


def test_batch_normalisation_of_before_its_counter_is_read(tmp_path: Path) -> None:
    torch.manual_seed(0)
    old = create("srresnet", scale=4).eval()
    state = {key: value for key, value in old.state_dict().items() if not key.endswith("num_batches_tracked")}
    torch.save(state, tmp_path / "x.pth")
    with torch.no_grad():
        assert torch.equal(load(tmp_path / "x.pth", name="srresnet")(LR), old(LR))


def _zipped(path: Path, net: nn.Module) -> None:
    torch.save(net.state_dict(), path.with_suffix(".inner"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(path.with_suffix(".inner"), "folder/model.pth")


def _tarred(path: Path, net: nn.Module) -> None:
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("model.pth"), io.BytesIO())


def _quantised() -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch has an advice on it
        return torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)


def _packed_program(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("archive_format", "models/model.json", "data/sample_inputs/model.pt"):
            archive.writestr(f"ep/{name}", b"pt2")


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (_zipped, r"zip archive that holds folder/model\.pth; unpack it"),
        (_tarred, "tar archive"),
        (lambda p, n: p.write_bytes(gzip.compress(b"weights")), "gzip"),
        (lambda p, n: p.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(90)), "7-Zip"),
        (lambda p, n: p.write_bytes(b"Rar!\x1a\x07\x00" + bytes(90)), "RAR"),
        (lambda p, n: p.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(90)), "HDF5"),
        (lambda p, n: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(90)), "picture"),
        (lambda p, n: p.write_bytes(b"\x20\0\0\0TFL3" + bytes(90)), "TensorFlow Lite"),
        (lambda p, n: p.write_bytes(b"\x08\x07\x12\x07pytorch" + bytes(90)), "ONNX"),
        (lambda p, n: p.write_bytes(b"\x08\x0a\x12\x07pytorch" + bytes(90)), "ONNX"),
        (lambda p, n: p.write_text("<?xml version='1.0'?><net name='x'/>"), "XML file"),
        (lambda p, n: torch.save(_adam(n.state_dict()), p), "state of an optimiser"),
        (lambda p, n: torch.save({"optimizer": _adam(n.state_dict()), "epoch": 3}, p), "state of an optimiser"),
        (lambda p, n: torch.save({"a": _quantised()}, p), "quantised numbers"),
        (lambda p, n: torch.save({"head.weight": np.ones(3)}, p), "'head.weight', whose values are no tensors"),
        (lambda p, n: _packed_program(p), "exported program"),
        (lambda p, n: p.write_bytes(b"GGUF" + bytes(90)), "GGUF"),
        (lambda p, n: p.write_text('{"metadata": {}}'), "is a text that begins"),
        (lambda p, n: np.savez(p.open("wb"), a=np.ones(3)), "NumPy archive"),
        (lambda p, n: np.save(p.open("wb"), np.ones(3)), "NumPy array"),
        (lambda p, n: torch.save({"losses": [1.0, 2.0]}, p), "holds no state dict but a dict with the keys 'losses'"),
    ],
)
def test_a_healthy_file_of_another_kind_is_called_what_it_is(
    write: Callable[[Path, nn.Module], object], says: str, net: nn.Module, tmp_path: Path
) -> None:
    write(tmp_path / "x.pth", net)
    with pytest.raises(BadFile, match=says):
        load(tmp_path / "x.pth")


UNKNOWN = {
    "plain convolutions": {f"body.{i}.weight": torch.zeros(64, 64, 3, 3) for i in range(35)},
    "transformer": {f"layers.{i}.blocks.{j}.attn.qkv.weight": torch.zeros(8) for i in range(6) for j in range(6)},
    "one entry": {"scale": torch.ones(3)},
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_an_unknown_file_is_refused_without_building_the_shelf_and_without_a_false_lead(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"params": UNKNOWN[what]}, tmp_path / "x.pth")
    built: list[str] = []

    def counted(name: str, **arguments: Any) -> dict[str, Tensor]:
        if arguments["entries"] < 10_000:  # not for the index, which is made once
            built.append(name)
        return shapes(name, **arguments)

    monkeypatch.setattr("srkit.models._match.shapes", counted)
    with pytest.raises(BadFile, match="fits no registered network"):
        load(tmp_path / "x.pth")
    assert len(built) <= 8, built


LABELS = [
    {"n_blocks": 20_000, "channels": 8},
    {"channels": 4_000},
    {"channels": 10**9},
    {"channels": -3},
    {"channels": "x"},
    {"channels": None},
    {"channels": [1]},
    {"channels": 2.5},
    {"scale": 3},
    {"nonsense": 1},
]


@pytest.mark.parametrize("arguments", LABELS, ids=str)
def test_a_label_is_compared_before_anything_is_built(arguments: dict[str, Any], tmp_path: Path) -> None:
    label = {"srkit": "1", "name": "edsr", "scale": "2", "arguments": json.dumps(arguments)}
    safetensors.torch.save_file({"head.weight": torch.zeros(8, 3, 3, 3)}, tmp_path / "x.safetensors", metadata=label)
    with pytest.raises(BadFile, match=r"says that it holds 'edsr' x2|does not fit edsr"):
        load(tmp_path / "x.safetensors")


def test_damage_anywhere_in_a_file_is_an_error_of_ours(net: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    for old in (False, True):
        torch.save(create("srcnn", scale=2, tiny=True).state_dict(), path, _use_new_zipfile_serialization=not old)
        whole = path.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 30)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
            try:
                load(path, scale=2)
            except BadFile:
                continue
