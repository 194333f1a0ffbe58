"""Reviews: asked once, given in a tap, changed for a week, a low one alerts (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments import actions as visits
from app.appointments.reviews.actions import give, handle, set_rule
from app.appointments.reviews.queries import Wanted, averages, review_of, reviews_page, rule_for
from app.appointments.reviews.rules import Rule, asked_too_soon, may_give
from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.errors import Expired, Invalid, NotFound
from app.lib.paging import PageRequest
from app.messaging.models import Delivery
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import Booked, book_for
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox

pytestmark = pytest.mark.proves("APT-02")
DAY = dt.timedelta(days=1)
# A finish can be taken back for some seconds before anybody hears of it.
GRACE = dt.timedelta(minutes=1)


@pytest.fixture
def done(session: Session, redis: Redis, scene: Scene, cast: Cast, clock: FrozenClock) -> Booked:
    visit = book_for(session, redis, scene, cast)
    _finish(session, cast, visit)
    return visit


def _finish(session: Session, cast: Cast, visit: Booked) -> None:
    with scoped(session, Scope(org_id=visit.org_id)):
        actor = staff_actor(cast.olga)
        visits.start(session, actor, visit.id, now=visit.starts_at)
        visits.finish(session, actor, visit.id, now=visit.ends_at)
        session.commit()


def deliveries(session: Session, org_id: uuid.UUID, template: str) -> list[Delivery]:
    with scoped(session, Scope(org_id=org_id)):
        return list(session.scalars(select(Delivery).where(Delivery.template == template)))


def asking(
    session: Session, cast: Cast, service_id: uuid.UUID | None = None, asks: bool = True
) -> None:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        set_rule(session, staff_actor(cast.olga), Rule(asks), service_id=service_id, now=NOW)
        session.commit()


def test_nobody_is_asked_before_the_clinic_wants_it(
    session: Session, done: Booked, drain_outbox: DrainOutbox
) -> None:
    drain_outbox()
    assert deliveries(session, done.org_id, "review_request") == []


def test_asked_once_some_hours_later_and_not_about_the_next_visit(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    asking(session, cast)
    first = book_for(session, redis, scene, cast)
    second = book_for(session, redis, scene, cast, at=first.starts_at + DAY)
    clock.set(first.ends_at + GRACE)
    _finish(session, cast, first)
    drain_outbox()
    waits = _leaves_at(session, first.org_id)
    clock.set(second.ends_at + GRACE)
    _finish(session, cast, second)
    drain_outbox()
    [asked] = deliveries(session, first.org_id, "review_request")
    assert asked.subject_id == first.id
    assert asked.context["review_url"].endswith("/review")
    assert waits == [first.ends_at + GRACE + dt.timedelta(hours=3)]


def _leaves_at(session: Session, org_id: uuid.UUID) -> list[dt.datetime]:
    [asked] = deliveries(session, org_id, "review_request")
    with scoped(session, Scope(org_id=org_id)):
        rows = session.scalars(
            select(OutboxEvent.available_at).where(
                OutboxEvent.payload["delivery_id"].astext == str(asked.id)
            )
        )
        return list(rows)


def test_a_service_can_be_left_out(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    asking(session, cast)
    asking(session, cast, scene.service_id, asks=False)
    with scoped(session, Scope(org_id=scene.org_id)):
        assert rule_for(session, scene.org_id, uuid.uuid4()).asks
        assert not rule_for(session, scene.org_id, scene.service_id).asks
    visit = book_for(session, redis, scene, cast)
    clock.set(visit.ends_at + GRACE)
    _finish(session, cast, visit)
    drain_outbox()
    assert deliveries(session, visit.org_id, "review_request") == []


def test_a_low_review_alerts_once_and_is_dealt_with(
    session: Session,
    done: Booked,
    cast: Cast,
    scene: Scene,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> None:
    clock.set(done.ends_at)
    with scoped(session, Scope(org_id=done.org_id)):
        review_id = give(session, scene.guest, done.id, 1, "I waited.", now=done.ends_at)
        session.commit()
    drain_outbox()
    [alert] = [
        one
        for one in deliveries(session, done.org_id, "review_low")
        if one.recipient == cast.olga.email
    ]
    assert alert.context["rating"] == 1
    assert "I waited" not in str(alert.context), "what a patient says of their care is not mailed"
    with scoped(session, Scope(org_id=done.org_id)):
        give(session, scene.guest, done.id, 2, "I waited.", now=done.ends_at + DAY)
        session.commit()
        waiting = reviews_page(session, done.org_id, Wanted(waiting=True), PageRequest())
        assert [row.id for row in waiting.items] == [review_id]
    drain_outbox()
    sent = [one.recipient for one in deliveries(session, done.org_id, "review_low")]
    assert len(sent) == len(set(sent))
    with scoped(session, Scope(org_id=done.org_id)):
        with pytest.raises(Invalid):
            handle(session, staff_actor(cast.olga), review_id, "  ", now=NOW)
        handle(session, staff_actor(cast.olga), review_id, "Called her.", now=NOW)
        waiting = reviews_page(session, done.org_id, Wanted(waiting=True), PageRequest())
        assert waiting.items == []
        with pytest.raises(NotFound):
            handle(session, staff_actor(cast.olga), uuid.uuid4(), "x", now=NOW)


def test_a_review_changes_for_a_week_and_counts_once(
    session: Session, done: Booked, scene: Scene
) -> None:
    org_id = done.org_id
    with scoped(session, Scope(org_id=org_id)):
        first = give(session, scene.guest, done.id, 5, "", now=done.ends_at)
        assert give(session, scene.guest, done.id, 4, "Good", now=done.ends_at + 7 * DAY) == first
        with pytest.raises(Expired):
            give(session, scene.guest, done.id, 1, "", now=done.ends_at + 8 * DAY)
        known = review_of(session, org_id, done.id)
        assert known is not None
        assert (known.rating, known.comment) == (4, "Good")
        [average] = averages(session, org_id)
        assert (float(average.average), average.count, average.low) == (4.0, 1, 0)
        for wrong in (0, 6, -1):
            with pytest.raises(Invalid):
                give(session, scene.guest, done.id, wrong, "", now=done.ends_at)
        with pytest.raises(NotFound):
            give(session, scene.guest, uuid.uuid4(), 5, "", now=done.ends_at)


@pytest.mark.parametrize("state", ["booked", "upcoming", "confirmed", "in_progress", "no_show"])
def test_only_a_visit_that_is_done_is_reviewed(state: str) -> None:
    assert not may_give(state, None, NOW)
    assert may_give("done", None, NOW)


def test_a_course_of_ten_visits_is_one_question() -> None:
    assert asked_too_soon(NOW - 29 * DAY, NOW)
    assert not asked_too_soon(NOW - 31 * DAY, NOW)
    assert not asked_too_soon(None, NOW)
