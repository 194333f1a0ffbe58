"""Humans: making one, setting a password."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.kernel.identity import passwords
from app.kernel.identity.models import Human
from app.kernel.tenancy.scope import scope_of, scoped
from app.lib.ids import uuid7


def create_human(
    session: Session,
    *,
    email: str,
    name: str,
    now: dt.datetime,
    locale: str = "ro",
    phone: str | None = None,
    password: str | None = None,
    totp_secret: str | None = None,
) -> uuid.UUID:
    """A person who can sign in. The e-mail must be free (unique constraint `uq_humans_email_provider_org_id`)."""
    human_id = uuid7()
    with scoped(session, replace(scope_of(session), human_id=human_id)):
        session.execute(
            insert(Human).values(
                id=human_id,
                email=email.strip().lower(),
                name=name,
                phone=phone,
                locale=locale,
                password_hash=passwords.hash_password(password) if password else None,
                totp_secret=totp_secret,
                totp_confirmed_at=now if totp_secret else None,
                created_at=now,
            )
        )
    return human_id


def set_password(session: Session, human_id: uuid.UUID, password: str) -> None:
    """Give a person a new password. Raises Invalid when it is too weak."""
    with scoped(session, replace(scope_of(session), human_id=human_id)):
        session.execute(
            update(Human)
            .where(Human.id == human_id)
            .values(password_hash=passwords.hash_password(password))
        )
