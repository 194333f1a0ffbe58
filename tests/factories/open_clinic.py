"""Opening a bookable clinic by the product's own actions, for tests that need committed rows: live servers, races."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.catalog.actions import ServiceDraft, add_service, qualify
from app.consents.actions import publish_version
from app.kernel.access.actor import SYSTEM, Actor, system
from app.kernel.tenancy.actions import activate_clinic, create_clinic
from app.kernel.tenancy.scope import Scope, scoped
from app.people.specialists.actions import SpecialistCard
from app.scheduling.actions import (
    CalendarDraft,
    WeeklyWindow,
    add_calendar,
    open_specialist,
    set_weekly_hours,
)

# Every day of the week, so that a test does not depend on the day on which it runs.
EVERY_DAY = tuple(WeeklyWindow(day, 8 * 60, 20 * 60) for day in range(7))
NAMES = ("Ana Pavel", "Tudor Neagu", "Sorina Albu", "Radu Ilie", "Ioana Dobre")


@dataclass(frozen=True)
class OpenClinic:
    """A clinic that guests can book."""

    id: uuid.UUID
    slug: str
    location_id: uuid.UUID
    calendar: str
    calendar_id: uuid.UUID
    specialist_ids: tuple[uuid.UUID, ...]


def open_clinic(
    session: Session,
    slug: str,
    *,
    now: dt.datetime,
    specialists: int = 1,
    windows: Sequence[WeeklyWindow] = EVERY_DAY,
    service: ServiceDraft | None = None,
) -> OpenClinic:
    """A clinic with one service, its calendar and specialists; the caller commits."""
    operator = Actor(kind=SYSTEM, org_id=None)
    opened = create_clinic(
        session,
        operator,
        slug=slug,
        name=slug.replace("-", " ").title(),
        owner_name="Olga Popescu",
        owner_email=f"olga@{slug}.example.com",
        city="București",
        time_zone="Europe/Bucharest",
        locale="ro",
        now=now,
    )
    activate_clinic(session, operator, opened.org_id, now=now)
    with scoped(session, Scope(org_id=opened.org_id)):
        return _furnish(
            session, opened.org_id, slug, opened.location_id, specialists, windows, service, now
        )


def _furnish(
    session: Session,
    org_id: uuid.UUID,
    slug: str,
    location_id: uuid.UUID,
    specialists: int,
    windows: Sequence[WeeklyWindow],
    service: ServiceDraft | None,
    now: dt.datetime,
) -> OpenClinic:
    actor = system(org_id)
    draft = service or ServiceDraft(
        "kinetoterapie", {"ro": "Kinetoterapie", "en": "Physiotherapy"}, "therapy", 45, 18000
    )
    service_id = add_service(session, actor, draft, now=now)
    people = tuple(
        _specialist(session, actor, _name(number), location_id, windows, now)
        for number in range(specialists)
    )
    qualify(session, actor, service_id, people, now=now)
    calendar = CalendarDraft(draft.slug, service_id, people)
    calendar_id = add_calendar(session, actor, calendar, now=now)
    texts = {"ro": "Accept mesaje despre programare.", "en": "Text me about my visit."}
    publish_version(session, actor, purpose="sms_appointments", texts=texts, now=now)
    return OpenClinic(org_id, slug, location_id, draft.slug, calendar_id, people)


def _name(number: int) -> str:
    return NAMES[number] if number < len(NAMES) else f"Specialist {number + 1:02d}"


def _specialist(
    session: Session,
    actor: Actor,
    name: str,
    location_id: uuid.UUID,
    windows: Sequence[WeeklyWindow],
    now: dt.datetime,
) -> uuid.UUID:
    card = SpecialistCard(
        name=name, title="Fizioterapeut", time_zone="Europe/Bucharest", location_id=location_id
    )
    specialist_id = open_specialist(session, actor, card, now=now)
    set_weekly_hours(session, actor, specialist_id, windows, now)
    return specialist_id
