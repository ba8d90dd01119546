"""Network access: proxies and certificates, by the same settings as curl and pip."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import ssl
import urllib.error
import urllib.request
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from srkit.errors import BadFile, Offline

__all__ = ["SCHEMES", "advice", "opener"]

SCHEMES = ("http", "https", "file")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def opener(address: str) -> urllib.request.OpenerDirector:
    """Return what opens an address: http, https and file, by way of the proxies of the system and the environment."""
    proxies = urllib.request.getproxies()
    if "all" in proxies:
        proxies = {"http": proxies["all"], "https": proxies["all"], **proxies}
    scheme = urlsplit(address).scheme
    if proxies.get(scheme, "").lower().startswith("socks") and not _is_direct(address):
        raise Offline(f"The proxy {proxies[scheme]} speaks SOCKS; name one that speaks HTTP in {scheme}_proxy.")
    found = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(proxies),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=certificates()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.FileHandler(),
    ):
        found.add_handler(handler)
    return found


def certificates() -> ssl.SSLContext:
    """Return whom to trust: the system's store, what the usual variables name, and certifi where it is installed."""
    named = [(name, place) for name in (*_BUNDLES, "SSL_CERT_DIR") if (place := os.environ.get(name))]
    return _trusted(tuple((name, place, _changed(Path(place))) for name, place in named))


def _changed(place: Path) -> int:
    return place.stat().st_mtime_ns if place.exists() else 0


@lru_cache(maxsize=1)  # to read them costs more than a small file's download
def _trusted(named: tuple[tuple[str, str, int], ...]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    for name, place, _ in named:
        if name not in _BUNDLES:  # what OpenSSL itself reads
            continue
        try:
            context.load_verify_locations(**{"capath" if Path(place).is_dir() else "cafile": place})
        except OSError as error:
            raise BadFile(
                f"{name}={place} holds no certificates that can be read ({error}). Correct or unset it."
            ) from error
    if importlib.util.find_spec("certifi") is not None:
        import certifi

        with contextlib.suppress(OSError):
            context.load_verify_locations(cafile=certifi.where())
    return context


def advice(problem: BaseException | None) -> str:
    """Return what to do about a certificate that is not trusted here, or nothing."""
    reason = problem.reason if isinstance(problem, urllib.error.URLError) else problem
    if not isinstance(reason, ssl.SSLCertVerificationError):
        return ""
    return " If a company's proxy stands in between, set SSL_CERT_FILE to the file of its certificate."


def _is_direct(address: str) -> bool:
    host = urlsplit(address).hostname
    return bool(host and urllib.request.proxy_bypass(host))
