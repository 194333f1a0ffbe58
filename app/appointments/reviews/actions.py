"""Giving a review, dealing with one, and saying when reviews are asked for (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.reviews.models import ReviewRule, VisitReview
from app.appointments.reviews.rules import BEST, WORST, Rule, may_give
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.lib.errors import Expired, Invalid, NotFound
from app.lib.ids import uuid7
from app.lib.text import bounded_block

COMMENT_LIMIT = 2000
GIVEN = "review.given"


def give(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    rating: int,
    comment: str,
    *,
    now: dt.datetime,
) -> uuid.UUID:
    """A patient's word on a visit, given or changed; gives the review. A change opens it again for staff.

    Raises NotFound, Invalid (`rating`, `comment`), Expired `review_closed` before the visit is done and from the
    eighth day after it was given.
    """
    if not WORST <= rating <= BEST:
        raise Invalid.one("rating", "invalid_choice")
    words = bounded_block(comment, "comment", limit=COMMENT_LIMIT)
    state = session.scalar(
        select(Appointment.state)
        .where(Appointment.org_id == actor.clinic, Appointment.id == appointment_id)
        .with_for_update(key_share=True)
    )
    if state is None:
        raise NotFound("appointment_not_found")
    review = _of(session, actor.clinic, appointment_id)
    if not may_give(state, review.given_at if review else None, now):
        raise Expired("review_closed")
    if review is None:
        review = VisitReview(
            org_id=actor.clinic, id=uuid7(), appointment_id=appointment_id, given_at=now
        )
        session.add(review)
    elif (review.rating, review.comment) == (rating, words):
        return review.id
    review.rating, review.comment, review.changed_at = rating, words, now
    review.handled_at, review.handled_by = None, None
    session.flush()
    after = {"rating": rating}
    record(session, actor, "reviews.give", "review", review.id, at=now, after=after)
    emit(session, actor.clinic, GIVEN, {"review_id": review.id}, at=now)
    return review.id


def handle(
    session: Session, actor: Actor, review_id: uuid.UUID, note: str, *, now: dt.datetime
) -> None:
    """Staff have dealt with a review; the note says how. Raises NotFound, Invalid (`note`)."""
    words = bounded_block(note, "note", limit=COMMENT_LIMIT, required=True)
    review = session.scalars(
        select(VisitReview)
        .where(VisitReview.org_id == actor.clinic, VisitReview.id == review_id)
        .with_for_update()
    ).one_or_none()
    if review is None:
        raise NotFound("review_unknown")
    review.handled_at, review.handled_by, review.handled_note = now, actor.human_id, words
    session.flush()
    record(session, actor, "reviews.handle", "review", review_id, at=now)


def set_rule(
    session: Session,
    actor: Actor,
    rule: Rule,
    *,
    service_id: uuid.UUID | None = None,
    now: dt.datetime,
) -> None:
    """When reviews are asked for: in the whole clinic, or for one service. Raises Invalid."""
    if not 0 <= rule.after_hours <= 72:
        raise Invalid.one("after_hours", "out_of_range", minimum=0, maximum=72)
    if not 0 <= rule.low_rating < BEST:
        raise Invalid.one("low_rating", "invalid_choice")
    values = {
        "asks": rule.asks,
        "after_hours": rule.after_hours,
        "low_rating": rule.low_rating,
    }
    session.execute(
        upsert(ReviewRule)
        .values(org_id=actor.clinic, id=uuid7(), service_id=service_id, created_at=now, **values)
        .on_conflict_do_update(index_elements=["org_id", "service_id"], set_=values)
    )
    subject = ("service", service_id) if service_id else ("clinic", actor.clinic)
    record(session, actor, "reviews.set_rule", *subject, at=now, after=values)


def _of(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> VisitReview | None:
    return session.scalars(
        select(VisitReview)
        .where(VisitReview.org_id == org_id, VisitReview.appointment_id == appointment_id)
        .with_for_update()
    ).one_or_none()
