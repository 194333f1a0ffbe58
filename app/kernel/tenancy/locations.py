"""The places where a clinic works: added, changed, closed and opened again (SCH-07)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import asdict, dataclass
from zoneinfo import available_timezones

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tenancy.models import Location
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.fingerprint import fingerprint
from app.lib.ids import uuid7
from app.lib.text import bounded_line

NAME_LIMIT, ADDRESS_LIMIT = 80, 200


@dataclass(frozen=True, slots=True)
class LocationCard:
    """A place as people describe it; `time_zone` is an IANA name."""

    name: str
    address: str
    city: str
    phone: str | None
    time_zone: str

    @property
    def mark(self) -> str:
        """The mark of what is stored so, for `seen`."""
        return fingerprint(asdict(self))


def add_location(
    session: Session, actor: Actor, card: LocationCard, *, now: dt.datetime
) -> uuid.UUID:
    """A new place, last in the clinic's order. Raises Invalid."""
    checked = _checked(card)
    location_id = uuid7()
    last = session.scalar(
        select(func.max(Location.position)).where(Location.org_id == actor.clinic)
    )
    session.execute(
        insert(Location).values(
            org_id=actor.clinic,
            id=location_id,
            position=0 if last is None else last + 1,
            created_at=now,
            **asdict(checked),
        )
    )
    after = asdict(checked)
    record(session, actor, "location.add", "location", location_id, at=now, after=after)
    return location_id


def change_location(
    session: Session,
    actor: Actor,
    location_id: uuid.UUID,
    card: LocationCard,
    *,
    seen: str,
    now: dt.datetime,
) -> None:
    """Correct a place. Raises Conflict when it is no longer what `seen` marks, Invalid, NotFound."""
    row = _locked(session, actor.clinic, location_id)
    before = _card_of(row)
    if seen != before.mark:
        raise Conflict("changed_meanwhile")
    checked = _checked(card)
    for name, value in asdict(checked).items():
        setattr(row, name, value)
    session.flush()
    record(
        session,
        actor,
        "location.change",
        "location",
        location_id,
        at=now,
        before=asdict(before),
        after=asdict(checked),
    )


def close_location(
    session: Session, actor: Actor, location_id: uuid.UUID, *, in_use: bool, now: dt.datetime
) -> None:
    """Close a place. Raises Conflict for the last open one, and while specialists work there (`in_use`)."""
    open_ids = session.scalars(
        select(Location.id)
        .where(Location.org_id == actor.clinic, Location.closed_at.is_(None))
        .with_for_update()
    ).all()
    row = _locked(session, actor.clinic, location_id)
    if row.closed_at is not None:
        raise Conflict("changed_meanwhile")
    if in_use:
        raise Conflict("location_in_use")
    if list(open_ids) == [location_id]:
        raise Conflict("last_location")
    row.closed_at = now
    session.flush()
    record(session, actor, "location.close", "location", location_id, at=now)


def reopen_location(
    session: Session, actor: Actor, location_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Open a closed place again."""
    row = _locked(session, actor.clinic, location_id)
    row.closed_at = None
    session.flush()
    record(session, actor, "location.reopen", "location", location_id, at=now)


def stored_card(session: Session, org_id: uuid.UUID, location_id: uuid.UUID) -> LocationCard:
    """A place as a card. Raises NotFound."""
    found = session.scalars(
        select(Location).where(Location.org_id == org_id, Location.id == location_id)
    ).one_or_none()
    if found is None:
        raise NotFound("location_not_found")
    return _card_of(found)


def _card_of(row: Location) -> LocationCard:
    return LocationCard(row.name, row.address, row.city, row.phone, row.time_zone)


def _checked(card: LocationCard) -> LocationCard:
    if card.time_zone not in available_timezones():
        raise Invalid.one("time_zone", "zone_unknown")
    return LocationCard(
        bounded_line(card.name, "name", limit=NAME_LIMIT),
        bounded_line(card.address, "address", limit=ADDRESS_LIMIT, required=False),
        bounded_line(card.city, "city", limit=NAME_LIMIT, required=False),
        card.phone or None,
        card.time_zone,
    )


def _locked(session: Session, org_id: uuid.UUID, location_id: uuid.UUID) -> Location:
    found = session.scalars(
        select(Location)
        .where(Location.org_id == org_id, Location.id == location_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("location_not_found")
    return found
