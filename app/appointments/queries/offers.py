"""What a page of times has offered: enough to keep one of them without asking the database again (SCH-03, SCH-09)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.appointments.queries.fairness import standings_of
from app.scheduling.queries import CalendarView, Slot
from app.scheduling.rules.assignment import Ranking, Why

# How many of the free specialists of a time are named: when all of them are gone, so is most likely the time.
MOST = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who is free then, and what speaks for them."""

    specialist_id: uuid.UUID
    resource: int
    reason: Why


@dataclass(frozen=True, slots=True)
class Offer:
    """The starts of one page, each with whom it would be given to, best first.

    A visit takes its specialist from `before_min` before its start to `until_min` after it.
    `by_name`: the patient chose the specialist.
    """

    org_id: uuid.UUID
    calendar_id: uuid.UUID
    before_min: int
    until_min: int
    by_name: bool
    starts: Mapping[dt.datetime, tuple[Candidate, ...]]


def offer_of(
    session: Session,
    org_id: uuid.UUID,
    calendar: CalendarView,
    slots: Iterable[Slot],
    *,
    by_name: bool,
    now: dt.datetime,
) -> Offer | None:
    """The offer of these free times; None where a visit takes more than the time of one specialist, or less."""
    offered = list(slots)
    if not offered or calendar.needs or calendar.offer.capacity > 1:
        return None
    ranking = _ranking(session, org_id, calendar, offered, now)
    people = {str(one.id): one for one in calendar.people}
    names = {one.id: name for name, one in people.items()}
    starts = {}
    for one in offered:
        free = [names[specialist] for specialist in one.specialist_ids]
        best = _best(free, ranking, by_name, assignment_key(calendar, one.starts_at))
        chosen = [(people[name], why) for name, why in best]
        starts[one.starts_at] = tuple(Candidate(who.id, who.resource, why) for who, why in chosen)
    offer = calendar.offer
    until = offer.duration_min + offer.buffer_after_min
    return Offer(org_id, calendar.id, offer.buffer_before_min, until, by_name, starts)


def _ranking(
    session: Session,
    org_id: uuid.UUID,
    calendar: CalendarView,
    slots: Sequence[Slot],
    now: dt.datetime,
) -> Ranking | None:
    if all(len(one.specialist_ids) == 1 for one in slots):
        return None
    return Ranking.of(calendar.strategy, standings_of(session, org_id, calendar, now))


def _best(
    free: Sequence[str], ranking: Ranking | None, by_name: bool, key: str
) -> list[tuple[str, Why]]:
    if ranking is None:
        return [(free[0], Why.CHOSEN_BY_PATIENT if by_name else Why.ONLY_ONE_FREE)]
    return ranking.first(free, key, MOST)


def assignment_key(calendar: CalendarView, starts_at: dt.datetime) -> str:
    """What names a visit where specialists stand alike: the same start gets the same one however often it is asked."""
    return f"{calendar.id}:{starts_at.isoformat()}"
