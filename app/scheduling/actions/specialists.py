"""A specialist's place in the schedule: bookable time, another time zone, leaving (SPC-01, SPC-04)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import live
from app.kernel.access.actor import Actor
from app.lib.errors import Conflict, Invalid
from app.people.specialists import actions as people
from app.people.specialists.actions import SpecialistCard
from app.scheduling.actions.occupancy import add_resource
from app.scheduling.models import CalendarSpecialist, DateOverride, Occupancy, Resource


def open_specialist(
    session: Session, actor: Actor, card: SpecialistCard, *, now: dt.datetime
) -> uuid.UUID:
    """A new specialist with bookable time. Raises Invalid."""
    specialist_id = people.add(session, actor, card, now=now)
    add_resource(session, actor.clinic, specialist_id=specialist_id)
    return specialist_id


def change_specialist(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    card: SpecialistCard,
    *,
    seen: str,
    now: dt.datetime,
) -> None:
    """Change a specialist; not the zone while dates to come or calendars have hours of their own (SPC-04).

    Their windows were written for the old clock: nobody could say which instants they mean. Raises Invalid
    (`zone_has_overrides`), Conflict, NotFound.
    """
    stored = people.locked(session, actor.clinic, specialist_id)
    if stored.time_zone and stored.time_zone != card.time_zone:
        _refuse_with_overrides(session, actor.clinic, specialist_id, now)
    people.change(session, actor, specialist_id, card, seen=seen, now=now)
    live.tell(session, actor.clinic, live.AVAILABILITY)


def remove_specialist(
    session: Session, actor: Actor, specialist_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Take a specialist off the lists for good. Raises Conflict while visits are to come, so that none is lost."""
    people.locked(session, actor.clinic, specialist_id)
    coming = visits_to_come(session, actor.clinic, specialist_id, now)
    if coming:
        raise Conflict("specialist_has_visits", count=coming)
    people.remove(session, actor, specialist_id, now=now)
    live.tell(session, actor.clinic, live.AVAILABILITY)


def visits_to_come(
    session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID, now: dt.datetime
) -> int:
    """How many visits that have not ended hold a specialist's time."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Occupancy)
            .join(
                Resource,
                (Resource.org_id == Occupancy.org_id) & (Resource.id == Occupancy.resource_id),
            )
            .where(
                Resource.org_id == org_id,
                Resource.specialist_id == specialist_id,
                Occupancy.live,
                Occupancy.kind == "appointment",
                Occupancy.visit_ends_at > now,
            )
        )
        or 0
    )


def _refuse_with_overrides(
    session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID, now: dt.datetime
) -> None:
    dates = select(func.count()).where(
        DateOverride.org_id == org_id,
        DateOverride.specialist_id == specialist_id,
        DateOverride.day >= now.date() - dt.timedelta(days=1),
    )
    calendars = select(func.count()).where(
        CalendarSpecialist.org_id == org_id,
        CalendarSpecialist.specialist_id == specialist_id,
        CalendarSpecialist.hours.is_not(None),
    )
    count = (session.scalar(dates) or 0) + (session.scalar(calendars) or 0)
    if count:
        raise Invalid.one("time_zone", "zone_has_overrides", count=count)
