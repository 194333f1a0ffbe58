"""The pages' own reading of free times, as the application role with policies and holds, beside the floor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import psycopg
from redis import Redis
from sqlalchemy.orm import Session

from app.kernel.redis import connect
from app.kernel.tenancy.scope import Scope, enter
from app.scheduling.queries import Asker, CalendarView, calendar_view, slot_page
from app.scheduling.rules.walltime import from_datetime, utc_texts
from tests.bench import slots_workload as workload
from tests.bench.floors import slots_fetch
from tests.bench.running_system import administrator, running_system
from tests.bench.slots_clinic import Busy, busy_clinic
from tests.bench.slots_turns import Variants, report
from tests.bench.taking_turns import servers_apart
from tests.support.live import Live

FLOOR, READ, PAGE = "floor with its fetch", "slots", "calendar and slots"
NOW = dt.datetime(2027, 2, 14, 8, tzinfo=dt.UTC)
Ranges = Mapping[str, tuple[dt.date, int]]


def measure(load: workload.Workload, ranges: Ranges) -> None:
    """For one specialist and for any of 20, over a month and 90 days."""
    with running_system() as system:
        admin = administrator(system)
        redis = connect(system.redis_url)
        clinics = {
            people: busy_clinic(system, admin, redis, f"slots-{people}", load, people)
            for people in (1, 20)
        }
        with psycopg.connect(admin, autocommit=True) as floor, servers_apart():
            for people, made in clinics.items():
                for name, (first, days) in ranges.items():
                    found = _variants(system, redis, floor, made, first, days)
                    report(f"{people} x {name}, from Postgres", found, {READ: 2.5})


def _variants(
    system: Live,
    redis: Redis,
    floor: psycopg.Connection,
    made: Busy,
    first: dt.date,
    days: int,
) -> Variants:
    zone, org_id = ZoneInfo(workload.TZ), made.clinic.id

    def bare() -> list[str]:
        return slots_fetch.free_starts(
            floor, org_id, made.resources, zone, workload.HOURS, first, days
        )

    def whole() -> list[str]:
        return read(with_calendar=True)

    def read(*, with_calendar: bool = False) -> list[str]:
        with system.sessions() as session:
            enter(session, Scope(org_id=org_id))
            found = _calendar(session) if with_calendar else calendar
            page = slot_page(
                session,
                redis,
                org_id,
                found,
                Asker(NOW, "somebody"),
                first=first,
                days=days,
                time_zone=workload.TZ,
            )
            session.commit()
        return utc_texts([from_datetime(one.starts_at) for day in page.days for one in day.slots])

    def _calendar(session: Session) -> CalendarView:
        return calendar_view(session, org_id, calendar_id=made.clinic.calendar_id)

    calendar = system.run(_calendar, Scope(org_id=org_id))
    expected = bare()
    if read() != expected or whole() != expected:
        raise SystemExit(f"{len(read())} starts were read and {len(expected)} are free")
    return {FLOOR: bare, READ: read, PAGE: whole}
