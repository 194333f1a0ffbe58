"""A clinic that can be booked: a service, its calendar, Stefan's hours, the texts of its consents."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.catalog.models import Service, ServiceSpecialist
from app.consents.actions import publish_version
from app.kernel.access.actor import GUEST, Actor, system
from app.kernel.tenancy.scope import Scope, enter, scoped
from app.lib.ids import uuid7
from app.scheduling.actions import WeeklyWindow, add_resource, set_weekly_hours
from app.scheduling.models import Calendar, CalendarSpecialist
from tests.factories.cast import Cast
from tests.support.app import NOW

# Monday to Friday, 9 to 13 and 14 to 18 on Bucharest's clock.
HOURS = [
    WeeklyWindow(day, start * 60, end * 60)
    for day in range(5)
    for start, end in ((9, 13), (14, 18))
]


@dataclass(frozen=True)
class Scene:
    """What can be booked. `first_free` is a start that is free when the scene opens."""

    org_id: uuid.UUID
    service_id: uuid.UUID
    calendar_id: uuid.UUID
    calendar_slug: str
    specialist_id: uuid.UUID
    first_free: dt.datetime

    @property
    def guest(self) -> Actor:
        return Actor(kind=GUEST, org_id=self.org_id)


@pytest.fixture
def scene(session: Session, cast: Cast) -> Scene:
    """The scene of clinic A; the session is left in the clinic's scope."""
    org_id, specialist_id = cast.clinic.id, cast.stefan.specialist_id
    assert specialist_id is not None
    service_id, calendar_id = uuid7(), uuid7()
    with scoped(session, Scope(org_id=org_id)):
        session.execute(
            insert(Service).values(
                org_id=org_id,
                id=service_id,
                slug="kinetoterapie",
                names={"ro": "Kinetoterapie", "en": "Physiotherapy"},
                kind="therapy",
                duration_min=45,
                step_min=15,
                buffer_after_min=15,
                price_minor=18000,
            )
        )
        session.execute(
            insert(ServiceSpecialist).values(
                org_id=org_id, id=uuid7(), service_id=service_id, specialist_id=specialist_id
            )
        )
        session.execute(
            insert(Calendar).values(
                org_id=org_id, id=calendar_id, service_id=service_id, slug="kinetoterapie"
            )
        )
        session.execute(
            insert(CalendarSpecialist).values(
                org_id=org_id, id=uuid7(), calendar_id=calendar_id, specialist_id=specialist_id
            )
        )
        add_resource(session, org_id, specialist_id=specialist_id)
        actor = system(org_id)
        set_weekly_hours(session, actor, specialist_id, HOURS, NOW)
        publish_version(
            session,
            actor,
            purpose="sms_appointments",
            texts={
                "ro": "Accept mesaje despre programările mele.",
                "en": "Text me about my visits.",
            },
            now=NOW,
        )
    session.commit()
    enter(session, Scope(org_id=org_id))
    # NOW is Wednesday 10:00 in Bucharest; notice is two hours, so 12:00 is the first start with room for 45 minutes.
    first_free = dt.datetime(2027, 3, 3, 10, 0, tzinfo=dt.UTC)
    return Scene(org_id, service_id, calendar_id, "kinetoterapie", specialist_id, first_free)
