"""What people do to a booking page that its maker did not mean: each ends in words, in one visit or in none.

Two tabs with the same time, a calendar asked past its horizon, a service that lost its specialists while somebody
filled in the form, a visit moved at the desk into a time that a guest keeps.
"""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.catalog.models import ServiceSpecialist
from app.kernel.tenancy.scope import Scope, scoped
from app.scheduling.models import Calendar, CalendarSpecialist
from tests.factories.cast import Cast
from tests.factories.desk import book_for, english, reload
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn, new_client
from tests.web.booking.walking import GUEST, TIMES, hold, starts, text_of

MINUTE = dt.timedelta(minutes=1)


def visits(session: Session, scene: Scene) -> int:
    with scoped(session, Scope(org_id=scene.org_id)):
        return session.scalar(select(func.count()).select_from(Appointment)) or 0


@pytest.mark.proves("SCH-04", "SCH-05", "BOK-01")
def test_two_tabs_with_the_same_time_make_one_visit(
    guest: BrowserClient, scene: Scene, session: Session
) -> None:
    wanted = starts(guest.get(TIMES))[2]
    first, second = hold(guest, wanted), hold(guest, wanted)
    assert first != second
    assert guest.post(second, data=GUEST).status_code == 303
    late = guest.post(first, data=GUEST)
    assert late.status_code in (409, 410)
    assert "was taken a moment ago" in text_of(late)
    assert visits(session, scene) == 1
    # Back to the first tab, and the button once more.
    assert guest.get(first).status_code == 200
    assert guest.post(first, data=GUEST).status_code in (409, 410)
    assert visits(session, scene) == 1


@pytest.mark.proves("SCH-02", "BYD-01")
def test_past_its_horizon_a_calendar_gives_nothing_whatever_the_address_says(
    guest: BrowserClient, scene: Scene, session: Session
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Calendar).values(horizon_days=5))
    last = dt.datetime(2027, 3, 8, 22, tzinfo=dt.UTC)
    shown = [dt.datetime.fromtimestamp(int(one) * 60, dt.UTC) for one in starts(guest.get(TIMES))]
    assert shown
    assert max(shown) < last
    for day in ("2027-03-10", "2027-06-01", "2099-12-31", "9999-12-31"):
        page = guest.get(f"{TIMES}?day={day}")
        assert page.status_code == 200
        assert all(int(one) * 60 < last.timestamp() for one in starts(page)), day
    # A free start of the week after, as an old page or a made-up form would send it.
    beyond = dt.datetime(2027, 3, 10, 10, tzinfo=dt.UTC)
    refused = guest.post(TIMES, data={"start": str(int(beyond.timestamp()) // 60)})
    assert "/details/" not in refused.headers.get("Location", "")
    assert visits(session, scene) == 0


@pytest.mark.proves("BOK-01", "CAT-01")
def test_a_service_that_lost_its_specialists_meanwhile_books_nothing_and_says_so(
    guest: BrowserClient, scene: Scene, session: Session
) -> None:
    address = hold(guest)
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(delete(CalendarSpecialist))
        session.execute(delete(ServiceSpecialist))
    refused = guest.post(address, data=GUEST)
    assert refused.status_code in (404, 409, 410)
    assert visits(session, scene) == 0
    assert guest.get(TIMES).status_code == 404
    assert "Nothing can be booked online just now" in text_of(guest.get("/movimento/"))


@pytest.mark.proves("SCH-04", "APT-03", "BYD-01")
def test_a_visit_is_not_dragged_onto_a_time_that_a_guest_keeps(
    app: Flask, session: Session, redis: Redis, scene: Scene, cast: Cast, signed_in: SignIn
) -> None:
    visit = book_for(session, redis, scene, cast)
    other = english(new_client(app, session))
    kept = starts(other.get(f"{TIMES}?day=2027-03-04"))[0]
    hold(other, kept)
    desk = english(signed_in(cast.ramona))
    start = dt.datetime.fromtimestamp(int(kept) * 60, dt.UTC)
    data = {"starts_at": start.isoformat(), "version": "0"}
    refused = desk.post(f"/movimento/console/visits/{visit.id}/move", data=data)
    assert refused.status_code == 409
    assert "Somebody is booking this time just now" in text_of(refused)
    assert reload(session, visit).version == 0
