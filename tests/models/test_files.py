"""Weight files: round trips, recognition, and everything that can be wrong with a file."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from inspect import signature
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

from srkit.errors import BadFile, BadInput, UnknownName
from srkit.models import card, create, load, names, register_model, save
from srkit.models._create import load_into
from srkit.models._points import Candidate
from srkit.models._registry import MODELS

LR = torch.rand(1, 3, 9, 10, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def rcan() -> nn.Module:
    return create("rcan", scale=2, tiny=True).eval()


@pytest.mark.parametrize("name", names())
def test_every_network_comes_back_from_a_file_as_it_was(name: str, tmp_path: Path) -> None:
    for scale in card(name).scales:
        net = create(name, scale=scale, tiny=True).eval()
        again = load(save(net, tmp_path / f"{name}{scale}.safetensors"))
        assert (again.name, again.scale, again.arguments) == (net.name, net.scale, net.arguments)
        assert _same(name, again, net)
        assert not again.training


@pytest.mark.parametrize("name", [name for name in names() if MODELS.get(name).layout])
def test_a_bare_state_dict_is_recognised_by_its_names_and_shapes(name: str, tmp_path: Path) -> None:
    scale = card(name).scales[-1]
    net = create(name, scale=scale, tiny=True).eval()
    torch.save(net.state_dict(), tmp_path / "weights.pt")
    again = load(tmp_path / "weights.pt", scale=scale, **_untold(net))
    assert type(again) is type(net)
    assert _same(name, again, net)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"params_ema": state, "params": {key: 0 * value for key, value in state.items()}},
        lambda state: {"epoch": 3, "something": state},
        lambda state: {f"module.{key}": value for key, value in state.items()},
        lambda state: {"model": {f"module.model.{key}": value for key, value in state.items()}},
        lambda state: {key: value.double() for key, value in state.items()},
        lambda state: {key: nn.Parameter(value) for key, value in state.items()},
    ],
)
def test_wrappers_and_prefixes_of_other_programs_are_taken_off(
    wrap: Callable[[dict[str, Tensor]], object], rcan: nn.Module, tmp_path: Path
) -> None:
    torch.save(wrap(rcan.state_dict()), tmp_path / "x.pt")
    again = load(tmp_path / "x.pt")
    assert (again.name, again.scale, next(again.parameters()).dtype) == ("rcan", 2, torch.float32)
    assert torch.equal(again(LR), rcan(LR))


def test_half_precision_weights_become_single(rcan: nn.Module, tmp_path: Path) -> None:
    torch.save({key: value.half() for key, value in rcan.state_dict().items()}, tmp_path / "half.pt")
    again = load(tmp_path / "half.pt")
    assert next(again.parameters()).dtype == torch.float32
    torch.testing.assert_close(again(LR), rcan(LR), atol=1e-3, rtol=0)


def test_the_baseline_and_the_paper_are_told_apart_by_size(tmp_path: Path) -> None:
    for name in ("edsr_baseline",):
        torch.save(create(name, scale=2).half().state_dict(), tmp_path / "x.pt")
        assert load(tmp_path / "x.pt").name == name
    torch.save(create("edsr", scale=2, tiny=True).state_dict(), tmp_path / "x.pt")
    net = load(tmp_path / "x.pt", residual_scale=0.1)
    assert net.name == "edsr"
    assert net.arguments["residual_scale"] == 0.1  # type: ignore[index]


def test_loading_draws_no_random_number(rcan: nn.Module, tmp_path: Path) -> None:
    path = save(rcan, tmp_path / "x.safetensors")
    before = torch.get_rng_state()
    load(path)
    assert torch.equal(before, torch.get_rng_state())


def test_srcnn_needs_to_be_told_its_scale(tmp_path: Path) -> None:
    torch.save(create("srcnn", scale=3, tiny=True).state_dict(), tmp_path / "x.pt")
    with pytest.raises(BadInput, match="Say which: scale=2"):
        load(tmp_path / "x.pt")
    assert load(tmp_path / "x.pt", scale=3).scale == 3


def test_a_state_dict_that_almost_fits_names_the_network_and_the_differences(rcan: nn.Module, tmp_path: Path) -> None:
    state = dict(rcan.state_dict())
    del state["body.1.end.bias"]
    state["tail.bias"] = torch.zeros(4)
    torch.save(state, tmp_path / "x.pt")
    with pytest.raises(BadFile, match=r"'rcan' x2.*tail.bias is \(4,\) instead of \(3,\); body.1.end.bias is missing"):
        load(tmp_path / "x.pt")


def test_a_file_of_another_network_is_refused_by_both_names(rcan: nn.Module, tmp_path: Path) -> None:
    torch.save(rcan.state_dict(), tmp_path / "x.pt")
    with pytest.raises(BadFile, match="does not fit 'edsr'; it is 'rcan' x2"):
        load(tmp_path / "x.pt", name="edsr")
    with pytest.raises(BadInput, match="holds 'rcan' x2, and x4 was asked for"):
        load(tmp_path / "x.pt", scale=4)
    path = save(rcan, tmp_path / "x.safetensors")
    with pytest.raises(BadInput, match="holds 'rcan', and 'edsr' was asked for"):
        load(path, name="edsr")
    with pytest.raises(BadInput, match="x4 was asked for"):
        load(path, scale=4)


def test_foreign_weights_are_refused_with_their_first_entries(tmp_path: Path) -> None:
    torch.save({"layer1.0.conv": torch.zeros(2, 3)}, tmp_path / "x.pt")
    with pytest.raises(BadFile, match=r"fits no registered network.*layer1.0.conv \(2, 3\)"):
        load(tmp_path / "x.pt")


def test_a_network_of_a_plugin_loads_once_it_is_registered(tmp_path: Path) -> None:
    factory = MODELS.get("a2001sr").factory
    register_model("mine", card("a2001sr"))(factory)  # type: ignore[arg-type]
    try:
        net = create("mine", scale=2, tiny=True)
        path = save(net, tmp_path / "mine.safetensors")
        assert load(path).name == "mine"
    finally:
        MODELS.unregister("mine")
    with pytest.raises(UnknownName, match="'mine'"):
        load(path)


class _Harm:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.path,)


def _noise(path: Path, net: nn.Module) -> None:
    path.write_bytes(bytes(range(256)) * 9)


def _truncated(path: Path, net: nn.Module) -> None:
    torch.save(net.state_dict(), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _code(path: Path, net: nn.Module) -> None:
    torch.save({**net.state_dict(), "harm": _Harm(str(path.parent / "harmed"))}, path)


def _old_pickle_with_code(path: Path, net: nn.Module) -> None:
    path.write_bytes(pickle.dumps(_Harm(str(path.parent / "harmed")), protocol=2))


def _text(text: str) -> Callable[[Path, nn.Module], object]:
    return lambda path, net: path.write_text(text)


def _saved(thing: object) -> Callable[[Path, nn.Module], object]:
    return lambda path, net: torch.save(thing, path)


def _diverged(path: Path, net: nn.Module) -> None:
    torch.save({**net.state_dict(), "tail.bias": torch.tensor([1.0, float("nan"), 0.0])}, path)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_text(""), "is empty"),
        (_truncated, "cut short"),
        (_text("\n<!DOCTYPE html><html>Sign in</html>"), "web page"),
        (_text("version https://git-lfs.github.com/spec/v1\noid sha256:00"), "git lfs pull"),
        (_text("these are not the weights you are looking for"), "is a text that begins 'these are not"),
        (_noise, "not a PyTorch file"),
        (_code, "mkdir.*would run code"),
        (_old_pickle_with_code, "mkdir.*would run code|not a PyTorch file"),
        (_saved(torch.zeros(3)), "holds no state dict but a Tensor"),
        (_saved({"learning_rate": 1e-4, "epoch": 3}), "'learning_rate', 'epoch'"),
        (_diverged, "'tail.bias' holds NaN"),
    ],
)
def test_a_damaged_or_hostile_file_is_refused_and_nothing_in_it_runs(
    damage: Callable[[Path, nn.Module], object], says: str, rcan: nn.Module, tmp_path: Path
) -> None:
    damage(tmp_path / "x.pt", rcan)
    with pytest.raises(BadFile, match=says):
        load(tmp_path / "x.pt")
    assert not (tmp_path / "harmed").exists()


def test_a_cut_safetensors_file_is_refused(rcan: nn.Module, tmp_path: Path) -> None:
    path = save(rcan, tmp_path / "x.safetensors")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadFile, match="not a complete safetensors file"):
        load(path)


def test_a_missing_file_is_answered_with_those_beside_it(rcan: nn.Module, tmp_path: Path) -> None:
    save(rcan, tmp_path / "rcan_x2.safetensors")
    with pytest.raises(BadFile, match=r"beside it: rcan_x2\.safetensors"):
        load(tmp_path / "rcan_x4.safetensors")
    with pytest.raises(BadFile, match="is a folder"):
        load(tmp_path)


def test_saving_never_overwrites_unasked_and_leaves_nothing_behind(rcan: nn.Module, tmp_path: Path) -> None:
    path = save(rcan, tmp_path / "x.safetensors")
    before = path.read_bytes()
    with pytest.raises(BadFile, match="overwrite=True"):
        save(create("rcan", scale=4, tiny=True), path)
    assert path.read_bytes() == before
    save(create("rcan", scale=4, tiny=True), path, overwrite=True)
    assert load(path).scale == 4
    assert [file.name for file in tmp_path.iterdir()] == ["x.safetensors"]


def test_a_full_disk_keeps_the_old_file(rcan: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(rcan, tmp_path / "x.safetensors")
    before = path.read_bytes()

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BadFile, match="full"):
        save(rcan, path, overwrite=True)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["x.safetensors"]


def test_what_cannot_be_saved_is_refused(rcan: nn.Module, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"as \.safetensors"):
        save(rcan, tmp_path / "x.pt")
    with pytest.raises(BadInput, match="register_model"):
        save(nn.Linear(1, 1), tmp_path / "x.safetensors")
    with pytest.raises(BadFile, match="does not exist"):
        save(rcan, tmp_path / "no" / "x.safetensors")


def test_a_wrapper_for_many_gpus_is_looked_through(rcan: nn.Module, tmp_path: Path) -> None:
    path = save(nn.DataParallel(rcan), tmp_path / "x.safetensors")
    assert torch.equal(load(path)(LR), rcan(LR))


@pytest.mark.slow
def test_a_compiled_network_is_looked_through(rcan: nn.Module, tmp_path: Path) -> None:
    path = save(torch.compile(rcan, backend="eager"), tmp_path / "x.safetensors")  # type: ignore[arg-type]
    assert torch.equal(load(path)(LR), rcan(LR))


def test_a_file_says_in_its_header_what_it_holds(rcan: nn.Module, tmp_path: Path) -> None:
    with safe_open(save(rcan, tmp_path / "x.safetensors"), framework="pt") as file:
        assert {"name": "rcan", "scale": "2"}.items() <= file.metadata().items()


def test_equal_networks_are_equal_bytes(rcan: nn.Module, tmp_path: Path) -> None:
    files = [save(rcan, tmp_path / f"{number}.safetensors").read_bytes() for number in range(8)]
    turned = create("rcan", scale=2, tiny=True)
    turned.load_state_dict(rcan.state_dict())
    turned.arguments = dict(reversed(turned.arguments.items()))  # as somebody else gave them
    assert len(turned.arguments) > 1
    files.append(save(turned, tmp_path / "turned.safetensors").read_bytes())
    assert len(set(files)) == 1
    again = load(tmp_path / "0.safetensors").state_dict()
    assert all(torch.equal(value, again[key]) for key, value in rcan.state_dict().items())


def test_weights_go_into_a_network_there_is_and_x4_may_start_from_x2(rcan: nn.Module, tmp_path: Path) -> None:
    path = save(rcan, tmp_path / "x2.safetensors")
    same = create("rcan", scale=2, tiny=True).eval()
    assert load_into(same, path) == []
    assert torch.equal(same(LR), rcan(LR))
    larger = create("rcan", scale=4, tiny=True)
    with pytest.raises(BadFile, match=r"upsampler\.2\.weight is missing"):
        load_into(larger, path)
    assert load_into(larger, path, strict=False) == ["upsampler.2.bias", "upsampler.2.weight"]
    assert torch.equal(larger.head.weight, rcan.head.weight)  # type: ignore[union-attr]
    with pytest.raises(BadFile, match="does not fit edsr"):
        load_into(create("edsr", scale=2, tiny=True), path, strict=False)


def test_a_network_with_trained_weights_comes_in_evaluation_mode_and_a_new_one_in_training_mode(
    rcan: nn.Module, tmp_path: Path
) -> None:
    path = save(rcan, tmp_path / "rcan.safetensors")
    assert not any(module.training for module in create("rcan", scale=2, tiny=True, pretrained=path).modules())
    assert create("rcan", scale=2, tiny=True).training


def test_pretrained_takes_a_path_and_lists_what_is_shipped(rcan: nn.Module, tmp_path: Path) -> None:
    path = save(rcan, tmp_path / "x2.safetensors")
    assert torch.equal(create("rcan", scale=2, tiny=True, pretrained=path)(LR), rcan(LR))
    with pytest.raises(BadFile, match="No weights are shipped for 'rcan' x2"):
        create("rcan", scale=2, pretrained="srkit")
    with pytest.raises(BadFile, match=r"for 'edsr_small' x4 \(blind\).*Shipped: .*edsr_small_x4_gan"):
        create("edsr_small", scale=4, pretrained="srkit:blind")
    with pytest.raises(BadFile, match="does not fit rcan"):
        create("rcan", scale=2, pretrained=path)


def _same(name: str, one: nn.Module, other: nn.Module) -> bool:
    """Compare two networks' images, with an example of the extra input where the card names one."""
    candidate = Candidate(name, card(name).scales[0])
    return torch.equal(candidate.run(one, LR), candidate.run(other, LR))


def _untold(net: nn.Module) -> dict[str, float]:
    """Return the arguments that no weight tells."""
    found = {module.residual_scale for module in net.modules() if hasattr(module, "residual_scale")}
    told = signature(type(net)).parameters
    counts = {name: net.arguments[name] for name in ("n_recursions", "n_steps", "n_heads") if name in net.arguments}
    if "folded" in told:
        counts["folded"] = net.arguments.get("folded", False)
    if net.name == "drrn_small":  # its units share their weights and have no normalisation of their own
        counts["n_units"] = net.arguments["n_units"]
    if net.name.startswith("swin2sr"):  # a network gives its offsets their bias, whatever the window
        counts["window"] = net.arguments["window"]
    return {**counts, "residual_scale": found.pop()} if found and "residual_scale" in told else counts  # type: ignore[dict-item]
