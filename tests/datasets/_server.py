"""A web server on this machine that can break off, lie, and be asked for parts of a file."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


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
    """

    files: dict[str, bytes] = field(default_factory=dict)
    breaks: int = 0
    after: int = 1000
    ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    fails: list[int] = field(default_factory=list)
    base: str = ""


@contextmanager
def serve(site: Site) -> Iterator[Site]:
    """Serve a site on a free port of this machine while the block runs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers.get("Range")))
            body = site.files.get(self.path)
            if site.fails:
                self.send_error(site.fails.pop(0))
            elif body is None:
                self.send_error(404)
            else:
                self.answer(body)

        def answer(self, body: bytes) -> None:
            asked = self.headers.get("Range")
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and site.ranges else 0
            if start >= len(body) and start:
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            part = body[start:]
            if site.breaks > 0:
                site.breaks -= 1
                part = part[: site.after]
                self.close_connection = True
            self.wfile.write(part)

        def log_message(self, *_: object) -> None:
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    site.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
