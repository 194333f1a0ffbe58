"""Group classes: a place is taken once, the specialist's time once, and the database itself refuses more (CAT-02)."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book, book_as_guest, cancel, hold_slot, move, restore
from app.appointments.actions.classes import cancel_class
from app.appointments.actions.moving import NewTime
from app.appointments.models import Appointment
from app.catalog.actions import ServiceDraft
from app.catalog.models import Service
from app.kernel.access.actor import GUEST, Actor
from app.kernel.tenancy.scope import Scope, enter, scoped
from app.lib.errors import Conflict
from app.people.actions import Contact
from app.scheduling.actions import ClassAboveCapacity, change_capacity
from app.scheduling.models import ClassSeat, ClassSession, Occupancy
from app.scheduling.queries import Asker, CalendarView, calendar_view, free_at, slot_page
from app.scheduling.queries.classes import class_view
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import add_people
from tests.factories.open_clinic import open_clinic
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.live import Live

ZONE = "Europe/Bucharest"
RACERS = 40


@dataclass
class Class:
    """A class of three places in the scene, and people who want to come."""

    session: Session
    redis: Redis
    scene: Scene
    cast: Cast
    people: list[uuid.UUID]

    def calendar(self) -> CalendarView:
        enter(self.session, Scope(org_id=self.scene.org_id))
        return calendar_view(self.session, self.scene.org_id, calendar_id=self.scene.calendar_id)

    def book(self, who: int, at: dt.datetime | None = None) -> Appointment:
        wish = Wish(at or self.scene.first_free, None, "phone", ZONE)
        actor = staff_actor(self.cast.ramona)
        return book(
            self.session, self.redis, actor, self.calendar(), wish, self.people[who], now=NOW
        )

    def count(self, model: type[ClassSession | ClassSeat | Occupancy]) -> int:
        live = select(func.count()).select_from(model).where(model.live)
        return self.session.scalar(live) or 0

    def offered(self, client: str | None = None) -> dict[dt.datetime, int | None]:
        found = slot_page(
            self.session,
            self.redis,
            self.scene.org_id,
            self.calendar(),
            Asker(NOW, client),
            first=NOW.date(),
            days=1,
            time_zone=ZONE,
        )
        return {slot.starts_at: slot.places for day in found.days for slot in day.slots}


@pytest.fixture
def pilates(session: Session, redis: Redis, scene: Scene, cast: Cast) -> Class:
    people = add_people(session, scene.org_id, [f"Guest {n}" for n in range(6)])
    enter(session, Scope(org_id=scene.org_id))
    session.execute(update(Service).values(kind="group_class", capacity=3, buffer_after_min=0))
    session.commit()
    enter(session, Scope(org_id=scene.org_id))
    return Class(session, redis, scene, cast, people)


@pytest.mark.proves("CAT-02", "SCH-05", "BYD-01")
def test_a_class_is_joined_until_its_places_are_gone(pilates: Class) -> None:
    start = pilates.scene.first_free
    assert pilates.offered()[start] == 3
    for who in range(3):
        pilates.book(who)
        left = 2 - who
        assert pilates.offered().get(start) == (left or None)
    assert (pilates.count(ClassSession), pilates.count(ClassSeat)) == (1, 3)
    assert pilates.count(Occupancy) == 1
    with pytest.raises(Conflict, match="slot_taken"):
        pilates.book(3)
    # Nothing else starts while the class is on.
    assert start + dt.timedelta(minutes=15) not in pilates.offered()


@pytest.mark.proves("CAT-02", "APT-03")
def test_who_leaves_gives_a_place_back_and_the_last_one_the_time(pilates: Class) -> None:
    start, actor = pilates.scene.first_free, staff_actor(pilates.cast.ramona)
    visits = [pilates.book(who) for who in range(3)]
    cancel(pilates.session, actor, visits[1].id, now=NOW)
    assert pilates.offered()[start] == 1
    back = restore(pilates.session, pilates.redis, actor, visits[1].id, now=NOW)
    assert back.state == "upcoming"
    for visit in visits:
        cancel(pilates.session, actor, visit.id, now=NOW)
    assert (pilates.count(ClassSession), pilates.count(ClassSeat)) == (0, 0)
    assert pilates.count(Occupancy) == 0
    assert pilates.offered()[start] == 3


@pytest.mark.proves("CAT-02", "APT-03")
def test_one_participant_moves_and_the_class_stays(pilates: Class) -> None:
    start, actor = pilates.scene.first_free, staff_actor(pilates.cast.ramona)
    first, _second = pilates.book(0), pilates.book(1)
    later = start + dt.timedelta(hours=2)
    move(pilates.session, pilates.redis, actor, first.id, NewTime(later), now=NOW)
    offered = pilates.offered()
    assert (offered[start], offered[later]) == (2, 2)


@pytest.mark.proves("CAT-02", "SCH-04", "BYD-01")
def test_who_keeps_a_place_is_not_refused_because_a_hold_outlives_its_booking(
    pilates: Class,
) -> None:
    """A hold ends a moment after the commit of its visit; until then the visit and its hold are one place."""
    start = pilates.scene.first_free
    for name in ("ana", "dan", "eva"):
        wish, where = Wish(start, None, "online", ZONE, name), pilates.scene.org_id
        hold_slot(pilates.session, pilates.redis, where, pilates.calendar(), wish, now=NOW)
    for who, name in enumerate(("ana", "dan", "eva")):
        assert pilates.offered(name)[start] == 1
        assert start not in pilates.offered("somebody else")
        calendar, wish = pilates.calendar(), Wish(start, None, "online", ZONE, name)
        actor, person = staff_actor(pilates.cast.ramona), pilates.people[who]
        book(pilates.session, pilates.redis, actor, calendar, wish, person, now=NOW)
    assert pilates.count(ClassSeat) == 3
    assert start not in pilates.offered("ana")


@pytest.mark.proves("CAT-02", "SCH-04")
def test_a_held_place_counts_for_others_and_not_for_its_owner(pilates: Class) -> None:
    start = pilates.scene.first_free
    for name in ("ana", "dan"):
        held = hold_slot(
            pilates.session,
            pilates.redis,
            pilates.scene.org_id,
            pilates.calendar(),
            Wish(start, None, "online", ZONE, name),
            now=NOW,
        )
        assert held.token
    assert pilates.offered()[start] == 1
    assert pilates.offered("ana")[start] == 2
    pilates.book(0)
    assert start not in pilates.offered()
    assert pilates.offered("dan")[start] == 1
    with pytest.raises(Conflict, match="slot_taken"):
        hold_slot(
            pilates.session,
            pilates.redis,
            pilates.scene.org_id,
            pilates.calendar(),
            Wish(start, None, "online", ZONE, "eva"),
            now=NOW,
        )


@pytest.mark.proves("CAT-02")
def test_fewer_places_than_are_taken_are_refused_with_the_classes_concerned(
    pilates: Class,
) -> None:
    actor, service = staff_actor(pilates.cast.olga), pilates.scene.service_id
    visits = [pilates.book(who) for who in range(3)]
    with pytest.raises(ClassAboveCapacity) as refused:
        change_capacity(pilates.session, actor, service, 2, now=NOW)
    assert refused.value.starts == [pilates.scene.first_free]
    cancel(pilates.session, staff_actor(pilates.cast.ramona), visits[0].id, now=NOW)
    change_capacity(pilates.session, actor, service, 2, now=NOW)  # Seat 3 becomes seat 1.
    numbers = pilates.session.scalars(select(ClassSeat.number).where(ClassSeat.live)).all()
    assert sorted(numbers) == [1, 2]
    change_capacity(pilates.session, actor, service, 5, now=NOW)
    assert pilates.session.scalar(select(ClassSession.capacity).where(ClassSession.live)) == 5


@pytest.mark.proves("CAT-02", "SCH-05")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE class_sessions SET capacity = 2 WHERE live",
        "UPDATE class_seats SET number = 1 WHERE number = 2",
        "UPDATE class_seats SET number = 4 WHERE number = 2",
        "UPDATE class_seats SET capacity = 9 WHERE number = 2",
        (
            "INSERT INTO class_sessions (org_id, id, calendar_id, service_id, specialist_id, starts_at, ends_at,"
            " capacity)"
            " SELECT org_id, gen_random_uuid(), calendar_id, service_id, specialist_id, starts_at, ends_at, 9"
            " FROM class_sessions WHERE live"
        ),
    ],
)
def test_the_database_refuses_what_the_code_would_never_ask(pilates: Class, statement: str) -> None:
    for who in range(3):
        pilates.book(who)
    with pytest.raises(IntegrityError):
        pilates.session.execute(text(statement))


@pytest.mark.proves("CAT-02")
def test_a_class_called_off_cancels_everybody(pilates: Class) -> None:
    visits = [pilates.book(who) for who in range(2)]
    [class_id] = pilates.session.scalars(select(ClassSession.id)).all()
    assert class_view(pilates.session, pilates.scene.org_id, class_id).places_left == 1
    count = cancel_class(
        pilates.session, staff_actor(pilates.cast.ramona), class_id, now=NOW, reason="flu"
    )
    assert count == 2
    assert {one.state for one in visits} == {"cancelled"}
    assert pilates.count(Occupancy) == 0


@pytest.mark.proves("CAT-02", "SCH-05", "BYD-01")
def test_guests_at_once_get_exactly_the_places_there_are(live_system: Live) -> None:
    """Without holds in between: only the database decides."""
    now, places = dt.datetime.now(dt.UTC), 8
    service = ServiceDraft("pilates", {"en": "Pilates"}, "group_class", 50, 100, capacity=places)
    clinic = live_system.run(
        lambda session: open_clinic(session, "class-race", now=now, service=service)
    )
    start = (now + dt.timedelta(days=2)).replace(hour=10, minute=0, second=0, microsecond=0)
    nobody = Redis.from_url(live_system.redis_url, decode_responses=True)
    line = threading.Barrier(RACERS)

    def run(number: int) -> bool:
        contact = Contact(f"Guest {number}", f"guest{number}@example.com", "+40722123456")
        line.wait(30)
        try:
            live_system.run(lambda session: join(session, contact), Scope(org_id=clinic.id))
        except Conflict:
            return False
        return True

    def join(session: Session, contact: Contact) -> None:
        calendar = calendar_view(session, clinic.id, calendar_id=clinic.calendar_id)
        wish, guest = Wish(start, None, "online", ZONE), Actor(kind=GUEST, org_id=clinic.id)
        book_as_guest(session, nobody, guest, calendar, wish, contact, texts_allowed=False, now=now)

    with ThreadPoolExecutor(RACERS) as pool:
        won = list(pool.map(run, range(RACERS)))
    assert won.count(True) == places
    found = live_system.run(
        lambda session: [
            session.scalar(select(func.count()).select_from(one).where(one.live))
            for one in (ClassSeat, ClassSession, Occupancy)
        ],
        Scope(org_id=clinic.id),
    )
    assert found == [places, 1, 1]


STEPS = st.lists(
    st.tuples(st.sampled_from(["book", "cancel", "restore", "capacity"]), st.integers(0, 5)),
    max_size=14,
)


@pytest.mark.proves("CAT-02", "SCH-05")
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_seats_follow_a_simple_model(pilates: Class, steps: list[tuple[str, int]]) -> None:
    """Whatever is done in whatever order: who is in the model has a seat, nobody else, never above the capacity."""
    session, actor = pilates.session, staff_actor(pilates.cast.ramona)
    outer = session.begin_nested()
    inside: dict[int, uuid.UUID] = {}
    gone: dict[int, uuid.UUID] = {}
    capacity = 3
    for verb, number in steps:
        spare = len(inside) < capacity
        if verb == "book" and number not in inside and number not in gone:
            try:
                inside[number] = pilates.book(number).id
                assert spare
            except Conflict:
                assert not spare
        elif verb == "cancel" and number in inside:
            gone[number] = inside.pop(number)
            cancel(session, actor, gone[number], now=NOW)
        elif verb == "restore" and number in gone:
            try:
                restore(session, pilates.redis, actor, gone[number], now=NOW)
                inside[number] = gone.pop(number)
                assert spare
            except Conflict:
                assert not spare
        elif verb == "capacity" and number >= 2:
            try:
                change_capacity(session, actor, pilates.scene.service_id, number, now=NOW)
                assert number >= len(inside)
                session.execute(update(Service).values(capacity=number))
                session.expire_all()
                capacity = number
            except ClassAboveCapacity:
                assert number < len(inside)
        seated = set(session.scalars(select(ClassSeat.holder_id).where(ClassSeat.live)))
        assert seated == set(inside.values())
        assert pilates.count(Occupancy) == pilates.count(ClassSession) == bool(inside)
    outer.rollback()
    session.expire_all()


@pytest.mark.proves("CAT-02", "SCH-03")
def test_a_class_that_meets_fills_before_another_opens(pilates: Class) -> None:
    first, second = pilates.book(0), pilates.book(1)
    assert first.specialist_id == second.specialist_id
    enter(pilates.session, Scope(org_id=pilates.scene.org_id))
    able = free_at(
        pilates.session,
        pilates.redis,
        pilates.scene.org_id,
        pilates.calendar(),
        Asker(NOW),
        pilates.scene.first_free,
    )
    assert able == (first.specialist_id,)
    with scoped(pilates.session, Scope(org_id=pilates.cast.other_clinic.id)):
        assert pilates.count(ClassSession) == 0
