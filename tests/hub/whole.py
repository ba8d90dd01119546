"""A real JupyterHub: release, fetch, work, submit, collect, grade, feedback, in real single-user servers.

The hub is from the Python index, its proxy from npm. Two students and an instructor have a server each; students act
through nbgrader's own extension of their servers, as its buttons do. Not tried here: accounts of the operating system
for each student, and a hub whose servers share no disk.

No part of the suite, in which ``tests/autograder/test_course.py`` takes the same way through folders: ``.ci/run`` runs
it after the suite. Half a minute of processor time.
"""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from autograder.course import Course
from tools._lesson import read_lesson
from tools.press import ROOT, sources

LESSON = next(path for path in sources() if path.name.startswith("00_"))
ASSIGNMENT = "lesson_00"
NBGRADER = """
import os
c = get_config()
c.CourseDirectory.course_id = "superresolution"
c.Exchange.root = {exchange!r}
c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
"""


class Hub:
    """A hub that runs, and what its people can ask."""

    def __init__(self, folder: Path, exchange: Path, proxy: str) -> None:
        self.folder, self.token = folder, secrets.token_hex(16)
        config = folder / "config" / "jupyter_server_config.d"
        config.mkdir(parents=True)
        extension = {"ServerApp": {"jpserver_extensions": {"nbgrader.server_extensions.assignment_list": True}}}
        (config / "nbgrader.json").write_text(json.dumps(extension))
        (folder / "config" / "nbgrader_config.py").write_text(NBGRADER.format(exchange=str(exchange)))
        ports = _free_ports(3)
        told = {"folder": str(folder), "ports": ports, "proxy": [proxy], "token": self.token}
        self.address = f"http://127.0.0.1:{ports[0]}"
        self.log = folder / "hub.log"
        with self.log.open("w") as log:
            words = [sys.executable, "-m", "jupyterhub", "-f", str(Path(__file__).with_name("hub_config.py"))]
            environment = {**os.environ, "SRKIT_HUB": json.dumps(told)}
            self.process = subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=log)
        self.tokens: dict[str, str] = {}

    def ask(self, path: str, method: str = "GET", body: object = None, token: str = "") -> tuple[int, object]:
        """Return (status, answer) of an address below the hub's."""
        data = None if body is None else json.dumps(body).encode()
        head = {"Authorization": f"token {token or self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, head, method=method)
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:
                return answer.status, _read(answer.read())
        except urllib.error.HTTPError as problem:
            return problem.code, _read(problem.read())

    def wait(self, what, seconds: float = 240) -> object:
        """Return what ``what`` gives as soon as it gives something."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            with contextlib.suppress(OSError):
                if found := what():
                    return found
            time.sleep(0.2)
        raise AssertionError(f"nothing after {seconds} s; the hub's log ends so:\n{self.log.read_text()[-3000:]}")

    def enter(self, name: str) -> None:
        """Log somebody in and start the server."""
        (self.folder / "home" / name).mkdir(parents=True, exist_ok=True)
        assert self.ask(f"/hub/api/users/{name}", "POST")[0] in (201, 409)
        status, made = self.ask(f"/hub/api/users/{name}/tokens", "POST", {"note": "tests"})
        assert status == 201, made
        self.tokens[name] = made["token"]
        assert self.ask(f"/hub/api/users/{name}/server", "POST", {})[0] in (201, 202)
        self.wait(lambda: (self.ask(f"/hub/api/users/{name}")[1].get("servers") or {}).get("", {}).get("ready"))

    def of(self, name: str, path: str, method: str = "GET", body: object = None, by: str = "") -> tuple[int, object]:
        """Ask somebody's server, as that person or as another."""
        return self.ask(f"/user/{name}{path}", method, body, self.tokens[by or name])

    def act(self, name: str, action: str) -> list[dict]:
        """Press a button of nbgrader's list of assignments."""
        words = {"course_id": "superresolution", "assignment_id": ASSIGNMENT}
        status, told = self.of(name, f"/assignments/{action}?{urllib.parse.urlencode(words)}", "POST")
        assert (status, told.get("success")) == (200, True), told
        return told["value"]

    def close(self) -> None:
        """End the hub, its proxy and every server."""
        for name in self.tokens:
            self.ask(f"/hub/api/users/{name}/server", "DELETE")
        self.process.terminate()
        self.process.wait(60)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in found]


def _read(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")


@pytest.fixture
def hub(tmp_path, system_executable):
    course = Course(tmp_path / "course", LESSON)
    course.generate()
    made = Hub(tmp_path, tmp_path / "course" / "exchange", system_executable("proxy"))
    try:
        made.wait(lambda: made.ask("/hub/api/")[0] == 200)
        yield made
    finally:
        made.close()


def solved(notebook: dict) -> dict:
    """Return the fetched notebook with every answer written in."""
    solutions = {cell.name: cell.source for cell in read_lesson(LESSON) if cell.kind == "exercise"}
    for cell in notebook["cells"]:
        name = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "").removeprefix("exercise-")
        if name in solutions:
            cell["source"] = solutions[name]
    return notebook


@pytest.mark.needs("proxy")
@pytest.mark.needs("bubblewrap")
@pytest.mark.timeout(1800)
def test_from_release_to_feedback_that_the_right_student_alone_sees(hub, tmp_path):
    course = tmp_path / "course"
    for name in ("ada", "ben", "teacher"):
        hub.enter(name)
    file = f"{ASSIGNMENT}/{LESSON.stem}.ipynb"
    for name in ("ada", "ben"):
        hub.act(name, "fetch")
        status, found = hub.of(name, f"/api/contents/{urllib.parse.quote(file)}")
        assert status == 200
        if name == "ada":
            body = {"type": "notebook", "format": "json", "content": solved(found["content"])}
            assert hub.of(name, f"/api/contents/{urllib.parse.quote(file)}", "PUT", body)[0] == 200
        hub.act(name, "submit")
    assert hub.of("ben", f"/api/contents/{urllib.parse.quote(file)}", by="ada")[0] == 403

    words = [sys.executable, "-m", "nbgrader", "collect", ASSIGNMENT]
    done = subprocess.run(words, cwd=course, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    roster = tmp_path / "roster.csv"
    roster.write_text("login,name\nada,Ada L.\nben,Ben K.\ncarla,Carla M.\n")
    words = [sys.executable, "-m", "autograder", "--course", course, "--lesson", "0", "--roster", roster, "--release"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "LOOK: Every answer is as it was given out" in done.stdout  # ben's
    assert (course / "report" / "roster.csv").read_text().splitlines()[1:] == [
        "ada,Ada L.,9",
        "ben,Ben K.,0",
        "carla,Carla M.,",
    ]

    pages = {}
    for name in ("ada", "ben"):
        hub.act(name, "fetch_feedback")
        home = hub.folder / "home" / name
        (page,) = [path for path in home.rglob("*.html") if "feedback" in path.relative_to(home).parts]
        shown = page.relative_to(home).as_posix()
        status, found = hub.of(name, f"/api/contents/{urllib.parse.quote(shown)}")
        assert status == 200
        pages[name] = found["content"]
        other = "ben" if name == "ada" else "ada"
        assert hub.of(name, f"/api/contents/{urllib.parse.quote(shown)}", by=other)[0] == 403
    assert "<b>ada</b>: <b>9</b> of 9 points" in pages["ada"]
    assert "<b>ben</b>: <b>0</b> of 9 points" in pages["ben"]
    assert "ben" not in pages["ada"]
    assert hub.of("teacher", "/api/contents")[0] == 200
    assert hub.of("teacher", "/api/contents", by="ada")[0] == 403
