"""Scores go to Canvas and to an LTI platform by their rules; nothing there is lost, doubled or overwritten."""

import json
from dataclasses import asdict

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from autograder import web
from autograder.bridge import Standing
from autograder.classview import class_view
from autograder.cli import main
from autograder.people import Person
from autograder.taken import Taken, save_taken
from srkit.errors import BadInput
from tests.autograder._platforms import CANVAS_TOKEN, FakeCanvas, FakePlatform
from tests.autograder.test_pages import a_class

STUDENTS = {"ada_1": (3, 4, 4, 5, 4), "ben_2": (0, 0, 0, 0, 4), "cho_3": (3, 4, 0, 0, 0), "dan": (3, 4, 4, 5, 4)}


@pytest.fixture(autouse=True)
def waited(monkeypatch):
    """Return the seconds that were waited, without waiting."""
    seconds = []
    monkeypatch.setattr(web.time, "sleep", seconds.append)
    monkeypatch.setattr(web.Session.__init__, "__defaults__", (seconds.append,))
    return seconds


@pytest.fixture
def course(tmp_path):
    """A course whose lesson 11 was graded: three of Canvas, one of them waiting, and one known by the login."""
    folder = tmp_path / "course"
    (folder / "submitted" / "ada_1").mkdir(parents=True)
    grade(folder, STUDENTS, waiting="cho_3")
    people = {name: Person(student=name, platform="canvas", user=name[-1]) for name in STUDENTS if "_" in name}
    save_taken(folder, "lesson_11", {name: Taken(person=one, files=("x.ipynb",)) for name, one in people.items()})
    return folder


def grade(folder, students, waiting=""):
    current = a_class(students)
    standings = {
        name: Standing(score=None if name == waiting else float(sum(earned))) for name, earned in students.items()
    }
    place = folder / "report" / "lesson_11"
    place.mkdir(parents=True, exist_ok=True)
    view = class_view("Lesson 11", current, standings)
    (place / "class.json").write_text(json.dumps(asdict(view)))
    for name, earned in students.items():
        page = folder / "feedback" / name / "lesson_11" / "page.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"{name} {earned}")


@pytest.fixture
def canvas():
    made = FakeCanvas({1: "ada", 2: "ben", 3: "cho", 4: "dan", 5: "eve"})
    yield made
    made.close()


@pytest.fixture
def told(tmp_path, canvas):
    (tmp_path / "token").write_text(CANVAS_TOKEN)
    (tmp_path / "token").chmod(0o600)
    path = tmp_path / "canvas.toml"
    path.write_text(
        f"[canvas]\nurl = '{canvas.address}'\ncourse = 7\ntoken_file = 'token'\nassignments = {{ 11 = 70 }}\n"
    )
    return path


def send(course, path, *words):
    """Send what was graded; the command does it after grading, and alone where nothing is graded."""
    from autograder.cli import _sent
    from autograder.run import Plan

    lines = []
    plan = Plan(folder=course)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.cli._say", lines.append)
        clear = _sent(plan, path, None, dry="dry" in words)
    return clear, "\n".join(lines)


def test_canvas_gets_each_score_with_the_page_as_a_comment_and_nothing_for_who_waits(course, told, canvas):
    clear, lines = send(course, told)
    assert clear
    assert canvas.scores == {1: 20.0, 2: 4.0, 4: 20.0}
    assert {user: [page for _, page in found] for user, found in canvas.comments.items()} == {
        1: [b"ada_1 (3, 4, 4, 5, 4)"],
        2: [b"ben_2 (0, 0, 0, 0, 4)"],
        4: [b"dan (3, 4, 4, 5, 4)"],
    }
    assert "cho_3: waits for a person" in lines
    assert "3 sent" in lines


def test_a_second_call_sends_nothing_and_a_changed_score_is_sent_alone(course, told, canvas):
    send(course, told)
    before, sent = len(canvas.files), [method for method, _ in canvas.asked].count("PUT")
    clear, lines = send(course, told)
    assert clear
    assert "3 there already" in lines
    assert [method for method, _ in canvas.asked].count("PUT") == sent == 3
    grade(course, {**STUDENTS, "ben_2": (3, 0, 0, 0, 4)}, waiting="cho_3")
    send(course, told)
    assert canvas.scores[2] == 7.0
    assert len(canvas.files) == before + 1
    assert [len(found) for found in canvas.comments.values()] == [1, 2, 1]


def test_a_score_that_somebody_gave_on_the_platform_stays_unless_it_is_told_otherwise(course, told, canvas):
    send(course, told)
    canvas.scores[2] = 11.5
    clear, lines = send(course, told)
    assert not clear
    assert canvas.scores[2] == 11.5
    assert "Canvas has 11.5" in lines
    told.write_text(told.read_text() + "overwrite = true\n")
    assert send(course, told)[0]
    assert canvas.scores[2] == 4.0
    assert len(canvas.comments[2]) == 1


def test_a_dry_run_of_the_command_says_what_would_be_sent_and_changes_nothing(course, told, canvas):
    done = CliRunner().invoke(main, ["--course", str(course), "--lesson", "11", "--send", str(told), "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "Would send: ada_1: 20 of 20, with feedback" in done.output
    assert CANVAS_TOKEN not in done.output
    assert {method for method, _ in canvas.asked} == {"GET"}
    assert not (course / "sent").exists()


def test_throttling_and_a_server_that_is_busy_are_waited_for(course, told, canvas, waited):
    canvas.troubles += [
        ("GET /api/v1/courses/7/users", 403, {}, "403 Forbidden (Rate Limit Exceeded)"),
        ("GET /api/v1/courses/7/users", 429, {"Retry-After": "7"}, ""),
        ("GET /api/v1/courses/7/assignments/70/submissions", 503, {}, "busy"),
        ("PUT", 429, {}, "Rate Limit Exceeded"),
    ]
    assert send(course, told)[0]
    assert waited == [1.0, 7.0, 1.0, 1.0]
    assert canvas.scores == {1: 20.0, 2: 4.0, 4: 20.0}


def test_what_fails_half_way_keeps_what_was_sent_and_the_next_call_adds_no_comment_twice(course, told, canvas):
    canvas.troubles.append(("PUT /api/v1/courses/7/assignments/70/submissions/2", 500, {}, f"oops {CANVAS_TOKEN}"))
    with pytest.raises(web.NotSent, match="call again") as problem:
        send(course, told)
    assert CANVAS_TOKEN not in str(problem.value)
    assert canvas.scores == {1: 20.0}
    (course / "sent" / "lesson_11.json").unlink()  # as if it had been killed before it could remember
    assert send(course, told)[0]
    assert [len(found) for found in canvas.comments.values()] == [1, 1, 1]


def test_a_token_that_is_wrong_or_could_be_read_by_others_is_a_sentence_without_the_token(course, told, canvas):
    (told.parent / "token").write_text("7~another-secret")
    with pytest.raises(web.NotSent, match="status 401") as problem:
        send(course, told)
    assert "another-secret" not in str(problem.value)
    (told.parent / "token").chmod(0o644)
    with pytest.raises(OSError, match="chmod 600"):
        send(course, told)


def test_a_page_that_leads_elsewhere_gets_no_token_and_plain_http_is_refused(course, told, canvas):
    other = FakeCanvas({})
    canvas.troubles.append(("GET /api/v1/courses/7/users", 200, {"Link": f'<{other.address}/steal>; rel="next"'}, "[]"))
    with pytest.raises(web.NotSent, match="another place"):
        send(course, told)
    other.close()
    assert other.asked == []
    with pytest.raises(BadInput, match="in the open"):
        web.Session("http://canvas.example.edu", str)


@pytest.mark.parametrize(
    "text",
    ["", "[canvas]\nurl = 3\n", "[moodle]\n", "x = [", "[canvas]\nurl='https://x'\ncourse='a'\nassignments={11=1}\n"],
)
def test_a_file_that_names_no_platform_is_refused_with_where_to_read(tmp_path, text, monkeypatch):
    from autograder.platforms import platforms_of

    monkeypatch.setenv("SRKIT_CANVAS_TOKEN", "t")
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(OSError, match="Straight to the platform"):
        platforms_of(path)


@pytest.fixture(scope="module")
def keys():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, public.decode()


@pytest.fixture
def platform(keys):
    made = FakePlatform(keys[1], {"u1": "ada_1", "u2": "ben_2", "u3": "cho_3", "u4": "dan"})
    yield made
    made.close()


def test_an_lti_platform_gets_signed_requests_scaled_scores_and_pending_for_who_waits(course, keys, platform, tmp_path):
    (tmp_path / "key.pem").write_bytes(keys[0])
    (tmp_path / "key.pem").chmod(0o600)
    path, place = tmp_path / "lti.toml", platform.address
    path.write_text(
        f"[lti]\ntoken_url = '{place}/token'\nclient_id = 'tool-1'\nkey_file = 'key.pem'\nmembers = '{place}/members'\n"
        f"lineitems = {{ 11 = '{place}/items/1?type_id=3' }}\n"
    )
    assert send(course, path)[0]
    assert {user: one["resultScore"] for user, one in platform.column.items()} == {"u1": 100, "u2": 20, "u4": 100}
    pending = [one for one in platform.given if one["gradingProgress"] == "PendingManual"]
    assert [one["userId"] for one in pending] == ["u3"]
    assert "scoreGiven" not in pending[0]
    assert len(platform.tokens) == 1
    _, lines = send(course, path)
    assert "3 there already" in lines
    assert len(platform.given) == 5
