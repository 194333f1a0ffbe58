"""A stretch of the calendar: why it is not offered, and keeping it free of visits under the same constraint."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.access.models import Role
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.models import Occupancy
from tests.factories.cast import Cast
from tests.factories.desk import asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

DESK = "/movimento/console"
DAY = "2027-03-03"
TWO = dt.datetime(2027, 3, 3, 12, 0, tzinfo=dt.UTC)  # On Bucharest's clock.


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


def _block(desk: BrowserClient, scene: Scene, **changes: str) -> tuple[int, str]:
    values = {
        "specialist": str(scene.specialist_id),
        "day": DAY,
        "time": "15:00",
        "until": "16:00",
        "reason": "Team meeting",
        **changes,
    }
    answer = desk.fragment(f"{DESK}/blocks", "POST", data=values)
    return answer.status_code, answer.get_data(as_text=True)


def _live(session: Session, scene: Scene) -> list[Occupancy]:
    with scoped(session, Scope(org_id=scene.org_id)):
        query = select(Occupancy).where(Occupancy.kind == "block", Occupancy.live)
        return list(session.scalars(query))


@pytest.mark.proves("SCH-05", "SCH-06")
def test_blocked_time_is_drawn_with_its_reason_explained_and_freed_again(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    desk = signed_in(cast.ramona)
    status, text = _block(desk, scene)
    assert status == 200
    (row_id,) = [one.id for one in _live(session, scene)]
    day = desk.get(f"{DESK}/day/{DAY}").get_data(as_text=True)
    assert "Team meeting" in day
    assert "time=15:00" not in day, "what is blocked cannot be booked"
    assert "time=16:00" in day
    why = desk.get(f"{DESK}/time?day={DAY}&time=15:15&specialist={scene.specialist_id}")
    assert "This time is blocked from 15:00 to 16:00." in why.get_data(as_text=True)
    undo = re.search(rf"{DESK}/blocks/{row_id}/free", text)
    assert undo, "the toast offers the way back"
    page = desk.get(f"{DESK}/blocks/{row_id}").get_data(as_text=True)
    assert "Team meeting" in page
    freed = desk.fragment(f"{DESK}/blocks/{row_id}/free", "POST")
    assert freed.status_code == 200
    assert "reason=Team" in freed.get_data(as_text=True), "and back once more"
    assert _live(session, scene) == []
    assert desk.get(f"{DESK}/blocks/{row_id}").status_code == 404
    assert desk.fragment(f"{DESK}/blocks/{row_id}/free", "POST").status_code == 404
    with scoped(session, Scope(org_id=scene.org_id)):
        actions = set(session.scalars(select(AuditEvent.action)))
    assert {"schedule.block", "schedule.unblock"} <= actions


@pytest.mark.proves("SCH-05")
def test_nothing_is_blocked_over_a_visit_and_nothing_booked_over_a_block(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    book_for(session, redis, scene, cast, TWO)
    desk = signed_in(cast.ramona)
    status, text = _block(desk, scene, time="14:30", until="15:30")
    assert status == 409
    assert "Something stands there already" in text
    assert 'value="Team meeting"' in text, "what was typed stays"
    assert _block(desk, scene, time="16:00", until="17:00")[0] == 200
    assert _block(desk, scene, time="16:30", until="17:30")[0] == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"time": ""},
        {"time": "25:00"},
        {"day": "2027-02-30"},
        {"until": "later"},
        {"day": "9999-12-31"},
    ],
)
def test_a_stretch_that_cannot_be_is_refused(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene, changes: dict[str, str]
) -> None:
    assert _block(signed_in(cast.ramona), scene, **changes)[0] == 422
    assert _live(session, scene) == []


def test_a_reason_is_cleaned_before_it_is_kept(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    assert _block(signed_in(cast.ramona), scene, reason="Team\x00 meeting\u202e")[0] == 200
    assert [one.reason for one in _live(session, scene)] == ["Team meeting"]


def test_the_time_of_nobody_cannot_be_blocked(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    nobody = "00000000-0000-0000-0000-000000000007"
    assert _block(signed_in(cast.ramona), scene, specialist=nobody)[0] == 404
    assert _block(signed_in(cast.ramona), scene, specialist="")[0] == 404


@pytest.mark.proves("KRN-04")
def test_who_sees_only_the_own_time_blocks_only_that(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Role).values(own_patients_only=True))
        session.commit()
    assert _block(signed_in(cast.ramona), scene)[0] == 404
    assert _live(session, scene) == []


@pytest.mark.proves("BYD-01")
def test_a_closed_time_says_why_and_a_free_one_leads_to_booking(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene, count_queries: CountQueries
) -> None:
    desk = signed_in(cast.ramona)
    url = f"{DESK}/time?day={DAY}&specialist={scene.specialist_id}&time="
    closed = desk.get(f"{url}13:15").get_data(as_text=True)
    assert "Does not work then" in closed
    assert f"time=14:00&amp;specialist={scene.specialist_id}" in closed, "the next free time"
    assert "Tell me" in closed
    with count_queries() as asked:
        free = desk.get(f"{url}15:00").get_data(as_text=True)
    assert len(asked_for(asked)) <= MOST
    assert "Yes, it is free." in free
    assert f"day={DAY}&amp;time=15:00&amp;specialist={scene.specialist_id}" in free
    empty = desk.get(f"{DESK}/time")
    assert empty.status_code == 200, "without script the stretch is typed"
    assert "Can it be booked?" not in empty.get_data(as_text=True)
