"""The clinic's page and the times of a service: what is shown, to whom, on whose clock."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.kernel import redis as patience
from app.kernel.access.actor import system
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Specialist
from app.scheduling.actions import set_override
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, new_client
from tests.support.clock import FrozenClock
from tests.support.queries import MOST, CountQueries
from tests.web.booking.walking import CLINIC, HOLD, TIMES, hold, starts, text_of

KILOBYTE = 1024


@pytest.mark.proves("BOK-01", "CAT-01")
def test_clinic_page_shows_what_it_costs_and_when_it_is_free(
    guest: BrowserClient, scene: Scene, count_queries: CountQueries
) -> None:
    with count_queries() as asked:
        words = text_of(guest.get(CLINIC))
    assert "Physiotherapy RON 180.00" in words
    assert "45 minutes from Wed 3 Mar, 12:00" in words
    assert "Centru" in words
    assert asked.count <= MOST, asked.statements


def test_unknown_clinic_is_not_found(guest: BrowserClient) -> None:
    assert guest.get("/nowhere/").status_code == 404
    assert guest.get("/nowhere/book/kinetoterapie").status_code == 404


@pytest.mark.proves("KRN-01")
def test_another_clinics_calendar_is_not_found(
    guest: BrowserClient, scene: Scene, cast: Cast
) -> None:
    assert guest.get("/altius/book/kinetoterapie").status_code == 404
    assert guest.post("/altius/book/kinetoterapie", data={"start": "1"}).status_code == 404


@pytest.mark.proves("SPC-04")
@pytest.mark.parametrize("change", [{"time_zone": None}, {"active": False}])
def test_a_service_without_bookable_specialists_is_not_listed(
    guest: BrowserClient, scene: Scene, session: Session, change: dict[str, object]
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(
            update(Specialist).where(Specialist.id == scene.specialist_id).values(**change)
        )
    words = text_of(guest.get(CLINIC))
    assert "Physiotherapy" not in words
    assert "Nothing can be booked online just now" in words
    assert guest.get(TIMES).status_code == 404


@pytest.mark.proves("SCH-02", "BYD-01")
def test_two_weeks_of_real_times(
    guest: BrowserClient, scene: Scene, count_queries: CountQueries
) -> None:
    with count_queries() as asked:
        page = guest.get(TIMES)
    shown = [dt.datetime.fromtimestamp(int(one) * 60, dt.UTC) for one in starts(page)]
    assert shown[0] == scene.first_free
    on_the_day = page.text.split('class="slot-grid"')[1:]
    counted = sum(part.split("</div>")[0].count("<button") for part in on_the_day)
    assert f"3 March {counted} free" in text_of(page)
    assert page.text.count('class="free"') == 10  # Two weeks have ten working days.
    assert "Sat 6 March No free times" in text_of(page)
    assert asked.count <= MOST, asked.statements
    assert len(page.data) <= 15 * KILOBYTE


def test_another_day_another_fortnight(guest: BrowserClient, scene: Scene) -> None:
    friday = guest.get(f"{TIMES}?day=2027-03-05")
    assert "Friday, 5 March 2027 Times in Bucharest" in text_of(friday)
    later = guest.get(f"{TIMES}?from=2027-03-17")
    assert "17 Mar – 30 Mar" in text_of(later)
    assert 'aria-label="Earlier days"' in later.text
    assert 'aria-label="Later days"' not in guest.get(f"{TIMES}?from=2027-04-28").text


JUNK = (
    "from=yesterday&day=x",
    "from=1999-01-01",
    "from=9999-12-31",
    "day=9999-12-31",
    "specialist=%00<b>",
    "zone=../../etc/passwd",
    "zone=Mars/Olympus",
    "at=nowhere",
)


def test_a_wrong_address_is_as_if_nothing_was_asked(guest: BrowserClient, scene: Scene) -> None:
    for junk in JUNK:
        page = guest.get(f"{TIMES}?{junk}")
        assert page.status_code == 200, junk
        assert starts(page)[0] == str(int(scene.first_free.timestamp()) // 60), junk


@pytest.mark.proves("SCH-02")
def test_the_readers_clock_is_shown_where_it_differs(guest: BrowserClient, scene: Scene) -> None:
    assert "the small ones" not in text_of(guest.get(TIMES))
    guest.set_cookie("zone", "Europe/Lisbon")
    words = text_of(guest.get(TIMES))
    assert "Times in Bucharest; the small ones in Lisbon" in words
    assert "12:00 10:00" in words
    swapped = text_of(guest.get(f"{TIMES}?zone=Europe/Lisbon"))
    assert "Times in Lisbon; the small ones in Bucharest" in swapped
    assert "10:00 12:00" in swapped
    # Athens keeps the same clock as Bucharest: a second one would only be noise.
    guest.set_cookie("zone", "Europe/Athens")
    assert "the small ones" not in text_of(guest.get(TIMES))


def test_when_all_is_taken_the_next_free_day_is_one_tap_away(
    guest: BrowserClient, scene: Scene, session: Session, count_queries: CountQueries
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        for number in range(20):
            day = NOW.date() + dt.timedelta(days=number)
            actor = system(scene.org_id)
            set_override(session, actor, scene.specialist_id, day, "replace", [], "leave", NOW)
    with count_queries() as asked:
        page = guest.get(TIMES)
    assert starts(page) == []
    assert "Nothing is free in these two weeks" in text_of(page)
    assert "Tuesday, 23 March 2027, 09:00" in text_of(page)
    assert "?from=2027-03-23&amp;day=2027-03-23" in page.text
    assert asked.count <= MOST, asked.statements


@pytest.mark.proves("SCH-06")
def test_the_fragment_answers_204_while_nothing_changed(
    guest: BrowserClient, scene: Scene, app: Flask, session: Session
) -> None:
    page = guest.fragment(TIMES)
    assert "<html" not in page.text
    poll = TIMES + page.text.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert guest.fragment(poll).status_code == 204
    other = new_client(app, session)
    hold(other, starts(page)[0])
    changed = guest.fragment(poll)
    assert changed.status_code == 200
    assert starts(page)[0] not in starts(changed)


@pytest.mark.proves("SCH-04")
def test_a_held_time_is_hidden_from_others_only(
    guest: BrowserClient, scene: Scene, app: Flask, session: Session
) -> None:
    first = starts(guest.get(TIMES))[0]
    hold(guest, first)
    assert starts(guest.get(TIMES))[0] == first
    other = new_client(app, session)
    assert first not in starts(other.get(TIMES))
    refused = other.post(HOLD, data={"start": first})
    assert (refused.status_code, refused.text) == (303, "")
    told = other.get(refused.headers["Location"])
    assert "That time was taken a moment ago" in text_of(told)
    assert len(starts(told)) > 3
    assert first not in starts(told)


@pytest.mark.proves("SCH-04", "SCH-09")
def test_letting_go_frees_the_time_at_once(
    guest: BrowserClient, scene: Scene, app: Flask, session: Session
) -> None:
    first = starts(guest.get(TIMES))[0]
    details = hold(guest, first)
    back = guest.post(details.replace("/details/", "/release/"))
    assert back.status_code == 303
    assert back.headers["Location"] == f"{TIMES}?day=2027-03-03"
    assert first in starts(new_client(app, session).get(TIMES))


def test_a_hold_ends_after_its_time(
    guest: BrowserClient, scene: Scene, app: Flask, session: Session, clock: FrozenClock
) -> None:
    first = starts(guest.get(f"{TIMES}?day=2027-03-04"))[-1]
    hold(guest, first)
    clock.advance(minutes=9)
    assert first in starts(new_client(app, session).get(f"{TIMES}?day=2027-03-04"))


@pytest.mark.proves("SCH-09")
def test_many_tabs_keep_at_most_three_times(
    guest: BrowserClient, scene: Scene, app: Flask, session: Session, clock: FrozenClock
) -> None:
    every = starts(guest.get(f"{TIMES}?day=2027-03-04"))
    far_apart = [every[-1], every[-5], every[-9], every[3]]
    for one in far_apart:
        clock.advance(seconds=1)
        hold(guest, one)
    free = starts(new_client(app, session).get(f"{TIMES}?day=2027-03-04"))
    assert far_apart[0] in free
    assert not set(far_apart[1:]) & set(free)


IMPOSSIBLE = {"": 422, "soon": 422, "-5": 422, "9" * 40: 422, "١٢٣": 422, "1000": 303}


def test_a_start_that_cannot_be(guest: BrowserClient, scene: Scene) -> None:
    for start, status in IMPOSSIBLE.items():
        refused = guest.post(HOLD, data={"start": start})
        assert refused.status_code == status, start
        shown = guest.get(refused.headers["Location"]) if status == 303 else refused
        assert starts(shown), "free times are offered instead"


def test_without_csrf_token_nothing_is_held(guest: BrowserClient, scene: Scene) -> None:
    refused = guest.post(HOLD, data={"start": "1"}, forget_csrf=True)
    assert refused.status_code == 400


@pytest.mark.proves("SCH-04", "SCH-05")
def test_without_redis_everything_but_the_hold_works(
    guest: BrowserClient, scene: Scene, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_courtesy", patience.Courtesy())
    gone = patience.connect("redis://127.0.0.1:1/0")
    monkeypatch.setitem(app.extensions, "redis", gone)
    details = guest.get(hold(guest))
    assert details.status_code == 200
    assert "This time cannot be kept just now" in text_of(details)
    assert "data-countdown" not in details.text
