"""Ask a platform over the network: patiently, page by page, and without ever showing the token."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests

from autograder.plain import one_line
from srkit.errors import BadInput

__all__ = ["NotSent", "Session"]

_TRIES, _LONGEST = 6, 60.0  # waits of 1, 2, 4, 8, 16 s where the platform names none
_TIMEOUT = (10, 60)  # seconds to connect, and between two pieces of an answer
_HERE = {"127.0.0.1", "localhost", "::1"}


class NotSent(RuntimeError):
    """A platform did not take something; what was taken before stays, and another call goes on from there."""


class Session:
    """Talks to one platform.

    Args:
        base: address that every other one must lie on: the token goes nowhere else.
        token: gives the token when it is needed; "" for none.
        wait: waits some seconds.

    Raises:
        BadInput: the address is not https, so that the token would travel in the open.
    """

    def __init__(self, base: str, token: Callable[[], str], wait: Callable[[float], None] = time.sleep) -> None:
        self.base, self.token, self.wait = base.rstrip("/"), token, wait
        self._session = requests.Session()
        self._session.trust_env = False  # no password of a .netrc, no proxy that nobody named
        _safe(self.base)

    def ask(
        self, method: str, address: str, *, accept: tuple[int, ...] = (200, 201), **words: Any
    ) -> requests.Response:
        """Ask once, or again where the platform says that it was too often; what changes something is not repeated.

        Args:
            method: of HTTP.
            address: below ``base``, or whole.
            accept: statuses that are an answer.
            words: what ``requests`` takes.

        Raises:
            NotSent: the platform refused, or cannot be reached.
        """
        url = address if "://" in address else f"{self.base}{address}"
        if _origin(url) != _origin(self.base):
            raise NotSent(f"{_shown(self.base)} leads to {_shown(url)}, another place, which the token is not for.")
        words["headers"] = {**words.get("headers", {}), "Authorization": f"Bearer {self.token()}"}
        told = ""
        for turn in range(_TRIES):
            try:
                answer = self._session.request(method, url, timeout=_TIMEOUT, allow_redirects=False, **words)
            except requests.RequestException as problem:
                told = type(problem).__name__
                if method != "GET":
                    break
            else:
                if answer.status_code in accept:
                    return answer
                told = f"status {answer.status_code}, {self._words(answer)}"
                too_often = answer.status_code == 429 or "rate limit exceeded" in answer.text[:1000].lower()
                if not too_often and (method != "GET" or answer.status_code not in (500, 502, 503, 504)):
                    break
            self.wait(_pause(answer if "status" in told else None, turn))
        raise NotSent(f"{method} {_shown(url)}: {told}. What was sent before stays; call again to go on.")

    def pages(self, address: str, **words: Any) -> Iterator[Any]:
        """Yield the answers of a list and of all pages after it."""
        following: str | None = address
        while following:
            answer = self.ask("GET", following, **words)
            yield _json(answer)
            following, words = answer.links.get("next", {}).get("url"), {**words, "params": None}

    def give(self, address: str, fields: dict[str, Any], name: str, data: bytes) -> requests.Response:
        """Send a file to where the platform says, which may be another place and gets no token."""
        _safe(address)
        parts = {**{key: (None, str(value)) for key, value in fields.items()}, "file": (name, data, "text/html")}
        try:
            answer = self._session.post(address, files=parts, timeout=_TIMEOUT, allow_redirects=False)
        except requests.RequestException as problem:
            raise NotSent(f"POST {_shown(address)}: {type(problem).__name__}. Call again to go on.") from None
        if answer.status_code not in (200, 201, 301, 302, 303):
            raise NotSent(f"POST {_shown(address)}: status {answer.status_code}, {self._words(answer)}. Call again.")
        return answer

    def _words(self, answer: requests.Response) -> str:
        token = self.token()
        return one_line((answer.text.replace(token, "…") if token else answer.text)[:200])


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise NotSent(f"{_shown(answer.url)} did not answer with JSON. Is that the platform's address?") from None


def _pause(answer: requests.Response | None, turn: int) -> float:
    told = "" if answer is None else answer.headers.get("Retry-After", "")
    return min(float(told), _LONGEST) if told.isdecimal() else float(2**turn)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _shown(url: str) -> str:
    """Return an address without what may be secret in it."""
    parts = urlsplit(url)
    return one_line(f"{parts.scheme}://{parts.hostname or ''}{parts.path}")


def _safe(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        raise BadInput(f"{_shown(url)} is no https address; a token and grades would travel in the open.")
