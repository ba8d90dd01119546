"""A web server on this machine that can break off, lie, and be asked for parts of a file."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Site:
    """What the server has and how it behaves.

    Attributes:
        files: path -> content.
        breaks: how many answers end after ``after`` bytes.
        after: see ``breaks``.
        ranges: whether parts of files are given.
        asked: (path, Range header) of each request so far.
        fails: status codes to answer with before anything else.
        heads: header name -> what is sent instead of the truth (None: nothing).
        moved: path -> address to which it is redirected.
        pieces: in what pieces an answer is sent; None sends it at once.
        pause: called between two pieces.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    breaks: int = 0
    after: int = 1000
    ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    fails: list[int] = field(default_factory=list)
    heads: dict[str, str | None] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    pieces: Callable[[bytes], Iterable[bytes]] | None = None
    pause: Callable[[], object] = lambda: None
    base: str = ""


class _Handler(http.server.BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        site.asked.append((self.path, self.headers.get("Range")))
        body = site.files.get(self.path)
        if site.fails:
            self.send_error(site.fails.pop(0))
        elif self.path in site.moved:
            self.head(302, {"Location": site.moved[self.path]})
        elif body is None:
            self.send_error(404)
        else:
            self.answer(body)

    def head(self, status: int, fields: Mapping[str, str | None]) -> None:
        self.send_response(status)
        for name, value in fields.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()

    def answer(self, body: bytes) -> None:
        asked, site = self.headers.get("Range"), self.site
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and site.ranges else 0
        if start >= len(body) and start:
            self.send_error(416)
            return
        true = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if start else {}
        self.head(206 if start else 200, {"Content-Length": str(len(body) - start), **true, **site.heads})
        part = body[start:]
        if site.breaks > 0:
            site.breaks -= 1
            part = part[: site.after]
        with contextlib.suppress(ConnectionError):
            for piece in [part] if site.pieces is None else site.pieces(part):
                self.wfile.write(piece)
                self.wfile.flush()
                site.pause()

    def log_message(self, *_: object) -> None:
        return None


@contextmanager
def serve(site: Site, *, certificate: Path | None = None) -> Iterator[Site]:
    """Serve a site on a free port of this machine while the block runs, by https where there is a certificate."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that does not trust us
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    site.base = f"{'http' if certificate is None else 'https'}://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
