"""A class in the evening with its participants, people who wait for a time, and one who was squeezed in."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.appointments.actions import Wish, book
from app.appointments.models import Appointment
from app.catalog.actions import ServiceDraft, add_service, qualify
from app.demo.world import TIME_ZONE, World
from app.scheduling.actions import CalendarDraft, add_calendar, mark_of_needs, set_needs
from app.scheduling.models import Room
from app.scheduling.queries import Asker, CalendarView, calendar_view, slot_page
from app.scheduling.queries.spaces import Needs, needs_of
from app.waiting.actions import JoinWish, join

TEACHER = "vlad-campeanu"
LARGE_ROOM = "Sala mare"
SQUEEZED, WHY_SQUEEZED = "stefan-marinescu", "Durere acută, de acord cu Ștefan"
CLASS = ServiceDraft(
    "pilates",
    {"ro": "Pilates terapeutic în grup", "en": "Therapeutic Pilates in a group"},
    "group_class",
    50,
    6000,
    descriptions={
        "ro": "Grup de cel mult opt persoane, cu exerciții pentru spate.",
        "en": "A group of at most eight, with exercises for the back.",
    },
    step_min=60,
    position=20,
    capacity=8,
)
# How many come to each of the next meetings.
COMING = (8, 5, 2)
MORNING = 0b001


def gather(world: World) -> None:
    """Open the class, seat people in its next meetings, and put two on the waiting list."""
    people = _patients(world)
    calendar = _class(world)
    for start, count in zip(_meetings(world, calendar), COMING, strict=False):
        for patient_id in people[:count]:
            wish = Wish(start, None, "phone", TIME_ZONE)
            book(world.session, world.redis, world.desk, calendar, wish, patient_id, now=world.now)
        people = people[count:]
    therapy = world.calendars["kinetoterapie"]
    for patient_id, ago in zip(people[:2], (3, 1), strict=False):
        wanted = JoinWish(
            therapy.id,
            TIME_ZONE,
            "phone",
            specialist_id=world.specialists[TEACHER],
            first_day=world.today + dt.timedelta(days=1),
            last_day=world.today + dt.timedelta(days=4),
            parts=MORNING,
        )
        join(world.session, world.desk, patient_id, wanted, now=world.now - dt.timedelta(days=ago))


def _class(world: World) -> CalendarView:
    service_id = add_service(world.session, world.desk, CLASS, now=world.now)
    teacher = (world.specialists[TEACHER],)
    qualify(world.session, world.desk, service_id, teacher, now=world.now)
    set_needs(
        world.session,
        world.desk,
        service_id,
        Needs(room=True, device=False, space_ids=_large_room(world)),
        seen=mark_of_needs(needs_of(world.session, world.org_id, service_id)),
        now=world.now,
    )
    calendar_id = add_calendar(
        world.session, world.desk, CalendarDraft(CLASS.slug, service_id, teacher), now=world.now
    )
    return calendar_view(world.session, world.org_id, calendar_id=calendar_id)


def _large_room(world: World) -> frozenset[uuid.UUID]:
    found = select(Room.id).where(Room.org_id == world.org_id, Room.name == LARGE_ROOM)
    return frozenset(world.session.scalars(found))


def squeeze_in(world: World) -> None:
    """Somebody in pain, put beside the next visit of a specialist on purpose: the clinic knows why."""
    taken = world.session.scalars(
        select(Appointment)
        .where(
            Appointment.org_id == world.org_id,
            Appointment.specialist_id == world.specialists[SQUEEZED],
            Appointment.state.in_(("upcoming", "confirmed")),
            Appointment.starts_at > world.now,
        )
        .order_by(Appointment.starts_at)
        .limit(1)
    ).one_or_none()
    if taken is None:
        return
    calendar = calendar_view(world.session, world.org_id, calendar_id=taken.calendar_id)
    other = next(one for one in _patients(world) if one != taken.patient_id)
    wish = Wish(taken.starts_at, taken.specialist_id, "phone", TIME_ZONE)
    book(
        world.session,
        world.redis,
        world.desk,
        calendar,
        wish,
        other,
        now=world.now,
        overbook=WHY_SQUEEZED,
    )


def _meetings(world: World, calendar: CalendarView) -> list[dt.datetime]:
    """The last free start of each of the next days: classes are in the evening."""
    found = slot_page(
        world.session,
        world.redis,
        world.org_id,
        calendar,
        Asker(world.now, staff=True),
        first=world.now.astimezone(ZoneInfo(TIME_ZONE)).date() + dt.timedelta(days=1),
        days=10,
        time_zone=TIME_ZONE,
    )
    return [day.slots[-1].starts_at for day in found.days if day.slots][: len(COMING)]


def _patients(world: World) -> list[uuid.UUID]:
    """Patients of the clinic in a steady order."""
    return list(
        world.session.scalars(
            select(Appointment.patient_id)
            .where(Appointment.org_id == world.org_id)
            .group_by(Appointment.patient_id)
            .order_by(Appointment.patient_id)
            .limit(sum(COMING) + 2)
        )
    )
