"""Between a hold and its visit there is no moment at which the time looks free."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import Scope, enter
from app.scheduling.actions import Taken, occupy
from app.scheduling.holds import Footprint, Holds
from app.scheduling.models import Resource
from app.scheduling.queries import Asker, calendar_view, free_at
from app.scheduling.rules.occupancy import Hold
from app.scheduling.rules.walltime import from_datetime
from tests.factories.scene import Scene
from tests.support.app import NOW


@pytest.mark.proves("SCH-04", "BYD-01")
def test_a_hold_that_ends_with_its_booking_leaves_no_gap(
    session: Session, redis: Redis, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(session, Scope(org_id=scene.org_id))
    calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
    resource = session.scalars(
        select(Resource).where(Resource.specialist_id == scene.specialist_id)
    ).one()
    start = scene.first_free
    minute = from_datetime(start)
    holds = Holds(redis, scene.org_id)
    kept = holds.place(Footprint((resource.number,), minute, minute + 45), "ana", NOW)
    read = Holds.of
    booked: list[bool] = []

    def read_after_ana_has_booked(
        self: Holds, resources: Iterable[int], now: dt.datetime
    ) -> dict[int, list[Hold]]:
        """Her visit is written and her hold let go of just before somebody else reads the holds."""
        if not booked:
            taken = Taken(start, start + dt.timedelta(minutes=45))
            where = (session, scene.org_id, resource.id, resource.number, taken)
            booked.append(occupy(*where, kind="appointment", reference_id=uuid.uuid4()))
            holds.release(kept.token, "ana", now)
        return read(self, resources, now)

    monkeypatch.setattr(Holds, "of", read_after_ana_has_booked)
    assert free_at(session, redis, scene.org_id, calendar, Asker(NOW, "dan"), start) == ()
    assert booked == [True]
