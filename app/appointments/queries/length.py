"""A calendar as one visit has it: with the visit's own length, and why it cannot last longer."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Protocol

from redis import Redis
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.appointments.rules.length import against_longer, minutes_of
from app.scheduling.models import Occupancy
from app.scheduling.queries import Asker, CalendarView, outlook
from app.scheduling.rules.refusals import Refusal


class Lasting(Protocol):
    """A visit, as a row or as it is read."""

    @property
    def id(self) -> uuid.UUID: ...

    @property
    def starts_at(self) -> dt.datetime: ...

    @property
    def ends_at(self) -> dt.datetime: ...

    @property
    def specialist_id(self) -> uuid.UUID: ...


def own_length(calendar: CalendarView, visit: Lasting) -> CalendarView:
    """The calendar with the length that the visit has; a class lasts as long as its calendar says."""
    return lasting(calendar, minutes_of(visit.starts_at, visit.ends_at))


def lasting(calendar: CalendarView, minutes: int) -> CalendarView:
    """The calendar with visits of another length."""
    offer = calendar.offer
    if offer.capacity > 1 or offer.duration_min == minutes:
        return calendar
    return replace(calendar, offer=replace(offer, duration_min=minutes))


def why_not_longer(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    asker: Asker,
    visit: Lasting,
    minutes: int,
) -> tuple[Refusal, ...]:
    """What stands against the visit lasting so long from its start; () for nothing. The same engine as for booking."""
    if minutes <= minutes_of(visit.starts_at, visit.ends_at):
        return ()
    found = outlook(
        session,
        redis,
        org_id,
        lasting(calendar, minutes),
        asker,
        visit.starts_at,
        specialist_id=visit.specialist_id,
        ignoring=visit.id,
        within_days=1,
        count=0,
    ).refusals.get(str(visit.specialist_id), ())
    return against_longer(found, overbooked=_overbooked(session, org_id, visit.id))


def _overbooked(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> bool:
    return bool(
        session.scalar(
            select(
                exists().where(
                    Occupancy.org_id == org_id,
                    Occupancy.reference_id == appointment_id,
                    Occupancy.live,
                    Occupancy.overbook_reason.is_not(None),
                )
            )
        )
    )
