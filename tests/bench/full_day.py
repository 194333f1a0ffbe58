"""A clinic with a full day for the benchmarks: specialists, patients and visits, made by the product's own actions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book
from app.factory import create_app
from app.kernel.access.actor import Actor
from app.kernel.db import db
from app.kernel.tenancy.scope import Scope, scoped
from app.people.actions import add_patient, checked_contact
from app.scheduling.queries import Asker, calendar_view, slot_page
from config import Settings
from tests.factories.desk import reception
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.live import Live

ZONE = "Europe/Bucharest"


@dataclass(frozen=True)
class FullDay:
    """The clinic, the date, and the cookie of a receptionist who may open it."""

    clinic: OpenClinic
    day: dt.date
    cookie: str
    human_id: str

    @property
    def path(self) -> str:
        """The day's page."""
        return f"/{self.clinic.slug}/console/day/{self.day}"

    def floor_settings(self) -> dict[str, str]:
        """What the floor of floors/desk.py needs to show the same day."""
        midnight = dt.datetime.combine(self.day, dt.time(), ZoneInfo(ZONE))
        return {
            "BENCH_ORG": str(self.clinic.id),
            "BENCH_SINCE": midnight.isoformat(),
            "BENCH_UNTIL": (midnight + dt.timedelta(days=1)).isoformat(),
        }


def full_day(system: Live, slug: str, specialists: int, visits_each: int) -> FullDay:
    """The clinic, committed; its full day is a week from now."""
    now = dt.datetime.now(dt.UTC)
    day = (now + dt.timedelta(days=7)).date()
    app = create_app(Settings.from_env(system.env))
    with app.app_context():
        session = db.session()
        clinic = open_clinic(session, slug, now=now, specialists=specialists)
        session.commit()
        actor, cookie = reception(app, session, clinic.id, now)
        with scoped(session, Scope(org_id=clinic.id)):
            _fill(session, app.extensions["redis"], actor, clinic, day, visits_each, now)
            session.commit()
        db.session.remove()
        db.engine.dispose()
    return FullDay(clinic, day, f"session={cookie}", str(actor.human_id))


def _fill(
    session: Session,
    redis: Redis,
    actor: Actor,
    clinic: OpenClinic,
    day: dt.date,
    visits_each: int,
    now: dt.datetime,
) -> None:
    calendar = calendar_view(session, clinic.id, calendar_id=clinic.calendar_id)
    contact = checked_contact("Ana Pop", "ana@example.com", "0722 123 456", "RO")
    patient_id = add_patient(session, actor, contact, now)
    for specialist_id in clinic.specialist_ids:
        shown = slot_page(
            session,
            redis,
            clinic.id,
            calendar,
            Asker(now, staff=True),
            first=day,
            days=1,
            time_zone=ZONE,
            specialist_id=specialist_id,
        )
        step = dt.timedelta(minutes=calendar.offer.duration_min)
        free = [slot.starts_at for slot in shown.days[0].slots]
        for number in range(visits_each):
            wish = Wish(free[0] + number * step, specialist_id, "phone", ZONE)
            book(session, redis, actor, calendar, wish, patient_id, now=now)
