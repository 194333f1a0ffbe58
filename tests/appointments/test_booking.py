"""Booking: the same rules list and accept, the constraint decides, everything is written at once."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.actions import (
    Wish,
    book,
    book_as_guest,
    cancel,
    check_in,
    miss,
    move,
    restore,
)
from app.appointments.actions.moving import NewTime
from app.appointments.models import Appointment, AppointmentChange
from app.consents.models import Consent
from app.kernel.audit.models import AuditEvent
from app.kernel.outbox.models import OutboxEvent
from app.lib.errors import Conflict, Invalid, Refused
from app.lib.states import MoveForbidden
from app.people.actions import checked_contact
from app.people.models import Patient
from app.scheduling.queries import Asker, CalendarView, calendar_view, slot_page
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW

DAY = dt.date(2027, 3, 3)


@pytest.fixture
def calendar(session: Session, scene: Scene) -> CalendarView:
    return calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)


def wish(scene: Scene, **changes: object) -> Wish:
    start = Wish(scene.first_free, None, "online", "Europe/Bucharest")
    return dataclasses.replace(start, **changes)


def guest_books(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView
) -> Appointment:
    contact = checked_contact("Ana Pop", "ana@example.com", "0722 123 456", "RO")
    return book_as_guest(
        session, redis, scene.guest, calendar, wish(scene), contact, texts_allowed=True, now=NOW
    )


def starts(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView
) -> list[dt.datetime]:
    page = slot_page(
        session,
        redis,
        scene.org_id,
        calendar,
        Asker(NOW),
        first=DAY,
        days=1,
        time_zone="Europe/Bucharest",
    )
    return [slot.starts_at for slot in page.days[0].slots]


@pytest.mark.proves("SCH-02", "BOK-01", "APT-01")
def test_guest_books(session: Session, redis: Redis, scene: Scene, calendar: CalendarView) -> None:
    assert starts(session, redis, scene, calendar)[0] == scene.first_free
    visit = guest_books(session, redis, scene, calendar)
    assert visit.state == "booked"
    assert visit.ends_at - visit.starts_at == dt.timedelta(minutes=45)
    # 12:00-12:45 and its 15 minutes of wrap-up are gone; the morning has nothing more, 14:00 is next.
    assert starts(session, redis, scene, calendar)[0] == scene.first_free + dt.timedelta(hours=2)
    guest = session.get_one(Patient, (scene.org_id, visit.patient_id))
    assert (guest.phone, guest.onboarded_at) == ("+40722123456", None)
    assert session.scalar(select(func.count()).select_from(Consent)) == 1
    assert "appointment.booked" in session.scalars(select(OutboxEvent.name)).all()
    assert "appointments.book" in session.scalars(select(AuditEvent.action)).all()


@pytest.mark.proves("SCH-05", "BYD-01")
def test_second_booking_of_a_time_is_refused(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView, cast: Cast
) -> None:
    guest_books(session, redis, scene, calendar)
    assert cast.petra.patient_id is not None
    with pytest.raises(Conflict, match="slot_taken"):
        book(
            session,
            redis,
            staff_actor(cast.ramona),
            calendar,
            wish(scene, channel="phone"),
            cast.petra.patient_id,
            now=NOW,
        )


@pytest.mark.proves("SCH-02")
@pytest.mark.parametrize(
    "start",
    [
        dt.datetime(2027, 3, 3, 9, 0, tzinfo=dt.UTC),  # inside the notice of two hours
        dt.datetime(2027, 3, 3, 11, 0, tzinfo=dt.UTC),  # lunch
        dt.datetime(2027, 3, 3, 12, 5, tzinfo=dt.UTC),  # off the grid
        dt.datetime(2027, 3, 6, 9, 0, tzinfo=dt.UTC),  # a Saturday
        dt.datetime(2027, 8, 2, 9, 0, tzinfo=dt.UTC),  # beyond the horizon
    ],
)
def test_what_is_not_shown_is_not_bookable(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView, start: dt.datetime
) -> None:
    contact = checked_contact("Ana Pop", "ana@example.com", "0722123456", "RO")
    with pytest.raises(Conflict, match="slot_taken"):
        book_as_guest(
            session,
            redis,
            scene.guest,
            calendar,
            wish(scene, starts_at=start),
            contact,
            texts_allowed=False,
            now=NOW,
        )


def test_the_past_is_named(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView, cast: Cast
) -> None:
    assert cast.petra.patient_id is not None
    with pytest.raises(Invalid) as refused:
        book(
            session,
            redis,
            staff_actor(cast.ramona),
            calendar,
            wish(scene, starts_at=NOW - dt.timedelta(hours=1)),
            cast.petra.patient_id,
            now=NOW,
        )
    assert refused.value.errors[0].code == "slot_past"


@pytest.mark.proves("APT-03", "SCH-05")
def test_a_moved_visit_keeps_its_identity(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView, cast: Cast
) -> None:
    visit = guest_books(session, redis, scene, calendar)
    later = scene.first_free + dt.timedelta(hours=3)
    moved = move(session, redis, staff_actor(cast.ramona), visit.id, NewTime(later), now=NOW)
    assert (moved.id, moved.version) == (visit.id, 1)
    assert moved.rescheduled_from == scene.first_free
    assert scene.first_free in starts(session, redis, scene, calendar)
    assert later not in starts(session, redis, scene, calendar)
    steps = session.scalars(select(AppointmentChange.verb).order_by(AppointmentChange.version))
    assert steps.all() == ["book", "move"]


@pytest.mark.proves("APT-03")
def test_a_move_by_a_quarter_of_an_hour_may_overlap_its_own_time(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView, cast: Cast
) -> None:
    visit = guest_books(session, redis, scene, calendar)
    earlier = scene.first_free - dt.timedelta(minutes=15)
    moved = move(session, redis, staff_actor(cast.ramona), visit.id, NewTime(earlier), now=NOW)
    assert moved.starts_at == earlier


@pytest.mark.proves("APT-03", "BYD-05")
def test_cancel_frees_and_restore_takes_back(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView, cast: Cast
) -> None:
    visit = guest_books(session, redis, scene, calendar)
    desk = staff_actor(cast.ramona)
    cancel(session, desk, visit.id, now=NOW, reason="ill")
    assert scene.first_free in starts(session, redis, scene, calendar)
    assert restore(session, redis, desk, visit.id, now=NOW).state == "upcoming"
    assert scene.first_free not in starts(session, redis, scene, calendar)


@pytest.mark.proves("APT-03")
def test_guest_cancels_within_the_policy_only(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView
) -> None:
    visit = guest_books(session, redis, scene, calendar)
    with pytest.raises(Refused, match="cancel_too_late"):
        cancel(session, scene.guest, visit.id, now=NOW)
    two_days_before = NOW - dt.timedelta(days=2)
    assert cancel(session, scene.guest, visit.id, now=two_days_before).state == "cancelled"


@pytest.mark.proves("APT-05", "APT-04")
def test_the_desk_walks_a_visit_through_its_day(
    session: Session, redis: Redis, scene: Scene, calendar: CalendarView, cast: Cast
) -> None:
    visit, desk = guest_books(session, redis, scene, calendar), staff_actor(cast.ramona)
    first = check_in(session, desk, visit.id, now=NOW)
    again = check_in(session, desk, visit.id, now=NOW + dt.timedelta(minutes=1))
    assert first.version == again.version == 1
    with pytest.raises(Conflict, match="not_started_yet"):
        miss(session, desk, visit.id, now=NOW)
    with pytest.raises(MoveForbidden):
        miss(session, scene.guest, visit.id, now=visit.ends_at)
