"""Rooms and devices that a service needs: shown where one is free, given at booking, kept by the database (SCH-07)."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book, book_as_guest, cancel, hold_slot, move, restore
from app.appointments.actions.moving import NewTime
from app.appointments.models import Appointment
from app.catalog.models import Service
from app.kernel.access.actor import GUEST, Actor, system
from app.kernel.tenancy.locations import LocationCard, add_location
from app.kernel.tenancy.scope import Scope, enter
from app.lib.errors import Conflict, Invalid
from app.people.actions import Contact
from app.scheduling.actions import add_room, mark_of_needs, set_needs
from app.scheduling.models import Occupancy
from app.scheduling.queries import Asker, CalendarView, calendar_view, free_at, reasons
from app.scheduling.queries.spaces import Needs, needs_of
from app.scheduling.rules.refusals import Reason
from tests.factories.desk import add_people
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.app import NOW
from tests.support.live import Live

ZONE = "Europe/Bucharest"
TEN = dt.datetime(2027, 3, 4, 8, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@dataclass
class Ward:
    """Three specialists of one location who share its rooms."""

    session: Session
    redis: Redis
    clinic: OpenClinic
    people: list[uuid.UUID]

    @property
    def actor(self) -> Actor:
        return system(self.clinic.id)

    def calendar(self) -> CalendarView:
        enter(self.session, Scope(org_id=self.clinic.id))
        return calendar_view(self.session, self.clinic.id, calendar_id=self.clinic.calendar_id)

    def space(self, name: str, kind: str = "room") -> uuid.UUID:
        return add_room(self.session, self.actor, self.clinic.location_id, name, kind=kind, now=NOW)

    def need(self, *, room: bool = False, device: bool = False, only: set[uuid.UUID]) -> None:
        service_id = self.calendar().service_id
        seen = mark_of_needs(needs_of(self.session, self.clinic.id, service_id))
        needs = Needs(room, device, frozenset(only))
        set_needs(self.session, self.actor, service_id, needs, seen=seen, now=NOW)

    def book(self, with_whom: int, at: dt.datetime = TEN) -> Appointment:
        wish = Wish(at, self.clinic.specialist_ids[with_whom], "phone", ZONE)
        who = self.people[with_whom]
        return book(self.session, self.redis, self.actor, self.calendar(), wish, who, now=NOW)

    def free(self, at: dt.datetime = TEN, client: str | None = None) -> set[uuid.UUID]:
        found = free_at(
            self.session, self.redis, self.clinic.id, self.calendar(), Asker(NOW, client), at
        )
        return set(found)

    def why(self, with_whom: int, at: dt.datetime = TEN) -> list[tuple[Reason, str, str]]:
        specialist = self.clinic.specialist_ids[with_whom]
        found = reasons(
            self.session, self.redis, self.clinic.id, self.calendar(), Asker(NOW), at, specialist
        )
        return [(one.reason, one.kind, one.ref) for one in found.get(str(specialist), ())]


@pytest.fixture
def ward(session: Session, redis: Redis) -> Ward:
    clinic = open_clinic(session, "sali", now=NOW, specialists=3)
    people = add_people(session, clinic.id, ["Ana Pop", "Dan Ilie", "Eva Marin"])
    enter(session, Scope(org_id=clinic.id))
    return Ward(session, redis, clinic, people)


@pytest.mark.proves("SCH-07", "BYD-01", "SCH-05")
def test_a_visit_gets_a_room_and_is_offered_only_where_one_is_free(ward: Ward) -> None:
    first, second = ward.space("Cabinet 1"), ward.space("Cabinet 2")
    ward.need(room=True, only=set())
    assert {ward.book(0).room_id, ward.book(1).room_id} == {first, second}
    assert ward.free() == set()
    assert ward.why(2) == [(Reason.RESOURCE_TAKEN, "room", "Cabinet 1, Cabinet 2")]
    with pytest.raises(Conflict, match="slot_taken"):
        ward.book(2)
    assert ward.free(TEN + HOUR) == set(ward.clinic.specialist_ids)


@pytest.mark.proves("SCH-07")
def test_chosen_rooms_only_and_a_device_beside_them(ward: Ward) -> None:
    ward.space("Cabinet 1")
    second, laser = ward.space("Cabinet 2"), ward.space("Laser", "device")
    ward.space("Tecar", "device")
    ward.need(room=True, device=True, only={second, laser})
    visit = ward.book(0)
    assert (visit.room_id, visit.device_id) == (second, laser)
    assert ward.why(1) == [
        (Reason.RESOURCE_TAKEN, "room", "Cabinet 2"),
        (Reason.RESOURCE_TAKEN, "device", "Laser"),
    ]
    cancel(ward.session, ward.actor, visit.id, now=NOW)
    assert ward.free() == set(ward.clinic.specialist_ids)
    restore(ward.session, ward.redis, ward.actor, visit.id, now=NOW)
    assert ward.free() == set()


@pytest.mark.proves("SCH-07", "APT-03")
def test_a_visit_keeps_its_room_when_it_moves_unless_somebody_has_it(ward: Ward) -> None:
    first, second = ward.space("Cabinet 1"), ward.space("Cabinet 2")
    ward.need(room=True, only=set())
    one, other = ward.book(0), ward.book(1)
    assert (one.room_id, other.room_id) == (first, second)

    def moved(visit: Appointment, at: dt.datetime) -> uuid.UUID | None:
        return move(ward.session, ward.redis, ward.actor, visit.id, NewTime(at), now=NOW).room_id

    assert (
        moved(other, TEN + HOUR) == second
    )  # Cabinet 1 comes first by name, but this one is theirs
    assert ward.book(2, TEN + 2 * HOUR).room_id == first
    assert moved(one, TEN + 2 * HOUR) == second
    # A specialist's next visit is where the one before was.
    assert ward.book(1, TEN + 3 * HOUR).room_id == second


@pytest.mark.proves("SCH-07", "SCH-04")
def test_a_held_room_is_nobody_elses_until_it_is_let_go(ward: Ward) -> None:
    room = ward.space("Cabinet 1")
    ward.need(room=True, only=set())
    wish = Wish(TEN, ward.clinic.specialist_ids[0], "online", ZONE, client="phone-a")
    hold_slot(ward.session, ward.redis, ward.clinic.id, ward.calendar(), wish, now=NOW)
    assert ward.free() == set()
    assert ward.free(client="phone-a") == set(ward.clinic.specialist_ids)
    mine = book(
        ward.session, ward.redis, ward.actor, ward.calendar(), wish, ward.people[0], now=NOW
    )
    assert mine.room_id == room


@pytest.mark.proves("SCH-07")
def test_rooms_of_another_location_are_of_no_use(ward: Ward) -> None:
    card = LocationCard("Nord", "", "Cluj", None, ZONE)
    there = add_location(ward.session, ward.actor, card, now=NOW)
    add_room(ward.session, ward.actor, there, "Cabinet 1", now=NOW)
    ward.need(room=True, only=set())
    assert ward.why(0) == [(Reason.RESOURCE_TAKEN, "room", "")]
    here = ward.space("Cabinet 1")
    assert ward.book(0).room_id == here


@pytest.mark.proves("SCH-07", "KRN-10")
def test_needs_are_checked_and_a_change_in_between_is_told(ward: Ward) -> None:
    service_id = ward.calendar().service_id
    laser = ward.space("Laser", "device")
    with pytest.raises(Invalid, match="unknown_choice"):
        ward.need(room=True, only={uuid.uuid4()})
    with pytest.raises(Invalid, match="device_not_chosen"):
        ward.need(device=True, only=set())
    stale = mark_of_needs(needs_of(ward.session, ward.clinic.id, service_id))
    ward.need(device=True, only={laser})
    needs = Needs(False, False, frozenset())
    with pytest.raises(Conflict, match="changed_meanwhile"):
        set_needs(ward.session, ward.actor, service_id, needs, seen=stale, now=NOW)


@pytest.mark.proves("SCH-07", "CAT-02")
def test_a_class_meets_in_one_room_and_leaves_it_with_the_last_one(ward: Ward) -> None:
    room = ward.space("Sala mare")
    ward.need(room=True, only={room})
    ward.session.execute(update(Service).values(kind="group_class", capacity=2))
    ward.session.expire_all()

    def join(who: int, with_whom: int) -> Appointment:
        wish = Wish(TEN, ward.clinic.specialist_ids[with_whom], "phone", ZONE)
        person = ward.people[who]
        return book(ward.session, ward.redis, ward.actor, ward.calendar(), wish, person, now=NOW)

    visits = [join(0, 0), join(1, 0)]
    assert [one.room_id for one in visits] == [room, room]
    assert ward.free() == set()
    with pytest.raises(Conflict, match="slot_taken"):
        join(2, 1)  # their own class would need the room, too
    for one in visits:
        cancel(ward.session, ward.actor, one.id, now=NOW)
    assert ward.free() == set(ward.clinic.specialist_ids)
    assert join(2, 1).room_id == room


@pytest.mark.proves("SCH-07", "SCH-05")
def test_thirty_guests_for_three_specialists_and_two_rooms(live_system: Live) -> None:
    now = dt.datetime.now(dt.UTC)
    start = (now + dt.timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)

    def furnish(session: Session) -> OpenClinic:
        clinic = open_clinic(session, f"sali-{uuid.uuid4().hex[:8]}", now=now, specialists=3)
        enter(session, Scope(org_id=clinic.id))
        actor = system(clinic.id)
        for name in ("Cabinet 1", "Cabinet 2"):
            add_room(session, actor, clinic.location_id, name, now=now)
        service_id = calendar_view(session, clinic.id, calendar_id=clinic.calendar_id).service_id
        seen = mark_of_needs(needs_of(session, clinic.id, service_id))
        needs = Needs(True, False, frozenset())
        set_needs(session, actor, service_id, needs, seen=seen, now=now)
        return clinic

    clinic = live_system.run(furnish)
    redis = Redis.from_url(live_system.redis_url, decode_responses=True)
    line = threading.Barrier(30)

    def attempt(number: int) -> bool:
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
        book_as_guest(session, redis, guest, calendar, wish, contact, texts_allowed=False, now=now)

    with ThreadPoolExecutor(30) as crowd:
        won = list(crowd.map(attempt, range(30)))
    assert won.count(True) == 2
    rooms = live_system.run(
        lambda session: (
            session.scalars(select(Appointment.room_id)).all(),
            len(session.scalars(select(Occupancy.id).where(Occupancy.live)).all()),
        ),
        Scope(org_id=clinic.id),
    )
    assert len(set(rooms[0])) == 2
    assert None not in rooms[0]
    assert rooms[1] == 4
