"""Keeping a time for a browser while its form is open: the specialist is assigned here (SCH-03, SCH-04, SCH-09)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.actions.booking import Assigned, Wish, candidates, usual_specialist
from app.appointments.actions.time_taken import held_by_others, taken_by, wanted_spaces
from app.appointments.queries.offers import Offer
from app.kernel.telling import tell_redis
from app.lib.errors import Conflict, Invalid
from app.scheduling.actions import best_spaces
from app.scheduling.hold_log.stream import BOOKED, Asked, note_refused
from app.scheduling.holds import Footprint, Holds, Kept, Outcome
from app.scheduling.queries import Asker, CalendarView, free_at
from app.scheduling.queries.calendars import Person
from app.scheduling.queries.classes import places_taken
from app.scheduling.rules.walltime import from_datetime


@dataclass(frozen=True, slots=True)
class HeldSlot:
    """Who is to take the visit, and the hold. Where Redis is away there is no token, and nothing is kept."""

    assigned: Assigned
    token: str
    expires_at: dt.datetime | None


def hold_slot(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    wish: Wish,
    *,
    now: dt.datetime,
) -> HeldSlot:
    """Assign a free specialist and keep their time for the browser `wish.client`.

    Raises Conflict `slot_taken` when nobody is free then, Invalid `slot_past`.
    """
    if wish.starts_at < now:
        raise Invalid.one("starts_at", "slot_past")
    client = wish.client or ""
    asker = Asker(now, client)
    able = free_at(session, redis, org_id, calendar, asker, wish.starts_at, wish.specialist_id)
    holds = Holds(redis, org_id)
    asked = Asked(wish.channel, calendar.id, wish.starts_at)
    taken = taken_by(calendar, wish.starts_at)
    usual = partial(usual_specialist, session, org_id, wish.patient_id)
    for person, reason in candidates(session, org_id, calendar, wish, able, usual, now):
        held = held_by_others(redis, session, org_id, calendar, taken, client, now)
        wanted = footprint(session, org_id, calendar, person, wish.starts_at, held)
        place = partial(holds.place, wanted, client, now, asked=asked)
        kept = _within_quota(holds, client, now, place)
        if kept.outcome is not Outcome.TAKEN:
            return HeldSlot(Assigned(person.id, reason), kept.token, kept.expires_at)
    note_refused(redis, org_id, asked, now)
    raise Conflict("slot_taken")


def hold_offered(
    redis: Redis, offer: Offer, starts_at: dt.datetime, client: str, *, now: dt.datetime
) -> HeldSlot | None:
    """Keep a start of the offer with the first of its candidates who still has it: one script call, no statement.

    None where Redis is away: the database must be asked. Raises Conflict `slot_taken`, Invalid `slot_past`.
    """
    if starts_at < now:
        raise Invalid.one("starts_at", "slot_past")
    by_number = {one.resource: one for one in offer.starts[starts_at]}
    minute = from_datetime(starts_at)
    wanted = Footprint(tuple(by_number), minute - offer.before_min, minute + offer.until_min)
    holds = Holds(redis, offer.org_id)
    asked = Asked("online", offer.calendar_id, starts_at)
    kept = _within_quota(holds, client, now, lambda: holds.place_first(wanted, client, now, asked))
    if kept.outcome is Outcome.TAKEN:
        raise Conflict("slot_taken")
    if kept.outcome is not Outcome.HELD:
        return None
    chosen = by_number[kept.resources[0]]
    return HeldSlot(
        Assigned(chosen.specialist_id, chosen.reason.value), kept.token, kept.expires_at
    )


def release_slot(
    redis: Redis, org_id: uuid.UUID, token: str, client: str, *, now: dt.datetime
) -> None:
    """Let go of a hold: its time is free to others at once."""
    if token:
        Holds(redis, org_id).release(token, client, now)


def release_once_booked(
    session: Session, redis: Redis, org_id: uuid.UUID, token: str, client: str, *, now: dt.datetime
) -> None:
    """Let go of a hold after the commit of the visit that takes its time: it is never free in between."""
    if token:
        tell_redis(session, *Holds(redis, org_id).ending(token, client, now, BOOKED))


def footprint(
    session: Session,
    org_id: uuid.UUID,
    calendar: CalendarView,
    person: Person,
    starts_at: dt.datetime,
    held: frozenset[int] = frozenset(),
) -> Footprint:
    """What a visit then would take of specialist and room, buffers included; in a class one of the places left."""
    taken = taken_by(calendar, starts_at)
    wanted = Footprint(
        (person.resource,), from_datetime(taken.starts_at), from_datetime(taken.ends_at)
    )
    if calendar.offer.capacity < 2:
        spaces = best_spaces(session, org_id, wanted_spaces(calendar, person, held=held), taken)
        numbers = (person.resource, *(one.resource for one in spaces))
        return replace(wanted, resources=numbers)
    gone = places_taken(session, org_id, calendar.id, person.id, starts_at)
    return replace(wanted, group=str(calendar.id), places=calendar.offer.capacity - gone)


def _within_quota(holds: Holds, client: str, now: dt.datetime, place: Callable[[], Kept]) -> Kept:
    """Keep it; who is over their quota has left the pages of their oldest hold."""
    kept = place()
    if kept.outcome is Outcome.OVER_QUOTA:
        holds.release_oldest(client, now)
        kept = place()
    return kept
