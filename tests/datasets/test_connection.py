"""Proxies and certificates: what curl and pip obey, a download obeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from srkit.datasets.manifest import Item
from srkit.datasets.transfer import download
from srkit.errors import BadFile, Offline
from tests.datasets._server import Site, serve

COMPANY = Path(__file__).with_name("company.pem")  # a certificate and its key, for these tests only
FAR = "http://images.invalid/a.png"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def secure() -> Iterator[Site]:
    with serve(Site(files={"/a.png": b"picture"}), certificate=COMPANY) as running:
        yield running


def bring(address: str, folder: Path) -> bytes:
    download(Item(address=address, name="a.png"), folder / "a.png")
    return (folder / "a.png").read_bytes()


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_company_s_certificate_is_trusted_where_a_usual_variable_names_it(
    secure: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(COMPANY))
    assert bring(f"{secure.base}/a.png", tmp_path) == b"picture"


def test_a_certificate_nobody_vouches_for_is_refused_with_the_way_out(secure: Site, tmp_path: Path) -> None:
    with pytest.raises(Offline, match=r"certificate.*set SSL_CERT_FILE"):
        bring(f"{secure.base}/a.png", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_certificates_that_was_corrected_is_read_again(
    secure: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with pytest.raises(Offline, match="certificate"):
        bring(f"{secure.base}/a.png", tmp_path)
    bundle.write_bytes(COMPANY.read_bytes())
    assert bring(f"{secure.base}/a.png", tmp_path) == b"picture"


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_variable_that_names_no_certificates_is_named(
    secure: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "bundle.pem").write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))
    with pytest.raises(BadFile, match=r"REQUESTS_CA_BUNDLE=.*Correct or unset it"):
        bring(f"{secure.base}/a.png", tmp_path)


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
def test_a_proxy_is_asked_where_a_usual_variable_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with serve(Site(files={FAR: b"by the proxy"})) as proxy:
        monkeypatch.setenv(name, proxy.base)
        assert bring(FAR, tmp_path) == b"by the proxy"


def test_addresses_that_no_proxy_names_are_asked_directly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Site(files={"/a.png": b"direct"})) as site:
        monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
        with pytest.raises(Offline, match="SOCKS"):
            bring(f"{site.base}/a.png", tmp_path)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert bring(f"{site.base}/a.png", tmp_path) == b"direct"
