"""Late and missed visits in the database: frozen terms, one charge a change, let off with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book_as_guest, cancel, excuse, miss, move, restore
from app.appointments.actions.charges import waive
from app.appointments.actions.moving import NewTime
from app.appointments.models import Appointment, VisitCharge
from app.appointments.queries.charges import ChargeView, charges_around, due_of
from app.catalog.models import Service
from app.catalog.terms import Fee, Terms, stored
from app.kernel.audit.models import AuditEvent
from app.lib.errors import Conflict, Invalid, NotFound, Refused
from app.lib.states import IllegalMove
from app.people.actions import checked_contact
from app.scheduling.actions.terms import kept_terms, mark_of_terms, set_calendar_terms
from app.scheduling.queries import calendar_view
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW

pytestmark = pytest.mark.proves("APT-03", "CAT-01")
TERMS = Terms(late=Fee(percent=50), no_show=Fee(percent=100), late_online=True)
HOUR = dt.timedelta(hours=1)


def set_terms(session: Session, scene: Scene, terms: Terms) -> None:
    session.execute(
        update(Service).where(Service.id == scene.service_id).values(terms=stored(terms))
    )


@pytest.fixture
def booked(session: Session, redis: Redis, scene: Scene) -> Callable[..., Appointment]:
    def book(terms: Terms = TERMS) -> Appointment:
        set_terms(session, scene, terms)
        calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
        contact = checked_contact("Ana Pop", "ana@example.com", "0722 123 456", "RO")
        wish = Wish(scene.first_free, None, "online", "Europe/Bucharest")
        return book_as_guest(
            session, redis, scene.guest, calendar, wish, contact, texts_allowed=True, now=NOW
        )

    return book


def of(session: Session, visit: Appointment) -> list[ChargeView]:
    return list(charges_around(session, visit.org_id, visit.patient_id, visit.id))


def test_a_late_cancellation_by_the_patient_is_due(
    session: Session, scene: Scene, booked: Callable[..., Appointment]
) -> None:
    visit = booked()
    cancel(session, scene.guest, visit.id, now=scene.first_free - HOUR)
    (due,) = of(session, visit)
    assert (due.what, due.amount_minor, due.currency) == ("late_cancel", 9000, "RON")
    assert due.standing


def test_cancelled_twice_is_charged_once(
    session: Session, scene: Scene, booked: Callable[..., Appointment]
) -> None:
    visit = booked()
    cancel(session, scene.guest, visit.id, now=scene.first_free - HOUR)
    with pytest.raises(IllegalMove):
        cancel(session, scene.guest, visit.id, now=scene.first_free - HOUR)
    assert len(of(session, visit)) == 1


def test_the_last_moment_of_the_notice_is_free(
    session: Session, scene: Scene, booked: Callable[..., Appointment]
) -> None:
    visit = booked()
    cancel(session, scene.guest, visit.id, now=scene.first_free - 24 * HOUR)
    assert of(session, visit) == []


def test_without_leave_to_cancel_late_a_patient_calls(
    session: Session,
    redis: Redis,
    scene: Scene,
    booked: Callable[..., Appointment],
) -> None:
    visit = booked(Terms(late=Fee(percent=50)))
    late, target = scene.first_free - HOUR, NewTime(scene.first_free + 3 * HOUR)
    with pytest.raises(Refused, match="cancel_too_late"):
        cancel(session, scene.guest, visit.id, now=late)
    with pytest.raises(Refused, match="move_too_late"):
        move(session, redis, scene.guest, visit.id, target, now=late)
    assert visit.state == "booked"


def test_nobody_cancels_a_visit_that_has_begun_by_a_link(
    session: Session, scene: Scene, booked: Callable[..., Appointment]
) -> None:
    visit = booked()
    with pytest.raises(Refused, match="cancel_too_late"):
        cancel(session, scene.guest, visit.id, now=scene.first_free)


@pytest.mark.parametrize(("by_patient", "due"), [(None, []), (False, []), (True, [9000])])
def test_the_desk_says_who_cancels(
    session: Session,
    scene: Scene,
    booked: Callable[..., Appointment],
    cast: Cast,
    by_patient: bool | None,
    due: list[int],
) -> None:
    visit = booked()
    desk = staff_actor(cast.ramona)
    cancel(session, desk, visit.id, now=scene.first_free - HOUR, by_patient=by_patient)
    assert [one.amount_minor for one in of(session, visit)] == due


def test_what_is_taken_back_is_due_no_longer(
    session: Session,
    redis: Redis,
    scene: Scene,
    booked: Callable[..., Appointment],
    cast: Cast,
) -> None:
    visit, desk = booked(), staff_actor(cast.ramona)
    late = scene.first_free - HOUR
    cancel(session, desk, visit.id, now=late, by_patient=True)
    restore(session, redis, desk, visit.id, now=late)
    miss(session, desk, visit.id, now=scene.first_free + HOUR)
    assert [one.amount_minor for one in due_of(session, visit.org_id, visit.patient_id)] == [18000]
    excuse(session, desk, visit.id, now=scene.first_free + HOUR)
    assert [one.why for one in of(session, visit)] == ["undone", "undone"]
    miss(session, desk, visit.id, now=scene.first_free + HOUR)
    assert [one.standing for one in of(session, visit)].count(True) == 1


def test_a_late_move_is_charged_to_the_patient_and_not_to_the_desk(
    session: Session,
    redis: Redis,
    scene: Scene,
    booked: Callable[..., Appointment],
    cast: Cast,
) -> None:
    visit, late = booked(), scene.first_free - HOUR
    away = scene.first_free + 48 * HOUR
    move(session, redis, staff_actor(cast.ramona), visit.id, NewTime(away), now=late)
    assert of(session, visit) == []
    later = NewTime(away + 3 * HOUR)
    move(session, redis, scene.guest, visit.id, later, now=away - HOUR)
    (due,) = of(session, visit)
    assert (due.what, due.starts_at) == ("late_move", away)
    assert due.amount_minor == 9000


def test_later_terms_never_reach_a_visit(
    session: Session, scene: Scene, booked: Callable[..., Appointment]
) -> None:
    visit = booked()
    set_terms(session, scene, Terms(late=Fee(percent=100), notice_min=0))
    cancel(session, scene.guest, visit.id, now=scene.first_free - HOUR)
    (due,) = of(session, visit)
    assert due.amount_minor == 9000
    kept = session.scalar(select(VisitCharge.terms).where(VisitCharge.id == due.id))
    assert kept == stored(TERMS)


def test_a_calendars_own_terms_win(
    session: Session, scene: Scene, booked: Callable[..., Appointment], cast: Cast
) -> None:
    owner = staff_actor(cast.olga)
    own = Terms(notice_min=60, no_show=Fee(minor=500))
    unset = mark_of_terms(None)
    set_calendar_terms(session, owner, scene.calendar_id, own, seen=unset, now=NOW)
    assert booked().terms == stored(own)
    with pytest.raises(Conflict, match="changed_meanwhile"):
        set_calendar_terms(session, owner, scene.calendar_id, None, seen=unset, now=NOW)
    kept = kept_terms(session, scene.org_id, scene.calendar_id)
    with pytest.raises(Invalid):
        set_calendar_terms(
            session,
            owner,
            scene.calendar_id,
            Terms(late=Fee(percent=101)),
            seen=mark_of_terms(kept),
            now=NOW,
        )
    set_calendar_terms(session, owner, scene.calendar_id, None, seen=mark_of_terms(kept), now=NOW)
    calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
    assert calendar.terms == TERMS


def test_waived_with_a_reason_once_and_audited(
    session: Session, scene: Scene, booked: Callable[..., Appointment], cast: Cast
) -> None:
    visit, owner = booked(), staff_actor(cast.olga)
    cancel(session, scene.guest, visit.id, now=scene.first_free - HOUR)
    (due,) = of(session, visit)
    with pytest.raises(Invalid):
        waive(session, owner, due.id, reason="  ", now=NOW)
    waive(session, owner, due.id, reason="in hospital", now=NOW)
    with pytest.raises(Conflict, match="charge_released"):
        waive(session, owner, due.id, reason="again", now=NOW)
    (let_off,) = of(session, visit)
    assert (let_off.why, let_off.reason) == ("waived", "in hospital")
    assert due_of(session, visit.org_id, visit.patient_id) == []
    told = select(AuditEvent.reason).where(AuditEvent.action == "appointments.waive")
    assert session.scalars(told).all() == ["in hospital"]
    with pytest.raises(NotFound):
        waive(session, owner, visit.id, reason="no such charge", now=NOW)
