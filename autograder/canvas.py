"""Canvas over its API: who is in a course, what an assignment holds, a score with a comment and a file.

Rules of developerdocs.instructure.com: "Submissions", "File uploads", "Pagination", "Throttling".
"""

from __future__ import annotations

from typing import Any

from autograder.sending import Account, Held, Sent
from autograder.web import NotSent, Session

__all__ = ["Canvas"]

_EACH = 100  # entries of a page


class Canvas:
    """One assignment.

    Args:
        session: with the token of somebody who may grade.
        course: its number.
        assignment: its number.
    """

    title = "Canvas"
    says_pending = False

    def __init__(self, session: Session, course: int, assignment: int) -> None:
        self.session = session
        self.place = f"/api/v1/courses/{course}"
        self.assignment = f"{self.place}/assignments/{assignment}"

    def possible(self) -> float | None:
        """Return the points the assignment has."""
        told = self.session.ask("GET", self.assignment).json().get("points_possible")
        return None if told is None else float(told)

    def people(self) -> list[Account]:
        """Return the students of the course."""
        words = {"params": {"enrollment_type[]": "student", "per_page": _EACH}}
        found = [one for page in self.session.pages(f"{self.place}/users", **words) for one in page]
        keys = ("sis_user_id", "login_id", "email", "sortable_name", "name")
        return [Account(str(one["id"]), tuple(str(one[key]) for key in keys if one.get(key))) for one in found]

    def held(self) -> dict[str, Held]:
        """Return user -> what the assignment holds."""
        words = {"params": {"include[]": "submission_comments", "per_page": _EACH}}
        found = [one for page in self.session.pages(f"{self.assignment}/submissions", **words) for one in page]
        return {str(one["user_id"]): Held(one.get("score"), _comments(one)) for one in found}

    def send(self, one: Sent) -> None:
        """Enter a score; the comment, with the page as a file, only where it is not there yet."""
        place = f"{self.assignment}/submissions/{one.user}"
        fields: dict[str, Any] = {"submission[posted_grade]": f"{one.score:g}"}
        if one.comment:
            fields["comment[text_comment]"] = one.comment
            if one.page is not None:
                fields["comment[file_ids][]"] = self._file(place, one.page.name, one.page.read_bytes())
        self.session.ask("PUT", place, data=fields)

    def _file(self, place: str, name: str, data: bytes) -> int:
        """Upload a file in Canvas's three steps: announce it, send it where Canvas says, ask what became of it."""
        announced = {"name": name, "size": len(data), "content_type": "text/html"}
        told = self.session.ask("POST", f"{place}/comments/files", data=announced).json()
        answer = self.session.give(told["upload_url"], told.get("upload_params") or {}, name, data)
        if where := answer.headers.get("Location"):
            answer = self.session.ask("GET", where)
        number = answer.json().get("id")
        if number is None:
            raise NotSent(f"Canvas took {name} and did not say which file it is. Call again.")
        return int(number)


def _comments(one: dict[str, Any]) -> str:
    return "\n".join(str(comment.get("comment", "")) for comment in one.get("submission_comments") or [])
