"""A Canvas and an LTI platform on this machine, written from their documentation, with what goes wrong on purpose.

Canvas: developerdocs.instructure.com, "Submissions", "File uploads", "Pagination", "Throttling". LTI: "Assignment and
Grade Services 2.0", "Names and Role Provisioning Services 2.0", "Security Framework 1.0" of 1EdTech.
"""

from __future__ import annotations

import json
import re
import threading
import urllib.parse
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CANVAS_TOKEN = "7~canvas-secret-token"


class Server:
    """Answers by a method ``METHOD_what`` of the platform for each address that ``routes`` names."""

    routes: tuple[tuple[str, str, str], ...] = ()

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.troubles: list[tuple[str, int, dict[str, str], str]] = []  # address, status, headers, text; each used once
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                status, headers, text = outer.handle(self.command, path, query, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        for verb in ("GET", "POST", "PUT"):
            setattr(Handler, f"do_{verb}", Handler.answer)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def handle(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Any:
        self.asked.append((method, path))
        for trouble in self.troubles:
            if trouble[0] in f"{method} {path}":
                self.troubles.remove(trouble)
                return trouble[1], trouble[2], trouble[3].encode()
        for known, pattern, name in self.routes:
            found = re.fullmatch(pattern, path)
            if known == method and found:
                status, more, value = getattr(self, name)(found, query, headers, body)
                return status, {"Content-Type": "application/json", **more}, json.dumps(value).encode()
        return 404, {}, b'{"errors": "there is no such place"}'

    def page(self, path: str, query: str, entries: list[Any], each: int = 2) -> tuple[dict[str, str], list[Any]]:
        """Return a page of a list, smaller than what was asked for, with the link to the next one."""
        number = int(urllib.parse.parse_qs(query).get("page", ["1"])[0])
        more = number * each < len(entries)
        link = {"Link": f'<{self.address}{path}?page={number + 1}>; rel="next"'} if more else {}
        return link, entries[(number - 1) * each : number * each]


class FakeCanvas(Server):
    """A course with one assignment of 20 points."""

    routes = (
        ("GET", r"/api/v1/courses/7/users", "users"),
        ("GET", r"/api/v1/courses/7/assignments/70", "one_assignment"),
        ("GET", r"/api/v1/courses/7/assignments/70/submissions", "submissions"),
        ("POST", r"/api/v1/courses/7/assignments/70/submissions/(\d+)/comments/files", "announce"),
        ("POST", r"/storage/(\d+)", "store"),
        ("GET", r"/api/v1/files/(\d+)/create_success", "confirm"),
        ("PUT", r"/api/v1/courses/7/assignments/70/submissions/(\d+)", "grade"),
    )

    def __init__(self, users: dict[int, str]) -> None:
        super().__init__()
        self.people = users
        self.scores: dict[int, float] = {}
        self.comments: dict[int, list[tuple[str, bytes]]] = {}
        self.files: dict[int, bytes] = {}

    def handle(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Any:
        if path.startswith("/storage/"):
            assert "Authorization" not in headers, "the token was sent to the storage"
        elif headers.get("Authorization") != f"Bearer {CANVAS_TOKEN}":
            return 401, {}, json.dumps({"errors": f"Invalid access token {headers.get('Authorization')}"}).encode()
        return super().handle(method, path, query, headers, body)

    def users(self, found: Any, query: str, headers: Any, body: bytes) -> Any:
        entries = [{"id": n, "name": login, "login_id": login} for n, login in self.people.items()]
        return 200, *self.page("/api/v1/courses/7/users", query, entries)

    def one_assignment(self, *_: Any) -> Any:
        return 200, {}, {"id": 70, "points_possible": 20.0}

    def submissions(self, found: Any, query: str, headers: Any, body: bytes) -> Any:
        entries = [
            {
                "user_id": user,
                "score": self.scores.get(user),
                "submission_comments": [{"comment": text} for text, _ in self.comments.get(user, [])],
            }
            for user in self.people
        ]
        return 200, *self.page("/api/v1/courses/7/assignments/70/submissions", query, entries)

    def announce(self, found: Any, query: str, headers: Any, body: bytes) -> Any:
        told = urllib.parse.parse_qs(body.decode())
        assert set(told) == {"name", "size", "content_type"}
        number = len(self.files) + 1
        self.files[number] = b""
        return 200, {}, {"upload_url": f"{self.address}/storage/{number}", "upload_params": {"key": f"k{number}"}}

    def store(self, found: Any, query: str, headers: Any, body: bytes) -> Any:
        parts = (
            BytesParser().parsebytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body).get_payload()
        )
        names = [part.get_param("name", header="content-disposition") for part in parts]
        assert names == ["key", "file"], "the file comes last, after everything that Canvas asked for"
        number = int(found[1])
        self.files[number] = parts[1].get_payload(decode=True)
        return 301, {"Location": f"{self.address}/api/v1/files/{number}/create_success"}, {}

    def confirm(self, found: Any, *_: Any) -> Any:
        return 200, {}, {"id": int(found[1])}

    def grade(self, found: Any, query: str, headers: Any, body: bytes) -> Any:
        told = {name: value[0] for name, value in urllib.parse.parse_qs(body.decode()).items()}
        user = int(found[1])
        assert told.keys() <= {"submission[posted_grade]", "comment[text_comment]", "comment[file_ids][]"}
        self.scores[user] = float(told["submission[posted_grade]"])
        if "comment[text_comment]" in told:
            page = self.files[int(told["comment[file_ids][]"])]
            self.comments.setdefault(user, []).append((told["comment[text_comment]"], page))
        return 200, {}, {"user_id": user}


class FakePlatform(Server):
    """An LTI platform with one column of 100 points."""

    routes = (
        ("POST", r"/token", "token"),
        ("GET", r"/items/1", "item"),
        ("GET", r"/items/1/results", "results"),
        ("GET", r"/members", "members"),
        ("POST", r"/items/1/scores", "score"),
    )

    def __init__(self, public_key: str, users: dict[str, str]) -> None:
        super().__init__()
        self.key, self.people = public_key, users
        self.tokens: set[str] = set()
        self.given: list[dict[str, Any]] = []
        self.column: dict[str, dict[str, Any]] = {}

    def handle(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Any:
        if path != "/token" and headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, {}, b"{}"
        return super().handle(method, path, query, headers, body)

    def token(self, found: Any, query: str, headers: Any, body: bytes) -> Any:
        import jwt

        told = {name: value[0] for name, value in urllib.parse.parse_qs(body.decode()).items()}
        assert told["grant_type"] == "client_credentials"
        assert told["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        claims = jwt.decode(told["client_assertion"], self.key, algorithms=["RS256"], audience=f"{self.address}/token")
        assert claims["iss"] == claims["sub"] == "tool-1"
        assert {"jti", "iat", "exp"} <= set(claims)
        assert "https://purl.imsglobal.org/spec/lti-ags/scope/score" in told["scope"].split()
        self.tokens.add(f"t{len(self.tokens)}")
        return 200, {}, {"access_token": f"t{len(self.tokens) - 1}", "token_type": "bearer", "expires_in": 3600}

    def item(self, *_: Any) -> Any:
        return 200, {}, {"id": f"{self.address}/items/1", "scoreMaximum": 100}

    def results(self, found: Any, query: str, headers: Any, body: bytes) -> Any:
        assert "type_id=3" in query or "page=" in query, "what stands after the question mark was lost"
        return 200, *self.page("/items/1/results", query, list(self.column.values()))

    def members(self, found: Any, query: str, headers: Any, body: bytes) -> Any:
        entries = [{"user_id": user, "email": email, "status": "Active"} for user, email in self.people.items()]
        link, some = self.page("/members", query, entries)
        return 200, link, {"members": some}

    def score(self, found: Any, query: str, headers: Any, body: bytes) -> Any:
        assert headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
        assert "type_id=3" in query
        told = json.loads(body)
        assert {"userId", "timestamp", "activityProgress", "gradingProgress"} <= set(told)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)", told["timestamp"])
        self.given.append(told)
        if told["gradingProgress"] == "FullyGraded":
            assert 0 <= told["scoreGiven"] <= told["scoreMaximum"]
            score = 100 * told["scoreGiven"] / told["scoreMaximum"]
            self.column[told["userId"]] = {"userId": told["userId"], "resultScore": score, "comment": told["comment"]}
        return 200, {}, {}
