"""Screens in waiting rooms: a secret address each, shown once, renewed and ended at will (APT-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import asdict, dataclass

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.appointments.models import WallScreen
from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tenancy.models import Location
from app.kernel.tokens import new_single_use_token
from app.lib.errors import Invalid, NotFound
from app.lib.ids import uuid7

LANGUAGES = ("ro", "en", "both")
# What stands for a patient: their initials, or the second half of the visit's reference.
SHOWS = ("initials", "code")
# How often a screen that asks by itself is noted as alive.
SEEN_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ScreenDraft:
    """What a screen shows: whose patients (a location, or all), as what, in which language, dark or light."""

    name: str
    languages: str
    location_id: uuid.UUID | None = None
    dark: bool = True
    shows: str = "initials"


def open_screen(session: Session, actor: Actor, draft: ScreenDraft, *, now: dt.datetime) -> str:
    """A new screen; gives the token of its address, shown this once. Raises Invalid, NotFound."""
    values = _checked(session, actor, draft)
    token, screen_id = new_single_use_token(), uuid7()
    session.execute(
        insert(WallScreen).values(
            org_id=actor.clinic,
            id=screen_id,
            token_digest=token.hashed,
            created_at=now,
            **values,
        )
    )
    record(session, actor, "screens.open", "wall_screen", screen_id, at=now)
    return token.plain


def change_screen(
    session: Session, actor: Actor, screen_id: uuid.UUID, draft: ScreenDraft, *, now: dt.datetime
) -> None:
    """Show something else under the same address, at once. Raises Invalid, NotFound."""
    values = _checked(session, actor, draft)
    _change(session, actor, screen_id, values)
    record(session, actor, "screens.change", "wall_screen", screen_id, at=now)


def renew_screen(session: Session, actor: Actor, screen_id: uuid.UUID, *, now: dt.datetime) -> str:
    """A fresh address for the screen; the one before goes blank at once. Raises NotFound."""
    token = new_single_use_token()
    _change(session, actor, screen_id, {"token_digest": token.hashed, "seen_at": None})
    record(session, actor, "screens.renew", "wall_screen", screen_id, at=now)
    return token.plain


def end_screen(session: Session, actor: Actor, screen_id: uuid.UUID, *, now: dt.datetime) -> None:
    """End a screen's address; ending twice is no error. Raises NotFound."""
    found = session.get(WallScreen, (actor.clinic, screen_id))
    if found is None:
        raise NotFound("screen_not_found")
    if found.revoked_at is not None:
        return
    _change(session, actor, screen_id, {"revoked_at": now})
    record(session, actor, "screens.end", "wall_screen", screen_id, at=now)


def note_seen(session: Session, screen: WallScreen, now: dt.datetime) -> None:
    """A screen asked for its board; noted at most once a minute."""
    if screen.seen_at is None or now - screen.seen_at >= SEEN_EVERY:
        screen.seen_at = now


def _change(
    session: Session, actor: Actor, screen_id: uuid.UUID, values: dict[str, object]
) -> None:
    changed = session.scalar(
        update(WallScreen)
        .where(
            WallScreen.org_id == actor.clinic,
            WallScreen.id == screen_id,
            WallScreen.revoked_at.is_(None),
        )
        .values(**values)
        .returning(WallScreen.id)
    )
    if changed is None:
        raise NotFound("screen_not_found")
    live.tell(session, actor.clinic, live.APPOINTMENTS)


def _checked(session: Session, actor: Actor, draft: ScreenDraft) -> dict[str, object]:
    """The draft as column values."""
    name = draft.name.strip()
    if not name:
        raise Invalid.one("name", "required")
    if draft.languages not in LANGUAGES:
        raise Invalid.one("languages", "unknown_choice")
    if draft.shows not in SHOWS:
        raise Invalid.one("shows", "unknown_choice")
    place = draft.location_id
    if place is not None and session.get(Location, (actor.clinic, place)) is None:
        raise NotFound("location_not_found")
    return {**asdict(draft), "name": name}
