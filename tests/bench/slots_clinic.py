"""The availability workload as rows of a clinic: specialists, hours, visits and holds, for the product to read."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import psycopg
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.actions import ServiceDraft
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.actions import WeeklyWindow
from app.scheduling.holds import Footprint, Holds
from app.scheduling.models import Resource
from tests.bench import slots_workload as workload
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.live import Live

MINUTE = dt.timedelta(minutes=1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
HELD_EACH = 2
HORIZON_DAYS = 365
COLUMNS = (
    "org_id, id, resource_id, resource_number, starts_at, ends_at, visit_starts_at, visit_ends_at, "
    "kind, reference_id, live"
)


@dataclass(frozen=True)
class Busy:
    """A clinic full of visits. `resources` are its specialists' in the workload's order."""

    clinic: OpenClinic
    resources: list[uuid.UUID]


def busy_clinic(
    system: Live, admin_url: str, redis: Redis, slug: str, load: workload.Workload, people: int
) -> Busy:
    """The first `people` of the workload, committed; every specialist has holds on time that is taken anyway."""
    now = dt.datetime.now(dt.UTC)
    windows = [
        WeeklyWindow(day, start * 60, end * 60) for day in range(5) for start, end in workload.HOURS
    ]
    service = ServiceDraft(
        "consult",
        {"en": "Consultation", "ro": "Consultație"},
        "consultation",
        workload.VISIT_MIN,
        100,
        step_min=workload.STEP_MIN,
        min_notice_min=0,
        horizon_days=HORIZON_DAYS,
    )
    clinic = system.run(
        lambda session: open_clinic(
            session, slug, now=now, specialists=people, windows=windows, service=service
        )
    )
    resources = system.run(lambda session: _resources(session, clinic))
    with psycopg.connect(admin_url, autocommit=True) as admin:
        _fill(admin, clinic.id, resources, load)
    _hold(Holds(redis, clinic.id), [number for _, number in resources], load, now)
    return Busy(clinic, [resource_id for resource_id, _ in resources])


def _resources(session: Session, clinic: OpenClinic) -> list[tuple[uuid.UUID, int]]:
    with scoped(session, Scope(org_id=clinic.id)):
        rows = session.execute(select(Resource.specialist_id, Resource.id, Resource.number))
        known = {row.specialist_id: (row.id, row.number) for row in rows}
    return [known[one] for one in clinic.specialist_ids]


def _fill(
    admin: psycopg.Connection,
    org_id: uuid.UUID,
    resources: list[tuple[uuid.UUID, int]],
    load: workload.Workload,
) -> None:
    with admin.cursor().copy(f"COPY occupancies ({COLUMNS}) FROM STDIN") as rows:
        for (resource_id, number), starts in zip(resources, load.starts, strict=False):
            for at in starts:
                start = EPOCH + at * MINUTE
                end = start + workload.VISIT_MIN * MINUTE
                own, visit = uuid.uuid4(), uuid.uuid4()
                span = (start, end, start, end)
                rows.write_row(
                    (org_id, own, resource_id, number, *span, "appointment", visit, True)
                )
    admin.execute("VACUUM ANALYZE occupancies")


def _hold(holds: Holds, numbers: list[int], load: workload.Workload, now: dt.datetime) -> None:
    life = dt.timedelta(hours=1)
    for number, starts in zip(numbers, load.starts, strict=False):
        for at in islice(_in_month(starts), HELD_EACH):
            wanted = Footprint((number,), at, at + workload.VISIT_MIN)
            holds.place(wanted, f"browser-{number}-{at}", now, life)


def _in_month(starts: list[int]) -> Iterator[int]:
    begin, end = workload.span(*workload.MONTH)
    return (at for at in starts if begin <= at < end)
