"""Offering freed times to those who wait, each in their turn (BYD-04)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redis import Redis
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.appointments.actions.time_taken import take_time, taken_by
from app.consents.queries import has as has_consented
from app.kernel import live
from app.kernel.access.actor import Actor, system
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.lib.errors import Conflict, NotFound
from app.lib.ids import uuid7
from app.messaging.wordings import SMS_APPOINTMENTS
from app.scheduling.queries import Asker, CalendarView, calendar_view, free_at, next_free
from app.waiting.actions.window import offer_window_min
from app.waiting.models import WaitingEntry, WaitingOffer
from app.waiting.queries import EntryView, entry_view, waiting
from app.waiting.rules.deadline import deadline
from app.waiting.rules.matching import Freed, Turn, may_be_asked, turns

OFFERED = "waiting.offered"
# As far ahead as a run looks, with every start in it: somebody may wait for a late one while early ones are free.
WITHIN_DAYS, MOST_STARTS = 60, 20_000


@dataclass(frozen=True, slots=True)
class _Run:
    """What one look at a calendar's list works with."""

    session: Session
    actor: Actor
    calendar: CalendarView
    window_min: int
    now: dt.datetime


def offer_freed(session: Session, redis: Redis, org_id: uuid.UUID, *, now: dt.datetime) -> int:
    """Offer what is free to whoever waits for it and has no offer; gives how many offers were made.

    The list is locked for the length of the transaction, so two runs cannot pass somebody over.
    """
    _lock(session, org_id)
    busy = set(_with_open_offer(session, org_id))
    everybody = [one for one in waiting(session, org_id) if one.id not in busy]
    by_calendar: dict[uuid.UUID, list[EntryView]] = {}
    for entry in everybody:
        by_calendar.setdefault(entry.calendar_id, []).append(entry)
    window = offer_window_min(session, org_id)
    made = 0
    for calendar_id, entries in by_calendar.items():
        calendar = _calendar(session, org_id, calendar_id)
        if calendar is not None:
            run = _Run(session, system(org_id), calendar, window, now)
            made += _offer_in(run, redis, entries)
    return made


def offer_by_hand(
    session: Session,
    redis: Redis,
    actor: Actor,
    entry_id: uuid.UUID,
    start: dt.datetime,
    *,
    now: dt.datetime,
) -> uuid.UUID:
    """Offer a chosen free time to somebody out of turn.

    Raises Conflict `slot_taken`, `waiting_over`, `offer_open`, `offered_before`, and `offer_impossible_now` by night or
    close to the start.
    """
    _lock(session, actor.clinic)
    entry = entry_view(session, actor.clinic, entry_id)
    if entry.state != "waiting":
        raise Conflict("waiting_over")
    if entry_id in _with_open_offer(session, actor.clinic):
        raise Conflict("offer_open")
    if any(since <= start < until for since, until in _times_offered(session, actor, entry_id)):
        raise Conflict("offered_before")
    calendar = calendar_view(session, actor.clinic, calendar_id=entry.calendar_id)
    run = _Run(session, actor, calendar, offer_window_min(session, actor.clinic), now)
    able = free_at(session, redis, actor.clinic, calendar, Asker(now), start, entry.specialist_id)
    for specialist_id in able:
        turn = Turn(str(entry.id), start, str(specialist_id))
        if _deadline(run, entry, start) is None:
            raise Conflict("offer_impossible_now")
        made = _offer(run, entry, turn)
        if made is not None:
            return made
    raise Conflict("slot_taken")


def reachable(session: Session, org_id: uuid.UUID, entry: EntryView) -> bool:
    """Whether an offer could reach them: by e-mail, or by text where they agreed to texts."""
    if entry.patient_email:
        return True
    return bool(entry.patient_phone) and has_consented(
        session, org_id, entry.patient_id, SMS_APPOINTMENTS
    )


def _offer_in(run: _Run, redis: Redis, entries: Sequence[EntryView]) -> int:
    known = _offered_before(run.session, run.actor.clinic, [one.id for one in entries])
    rested = {str(one.id): one for one in entries if may_be_asked(known.asked[one.id], run.now)}
    if not rested:
        return 0
    served: set[str] = set()
    wishes = [one.wish for one in rested.values()]
    for turn in turns(wishes, _free_times(run, redis), known.times):
        entry = rested[turn.waiting_id]
        if turn.waiting_id in served or not reachable(run.session, run.actor.clinic, entry):
            continue
        if _offer(run, entry, turn) is not None:
            served.add(turn.waiting_id)
            if len(served) == len(rested):
                break
    return len(served)


def _free_times(run: _Run, redis: Redis) -> list[Freed]:
    slots = next_free(
        run.session,
        redis,
        run.actor.clinic,
        run.calendar,
        Asker(run.now),
        since=run.now,
        within_days=WITHIN_DAYS,
        count=MOST_STARTS,
    )
    length = dt.timedelta(minutes=run.calendar.offer.duration_min)
    return [
        Freed(one.starts_at, one.starts_at + length, tuple(map(str, one.specialist_ids)))
        for one in slots
    ]


def _offer(run: _Run, entry: EntryView, turn: Turn) -> uuid.UUID | None:
    """Hold the time and write the offer; None where it cannot be offered now or somebody has it."""
    ends = _deadline(run, entry, turn.start)
    if ends is None:
        return None
    session, org_id, offer_id = run.session, run.actor.clinic, uuid7()
    person = run.calendar.person(uuid.UUID(turn.specialist_id))
    taken = taken_by(run.calendar, turn.start)
    if not take_time(session, org_id, run.calendar, person, None, taken, offer_id, kind="offer"):
        return None
    session.execute(
        insert(WaitingOffer).values(
            org_id=org_id,
            id=offer_id,
            entry_id=entry.id,
            specialist_id=person.id,
            starts_at=turn.start,
            ends_at=taken.visit_ends_at,
            expires_at=ends,
            created_at=run.now,
        )
    )
    record(
        session,
        run.actor,
        "waiting.offer",
        "waiting_entry",
        entry.id,
        at=run.now,
        after={"starts_at": turn.start.isoformat(), "specialist_id": turn.specialist_id},
    )
    emit(session, org_id, OFFERED, {"offer_id": offer_id}, at=run.now)
    for topic in (live.APPOINTMENTS, live.WAITING):
        live.tell(session, org_id, topic)
    return offer_id


def _deadline(run: _Run, entry: EntryView, start: dt.datetime) -> dt.datetime | None:
    return deadline(
        run.now,
        start,
        notice_min=run.calendar.offer.min_notice_min,
        window_min=run.window_min,
        time_zone=entry.time_zone,
    )


def _times_offered(
    session: Session, actor: Actor, entry_id: uuid.UUID
) -> list[tuple[dt.datetime, dt.datetime]]:
    return _offered_before(session, actor.clinic, [entry_id]).times[str(entry_id)]


def _lock(session: Session, org_id: uuid.UUID) -> None:
    session.execute(
        select(WaitingEntry.id)
        .where(WaitingEntry.org_id == org_id, WaitingEntry.state == "waiting")
        .order_by(WaitingEntry.id)
        .with_for_update()
    )


def _with_open_offer(session: Session, org_id: uuid.UUID) -> Iterable[uuid.UUID]:
    return session.scalars(
        select(WaitingOffer.entry_id).where(
            WaitingOffer.org_id == org_id, WaitingOffer.state == "open"
        )
    ).all()


@dataclass(frozen=True, slots=True)
class _Before:
    """What was offered before: the times, and when each entry was asked."""

    times: dict[str, list[tuple[dt.datetime, dt.datetime]]]
    asked: dict[uuid.UUID, list[dt.datetime]]


def _offered_before(session: Session, org_id: uuid.UUID, entry_ids: Sequence[uuid.UUID]) -> _Before:
    rows = session.execute(
        select(
            WaitingOffer.entry_id,
            WaitingOffer.starts_at,
            WaitingOffer.ends_at,
            WaitingOffer.created_at,
        ).where(WaitingOffer.org_id == org_id, WaitingOffer.entry_id.in_(entry_ids))
    )
    found = _Before(defaultdict(list), defaultdict(list))
    for row in rows:
        found.times[str(row.entry_id)].append((row.starts_at, row.ends_at))
        found.asked[row.entry_id].append(row.created_at)
    return found


def _calendar(session: Session, org_id: uuid.UUID, calendar_id: uuid.UUID) -> CalendarView | None:
    try:
        return calendar_view(session, org_id, calendar_id=calendar_id)
    except NotFound:
        return None  # Archived meanwhile: its list waits until it is opened again.
