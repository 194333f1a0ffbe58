"""Clinics in which there is less than everybody wants: times, places in a class, rooms; and what came of it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.catalog.actions import ServiceDraft
from app.kernel.access.actor import system
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Patient
from app.scheduling.actions import add_room, mark_of_needs, set_needs, set_override
from app.scheduling.models import Occupancy
from app.scheduling.queries import calendar_view
from app.scheduling.queries.spaces import Needs, needs_of
from tests.factories.open_clinic import OpenClinic, open_clinic

MINUTES = 20
SPECIALISTS, ROOMS = 3, 2
Furnish: TypeAlias = Callable[[Session, str, int, dt.datetime], OpenClinic]


def contested_clinic(session: Session, slug: str, times: int, now: dt.datetime) -> OpenClinic:
    """A clinic with one specialist who has exactly `times` free times, all on one day."""
    clinic = open_clinic(session, slug, now=now, windows=(), service=_service())
    _open(session, clinic, times, now)
    return clinic


def contested_class(session: Session, slug: str, places: int, now: dt.datetime) -> OpenClinic:
    """A clinic with one class of so many places, once."""
    service = _service("group_class", places)
    clinic = open_clinic(session, slug, now=now, windows=(), service=service)
    _open(session, clinic, 1, now)
    return clinic


def contested_rooms(session: Session, slug: str, visits: int, now: dt.datetime) -> OpenClinic:
    """A clinic whose three specialists share two rooms: room for exactly `visits`, two at each time."""
    clinic = open_clinic(
        session, slug, now=now, windows=(), service=_service(), specialists=SPECIALISTS
    )
    _open(session, clinic, visits // ROOMS, now)
    with scoped(session, Scope(org_id=clinic.id)):
        actor = system(clinic.id)
        for number in range(ROOMS):
            add_room(session, actor, clinic.location_id, f"Cabinet {number + 1}", now=now)
        found = calendar_view(session, clinic.id, calendar_id=clinic.calendar_id)
        seen = mark_of_needs(needs_of(session, clinic.id, found.service_id))
        any_room = Needs(room=True, device=False, space_ids=frozenset())
        set_needs(session, actor, found.service_id, any_room, seen=seen, now=now)
    return clinic


def _service(kind: str = "therapy", capacity: int = 1) -> ServiceDraft:
    names = {"en": "Race", "ro": "Cursă"}
    return ServiceDraft("race", names, kind, MINUTES, 100, step_min=MINUTES, capacity=capacity)


def _open(session: Session, clinic: OpenClinic, times: int, now: dt.datetime) -> None:
    """Every specialist works once, three days from now, for that many visits in a row."""
    day, start = now.date() + dt.timedelta(days=3), 120
    window = (start, start + times * MINUTES)
    with scoped(session, Scope(org_id=clinic.id)):
        for one in clinic.specialist_ids:
            set_override(session, system(clinic.id), one, day, "add", [window], "race", now)


@dataclass(frozen=True)
class Booked:
    """What the database holds after a race; taken time by the number of its specialist or room."""

    names: list[str]
    starts: list[dt.datetime]
    taken: dict[int, list[tuple[dt.datetime, dt.datetime]]]

    @property
    def overlaps(self) -> int:
        return sum(
            after[0] < before[1]
            for spans in self.taken.values()
            for before, after in pairwise(sorted(spans))
        )


def booked(session: Session, clinic: OpenClinic) -> Booked:
    """Visits with their guests, and the time that is taken."""
    taken: dict[int, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    with scoped(session, Scope(org_id=clinic.id)):
        visits = session.execute(
            select(Patient.name, Appointment.starts_at).join(
                Patient,
                (Patient.org_id == Appointment.org_id) & (Patient.id == Appointment.patient_id),
            )
        ).all()
        spans = select(Occupancy.resource_number, Occupancy.starts_at, Occupancy.ends_at)
        for row in session.execute(spans.where(Occupancy.live)):
            taken[row.resource_number].append((row.starts_at, row.ends_at))
    names, starts = sorted(one.name for one in visits), sorted(one.starts_at for one in visits)
    return Booked(names, starts, dict(taken))
