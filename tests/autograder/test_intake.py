"""What learning platforms export is taken in; what is no notebook, or a trap, is refused with the reason."""

import os
import struct
import zipfile
from io import BytesIO

import pytest

from autograder.intake import read_submissions
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
    assert all(h.data == NOTEBOOK for h in taken.hand_ins)


def test_a_folder_gives_what_its_zip_gives(tmp_path):
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "x.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "class" / "ada" / "notes.txt").write_text("hello")
    taken = read_submissions(tmp_path / "class")
    assert [(h.student, h.data) for h in taken.hand_ins] == [("ada", NOTEBOOK)]
    assert "not a notebook" in taken.refused[0].reason


def test_of_several_hand_ins_the_newest_counts_and_the_others_are_named(tmp_path):
    for number, name in enumerate(("new.ipynb", "old.ipynb", "older.ipynb")):
        path = tmp_path / "class" / "ada" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook(f"x = {number}"))
        os.utime(path, (1000 - number, 1000 - number))
    taken = read_submissions(tmp_path / "class")
    assert [h.name for h in taken.hand_ins] == ["ada/new.ipynb"]
    assert sorted(r.name for r in taken.refused) == ["ada/old.ipynb", "ada/older.ipynb"]


def test_canvas_counts_a_later_upload_of_the_same_minute_as_newer(tmp_path):
    entries = [("ada_1_200_ex-1.ipynb", notebook("x = 2")), ("ada_1_100_ex.ipynb", notebook("x = 1"))]
    (only,) = read_submissions(packed(entries, tmp_path / "a.zip")).hand_ins
    assert only.name == "ada_1_200_ex-1.ipynb"


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
    assert all(len(h.data) <= 100 for h in taken.hand_ins)


def test_a_zip_within_the_export_is_read(tmp_path):
    inner = BytesIO()
    packed([("work/x.ipynb", NOTEBOOK)], inner)
    taken = read_submissions(packed([("ada_1_2_hand-in.zip", inner.getvalue())], tmp_path / "a.zip"))
    assert [(h.student, h.data) for h in taken.hand_ins] == [("ada_1", NOTEBOOK)]


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
