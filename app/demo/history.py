"""The life of a demo clinic: patients who come and go, visits in every state, forms, the weeks ahead."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.appointments import actions as visits
from app.appointments.actions.booking import Wish
from app.appointments.actions.moving import NewTime
from app.appointments.models import Appointment
from app.demo.cast import CANCELLATIONS, FIRST_NAMES, LAST_NAMES, NOTES
from app.demo.world import TIME_ZONE, World
from app.kernel.access.actor import GUEST, Actor
from app.lib.errors import Conflict
from app.lib.text import fold
from app.people.actions import Contact, add_patient
from app.scheduling.queries import Asker, CalendarView, slot_page
from app.scheduling.queries.slots import Slot

PAST_DAYS = 70
AHEAD_DAYS = 10
DONE_SHARE, MISSED_SHARE = 0.84, 0.92
GUEST_SHARE = 0.25


@dataclass(frozen=True)
class Busyness:
    """Visits a day: on a past day, today, on a day ahead."""

    past: int
    today: int
    ahead: int


def live(world: World, patients: int, busyness: Busyness) -> None:
    """Fill the clinic's past, today and the days ahead."""
    known = [_patient(world, number) for number in range(patients)]
    for offset in range(-PAST_DAYS, AHEAD_DAYS + 1):
        day = world.today + dt.timedelta(days=offset)
        if offset < 0:
            # Busier lately than at the beginning, as a clinic that grows.
            _past_day(world, day, known, busyness.past + (offset > -14))
        elif offset == 0:
            _today(world, day, known, busyness.today)
        else:
            _day_ahead(world, day, known, busyness.ahead)


def person(world: World) -> Contact:
    """A believable person; the same ones each time."""
    first, last = world.dice.choice(FIRST_NAMES), world.dice.choice(LAST_NAMES)
    mail = f"{fold(first)}.{fold(last)}{world.dice.randint(1, 99)}@pacient.demo"
    phone = f"+407{world.dice.choice('23456')}{world.dice.randint(1000000, 9999999)}"
    locale = "en" if world.dice.random() < 0.08 else "ro"
    return Contact(f"{first} {last}", mail, phone, locale, TIME_ZONE)


def _patient(world: World, number: int) -> uuid.UUID:
    since = world.now - dt.timedelta(days=PAST_DAYS - number % 60)
    return add_patient(world.session, world.desk, person(world), since)


def _past_day(world: World, day: dt.date, known: list[uuid.UUID], count: int) -> None:
    for visit in _book_some(world, day, known, count, booked_before=dt.timedelta(days=6)):
        fate = world.dice.random()
        if fate < DONE_SHARE:
            _happen(world, visit)
        elif fate < MISSED_SHARE:
            visits.miss(
                world.session, world.desk, visit.id, now=visit.starts_at + dt.timedelta(minutes=20)
            )
        else:
            _cancel(world, visit.id, visit.starts_at - dt.timedelta(hours=30))


def _today(world: World, day: dt.date, known: list[uuid.UUID], count: int) -> None:
    """The day as the desk finds it: some done, one in the room, some waiting, the rest to come."""
    for visit in _book_some(world, day, known, count, booked_before=dt.timedelta(days=4)):
        if visit.ends_at <= world.now:
            _happen(world, visit)
        elif visit.starts_at <= world.now:
            visits.check_in(world.session, world.desk, visit.id, now=visit.starts_at)
            visits.start(world.session, world.desk, visit.id, now=visit.starts_at)
        elif visit.starts_at - world.now < dt.timedelta(minutes=30):
            visits.check_in(world.session, world.desk, visit.id, now=world.now)
        elif world.dice.random() < 0.5:
            visits.confirm(world.session, world.desk, visit.id, now=world.now)


def _day_ahead(world: World, day: dt.date, known: list[uuid.UUID], count: int) -> None:
    for visit in _book_some(world, day, known, count, booked_before=dt.timedelta(days=20)):
        fate = world.dice.random()
        if fate < 0.25:
            visits.confirm(world.session, world.desk, visit.id, now=world.now)
        elif fate < 0.32:
            _cancel(world, visit.id, world.now)
        elif fate < 0.38:
            _move(world, visit)


def _book_some(
    world: World, day: dt.date, known: list[uuid.UUID], count: int, booked_before: dt.timedelta
) -> list[Appointment]:
    """Up to `count` visits on a date, spread over the calendars; some come from guests online."""
    made: list[Appointment] = []
    shown: dict[uuid.UUID, list[Slot]] = {}
    for _ in range(count):
        calendar = world.dice.choice(list(world.calendars.values()))
        asked_at = _asked_at(world, day, booked_before)
        if calendar.id not in shown:
            shown[calendar.id] = _slots(world, calendar, day, asked_at)
        if not shown[calendar.id]:
            continue
        slot = shown[calendar.id].pop(world.dice.randrange(len(shown[calendar.id])))
        guest = world.dice.random() < GUEST_SHARE
        visit = _book(world, calendar, slot, known, asked_at, guest=guest)
        if visit is not None:
            made.append(visit)
    return made


def _asked_at(world: World, day: dt.date, booked_before: dt.timedelta) -> dt.datetime:
    noon = dt.datetime.combine(day, dt.time(12), ZoneInfo(TIME_ZONE)).astimezone(dt.UTC)
    asked = noon - booked_before * (0.3 + 0.7 * world.dice.random())
    return min(asked, world.now - dt.timedelta(minutes=30)).replace(second=0, microsecond=0)


def _slots(world: World, calendar: CalendarView, day: dt.date, asked_at: dt.datetime) -> list[Slot]:
    page = slot_page(
        world.session,
        world.redis,
        world.org_id,
        calendar,
        Asker(asked_at, staff=True),
        first=day,
        days=1,
        time_zone=TIME_ZONE,
    )
    return list(page.days[0].slots)


def _book(
    world: World,
    calendar: CalendarView,
    slot: Slot,
    known: list[uuid.UUID],
    asked_at: dt.datetime,
    *,
    guest: bool,
) -> Appointment | None:
    note = world.dice.choice(NOTES)
    try:
        if guest:
            actor: Actor = Actor(kind=GUEST, org_id=world.org_id)
            wish = Wish(slot.starts_at, None, "online", TIME_ZONE, note=note)
            return visits.book_as_guest(
                world.session,
                world.redis,
                actor,
                calendar,
                wish,
                person(world),
                texts_allowed=True,
                now=asked_at,
            )
        wish = Wish(
            slot.starts_at,
            None,
            world.dice.choice(("phone", "phone", "walk_in")),
            TIME_ZONE,
            note=note,
        )
        patient_id = world.dice.choice(known)
        return visits.book(
            world.session, world.redis, world.desk, calendar, wish, patient_id, now=asked_at
        )
    except Conflict:
        # Taken by an earlier visit of the day, or inside the notice that binds a guest.
        return None


def _happen(world: World, visit: Appointment) -> None:
    session, desk = world.session, world.desk
    if visit.state == "booked":
        visits.onboard(session, desk, visit.id, now=visit.starts_at - dt.timedelta(minutes=8))
    visits.check_in(session, desk, visit.id, now=visit.starts_at - dt.timedelta(minutes=5))
    visits.start(session, desk, visit.id, now=visit.starts_at)
    visits.finish(session, desk, visit.id, now=visit.ends_at)


def _cancel(world: World, appointment_id: uuid.UUID, at: dt.datetime) -> None:
    visits.cancel(
        world.session,
        world.desk,
        appointment_id,
        now=at,
        reason=world.dice.choice(CANCELLATIONS),
    )


def _move(world: World, visit: Appointment) -> None:
    calendar = next(one for one in world.calendars.values() if one.id == visit.calendar_id)
    day = visit.starts_at.astimezone(ZoneInfo(TIME_ZONE)).date() + dt.timedelta(days=1)
    own = [
        slot
        for slot in _slots(world, calendar, day, world.now)
        if visit.specialist_id in slot.specialist_ids
    ]
    if own:
        target = NewTime(own[0].starts_at)
        visits.move(world.session, world.redis, world.desk, visit.id, target, now=world.now)


def treat(
    world: World, calendar_slug: str, specialist_slug: str, patient_id: uuid.UUID, days_ago: int
) -> None:
    """A visit of the past with one specialist, on the nearest date at which they had time."""
    calendar, specialist_id = world.calendars[calendar_slug], world.specialists[specialist_slug]
    for offset in range(days_ago, days_ago + 5):
        day = world.today - dt.timedelta(days=offset)
        asked_at = world.now - dt.timedelta(days=offset + 3)
        own = [
            slot
            for slot in _slots(world, calendar, day, asked_at)
            if specialist_id in slot.specialist_ids
        ]
        if own:
            wish = Wish(own[len(own) // 2].starts_at, specialist_id, "phone", TIME_ZONE)
            visit = visits.book(
                world.session, world.redis, world.desk, calendar, wish, patient_id, now=asked_at
            )
            _happen(world, visit)
            return
