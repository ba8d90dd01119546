"""The weights of VGG-19 are found where torchvision puts them, and downloads of them are verified."""

from __future__ import annotations

import hashlib

import pytest
import torch

from srkit.errors import BadFile, Offline
from srkit.layers.vgg_file import VGG_ADDRESS, fetch_vgg, find_vgg
from tests.datasets._server import Site, serve

CONTENT = b"weights" * 1000
NAME = f"vgg19-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("SRKIT_VGG19", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    return tmp_path / "hub" / "checkpoints"


def test_a_download_with_the_right_checksum_is_kept_and_not_repeated(tmp_path) -> None:
    with serve(Site({f"/{NAME}": CONTENT})) as site:
        for _ in range(2):
            path = fetch_vgg(address=f"{site.base}/{NAME}", folder=tmp_path / "new", progress=False)
            assert path.read_bytes() == CONTENT
        assert len(site.asked) == 1


def test_a_download_with_another_checksum_is_removed(tmp_path) -> None:
    with serve(Site({f"/{NAME}": CONTENT + b"!"})) as site, pytest.raises(BadFile, match="not give the file its name"):
        fetch_vgg(address=f"{site.base}/{NAME}", folder=tmp_path, progress=False)
    assert not list(tmp_path.iterdir())


def test_an_address_that_cannot_be_reached_says_where_to_put_the_file(tmp_path) -> None:
    with serve(Site({})) as site, pytest.raises(Offline, match=r"could not be downloaded.*put it at"):
        fetch_vgg(address=f"{site.base}/{NAME}", folder=tmp_path, progress=False)


def test_the_file_is_found_in_torchs_cache_in_the_variable_and_where_it_is_said_to_be(cache, monkeypatch) -> None:
    cache.mkdir(parents=True)
    usual = cache / VGG_ADDRESS.rpartition("/")[2]
    usual.touch()
    assert find_vgg() == usual
    (cache / "other.pth").touch()
    monkeypatch.setenv("SRKIT_VGG19", str(cache / "other.pth"))
    assert find_vgg() == cache / "other.pth"
    assert find_vgg(usual) == usual


def test_without_weights_the_message_says_how_to_get_them_and_how_to_go_on(cache) -> None:
    with pytest.raises(BadFile, match=r"(?s)not at .*fetch_vgg\(\).*SRKIT_VGG19.*weights=untrained"):
        find_vgg()
