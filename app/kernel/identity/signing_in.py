"""Signing in and out: password, second factor, one-time link, login sessions, the login log.

Every function enters the scope of the person concerned before it reads a row, because identity rows are visible to
their owner only. Refusals name no reason that would tell whether an account exists.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Origin
from app.kernel.identity import passwords, totp
from app.kernel.identity.models import Human, LoginEvent, LoginLink, LoginSession
from app.kernel.tenancy.scope import enter, scope_of, scoped
from app.lib.errors import Expired, Refused
from app.lib.ids import new_token, uuid7

SESSION_LIFE = dt.timedelta(hours=12)
IDLE_LIFE = dt.timedelta(hours=2)
LINK_LIFE = dt.timedelta(minutes=20)
TOUCH_EVERY = dt.timedelta(minutes=1)
MAX_FAILURES = 10
MAX_LINKS = 5
FAILURE_WINDOW = dt.timedelta(minutes=15)
PASSWORD = "password"  # noqa: S105 - a method's name.
PASSWORD_TOTP = "password+totp"  # noqa: S105 - a method's name.
LINK = "link"


def is_live() -> ColumnElement[bool]:
    """Whether the login of `:human` lasts at `:now` and was not idle since `:idle_since`."""
    return and_(
        LoginSession.human_id == bindparam("human"),
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > bindparam("now"),
        LoginSession.last_seen_at > bindparam("idle_since"),
    )


# Asked by every request of somebody signed in, so built once.
_LIVE = (
    select(LoginSession.method, LoginSession.last_seen_at, Human)
    .join(Human, Human.id == LoginSession.human_id)
    .where(LoginSession.id == bindparam("session"), is_live(), Human.disabled_at.is_(None))
)


@dataclass(frozen=True)
class Attempt:
    """What the login log needs to know of a try."""

    org_id: uuid.UUID | None
    origin: Origin
    now: dt.datetime


def digest(token: str) -> str:
    """What is stored of a secret token."""
    return hashlib.sha256(token.encode()).hexdigest()


def human_id_by_email(session: Session, email: str) -> uuid.UUID | None:
    """The person with this e-mail in the shared namespace."""
    query = text("SELECT human_by_email(:email)")
    found: uuid.UUID | None = session.execute(query, {"email": email.strip()}).scalar_one()
    return found


def person(session: Session, human_id: uuid.UUID) -> Human:
    """A person's own row, in whose scope the session acts from here on."""
    _act_as(session, human_id)
    return session.get_one(Human, human_id)


def check_password(session: Session, email: str, password: str, attempt: Attempt) -> Human:
    """The person whom e-mail and password name.

    Raises Refused `bad_credentials`, or `too_many_attempts` after MAX_FAILURES in FAILURE_WINDOW; both are logged by
    the caller through `log_attempt` after its rollback.
    """
    human_id = human_id_by_email(session, email)
    if human_id is None:
        passwords.verify_password(None, password)
        raise Refused("bad_credentials")
    _act_as(session, human_id)
    brake(session, human_id, attempt.now)
    human = session.get_one(Human, human_id)
    right = passwords.verify_password(human.password_hash, password)
    if not right or human.disabled_at is not None:
        raise Refused("bad_credentials", human_id=human_id)
    if human.password_hash and passwords.needs_rehash(human.password_hash):
        human.password_hash = passwords.hash_password(password)
    return human


def check_code(session: Session, human_id: uuid.UUID, code: str, attempt: Attempt) -> Human:
    """Accept the second factor once. Raises Refused `bad_code` or `too_many_attempts`."""
    _act_as(session, human_id)
    brake(session, human_id, attempt.now)
    human = session.get_one(Human, human_id, with_for_update=True)
    step = (
        totp.accepted_step(human.totp_secret, code, attempt.now, human.totp_last_step)
        if human.totp_secret
        else None
    )
    if step is None:
        raise Refused("bad_code", human_id=human_id)
    human.totp_last_step = step
    human.totp_confirmed_at = human.totp_confirmed_at or attempt.now
    session.flush()
    return human


def offer_second_factor(session: Session, human_id: uuid.UUID) -> str:
    """The secret of a factor that is not confirmed yet, made on first asking."""
    _act_as(session, human_id)
    human = session.get_one(Human, human_id, with_for_update=True)
    if human.totp_confirmed_at is not None:
        raise Refused("factor_exists")
    if human.totp_secret is None:
        human.totp_secret = totp.new_secret()
        session.flush()
    return human.totp_secret


def request_link(
    session: Session, email: str, purpose: str, attempt: Attempt
) -> tuple[Human, str] | None:
    """A one-time link's token for the person with this e-mail, or None when nobody has it.

    The page answers the same either way. Earlier unused links of the person stop working.
    """
    human_id = human_id_by_email(session, email)
    if human_id is None:
        return None
    with scoped(session, replace(scope_of(session), human_id=human_id)):
        human = session.get_one(Human, human_id)
        if human.disabled_at is not None or _flooded(session, human_id, attempt.now):
            return None
        return human, issue_link(session, human_id, purpose, attempt, LINK_LIFE)


def _flooded(session: Session, human_id: uuid.UUID, now: dt.datetime) -> bool:
    """Whether somebody keeps asking for links to this mailbox."""
    recent = session.scalar(
        select(func.count())
        .select_from(LoginLink)
        .where(LoginLink.human_id == human_id, LoginLink.created_at > now - FAILURE_WINDOW)
    )
    return (recent or 0) >= MAX_LINKS


def issue_link(
    session: Session, human_id: uuid.UUID, purpose: str, attempt: Attempt, life: dt.timedelta
) -> str:
    """Make a one-time link for a person, in whose scope the session must act."""
    token = new_token()
    session.execute(
        update(LoginLink)
        .where(LoginLink.human_id == human_id, LoginLink.used_at.is_(None))
        .values(used_at=attempt.now)
    )
    session.execute(
        insert(LoginLink).values(
            id=uuid7(),
            human_id=human_id,
            org_id=attempt.org_id,
            purpose=purpose,
            token_digest=digest(token),
            expires_at=attempt.now + life,
            created_at=attempt.now,
        )
    )
    return token


def use_link(session: Session, token: str, attempt: Attempt) -> tuple[Human, str]:
    """The person behind a one-time link and the link's purpose; the link is spent.

    Raises Expired `link_expired` for an unknown, used or outlived link.
    """
    query = text("SELECT human_by_link(:digest)")
    human_id = session.execute(query, {"digest": digest(token)}).scalar_one()
    if human_id is None:
        raise Expired("link_expired")
    _act_as(session, human_id)
    purpose = session.execute(
        update(LoginLink)
        .where(
            LoginLink.token_digest == digest(token),
            LoginLink.used_at.is_(None),
            LoginLink.expires_at > attempt.now,
        )
        .values(used_at=attempt.now)
        .returning(LoginLink.purpose)
    ).scalar_one_or_none()
    human = session.get_one(Human, human_id)
    if purpose is None or human.disabled_at is not None:
        raise Expired("link_expired")
    return human, purpose


def open_session(session: Session, human: Human, method: str, attempt: Attempt) -> LoginSession:
    """Sign a browser in."""
    _act_as(session, human.id)
    opened = LoginSession(
        id=uuid7(),
        human_id=human.id,
        org_id=attempt.org_id,
        method=method,
        ip=attempt.origin.ip,
        user_agent=attempt.origin.user_agent,
        created_at=attempt.now,
        last_seen_at=attempt.now,
        expires_at=attempt.now + SESSION_LIFE,
    )
    session.add(opened)
    session.flush()
    log_attempt(session, attempt, method, "done", human_id=human.id)
    return opened


def live_session(
    session: Session, session_id: uuid.UUID, human_id: uuid.UUID, now: dt.datetime
) -> tuple[str, Human] | None:
    """Method and person of a login while it lasts: not ended, not idle too long, account not disabled."""
    _act_as(session, human_id)
    row = session.execute(
        _LIVE,
        {
            "session": session_id,
            "human": human_id,
            "now": now,
            "idle_since": since_when_idle(now),
        },
    ).one_or_none()
    if row is None:
        return None
    method, seen, human = row
    touch(session, session_id, seen, now)
    return method, human


def since_when_idle(now: dt.datetime) -> dt.datetime:
    """A login that was last seen before this has ended."""
    return now - IDLE_LIFE


def touch(session: Session, session_id: uuid.UUID, seen: dt.datetime, now: dt.datetime) -> None:
    """Note that a login is in use, once a minute."""
    if now - seen > TOUCH_EVERY:
        session.execute(
            update(LoginSession).where(LoginSession.id == session_id).values(last_seen_at=now)
        )


def end_session(session: Session, session_id: uuid.UUID, now: dt.datetime) -> None:
    """Sign a browser out, whatever its cookie says afterwards."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_other_sessions(
    session: Session, human_id: uuid.UUID, keep: uuid.UUID | None, now: dt.datetime
) -> int:
    """Sign a person out everywhere else; returns how many logins ended."""
    ended = session.execute(
        update(LoginSession)
        .where(
            LoginSession.human_id == human_id,
            LoginSession.ended_at.is_(None),
            LoginSession.id != keep,
        )
        .values(ended_at=now)
        .returning(LoginSession.id)
    ).all()
    return len(ended)


def log_attempt(
    session: Session,
    attempt: Attempt,
    method: str,
    outcome: str,
    *,
    human_id: uuid.UUID | None = None,
    reason: str = "",
) -> None:
    """Append to the login log (KRN-05)."""
    session.execute(
        insert(LoginEvent).values(
            id=uuid7(),
            org_id=attempt.org_id,
            human_id=human_id,
            at=attempt.now,
            method=method,
            outcome=outcome,
            reason=reason,
            ip=attempt.origin.ip,
            user_agent=attempt.origin.user_agent,
        )
    )


def _act_as(session: Session, human_id: uuid.UUID) -> None:
    enter(session, replace(scope_of(session), human_id=human_id))


def brake(session: Session, human_id: uuid.UUID, now: dt.datetime) -> None:
    """Refuse further tries on an account after too many failures since the last success."""
    recent = (
        select(LoginEvent.outcome)
        .where(LoginEvent.human_id == human_id, LoginEvent.at > now - FAILURE_WINDOW)
        .order_by(LoginEvent.at.desc(), LoginEvent.id.desc())
        .limit(MAX_FAILURES)
        .subquery()
    )
    failures = session.scalar(
        select(func.count()).select_from(recent).where(recent.c.outcome == "refused")
    )
    if (failures or 0) >= MAX_FAILURES:
        raise Refused("too_many_attempts", human_id=human_id)
