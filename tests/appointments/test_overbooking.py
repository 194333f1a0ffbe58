"""Overbooking is for those who may, after seeing why, with a reason; everything else stays guarded (SCH-08)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book, cancel, move, restore
from app.appointments.actions.moving import NewTime
from app.appointments.models import Appointment
from app.appointments.queries.places import place_of
from app.appointments.rules.overbooking import OVERBOOKED, overbookable
from app.kernel.access.actor import Actor
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, enter
from app.lib.errors import Conflict, Invalid, Refused
from app.lib.ids import uuid7
from app.scheduling.actions import set_override
from app.scheduling.models import Occupancy
from app.scheduling.queries import Asker, calendar_view, free_at
from app.scheduling.rules.refusals import Reason, Refusal
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import add_people
from tests.factories.scene import Scene
from tests.support.app import NOW

ZONE = "Europe/Bucharest"
WHY = "Acute pain, agreed with the specialist"


class Desk:
    """The scene with one visit on its first free start, and somebody else who wants the same time."""

    def __init__(self, session: Session, redis: Redis, scene: Scene, cast: Cast) -> None:
        self.session, self.redis, self.scene, self.cast = session, redis, scene, cast
        self.people = add_people(session, scene.org_id, ["Ana Pop", "Dan Ilie"])
        enter(session, Scope(org_id=scene.org_id))
        self.owner = staff_actor(cast.olga)
        self.first = self.book(0)

    def book(
        self,
        who: int,
        *,
        at: dt.datetime | None = None,
        actor: Actor | None = None,
        overbook: str | None = None,
        anybody: bool = False,
    ) -> Appointment:
        calendar = calendar_view(
            self.session, self.scene.org_id, calendar_id=self.scene.calendar_id
        )
        named = None if anybody else self.scene.specialist_id
        wish = Wish(at or self.scene.first_free, named, "phone", ZONE)
        return book(
            self.session,
            self.redis,
            actor or self.owner,
            calendar,
            wish,
            self.people[who],
            now=NOW,
            overbook=overbook,
        )

    def free(self, at: dt.datetime) -> tuple[uuid.UUID, ...]:
        calendar = calendar_view(
            self.session, self.scene.org_id, calendar_id=self.scene.calendar_id
        )
        return free_at(self.session, self.redis, self.scene.org_id, calendar, Asker(NOW), at)


@pytest.fixture
def desk(session: Session, redis: Redis, scene: Scene, cast: Cast) -> Desk:
    return Desk(session, redis, scene, cast)


@pytest.mark.proves("SCH-08", "SCH-05", "KRN-10")
def test_who_may_books_onto_taken_time_and_it_says_why(desk: Desk) -> None:
    with pytest.raises(Conflict, match="slot_taken"):
        desk.book(1)
    with pytest.raises(Invalid, match="required"):
        desk.book(1, overbook="  ")
    visit = desk.book(1, overbook=WHY)
    assert (visit.starts_at, visit.assignment_reason) == (desk.scene.first_free, OVERBOOKED)
    assert place_of(desk.session, desk.scene.org_id, visit.id).overbook_reason == WHY
    written = select(AuditEvent.reason).where(AuditEvent.action == "appointments.overbook")
    assert desk.session.scalars(written).all() == [WHY]
    assert desk.free(desk.scene.first_free) == ()


@pytest.mark.proves("SCH-08", "KRN-04")
def test_nobody_else_may(desk: Desk) -> None:
    cast, scene = desk.cast, desk.scene
    without = staff_actor(cast.ramona, without=("appointments.overbook",))
    portal = Actor(kind="patient", org_id=scene.org_id, human_id=cast.petra.human_id)
    for actor in (without, scene.guest, portal):
        with pytest.raises(Refused, match="permission_missing"):
            desk.book(1, actor=actor, overbook=WHY)
    # On behalf of nobody in particular there is nobody to ask.
    with pytest.raises(Conflict, match="slot_taken"):
        desk.book(1, overbook=WHY, anybody=True)


@pytest.mark.proves("SCH-08")
def test_only_visits_may_be_booked_over(desk: Desk) -> None:
    evening = desk.scene.first_free.replace(hour=19)
    with pytest.raises(Conflict, match="slot_taken"):
        desk.book(1, at=evening, overbook=WHY)
    day = desk.scene.first_free.date() + dt.timedelta(days=1)
    set_override(
        desk.session, desk.owner, desk.scene.specialist_id, day, "replace", [], "leave", NOW
    )
    with pytest.raises(Conflict, match="slot_taken"):
        desk.book(1, at=desk.scene.first_free + dt.timedelta(days=1), overbook=WHY)


@pytest.mark.proves("SCH-08", "APT-03")
def test_a_visit_is_moved_onto_taken_time_and_away_again(desk: Desk) -> None:
    later = desk.scene.first_free + dt.timedelta(hours=2)
    visit = desk.book(1, at=later)
    target = NewTime(desk.scene.first_free)

    def moved(to: NewTime, overbook: str | None = None) -> Appointment:
        return move(desk.session, desk.redis, desk.owner, visit.id, to, now=NOW, overbook=overbook)

    with pytest.raises(Conflict, match="slot_taken"):
        moved(target)
    assert moved(target, WHY).assignment_reason == OVERBOOKED
    back = moved(NewTime(later), WHY)  # free: the reason is idle
    assert back.assignment_reason == ""
    assert place_of(desk.session, desk.scene.org_id, visit.id).overbook_reason is None


@pytest.mark.proves("SCH-08")
def test_what_was_overbooked_comes_back_as_an_ordinary_visit_or_not_at_all(desk: Desk) -> None:
    visit = desk.book(1, overbook=WHY)
    cancel(desk.session, desk.owner, visit.id, now=NOW)
    with pytest.raises(Conflict, match="slot_taken"):
        restore(desk.session, desk.redis, desk.owner, visit.id, now=NOW)
    cancel(desk.session, desk.owner, desk.first.id, now=NOW)
    again = restore(desk.session, desk.redis, desk.owner, visit.id, now=NOW)
    assert again.assignment_reason == ""
    with pytest.raises(Conflict, match="slot_taken"):
        restore(desk.session, desk.redis, desk.owner, desk.first.id, now=NOW)


@pytest.mark.proves("SCH-05", "SCH-08")
@pytest.mark.parametrize(("kind", "reason"), [("block", WHY), ("appointment", "  ")])
def test_the_database_marks_visits_with_a_reason_only(desk: Desk, kind: str, reason: str) -> None:
    taken = desk.session.scalars(select(Occupancy).where(Occupancy.live)).one()
    values = {
        name: getattr(taken, name)
        for name in (
            "org_id",
            "resource_id",
            "resource_number",
            "starts_at",
            "ends_at",
            "visit_starts_at",
            "visit_ends_at",
        )
    }
    with pytest.raises(IntegrityError, match="ck_occupancies_overbooked"):
        desk.session.execute(
            insert(Occupancy).values(**values, id=uuid7(), kind=kind, overbook_reason=reason)
        )
    desk.session.rollback()


@pytest.mark.proves("SCH-05", "SCH-08")
def test_two_ordinary_visits_never_overlap_whatever_stands_over_them(desk: Desk) -> None:
    desk.book(1, overbook=WHY)
    with pytest.raises(IntegrityError, match="no_overlap"):
        desk.session.execute(
            text("UPDATE occupancies SET overbook_reason = NULL WHERE overbook_reason IS NOT NULL")
        )
    desk.session.rollback()


REASONS = st.builds(Refusal, st.sampled_from(Reason), kind=st.sampled_from(["", "visit", "leave"]))


@pytest.mark.proves("SCH-08")
@given(st.lists(REASONS, max_size=4))
def test_one_refusal_that_stands_is_enough(refusals: list[Refusal]) -> None:
    passable = {Reason.OVERLAPS, Reason.COOLDOWN, Reason.DAY_FULL}
    stands = [one for one in refusals if one.reason not in passable or one.kind == "leave"]
    assert overbookable(refusals) == (bool(refusals) and not stands)
