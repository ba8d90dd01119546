"""Small models of how Canvas and Moodle read what comes back, written from their public sources.

Canvas: ``lib/gradebook_importer.rb`` and ``infer_comment_context_from_filename`` of instructure/canvas-lms. Moodle:
``mod/assign/feedback/offline/importgradeslib.php``, ``mod/assign/feedback/file/importziplib.php`` and
``grade/import/csv/classes/load_data.php`` of moodle/moodle.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Canvas:
    """A Canvas course: who is in it, its assignments, its scores, and each submission's attachments."""

    students: dict[int, dict[str, str]]  # id -> name, sis, login
    assignments: dict[int, str]
    scores: dict[tuple[int, int], float] = field(default_factory=dict)
    attachments: dict[int, int] = field(default_factory=dict)  # attachment -> student

    def upload(self, path: Path) -> dict[str, list[str]]:
        """Read a gradebook CSV; return what the next screen would ask or say, and change the scores."""
        told: dict[str, list[str]] = {"new students": [], "new assignments": [], "cleared": [], "changed": []}
        text = path.read_bytes().decode("utf-8-sig")
        separator = ";" if text.split("\n")[0].count(";") > text.split("\n")[0].count(",") else ","
        rows = list(csv.reader(io.StringIO(text), delimiter=separator))
        header = rows[0]
        assert len(header) > 3
        names = header[:3] == ["LastName", "FirstName", "ID"]
        assert names or ("Student" in header[0] and "ID" in header[1])
        section = next(place for place, cell in enumerate(header) if "Section" in cell)
        readonly = {p for row in rows if "Points Possible" in row[0] for p, c in enumerate(row) if "read only" in c}
        columns = {}
        for place in range(section + 1, len(header)):
            if place in readonly:
                continue
            found = re.fullmatch(r"(.*) \((\d+)\)", header[place])
            known = [
                n for n, title in self.assignments.items() if (found and n == int(found[2])) or title == header[place]
            ]
            if known:
                columns[place] = known[0]
            else:
                told["new assignments"].append(header[place])
        for row in rows[1:]:
            if "Points Possible" in row[0] or not any(row[:section]) or "Manual Posting" in row:
                continue
            student = self._who(dict(zip(header[: section + 1], row, strict=False)))
            if student is None:
                told["new students"].append(row[0])
                continue
            for place, assignment in columns.items():
                self._enter(student, assignment, row[place].strip(), told)
        return told

    def _who(self, row: dict[str, str]) -> int | None:
        if row["ID"].isdigit() and int(row["ID"]) in self.students:
            return int(row["ID"])
        for column, key in (("SIS User ID", "sis"), ("SIS Login ID", "login"), ("Student", "name")):
            found = [n for n, one in self.students.items() if row.get(column) and one.get(key) == row[column]]
            if found:
                return found[0]
        return None

    def _enter(self, student: int, assignment: int, cell: str, told: dict[str, list[str]]) -> None:
        old = self.scores.get((student, assignment))
        if cell.upper() == "EX":
            return
        if cell in ("", "-"):
            if old is not None:
                told["cleared"].append(f"{student} {assignment}")
                del self.scores[student, assignment]
            return
        whole, dot, part = cell.replace(",", ".").rpartition(".")
        new = float(f"{whole.replace('.', '')}.{part}" if dot else part)
        if old is None or round(old, 2) != round(new, 2):
            told["changed"].append(f"{student} {assignment}")
            self.scores[student, assignment] = new

    def comments(self, path: Path) -> tuple[dict[int, str], list[str]]:
        """Read a zip of commented files; return student -> text, and the names that are ignored."""
        found, ignored = {}, []
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                words = [word for word in name.split("_") if word != "LATE"]
                numbers = [word for word in words if word.isdigit()][:2]
                student = int(numbers[0]) if len(numbers) == 2 else -1
                if len(numbers) == 2 and self.attachments.get(int(numbers[1])) == student:
                    found[student] = archive.read(name).decode()
                else:
                    ignored.append(name)
        return found, ignored


@dataclass
class Moodle:
    """One assignment of a Moodle course, in some language."""

    participants: dict[int, str]  # number -> e-mail
    words: tuple[str, str, str] = ("Identifier", "Participant ", "Grade")
    grades: dict[int, float] = field(default_factory=dict)
    top: float = 20.0
    plugins: tuple[str, ...] = ("file", "onlinetext", "comments")

    def worksheet(self, path: Path) -> dict[str, list[int]]:
        """Read an offline grading worksheet; rows it does not take are skipped without a word."""
        told: dict[str, list[int]] = {"skipped": [], "changed": []}
        rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
        identifier, prefix, grade = self.words
        place, column = rows[0].index(identifier), rows[0].index(grade)
        for row in rows[1:]:
            number = int(row[place][len(prefix) :])
            cell = row[column].replace(",", ".")
            if not cell or number not in self.participants or not 0 <= float(cell) <= self.top:
                told["skipped"].append(number)
            elif self.grades.get(number) != float(cell):
                told["changed"].append(number)
                self.grades[number] = float(cell)
        return told

    def gradebook(self, path: Path) -> dict[str, float]:
        """Read a gradebook CSV matched by e-mail: all of it, or an error."""
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        known = set(self.participants.values())
        column = next(name for name in rows[0] if name != "email")
        for row in rows:
            if row["email"] not in known:
                raise ValueError(f"user mapping error: {row['email']}")
        return {row["email"]: float(row[column]) for row in rows}

    def feedback(self, path: Path) -> tuple[dict[int, str], list[str]]:
        """Read a zip of feedback files; return participant -> path, and what belongs to nobody."""
        found, ignored = {}, []
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                parts = name.split("/")
                for place, part in enumerate(parts):
                    words = part.split("_", 4)
                    if len(words) >= 4 and words[1].isdigit() and int(words[1]) in self.participants:
                        assert words[2] in ("assignsubmission", "assignfeedback")
                        assert words[3] in self.plugins
                        found[int(words[1])] = "/".join(filter(None, [*words[4:], *parts[place + 1 :]]))
                        break
                else:
                    ignored.append(name)
        return found, ignored
