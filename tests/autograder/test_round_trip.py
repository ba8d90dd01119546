"""A class goes out of a platform and its scores and feedback go back into it: every row lands on its person."""

import csv
import shutil
import zipfile

import pytest

from autograder.course import Course
from autograder.enrolment import read_rosters
from autograder.people import person_of
from autograder.roster import read_roster
from srkit.errors import BadInput
from tests.autograder._command import WRONG, answers, command, points, told
from tests.autograder._importers import Canvas, Moodle
from tools.press import sources

LESSONS = {int(path.stem[:2]): path for path in sources()}
FULL = points(11)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A course in which lessons 10 and 11 were generated and released; it takes nbgrader seconds."""
    folder = tmp_path_factory.mktemp("generated") / "course"
    for number in (10, 11):
        Course(folder, LESSONS[number]).generate()
    return folder


@pytest.fixture
def course(generated, tmp_path):
    shutil.copytree(generated, tmp_path / "course")
    return tmp_path / "course"


def packed(path, entries):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def canvas_class():
    people = {
        11: {"name": "Adams, Ann", "sis": "s11", "login": "aadams"},
        12: {"name": "de la Cruz, Ben", "sis": "s12", "login": "bcruz"},
        13: {"name": "=cmd()", "sis": "s13", "login": "cmd"},
        14: {"name": "이순신", "sis": "s14", "login": "lee"},
        15: {"name": "Never, Here", "sis": "s15", "login": "never"},
        16: {"name": "Adams, Ann", "sis": "s16", "login": "aadams2"},
    }
    attachments = {222: 11, 223: 11, 224: 12, 225: 13, 226: 14, 228: 16}
    return Canvas(
        people, {90: "Exercise 10", 91: "Exercise 11"}, {(12, 90): 3.5, (15, 91): 7.0, (14, 91): 2.0}, attachments
    )


CANVAS_FILES = {
    "adamsann_LATE_11_222_lesson.ipynb": answers(11, count=3),
    "adamsann_LATE_11_223_lesson-1.ipynb": answers(11, start=3),
    "de_la_cruz_12_224_lesson.ipynb": answers(11, WRONG),
    "cmd_13_225_lesson.ipynb": answers(11),
    "이순신_14_226_lesson.ipynb": b"no notebook",
    "neverhere_15_text.html": b"I was ill.",
    "adamsann_16_228_11_2_x.ipynb": answers(11),
    "__MACOSX/._adamsann_11_222_lesson.ipynb": b"",
}


def gradebook(platform, *, separator=",", mark="", names=False, comma=False):
    """Return a gradebook export of the platform, as its settings make it."""
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]]
    rows += [["", "", "", "", ""], ["    Points Possible", "", "", "", ""]]
    rows += [[one["name"], str(n), one["sis"], one["login"], "S1"] for n, one in platform.students.items()]
    rows += [["Student, Test", "99", "", "xyz", "S1"]]
    if names:
        split = [[*[*row[0].split(", "), ""][:2], *row[1:]] for row in rows]
        rows = [["LastName", "FirstName", *rows[0][1:]], *split[1:]]
    for number, title in platform.assignments.items():
        rows[0].append(f"{title} ({number})")
        rows[1].append("Manual Posting" if number == 90 else "")
        rows[2].append(("16.00" if number == 90 else "20.00").replace(".", "," if comma else "."))
        for row, student in zip(rows[3:], platform.students, strict=False):
            score = platform.scores.get((student, number))
            row.append("" if score is None else f"{score:.2f}".replace(".", "," if comma else "."))
        rows[-1].append("")
    for row, last in zip(rows, ["Final Score", "", "(read only)", *["12"] * (len(rows) - 3)], strict=True):
        row.append(last)
    return rows, separator, mark


def write_rows(path, made):
    rows, separator, mark = made
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(mark)
        csv.writer(file, delimiter=separator).writerows(rows)
    return path


SETTINGS = [{}, {"separator": ";", "mark": "\ufeff", "comma": True}, {"names": True}]


@pytest.mark.parametrize("settings", SETTINGS)
def test_canvas_gets_back_its_own_file_with_every_score_on_its_person_and_nothing_cleared(
    course, tmp_path, monkeypatch, settings
):
    platform = canvas_class()
    archive = packed(tmp_path / "sr-exercise_11 submissions.zip", CANVAS_FILES)
    roster = write_rows(tmp_path / "Grades.csv", gradebook(platform, **settings))
    done = command(monkeypatch, archive, "--course", course, "--lesson", 11, "--roster", roster)
    assert done.exit_code == 1, done.output  # one student needs a human
    before = dict(platform.scores)
    platform.students[99] = {"name": "Student, Test"}  # whom Canvas knows and nobody grades
    said = platform.upload(course / "report" / "Grades.csv")
    assert (said["new students"], said["new assignments"], said["cleared"]) == ([], [], [])
    assert platform.scores == {**before, (11, 91): FULL, (12, 91): 0.0, (13, 91): FULL, (14, 91): 0.0, (16, 91): FULL}
    assert platform.upload(course / "report" / "Grades.csv")["changed"] == []
    mine, theirs = ((tmp_path / "Grades.csv").read_bytes(), (course / "report" / "Grades.csv").read_bytes())
    assert theirs.startswith(mine[:60])
    comments, ignored = platform.comments(course / "report" / "lesson_11" / "feedback.zip")
    assert (set(comments), ignored) == ({11, 12, 13, 14, 16}, [])
    assert "adamsann_11<" in comments[11]
    view = told(course, 11)
    assert [one["name"] for one in view["students"] if one["late"]] == ["adamsann_11"]


def test_without_a_roster_canvas_finds_people_by_the_number_of_the_archive(course, tmp_path, monkeypatch):
    platform = canvas_class()
    platform.assignments[92] = "Lesson 11"
    archive = packed(tmp_path / "a.zip", CANVAS_FILES)
    command(monkeypatch, archive, "--course", course, "--lesson", 11)
    said = platform.upload(course / "report" / "lesson_11" / "canvas.csv")
    assert (said["new students"], said["new assignments"], said["cleared"]) == ([], [], [])
    assert {s: score for (s, a), score in platform.scores.items() if a == 92} == {
        11: FULL,
        12: 0,
        13: FULL,
        14: 0,
        16: FULL,
    }


def test_somebody_who_waits_for_a_person_keeps_the_cell_and_who_is_missing_is_listed(course, tmp_path, monkeypatch):
    platform = canvas_class()
    platform.scores[13, 91] = 9.0
    roster = write_rows(tmp_path / "Grades.csv", gradebook(platform))
    files = {"cmd_13_225_a.ipynb": answers(11), "cmd_13_227_b.ipynb": answers(11, WRONG)}
    done = command(
        monkeypatch, packed(tmp_path / "a.zip", files), "--course", course, "--lesson", 11, "--roster", roster
    )
    assert done.exit_code == 1
    before = dict(platform.scores)
    assert platform.upload(course / "report" / "Grades.csv")["changed"] == []
    assert platform.scores == before
    assert not (course / "report" / "lesson_11" / "canvas.csv").exists()
    missing = {"Adams, Ann (11)", "de la Cruz, Ben (12)", "이순신 (14)", "Never, Here (15)", "Adams, Ann (16)"}
    assert told(course, 11)["missing"] == dict.fromkeys(missing, "not handed in")


def test_a_term_of_lessons_fills_one_gradebook(course, tmp_path, monkeypatch):
    platform = canvas_class()
    roster = write_rows(tmp_path / "Grades.csv", gradebook(platform))
    inbox = tmp_path / "downloads"
    inbox.mkdir()
    packed(inbox / "ten.zip", {"adamsann_11_222_x.ipynb": answers(10), "cmd_13_225_x.ipynb": answers(10, WRONG)})
    packed(
        inbox / "eleven.zip", {"adamsann_11_223_x.ipynb": answers(11, WRONG), "delacruz_12_224_x.ipynb": answers(11)}
    )
    done = command(monkeypatch, inbox, "--course", course, "--roster", roster)
    assert done.exit_code == 0, done.output
    platform.upload(course / "report" / "Grades.csv")
    scaled = 16.0  # the platform's column has 16 points, the lesson fewer
    assert "scaled" in done.output
    expected = {
        (11, 90): scaled,
        (13, 90): 0.0,
        (11, 91): 0.0,
        (12, 91): FULL,
        (12, 90): 3.5,
        (15, 91): 7.0,
        (14, 91): 2.0,
    }
    assert platform.scores == expected
    assert set(told(course)["students"]) >= {"adamsann_11", "cmd_13", "delacruz_12"}


ENGLISH = ("Identifier", "Participant ", "Grade")
GERMAN = ("ID", "Teilnehmer/in", "Bewertung")
FRENCH = ("Identifiant", "Participant ", "Note")


def moodle_sheet(words, *, comma=False, grades=None, offset=0, blind=False):
    identifier, prefix, grade = words
    header = [
        identifier,
        "Full name",
        "E-mail",
        "Status",
        grade,
        "Maximum " + grade,
        "Can change",
        "Last sub",
        "Last grade",
        "Comments",
    ]
    rows = [header]
    for n, (name, mail) in enumerate([("Anna Kim", "a@x.org"), ("Ben Kim", "b@x.org"), ("Anna Kim", "c@x.org")]):
        old = (grades or {}).get(n, "")
        top = "20,00" if comma else "20.00"
        rows.append([f"{prefix}{1000 + offset + n}", name, mail, "Submitted", old, top, "Yes", "-", "-", "keep me"])
    if blind:
        rows = [[row[0], *row[3:]] for row in rows]
    return rows, ",", "\ufeff"


@pytest.mark.parametrize(("words", "comma"), [(ENGLISH, False), (GERMAN, True), (FRENCH, True)])
def test_moodle_gets_back_its_own_worksheet_in_its_language(course, tmp_path, monkeypatch, words, comma):
    platform = Moodle({1000: "a@x.org", 1001: "b@x.org", 1002: "c@x.org"}, words)
    sheet = write_rows(
        tmp_path / "sheet.csv", moodle_sheet(words, comma=comma, grades={1: "3,00" if comma else "3.00"})
    )
    archive = packed(
        tmp_path / "SR-11.zip",
        {
            "Anna Kim_1000_assignsubmission_file/week 11/l.ipynb": answers(11),
            "Anna Kim_1002_assignsubmission_file_/l.ipynb": answers(11, WRONG),
        },
    )
    done = command(monkeypatch, archive, "--course", course, "--lesson", 11, "--roster", sheet)
    assert done.exit_code == 0, done.output
    filled = course / "report" / "sheet.csv"
    assert platform.worksheet(filled) == {"skipped": [], "changed": [1000, 1001, 1002]}
    assert platform.grades == {1000: FULL, 1001: 3.0, 1002: 0.0}
    assert platform.worksheet(filled)["changed"] == []
    assert platform.gradebook(course / "report" / "gradebook_sheet.csv") == {"a@x.org": FULL, "c@x.org": 0.0}
    found, ignored = platform.feedback(course / "report" / "lesson_11" / "feedback.zip")
    assert (found, ignored) == ({1000: "feedback.html", 1002: "feedback.html"}, [])
    assert told(course, 11)["missing"] == {"b@x.org": "not handed in"}


def test_blind_marking_is_graded_by_number_alone(course, tmp_path, monkeypatch):
    platform = Moodle({1000: "", 1001: "", 1002: ""})
    sheet = write_rows(tmp_path / "sheet.csv", moodle_sheet(ENGLISH, blind=True))
    archive = packed(tmp_path / "a.zip", {"Participant_1001_assignsubmission_file/l.ipynb": answers(11)})
    command(monkeypatch, archive, "--course", course, "--lesson", 11, "--roster", sheet)
    platform.worksheet(course / "report" / "sheet.csv")
    assert platform.grades == {1001: FULL}


def test_of_a_group_canvas_scores_the_member_whose_number_it_gives_and_moodle_nobody(course, tmp_path, monkeypatch):
    platform, roster = canvas_class(), tmp_path / "Grades.csv"
    write_rows(roster, gradebook(platform))
    before, words = dict(platform.scores), ("--course", course, "--lesson", 11, "--roster")
    archive = packed(tmp_path / "a.zip", {"teamred_12_224_l.ipynb": answers(11)})
    command(monkeypatch, archive, *words, roster)
    platform.upload(course / "report" / "Grades.csv")
    assert platform.scores == {**before, (12, 91): FULL}
    assert "Adams, Ann (11)" in told(course, 11)["missing"]
    moodle, sheet = Moodle({1000: "", 1001: "", 1002: ""}), write_rows(tmp_path / "sheet.csv", moodle_sheet(ENGLISH))
    archive = packed(tmp_path / "b.zip", {"Team Red_77_assignsubmission_file/l.ipynb": answers(11)})
    done = command(monkeypatch, archive, *words, sheet)
    assert "LOOK: On no roster" in done.output
    moodle.worksheet(course / "report" / "sheet.csv")
    assert moodle.grades == {}


def test_a_person_whose_moodle_number_differs_between_assignments_is_one_person(course, tmp_path, monkeypatch):
    inbox = tmp_path / "downloads"
    inbox.mkdir()
    packed(inbox / "ten.zip", {"Anna Kim_1000_assignsubmission_file/l.ipynb": answers(10)})
    packed(inbox / "eleven.zip", {"Anna Kim_2000_assignsubmission_file/l.ipynb": answers(11)})
    ten = write_rows(tmp_path / "ten.csv", moodle_sheet(ENGLISH))
    eleven = write_rows(tmp_path / "eleven.csv", moodle_sheet(ENGLISH, offset=1000))
    done = command(monkeypatch, inbox, "--course", course, "--roster", f"10={ten}", "--roster", f"11={eleven}")
    assert done.exit_code == 0, done.output
    assert told(course)["students"]["a@x.org"]["total"] == points(10) + FULL
    refused = command(monkeypatch, inbox, "--course", course, "--roster", ten)
    assert refused.exit_code == 2
    assert "--roster 10=ten.csv" in refused.output


def test_a_table_of_ones_own_gets_a_column_for_each_lesson(course, tmp_path, monkeypatch):
    own = tmp_path / "own.csv"
    own.write_text("login,remark\nanna,nice\nben,\n")
    inbox = tmp_path / "class"
    for name in ("anna", "zoe"):
        (inbox / name).mkdir(parents=True)
        (inbox / name / "x.ipynb").write_bytes(answers(11))
    done = command(monkeypatch, inbox, "--course", course, "--roster", own, "--lesson", 11)
    assert done.exit_code == 1
    assert "On no roster" in done.output
    rows = list(csv.reader((course / "report" / "own.csv").open(newline="")))
    assert rows == [["login", "remark", "Lesson 11"], ["anna", "nice", f"{FULL:g}"], ["ben", "", ""]]


@pytest.mark.parametrize(("text", "told_text"), [("", "is empty"), ("a,b,c\n1,2,3\n", "is no roster")])
def test_what_is_no_roster_is_refused(tmp_path, text, told_text):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(BadInput, match=told_text):
        read_roster(tmp_path / "r.csv")


def test_a_column_that_is_not_clear_is_asked_for_and_can_be_told(tmp_path):
    platform = canvas_class()
    platform.assignments[93] = "Exercise 11 again"
    path = write_rows(tmp_path / "Grades.csv", gradebook(platform))
    with pytest.raises(BadInput, match="--column 11=TITLE"):
        read_rosters([str(path)], []).check([11])
    enrolment = read_rosters([str(path)], ["11=Exercise 11 again"])
    enrolment.check([11])
    assert enrolment.of(11)[0].column_of(11, True, "Exercise 11 again") == 7


def test_two_people_of_one_name_are_nobody_by_name(tmp_path):
    (tmp_path / "r.csv").write_text("name,email\nAnn,a@x\nAnn,b@x\n")
    roster = read_roster(tmp_path / "r.csv")
    assert roster.row_of(person_of(["Ann", "x.ipynb"])) is None
    assert roster.row_of(person_of(["b@x", "x.ipynb"])) == 2


def test_a_late_hand_in_is_late_by_the_platforms_word_and_no_time_is_made_up(course, tmp_path, monkeypatch):
    files = {"ann_LATE_1_2_x.ipynb": answers(11), "ben_3_4_x.ipynb": answers(11)}
    words = ("--course", course, "--lesson", 11, "--due", "2020-01-01")
    assert command(monkeypatch, packed(tmp_path / "a.zip", files), *words).exit_code == 0
    with Course(course, LESSONS[11]).api.gradebook as book:
        late = {one.student.id: one.total_seconds_late for one in book.assignment_submissions("lesson_11")}
        assert str(book.find_assignment("lesson_11").duedate).startswith("2020-01-0")
    assert late == {"ann_1": 1, "ben_3": 0}
    refused = command(monkeypatch, tmp_path / "a.zip", *words[:4], "--due", "soon")
    assert refused.exit_code == 2
    assert "is no date" in refused.output


def test_a_dry_run_says_what_would_be_taken_and_writes_nothing(tmp_path, monkeypatch):
    files = {"ann_1_2_x.ipynb": answers(11), "ann_1_3_y.ipynb": answers(11, WRONG), "ben_4_5_x.ipynb": answers(10)}
    archive = packed(tmp_path / "a.zip", {**files, "zoe_6_7_x.pdf": b""})
    done = command(monkeypatch, archive, "--course", tmp_path / "course", "--dry-run")
    assert done.exit_code == 1
    assert "ann_1: ann_1_2_x.ipynb, or ann_1_3_y.ipynb?" in done.output
    assert "Lesson 10: 1 students" in done.output
    assert "NEEDS A HUMAN: zoe_6" in done.output
    assert not (tmp_path / "course").exists()
