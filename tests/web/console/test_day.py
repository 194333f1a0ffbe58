"""The day at the desk: what stands in it, for whom, in how many questions to the database."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.kernel.access.models import Role
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.holds import Footprint, Holds
from app.web.console.calendar_columns import free_cells
from app.web.console.calendar_events import lanes
from tests.factories.cast import Cast
from tests.factories.desk import add_people, asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

DAY = "/movimento/console/day/2027-03-03"
Spans = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 300)).map(lambda s: (s[0], s[0] + s[1])),
    max_size=12,
)


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


def test_needs_a_login(client: BrowserClient, cast: Cast) -> None:
    answer = client.get("/movimento/console/")
    assert (answer.status_code, answer.headers["Location"][:8]) == (303, "/sign-in")


def test_a_stranger_of_another_clinic_learns_nothing(signed_in: SignIn, cast: Cast) -> None:
    assert signed_in(cast.bogdan).get("/movimento/console/").status_code == 404
    assert signed_in(cast.petra).get("/movimento/console/").status_code == 404


@pytest.mark.proves("KRN-04")
def test_a_role_without_the_permission_is_refused(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    from app.kernel.access.models import RolePermission

    with scoped(session, Scope(org_id=scene.org_id)):
        rows = session.query(RolePermission).filter_by(permission="appointments.view").all()
        for row in rows:
            session.delete(row)
        session.commit()
    assert signed_in(cast.ramona).get(DAY).status_code == 403


@pytest.mark.proves("SCH-06", "APT-04")
def test_the_day_shows_visits_buffers_holds_and_free_times(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    visit = book_for(session, redis, scene, cast)
    with scoped(session, Scope(org_id=scene.org_id)):
        from app.scheduling.queries import calendar_view

        person = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id).people[0]
    start = int(dt.datetime(2027, 3, 3, 13, 0, tzinfo=dt.UTC).timestamp() // 60)
    Holds(redis, scene.org_id).place(Footprint((person.resource,), start, start + 60), "guest", NOW)
    answer = signed_in(cast.ramona).get("/movimento/console/")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Petra Țânțar" in text
    assert f"/visits/{visit.id}" in text
    assert 'class="cal-buffer' in text
    assert 'class="cal-held' in text
    assert "time=14:30" in text, "a free half hour can be clicked"
    assert "time=12:00" not in text, "a taken one cannot"
    assert "time=09:30" not in text, "nor one that is past"
    assert "data-now" in text


def test_a_day_asks_little_of_the_database(
    session: Session,
    redis: Redis,
    signed_in: SignIn,
    cast: Cast,
    scene: Scene,
    count_queries: CountQueries,
) -> None:
    for hour in (10, 12, 13, 14):
        book_for(session, redis, scene, cast, dt.datetime(2027, 3, 3, hour, tzinfo=dt.UTC))
    desk = signed_in(cast.ramona)
    with count_queries() as asked:
        desk.get(DAY)
    assert len(asked_for(asked)) <= MOST, "\n".join(asked_for(asked))


def test_an_empty_day_leads_to_the_next_visit(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    book_for(session, redis, scene, cast, dt.datetime(2027, 3, 5, 10, tzinfo=dt.UTC))
    desk, today = signed_in(cast.ramona), "/movimento/console/"
    for reader in (desk, signed_in(cast.stefan)):
        text = reader.get(today).text
        assert 'href="/movimento/console/day/2027-03-05">the next is on 5 Mar 2027, 12:00' in text
    assert "the next is on" not in desk.get(f"{today}day/2027-03-05").text, "it is here"
    assert "the next is on" not in desk.get(f"{today}day/2027-03-06").text, "none comes after"
    assert "the next is on" not in desk.get(f"{today}day/2027-03-01").text, "past days lead nowhere"


def test_the_list_says_the_same_without_styles(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    book_for(session, redis, scene, cast)
    text = signed_in(cast.ramona).get(f"{DAY}?view=list").get_data(as_text=True)
    assert "<table" in text
    assert "12:00–12:45" in text
    assert "Petra Țânțar" in text


def test_live_changes_fetch_the_fragment_alone(signed_in: SignIn, cast: Cast, scene: Scene) -> None:
    answer = signed_in(cast.ramona).fragment(DAY)
    text = answer.get_data(as_text=True)
    assert "<!doctype" not in text
    assert 'id="day"' in text
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["day/2027-02-30", "day/yesterday", "day/0001-01-01", "day/9999-12-31"]
)
def test_impossible_dates_are_not_found(
    signed_in: SignIn, cast: Cast, scene: Scene, path: str
) -> None:
    assert signed_in(cast.ramona).get(f"/movimento/console/{path}").status_code == 404


def test_names_are_words_and_never_markup(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    (patient_id,) = add_people(session, scene.org_id, ["<script>alert(1)</script>"])
    book_for(session, redis, scene, cast, patient_id=patient_id)
    text = signed_in(cast.ramona).get(DAY).get_data(as_text=True)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


@pytest.mark.proves("KRN-04")
def test_a_specialist_with_own_patients_sees_only_the_own_column(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    visit = book_for(session, redis, scene, cast)
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Role).values(own_patients_only=True))
        session.commit()
    assert "Petra" in signed_in(cast.stefan).get(DAY).get_data(as_text=True)
    desk = signed_in(cast.ramona)
    assert "Petra" not in desk.get(DAY).get_data(as_text=True)
    assert desk.get(f"/movimento/console/visits/{visit.id}").status_code == 404
    assert desk.get(f"/movimento/console/patients/{cast.petra.patient_id}").status_code == 404


@given(working=Spans, taken=Spans, since=st.integers(0, 1440))
def test_free_cells_lie_in_working_time_and_touch_nothing_taken(
    working: list[tuple[int, int]], taken: list[tuple[int, int]], since: int
) -> None:
    from app.lib.intervals import merge, overlaps

    open_, busy = merge(working), merge(taken)
    cells = list(free_cells(open_, busy, since))
    for start, end in cells:
        assert 15 <= end - start <= 30
        assert start >= since
        assert any(first <= start and end <= last for first, last in open_)
        assert not any(overlaps((start, end), one) for one in busy)
    assert cells == sorted(set(cells))
    assert len(merge(cells)) <= len(cells)


@given(Spans.map(sorted))
def test_lanes_never_put_two_overlapping_visits_in_one_place(spans: list[tuple[int, int]]) -> None:
    placed = lanes(spans)
    for i, (lane, of) in enumerate(placed):
        assert 1 <= lane <= of <= 4
        for j in range(i):
            start, end = spans[j]
            together = spans[i][0] < end and start < spans[i][1]
            if together and max(lane, placed[j][0]) < 4:
                assert lane != placed[j][0]
