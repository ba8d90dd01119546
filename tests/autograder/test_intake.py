"""What learning platforms export is taken in; what is no notebook, or a trap, is refused with the reason."""

import os
import struct
import zipfile
from io import BytesIO

import pytest

from autograder.intake import read_submissions
from autograder.people import person_of
from tests.autograder._grading import notebook

NOTEBOOK = notebook("x = 1")


def packed(entries, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def refusals(path):
    return {item.name: item.reason for item in read_submissions(path).refused}


def test_moodle_canvas_and_plain_folders_are_understood(tmp_path):
    taken = read_submissions(
        packed(
            [
                ("Ada Lovelace_1234567_assignsubmission_file/ex 1.ipynb", NOTEBOOK),
                ("Ben O'Neil_77_assignsubmission_file_ex1.ipynb", NOTEBOOK),
                ("curie_LATE_123_456_ex1-2.ipynb", NOTEBOOK),
                ("dirac_124_457_ex1.ipynb", NOTEBOOK),
                ("emmy/deep/er/renamed.ipynb", NOTEBOOK),
                ("__MACOSX/emmy/._renamed.ipynb", b"junk"),
                ("emmy/.ipynb_checkpoints/renamed-checkpoint.ipynb", b"junk"),
            ],
            tmp_path / "a.zip",
        )
    )
    assert [h.student for h in taken.hand_ins] == [
        "Ada Lovelace_1234567",
        "Ben O'Neil_77",
        "curie_123",
        "dirac_124",
        "emmy",
    ]
    assert not taken.refused
    assert all(h.read() == NOTEBOOK for h in taken.hand_ins)


def test_a_folder_gives_what_its_zip_gives(tmp_path):
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "x.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "class" / "ada" / "notes.txt").write_text("hello")
    taken = read_submissions(tmp_path / "class")
    assert [(h.student, h.read()) for h in taken.hand_ins] == [("ada", NOTEBOOK)]
    assert "not a notebook" in taken.refused[0].reason


def test_every_notebook_of_a_student_is_kept_whatever_its_time_and_number(tmp_path):
    entries = [("ada_1_200_ex-1.ipynb", notebook("x = 2")), ("ada_1_100_ex.ipynb", notebook("x = 1"))]
    taken = read_submissions(packed(entries, tmp_path / "a.zip"))
    assert {h.student for h in taken.hand_ins} == {"ada_1"}
    assert {h.read() for h in taken.hand_ins} == {data for _, data in entries}


PEOPLE = [
    ("adamsann_11_222_lesson.ipynb", ("adamsann_11", "canvas", "11", "adamsann_11_222_", False)),
    ("adamsann_LATE_11_222_lesson-1.ipynb", ("adamsann_11", "canvas", "11", "adamsann_LATE_11_222_", True)),
    ("de_la_cruz_11_222_my_3_4.ipynb", ("de_la_cruz_11", "canvas", "11", "de_la_cruz_11_222_", False)),
    ("007_11_222_x.ipynb", ("007_11", "canvas", "11", "007_11_222_", False)),
    ("이순신_11_222_x.ipynb", ("이순신_11", "canvas", "11", "이순신_11_222_", False)),
    ("LATE_anon_Ab12C_222_x.ipynb", ("anon_Ab12C", "canvas", "", "LATE_anon_Ab12C_222_", True)),
    ("kim_11_text.html", ("kim_11", "canvas", "11", "", False)),
    (
        "Ann Kim_7_assignsubmission_file/week/l.ipynb",
        ("Ann Kim_7", "moodle", "7", "Ann Kim_7_assignsubmission_file/", False),
    ),
    (
        "Ann Kim_7_assignsubmission_file_/l.ipynb",
        ("Ann Kim_7", "moodle", "7", "Ann Kim_7_assignsubmission_file_/", False),
    ),
    (
        "Ann Kim_7_assignsubmission_file_l.ipynb",
        ("Ann Kim_7", "moodle", "7", "Ann Kim_7_assignsubmission_file_", False),
    ),
    (
        "12-34 - Ann Kim - Nov 3, 2026 405 PM/l.ipynb",
        ("Ann Kim_12", "brightspace", "12", "12-34 - Ann Kim - Nov 3, 2026 405 PM/", False),
    ),
    ("Week_11_akim_attempt_2026-11-30-10-20-30_l.ipynb", ("akim", "blackboard", "akim", "", False)),
    ("anna/hw_11_2_final.ipynb", ("anna", "folder", "", "", False)),
    ("ada_1_2_hand-in.zip/Ben Kim_7_assignsubmission_file/x.ipynb", ("ada_1", "canvas", "1", "ada_1_2_", False)),
    ("anna/Ben Kim_7_assignsubmission_file/x.ipynb", ("anna", "folder", "", "", False)),
]


@pytest.mark.parametrize(("path", "expected"), PEOPLE)
def test_a_platforms_own_key_and_prefix_are_kept_and_a_students_own_folders_claim_nothing(path, expected):
    one = person_of(path.split("/"))
    assert (one.student, one.platform, one.user, one.prefix, one.late) == expected


def test_a_folder_that_only_wraps_what_a_platform_made_is_nobodys(tmp_path):
    flat = [("lesson-11/ann_1_2_l.ipynb", NOTEBOOK), ("lesson-11/ben_3_4_l.ipynb", NOTEBOOK)]
    assert {h.student for h in read_submissions(packed(flat, tmp_path / "x.zip")).hand_ins} == {"ann_1", "ben_3"}
    named = [("class/ann/l.ipynb", NOTEBOOK), ("class/ben/l.ipynb", NOTEBOOK)]
    assert {h.student for h in read_submissions(packed(named, tmp_path / "class.zip")).hand_ins} == {"ann", "ben"}
    for name, data in [*flat, ("carl/week 11/l.ipynb", NOTEBOOK)]:
        (tmp_path / "both" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "both" / name).write_bytes(data)
    assert {h.student for h in read_submissions(tmp_path / "both").hand_ins} == {"ann_1", "ben_3", "carl"}


def test_the_last_attempt_counts_where_the_platform_tells_the_times(tmp_path):
    name = "Task_akim_attempt_2026-11-{}-10-00-00_{}.ipynb"
    entries = [(name.format(day, file), notebook(f"x = {day}")) for day, file in [(10, "a"), (12, "a"), (12, "b")]]
    taken = read_submissions(packed(entries, tmp_path / "a.zip"))
    assert [h.name for h in taken.hand_ins] == [name.format(12, "a"), name.format(12, "b")]
    assert "earlier attempt" in taken.refused[0].reason


def test_what_one_student_hands_in_changes_nothing_for_another(tmp_path, monkeypatch):
    """The limits are those of one student; here they are small, so that few bytes meet them."""
    monkeypatch.setattr("autograder.intake.MOST_BYTES", 6000)
    monkeypatch.setattr("autograder.intake.MOST_FILES", 3)
    big = notebook("#" * 2500)
    ben = [("ben/one.ipynb", NOTEBOOK), ("ben/two.ipynb", notebook("x = 2"))]
    alone = read_submissions(packed(ben, tmp_path / "alone.zip"))
    eve = [(f"eve/{n}.ipynb", big) for n in range(3)] + [("eva/" + str(n) + ".ipynb", NOTEBOOK) for n in range(9)]
    together = read_submissions(packed([*eve, *ben], tmp_path / "all.zip"))
    assert [h.name for h in together.hand_ins if h.student == "ben"] == [h.name for h in alone.hand_ins]
    reasons = {r.name: r.reason for r in together.refused}
    assert reasons["eve/2.ipynb"].startswith("the notebooks of this student have more than")
    assert reasons["eva/3.ipynb"].startswith("more than 3 notebooks")
    assert not [name for name in reasons if name.startswith("ben")]


def test_intake_holds_one_notebook_in_memory_at_a_time(tmp_path):
    """Eight notebooks of 10 MB; what Python holds at its highest stays below two of them."""
    import tracemalloc

    noise = os.urandom(5 << 20).hex()
    path = packed(
        [(f"s{n}/x.ipynb", notebook(f"# {n}", metadata={"noise": noise})) for n in range(8)], tmp_path / "a.zip"
    )
    tracemalloc.start()
    taken = read_submissions(path)
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(taken.hand_ins) == 8
    assert top < 20 << 20


def test_paths_that_lead_out_links_and_devices_are_refused(tmp_path):
    link = zipfile.ZipInfo("ada/link.ipynb")
    link.external_attr = 0o120777 << 16
    entries = [
        ("../../up.ipynb", NOTEBOOK),
        ("/abs.ipynb", NOTEBOOK),
        ("C:\\win.ipynb", NOTEBOOK),
        ("..\\up2.ipynb", NOTEBOOK),
        (link, "/etc/passwd"),
    ]
    taken = read_submissions(packed(entries, tmp_path / "a.zip"))
    assert not taken.hand_ins
    reasons = " ".join(r.reason for r in taken.refused)
    assert len(taken.refused) == 5
    assert reasons.count("absolute") == 2
    assert reasons.count("leaves its folder") == 2
    assert "links are not followed" in reasons
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


def test_links_in_a_folder_are_not_followed(tmp_path):
    (tmp_path / "secret.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "class" / "eve").mkdir(parents=True)
    (tmp_path / "class" / "eve" / "x.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (tmp_path / "class" / "all").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "class" / "eve" / "pipe.ipynb")
    taken = read_submissions(tmp_path / "class")
    assert not taken.hand_ins
    assert {r.name for r in taken.refused} == {"eve/x.ipynb", "all", "eve/pipe.ipynb"}


def test_bombs_are_not_unpacked(tmp_path):
    flat = packed([("eve/bomb.ipynb", bytes(300 << 20))], tmp_path / "flat.zip")
    assert "too large" in refusals(flat)["eve/bomb.ipynb"]
    dense = packed([("eve/bomb.ipynb", bytes(20 << 20))], tmp_path / "dense.zip")
    assert "times its size" in refusals(dense)["eve/bomb.ipynb"]
    inner = BytesIO()
    packed([("deep.ipynb", NOTEBOOK)], inner)
    middle = BytesIO()
    packed([("inner.zip", inner.getvalue())], middle)
    nested = packed([("eve/middle.zip", middle.getvalue())], tmp_path / "nested.zip")
    assert list(refusals(nested).values()) == ["a zip within a zip within a zip"]


def test_a_size_that_lies_is_found_out(tmp_path):
    path = packed([("eve/x.ipynb", bytes(2 << 20))], tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 100)
    path.write_bytes(bytes(data))
    taken = read_submissions(path)
    assert all(len(h.read()) <= 100 for h in taken.hand_ins)


def test_a_zip_within_the_export_is_read(tmp_path):
    inner = BytesIO()
    packed([("work/x.ipynb", NOTEBOOK)], inner)
    taken = read_submissions(packed([("ada_1_2_hand-in.zip", inner.getvalue())], tmp_path / "a.zip"))
    assert [(h.student, h.read()) for h in taken.hand_ins] == [("ada_1", NOTEBOOK)]


def test_encrypted_and_damaged_entries_are_refused(tmp_path):
    path = packed([("ada/x.ipynb", NOTEBOOK), ("ben/x.ipynb", NOTEBOOK)], tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\x01\x02")
    data[first + 8] |= 1
    body = data.index(b"ben/x.ipynb") + len("ben/x.ipynb") + 10
    data[body : body + 8] = b"\xff" * 8
    path.write_bytes(bytes(data))
    told = refusals(path)
    assert "encrypted" in told["ada/x.ipynb"]
    assert "damaged" in told["ben/x.ipynb"]


def test_what_is_neither_a_folder_nor_a_zip_is_an_error(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"Rar!")
    with pytest.raises(ValueError, match="neither a folder nor a zip"):
        read_submissions(tmp_path / "a.zip")
