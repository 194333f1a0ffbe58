"""The day calendar of the console with 60 visits and 5 specialists, beside the booking pages and a bare Flask page.

`python -m tests.bench.bench_day`: the rounds of bench_booking_pages, with the day as further pages. The whole day is
first checked to have its visits, so that a fast wrong page is no result.
"""

from __future__ import annotations

import datetime as dt
import sys
import urllib.request

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
from tests.bench import bench_booking_pages
from tests.bench.running_system import running_system, web_server
from tests.factories.desk import reception
from tests.factories.open_clinic import OpenClinic, open_clinic

SPECIALISTS, VISITS_EACH = 5, 12
SLUG = "bench-day"
ZONE = "Europe/Bucharest"


def main() -> int:
    """Furnish, check, measure and print."""
    with running_system() as system:
        now = dt.datetime.now(dt.UTC)
        day = (now + dt.timedelta(days=7)).date()
        app = create_app(Settings.from_env(system.env))
        with app.app_context():
            session = db.session()
            clinic = open_clinic(session, SLUG, now=now, specialists=SPECIALISTS)
            session.commit()
            actor, cookie = reception(app, session, clinic.id, now)
            with scoped(session, Scope(org_id=clinic.id)):
                _fill(session, app.extensions["redis"], actor, clinic, day, now)
                session.commit()
            db.session.remove()
            db.engine.dispose()
        address, _ = web_server(system)
        path = f"/{SLUG}/console/day/{day}"
        _check(f"{address}{path}", cookie)
        pages = {"day calendar": path, "day as a list": f"{path}?view=list"}
        asked = [part for name, one in pages.items() for part in ("--url", f"{name}={one}")]
        given = ["--base", address, "--cookie", f"session={cookie}", *asked]
        return bench_booking_pages.main(given)


def _fill(
    session: Session, redis: Redis, actor: Actor, clinic: OpenClinic, day: dt.date, now: dt.datetime
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
        for number in range(VISITS_EACH):
            wish = Wish(free[0] + number * step, specialist_id, "phone", ZONE)
            book(session, redis, actor, calendar, wish, patient_id, now=now)


def _check(address: str, cookie: str) -> None:
    request = urllib.request.Request(address, headers={"Cookie": f"session={cookie}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    shown = text.count("data-event=")
    if shown != SPECIALISTS * VISITS_EACH:
        raise RuntimeError(f"the day shows {shown} visits")
    sys.stdout.write(f"the day calendar: {shown} visits, {len(text) // 1000} KB of HTML\n")


if __name__ == "__main__":
    raise SystemExit(main())
