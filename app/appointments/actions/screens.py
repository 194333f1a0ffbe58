"""Screens in waiting rooms: a secret address each, shown once, ended at will (APT-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.appointments.models import WallScreen
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tokens import new_single_use_token
from app.lib.errors import Invalid, NotFound
from app.lib.ids import uuid7

LANGUAGES = ("ro", "en", "both")


@dataclass(frozen=True, slots=True)
class ScreenDraft:
    """What a screen shows: whose patients (a location, or all), in which language, dark or light."""

    name: str
    languages: str
    location_id: uuid.UUID | None = None
    dark: bool = True


def open_screen(session: Session, actor: Actor, draft: ScreenDraft, *, now: dt.datetime) -> str:
    """A new screen; gives the token of its address, shown this once. Raises Invalid."""
    if not draft.name.strip():
        raise Invalid.one("name", "required")
    if draft.languages not in LANGUAGES:
        raise Invalid.one("languages", "unknown_choice")
    token, screen_id = new_single_use_token(), uuid7()
    session.execute(
        insert(WallScreen).values(
            org_id=actor.clinic,
            id=screen_id,
            name=draft.name.strip(),
            location_id=draft.location_id,
            languages=draft.languages,
            dark=draft.dark,
            token_digest=token.hashed,
            created_at=now,
        )
    )
    record(session, actor, "screens.open", "wall_screen", screen_id, at=now)
    return token.plain


def end_screen(session: Session, actor: Actor, screen_id: uuid.UUID, *, now: dt.datetime) -> None:
    """End a screen's address; ending twice is no error. Raises NotFound."""
    if session.get(WallScreen, (actor.clinic, screen_id)) is None:
        raise NotFound("screen_not_found")
    ended = session.scalar(
        update(WallScreen)
        .where(
            WallScreen.org_id == actor.clinic,
            WallScreen.id == screen_id,
            WallScreen.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(WallScreen.id)
    )
    if ended is not None:
        record(session, actor, "screens.end", "wall_screen", screen_id, at=now)
