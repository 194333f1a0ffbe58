"""A visit made longer or shorter: one engine decides, the constraint guards, the patient hears of it once (SCH-06)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.actions.moving import NewTime, move
from app.appointments.actions.stretching import stretch
from app.appointments.models import Appointment, AppointmentChange
from app.appointments.rules.length import against_longer, possible
from app.appointments.rules.telling import CONFIRMED, MOVED, Standing, Told, news
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.errors import Conflict, Invalid
from app.scheduling.models import Occupancy
from app.scheduling.rules.refusals import Reason, Refusal
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import book_for
from tests.factories.scene import Scene
from tests.support.app import NOW

TWO = dt.datetime(2027, 3, 3, 12, 0, tzinfo=dt.UTC)  # Bucharest's two o'clock, open until six.
TEN = dt.datetime(2027, 3, 3, 8, 0, tzinfo=dt.UTC)  # Bucharest's ten o'clock.
Stretch = Callable[[uuid.UUID, int], Appointment]


@pytest.fixture
def to_minutes(session: Session, redis: Redis, cast: Cast, scene: Scene) -> Stretch:
    """The reception gives a visit another length."""

    def work(visit_id: uuid.UUID, minutes: int) -> Appointment:
        actor = staff_actor(cast.ramona)
        return stretch(session, redis, actor, visit_id, minutes, now=NOW)

    return work


def _taken(session: Session, visit_id: uuid.UUID) -> list[tuple[dt.datetime, dt.datetime]]:
    rows = session.execute(
        select(Occupancy.starts_at, Occupancy.ends_at).where(
            Occupancy.reference_id == visit_id, Occupancy.live
        )
    )
    return [(row.starts_at, row.ends_at) for row in rows]


@pytest.mark.proves("SCH-06", "APT-03")
def test_the_end_moves_with_its_buffer_and_the_visit_keeps_its_history(
    session: Session, redis: Redis, cast: Cast, scene: Scene, to_minutes: Stretch
) -> None:
    visit = book_for(session, redis, scene, cast, TWO)
    with scoped(session, Scope(org_id=scene.org_id)):
        before = session.get_one(Appointment, (scene.org_id, visit.id)).version
        longer = to_minutes(visit.id, 80)
        assert longer.ends_at - longer.starts_at == dt.timedelta(minutes=80)
        assert longer.version == before + 1, "the SEQUENCE of its calendar entry goes up"
        assert _taken(session, visit.id) == [
            (visit.starts_at, visit.starts_at + dt.timedelta(minutes=95))
        ]
        verbs = session.scalars(
            select(AppointmentChange.verb).where(AppointmentChange.appointment_id == visit.id)
        ).all()
        assert "stretch" in verbs


@pytest.mark.proves("SCH-05", "SCH-06")
def test_it_cannot_grow_into_what_is_taken_nor_out_of_the_hours(
    session: Session, redis: Redis, cast: Cast, scene: Scene, to_minutes: Stretch
) -> None:
    visit = book_for(session, redis, scene, cast, TWO)
    book_for(session, redis, scene, cast, visit.starts_at + dt.timedelta(hours=2))
    with scoped(session, Scope(org_id=scene.org_id)):
        assert to_minutes(visit.id, 60).ends_at == visit.starts_at + dt.timedelta(hours=1)
        for minutes in (120, 480):
            with pytest.raises(Conflict) as refused:
                to_minutes(visit.id, minutes)
            assert refused.value.code == "slot_taken"
        assert to_minutes(visit.id, 15).ends_at == visit.starts_at + dt.timedelta(minutes=15)


def test_a_visit_keeps_its_own_length_when_it_is_moved(
    session: Session, redis: Redis, cast: Cast, scene: Scene, to_minutes: Stretch
) -> None:
    visit = book_for(session, redis, scene, cast, TWO)
    target = NewTime(visit.starts_at + dt.timedelta(days=1))
    with scoped(session, Scope(org_id=scene.org_id)):
        to_minutes(visit.id, 70)
        moved = move(session, redis, staff_actor(cast.ramona), visit.id, target, now=NOW)
        assert moved.ends_at - moved.starts_at == dt.timedelta(minutes=70)
        assert _taken(session, visit.id)[0][1] == moved.ends_at + dt.timedelta(minutes=15)


@pytest.mark.parametrize("minutes", [0, -5, 3, 47, 485, 10_000])
def test_lengths_that_no_visit_has_are_refused(
    session: Session, redis: Redis, cast: Cast, scene: Scene, to_minutes: Stretch, minutes: int
) -> None:
    visit = book_for(session, redis, scene, cast, TWO)
    with scoped(session, Scope(org_id=scene.org_id)), pytest.raises(Invalid):
        to_minutes(visit.id, minutes)


@given(st.integers(-10, 600))
def test_possible_lengths_are_those_of_the_five_minute_rows(minutes: int) -> None:
    assert possible(minutes) == (minutes in range(5, 481, 5))


def test_only_what_speaks_against_the_end_counts() -> None:
    refusals = [Refusal(one) for one in Reason]
    kept = {one.reason for one in against_longer(refusals, overbooked=False)}
    assert Reason.OFF_GRID not in kept, "its start stands already"
    assert {Reason.OVERLAPS, Reason.HELD, Reason.ENDS_AFTER_HOURS, Reason.RESOURCE_TAKEN} <= kept
    overbooked = {one.reason for one in against_longer(refusals, overbooked=True)}
    assert Reason.OVERLAPS not in overbooked
    assert Reason.ENDS_AFTER_HOURS in overbooked


@pytest.mark.proves("NTF-02", "BYD-05")
def test_a_new_end_is_news_by_mail_and_none_where_ends_are_not_told() -> None:
    end = TEN + dt.timedelta(minutes=45)
    standing = Standing(TEN, "ana", NOW, None, end + dt.timedelta(minutes=30))
    before = TEN - dt.timedelta(days=1)
    assert news(standing, Told(CONFIRMED, TEN, "ana", end), before) == MOVED
    assert news(standing, Told(CONFIRMED, TEN, "ana", standing.ends_at), before) is None
    assert news(standing, Told(CONFIRMED, TEN, "ana"), before) is None, "a text has no end"
