"""A person's own account: details, password, second factor, open logins, login log. Entered in that person's scope."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.kernel.identity import passwords
from app.kernel.identity.humans import set_password
from app.kernel.identity.models import Human, LoginEvent, LoginLink, LoginSession
from app.kernel.identity.signing_in import IDLE_LIFE, end_other_sessions
from app.lib.errors import Invalid, NotFound
from app.lib.text import bounded_line

RECENT_LOGINS = 20


def change_details(
    session: Session, human: Human, *, name: str, phone: str | None, locale: str
) -> None:
    """Change name, phone (E.164 or None) and language. Raises Invalid."""
    human.name = bounded_line(name, "name")
    human.phone = phone
    human.locale = locale
    session.flush()


def change_password(
    session: Session, human: Human, *, current: str | None, new: str, now: dt.datetime
) -> None:
    """Set a new password and end every login, this one included (ASVS 7.4.3).

    `current` is None for somebody who came by a one-time link and so has just proved the mailbox. Raises Invalid:
    `wrong_password`, or what `passwords.check_strength` finds.
    """
    if current is not None and not passwords.verify_password(human.password_hash, current):
        raise Invalid.one("current", "wrong_password")
    set_password(session, human.id, new)
    spend_links(session, human.id, now)
    end_other_sessions(session, human.id, None, now)


def drop_second_factor(session: Session, human: Human, now: dt.datetime) -> None:
    """Forget the second factor and end every login; staff set a new one up at their next sign-in."""
    human.totp_secret = human.totp_confirmed_at = human.totp_last_step = None
    session.flush()
    end_other_sessions(session, human.id, None, now)


def spend_links(session: Session, human_id: uuid.UUID, now: dt.datetime) -> None:
    """Links that were sent before stop working."""
    session.execute(
        update(LoginLink)
        .where(LoginLink.human_id == human_id, LoginLink.used_at.is_(None))
        .values(used_at=now)
    )


def open_logins(session: Session, human_id: uuid.UUID, now: dt.datetime) -> Sequence[LoginSession]:
    """The browsers in which a person is signed in, the latest first."""
    return session.scalars(
        select(LoginSession)
        .where(
            LoginSession.human_id == human_id,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - IDLE_LIFE,
        )
        .order_by(LoginSession.last_seen_at.desc())
    ).all()


def end_login(
    session: Session, human_id: uuid.UUID, session_id: uuid.UUID, now: dt.datetime
) -> None:
    """Sign one browser out. Raises NotFound for a login that is not this person's or has ended."""
    ended = session.execute(
        update(LoginSession)
        .where(
            LoginSession.id == session_id,
            LoginSession.human_id == human_id,
            LoginSession.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(LoginSession.id)
    ).one_or_none()
    if ended is None:
        raise NotFound


def recent_attempts(session: Session, human_id: uuid.UUID) -> Sequence[LoginEvent]:
    """The last attempts to sign in as this person, refused ones included.

    Clinics are told of staff's logins by rows of their own; the person sees each attempt once.
    """
    return session.scalars(
        select(LoginEvent)
        .where(LoginEvent.human_id == human_id)
        .ext(distinct_on(LoginEvent.at, LoginEvent.method, LoginEvent.outcome))
        .order_by(LoginEvent.at.desc(), LoginEvent.method, LoginEvent.outcome)
        .limit(RECENT_LOGINS)
    ).all()
