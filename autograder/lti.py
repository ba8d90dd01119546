"""LTI 1.3, Advantage services: scores to any platform that speaks it, with the tool's own key.

Rules of the 1EdTech specifications "Security Framework 1.0", "Assignment and Grade Services 2.0" and "Names and Role
Provisioning Services 2.0". A tool is registered with the platform once by an administrator, who gives the addresses.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from autograder.sending import Account, Held, Sent
from autograder.web import Session
from srkit.errors import BadInput

__all__ = ["Lti", "access_token"]

_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
_NAMES = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
_SCOPES = " ".join([f"{_SCOPE}score", f"{_SCOPE}result.readonly", f"{_SCOPE}lineitem.readonly", _NAMES])
_MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
_RESULT = "application/vnd.ims.lis.v1.score+json"


class Lti:
    """One column of a platform's grade book, a "line item".

    Args:
        session: with an access token.
        item: address of the line item.
        members: address of the course's membership service.
    """

    title = "The platform"
    says_pending = True

    def __init__(self, session: Session, item: str, members: str) -> None:
        self.session, self.item, self.memberships = session, item, members

    def possible(self) -> float | None:
        """Return the most that the column takes."""
        told = self.session.ask("GET", self.item, headers={"Accept": _ITEM}).json().get("scoreMaximum")
        return None if told is None else float(told)

    def people(self) -> list[Account]:
        """Return the active members of the course."""
        pages = self.session.pages(self.memberships, headers={"Accept": _MEMBERS})
        found = [one for page in pages for one in page["members"] if one.get("status", "Active") == "Active"]
        keys = ("lis_person_sourcedid", "email", "name")
        return [Account(str(one["user_id"]), tuple(str(one[key]) for key in keys if one.get(key))) for one in found]

    def held(self) -> dict[str, Held]:
        """Return user -> what the column holds."""
        pages = self.session.pages(_below(self.item, "results"), headers={"Accept": _RESULTS})
        found = [one for page in pages for one in page]
        return {str(one["userId"]): Held(one.get("resultScore"), str(one.get("comment") or "")) for one in found}

    def send(self, one: Sent) -> None:
        """Enter a score; without one, that a person's is pending."""
        told: dict[str, Any] = {
            "userId": one.user,
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "activityProgress": "Completed",
            "gradingProgress": "PendingManual" if one.score is None else "FullyGraded",
        }
        if one.score is not None:
            told |= {"scoreGiven": one.score, "scoreMaximum": one.most, "comment": one.comment}
        self.session.ask(
            "POST",
            _below(self.item, "scores"),
            json=told,
            headers={"Content-Type": _RESULT},
            accept=(200, 201, 202, 204),
        )


def access_token(address: str, client: str, key: Path, audience: str = "") -> tuple[str, float]:
    """Return an access token for the services, and the moment (of ``time.monotonic``) from which a new one is due.

    Args:
        address: the platform's token address.
        client: the tool's client id there.
        key: the tool's private key, PEM.
        audience: whom the request is for, where that is not the token address.

    Raises:
        BadInput: PyJWT is not installed, or the key cannot be used.
        NotSent: the platform gives none.
    """
    try:
        import jwt
    except ImportError:
        raise BadInput("LTI needs PyJWT: python -m pip install 'srkit[lti]'.") from None
    now = int(time.time())
    claims = {"iss": client, "sub": client, "aud": audience or address, "iat": now - 5, "exp": now + 300}
    try:
        signed = jwt.encode({**claims, "jti": secrets.token_hex(16)}, key.read_text(), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as problem:
        raise BadInput(f"{key} is no private RSA key in PEM form: {type(problem).__name__}.") from None
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": signed,
        "scope": _SCOPES,
    }
    told = Session(address, lambda: "").ask("POST", address, data=form).json()
    return str(told["access_token"]), time.monotonic() + 0.9 * float(told.get("expires_in", 3600))


def _below(item: str, what: str) -> str:
    """Return the address of a line item's scores or results; what stands after a question mark stays there."""
    parts = urlsplit(item)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{what}"))
