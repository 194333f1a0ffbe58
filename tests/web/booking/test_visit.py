"""A visit by its link: seen, put into a calendar, moved and cancelled within the policy, told again."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel.tenancy.scope import Scope, scoped
from app.messaging.models import Delivery
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, new_client
from tests.support.clock import FrozenClock
from tests.support.queries import MOST, CountQueries
from tests.web.booking.walking import TIMES, book, hold, starts, text_of

# A week ahead, outside the notice of a day within which nothing can be changed.
DAY = "2027-03-10"


@pytest.fixture
def visit(guest: BrowserClient, scene: Scene) -> str:
    """The address of Ana's visit, Wednesday 10 March at 14:00."""
    on_the_day = starts(guest.get(f"{TIMES}?day={DAY}"))
    at_two = str(int(dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC).timestamp()) // 60)
    assert at_two in on_the_day
    return book(guest, at_two)


def stored(session: Session, scene: Scene) -> Appointment:
    with scoped(session, Scope(org_id=scene.org_id)):
        row = session.scalars(select(Appointment)).one()
        session.refresh(row)
        return row


@pytest.mark.proves("BOK-03", "APT-03")
def test_the_page_says_it_all(
    guest: BrowserClient, visit: str, scene: Scene, session: Session, count_queries: CountQueries
) -> None:
    with count_queries() as asked:
        page = guest.get(visit)
    words = text_of(page)
    for part in (
        "You are booked",
        "Wednesday, 10 March 2027, 14:00–14:45",
        "Ștefan Marin",
        "Centru, București",
        stored(session, scene).reference,
        "RON 180.00",
        "until 9 Mar 2027, 14:00, free of charge",
    ):
        assert part in words
    # The link may be forwarded: it shows no more of the address than its owner needs.
    assert "a•••@example.com" in words
    assert "ana@example.com" not in words
    assert 'content="noindex"' in page.text
    assert asked.count <= MOST, asked.statements


@pytest.mark.proves("KRN-01", "SEC-01")
def test_forged_foreign_and_old_links(
    guest: BrowserClient, visit: str, cast: Cast, clock: FrozenClock
) -> None:
    for ending in ("", "/cancel", "/move", "/visit.ics"):
        assert guest.get(visit[:-3] + "abc" + ending).status_code == 404
        assert guest.get(visit.replace("/movimento/", "/altius/") + ending).status_code == 404
    assert guest.post(visit.replace("/movimento/", "/altius/") + "/cancel").status_code == 404
    lost = guest.get(visit[:-1])
    assert lost.status_code == 404
    for part in ("This link leads to no visit", "<span>Movimento</span>", "Book a visit"):
        assert part in lost.text
    clock.advance(days=60)
    late = guest.get(visit)
    assert late.status_code == 410
    assert "more than a month ago" in late.text


@pytest.mark.proves("BOK-03")
def test_the_calendar_file_follows_the_visit(guest: BrowserClient, visit: str) -> None:
    def entry() -> tuple[str, str, int, dt.datetime]:
        response = guest.get(f"{visit}/visit.ics")
        assert response.mimetype == "text/calendar"
        assert response.headers["Content-Disposition"].endswith('.ics"')
        calendar = Calendar.from_ical(response.data)
        (event,) = calendar.walk("VEVENT")
        return calendar["METHOD"], str(event["UID"]), int(event["SEQUENCE"]), event["DTSTART"].dt

    method, uid, sequence, start = entry()
    assert (method, sequence) == ("REQUEST", 0)
    assert start == dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
    move_to(guest, visit, "2027-03-11")
    moved = entry()
    assert moved[:3] == ("REQUEST", uid, 1)
    assert moved[3].date() == dt.date(2027, 3, 11)
    assert guest.post(f"{visit}/cancel", data={"version": "1"}).status_code == 303
    assert entry()[:3] == ("CANCEL", uid, 2)


def move_to(guest: BrowserClient, visit: str, day: str) -> str:
    """Move to the first time of a day through the pages; the chosen start."""
    start = starts(guest.get(f"{visit}/move?day={day}"))[-1]
    ask = guest.get(f"{visit}/move?start={start}")
    assert "Move your visit?" in text_of(ask)
    done = guest.post(
        f"{visit}/move", data={"start": start, "specialist": "stefan-marin", "version": "0"}
    )
    assert done.status_code == 303, done.text
    return start


@pytest.mark.proves("APT-03")
def test_moving_keeps_the_visit_and_frees_its_time(
    guest: BrowserClient, visit: str, scene: Scene, session: Session
) -> None:
    before = stored(session, scene)
    old = str(int(before.starts_at.timestamp()) // 60)
    page = guest.get(f"{visit}/move?day={DAY}")
    assert old not in starts(page), "its own time is no time to move to"
    assert str(int(old) + 15) in starts(page), "but its own time is no obstacle either"
    start = move_to(guest, visit, "2027-03-12")
    after = stored(session, scene)
    assert (after.id, after.version) == (before.id, 1)
    assert int(after.starts_at.timestamp()) // 60 == int(start)
    assert old in starts(guest.get(f"{TIMES}?day={DAY}"))
    assert "Moved; before, it was on 10 Mar 2027, 14:00." in text_of(guest.get(visit))


@pytest.mark.proves("APT-03", "SCH-05")
def test_a_time_that_was_taken_meanwhile_moves_nothing(
    guest: BrowserClient, visit: str, scene: Scene, app: Flask, session: Session
) -> None:
    wanted = starts(guest.get(f"{visit}/move?day=2027-03-12"))[-1]
    book(new_client(app, session), wanted, email="dan@example.com")
    assert guest.get(f"{visit}/move?start={wanted}").status_code == 409
    lost = guest.post(
        f"{visit}/move", data={"start": wanted, "specialist": "stefan-marin", "version": "0"}
    )
    assert lost.status_code == 409
    assert "Your visit has not moved." in text_of(lost)
    assert len(starts(lost)) > 3
    assert "14:00–14:45" in text_of(guest.get(visit))


@pytest.mark.proves("APT-03")
def test_cancelling_says_what_happens_and_frees_the_time(
    guest: BrowserClient, visit: str, scene: Scene, session: Session
) -> None:
    ask = text_of(guest.get(f"{visit}/cancel"))
    assert "The time becomes free for somebody else." in ask
    assert "We confirm it to a•••@example.com" in ask
    stale = guest.post(f"{visit}/cancel", data={"version": "7", "reason": "m-am răcit"})
    assert stale.status_code == 409
    assert "m-am răcit" in stale.text
    long = guest.post(f"{visit}/cancel", data={"version": "0", "reason": "x" * 501})
    assert long.status_code == 422
    done = guest.post(f"{visit}/cancel", data={"version": "0", "reason": "m-am răcit"})
    assert done.status_code == 303
    row = stored(session, scene)
    assert (row.state, row.cancellation_reason) == ("cancelled", "m-am răcit")
    assert "This visit is cancelled" in text_of(guest.get(visit))
    again = guest.post(f"{visit}/cancel", data={"version": "1"})
    assert again.status_code == 409
    assert "cannot be changed here" in text_of(guest.get(f"{visit}/move"))


@pytest.mark.proves("APT-03")
def test_within_the_notice_only_the_clinic_can_help(
    guest: BrowserClient, visit: str, scene: Scene, session: Session, clock: FrozenClock
) -> None:
    clock.set(dt.datetime(2027, 3, 10, 6, tzinfo=dt.UTC))
    assert "too late to move or cancel here" in text_of(guest.get(visit))
    for what in ("cancel", "move"):
        assert "This visit cannot be changed here" in text_of(guest.get(f"{visit}/{what}"))
    form = {"version": "0", "specialist": "stefan-marin"}
    assert guest.post(f"{visit}/cancel", data=form).status_code == 409
    start = str(int(dt.datetime(2027, 3, 12, 12, tzinfo=dt.UTC).timestamp()) // 60)
    assert guest.post(f"{visit}/move", data=form | {"start": start}).status_code == 409
    assert stored(session, scene).version == 0


@pytest.mark.proves("APT-01")
def test_the_patient_says_that_they_will_come(
    guest: BrowserClient, visit: str, scene: Scene, session: Session, clock: FrozenClock
) -> None:
    assert "I will be there" not in text_of(guest.get(visit))
    clock.set(dt.datetime(2027, 3, 9, 8, tzinfo=dt.UTC))
    assert "I will be there" in text_of(guest.get(visit))
    for _ in range(2):
        assert guest.post(f"{visit}/confirm").status_code == 303
    assert stored(session, scene).state == "confirmed"


@pytest.mark.proves("BOK-03", "NTF-01")
def test_the_confirmation_is_sent_again_once_in_ten_minutes(
    guest: BrowserClient, visit: str, scene: Scene, session: Session, clock: FrozenClock
) -> None:
    for minutes in (0, 1, 15):
        clock.advance(minutes=minutes)
        assert guest.post(f"{visit}/again").status_code == 303
    with scoped(session, Scope(org_id=scene.org_id)):
        sent = session.execute(select(Delivery.template, Delivery.recipient, Delivery.channel))
        assert [tuple(row) for row in sent] == [
            ("booking_confirmed", "ana@example.com", "email")
        ] * 2


def test_held_time_of_another_is_no_time_to_move_to(
    guest: BrowserClient, visit: str, app: Flask, session: Session
) -> None:
    other = new_client(app, session)
    wanted = starts(other.get(f"{TIMES}?day=2027-03-11"))[-1]
    hold(other, wanted)
    assert wanted not in starts(guest.get(f"{visit}/move?day=2027-03-11"))
