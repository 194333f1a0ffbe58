"""The last steps of signing in and out, shared by the staff entrance and the patients' portal.

A browser that has proved a password or a link but not yet the second factor carries only a short-lived note of that in
its signed cookie. Every login starts a fresh cookie, so nothing planted before survives it (ASVS 7.2.4).
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace

from flask import g
from flask import session as cookie
from flask_login import login_user, logout_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.access.queries import KnownClinic, clinics_of
from app.kernel.identity import signing_in
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import LINK, PASSWORD, PASSWORD_TOTP, Attempt
from app.kernel.tenancy.scope import Scope, scope_of, scoped
from app.lib.errors import DomainError
from app.web.http import context, transaction
from app.web.http.identify import Login, signed_in
from app.web.http.render import see_other

PENDING = "pending_login"
PENDING_LIFE = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class Pending:
    """A person whose first proof was right and whose second factor is still asked for."""

    human_id: uuid.UUID
    method: str
    target: str | None


def attempt() -> Attempt:
    """What the login log needs to know of this request."""
    clinic = context.clinic_or_none()
    return Attempt(clinic.id if clinic else None, context.origin(), context.now())


def needs_second_factor(session: Session, human: Human) -> bool:
    """Staff and the operator always (SEC-01); patients who have chosen to."""
    return (
        human.totp_confirmed_at is not None
        or human.is_platform_staff
        or any(clinic.is_staff for clinic in clinics_of(session, human.id))
    )


def remember_pending(human: Human, method: str, target: str | None) -> None:
    """Note in a fresh cookie that only the second factor is missing."""
    cookie.clear()
    cookie[PENDING] = {
        "human": str(human.id),
        "method": method,
        "target": target,
        "at": int(context.now().timestamp()),
    }


def pending() -> Pending | None:
    """The login that waits for its second factor, while it may."""
    note = cookie.get(PENDING)
    if not note or context.now().timestamp() - note["at"] > PENDING_LIFE.total_seconds():
        return None
    return Pending(uuid.UUID(note["human"]), note["method"], note["target"])


def open_login(human: Human, method: str) -> Login:
    """Sign this browser in under a fresh cookie; an earlier login of the browser ends."""
    session, tried = context.session(), attempt()
    before = signed_in()
    if before is not None:
        _end(session, before)
    opened = signing_in.open_session(session, human, method, tried)
    _tell_clinics(session, human.id, method, tried)
    login = Login(opened.id, human, method)
    cookie.clear()
    login_user(login)
    g.login = login
    return login


def close_login() -> None:
    """Sign this browser out; its login row ends, whatever the cookie says later."""
    login = signed_in()
    if login is not None:
        _end(context.session(), login)
    logout_user()
    cookie.clear()
    g.login = None


def proved(method: str) -> str:
    """The method of a login after the second factor. A link never opens the staff's pages."""
    return LINK if method == LINK else PASSWORD_TOTP


def note_refused(error: DomainError, method: str = PASSWORD) -> None:
    """A refused attempt is logged although the request fails (KRN-15)."""
    human_id, tried = error.params.get("human_id"), attempt()
    known = human_id if isinstance(human_id, uuid.UUID) else None

    def write(session: Session) -> None:
        org_id = tried.org_id or _workplace(session, known)
        with scoped(session, Scope(org_id=org_id, human_id=known)):
            signing_in.log_attempt(
                session,
                replace(tried, org_id=org_id),
                method,
                "refused",
                human_id=known,
                reason=error.code,
            )

    transaction.keep(write)


def after_login(target: str | None) -> AnyResponse:
    """On to the page that was wanted, or to the choice of clinics."""
    return see_other(target or "/clinics")


def _workplace(session: Session, human_id: uuid.UUID | None) -> uuid.UUID | None:
    """The clinic whose login log tells of a refused attempt at the common entrance."""
    staffed = _staffed(session, human_id) if human_id else []
    return staffed[0].org_id if staffed else None


def _tell_clinics(session: Session, human_id: uuid.UUID, method: str, tried: Attempt) -> None:
    """Every clinic sees in its login log when its staff signed in at the common entrance."""
    for clinic in _staffed(session, human_id):
        if clinic.org_id != tried.org_id:
            with scoped(session, Scope(org_id=clinic.org_id, human_id=human_id)):
                told = replace(tried, org_id=clinic.org_id)
                signing_in.log_attempt(session, told, method, "done", human_id=human_id)


def _staffed(session: Session, human_id: uuid.UUID) -> list[KnownClinic]:
    return [clinic for clinic in clinics_of(session, human_id) if clinic.is_staff]


def _end(session: Session, login: Login) -> None:
    with scoped(session, replace(scope_of(session), human_id=login.human.id)):
        signing_in.end_session(session, login.session_id, context.now())
