"""The waiting list from joining to the visit, on the product's own parts."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book, cancel
from app.appointments.actions.stretching import stretch
from app.appointments.models import Appointment
from app.consents.actions import grant
from app.integrations.models import SandboxMessage
from app.kernel.access.actor import Actor
from app.kernel.tenancy.scope import Scope, enter
from app.lib.errors import Conflict, NotFound
from app.messaging.models import Delivery
from app.scheduling.actions import set_override
from app.scheduling.models import Occupancy
from app.scheduling.queries import Asker, calendar_view, free_at
from app.waiting import actions
from app.waiting.actions import JoinWish
from app.waiting.models import WaitingEntry, WaitingOffer
from app.waiting.queries import waiting
from app.waiting.rules.deadline import deadline
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import add_people
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox

pytestmark = pytest.mark.proves("SCH-08", "BYD-04")
ZONE = "Europe/Bucharest"


@dataclass
class House:
    """One specialist with exactly one free time, taken by the first of the people; the others may wait for it."""

    session: Session
    redis: Redis
    scene: Scene
    cast: Cast
    clock: FrozenClock
    people: list[uuid.UUID]
    start: dt.datetime
    visit: uuid.UUID

    @property
    def now(self) -> dt.datetime:
        enter(self.session, Scope(org_id=self.scene.org_id))
        return self.clock.now()

    @property
    def ramona(self) -> Actor:
        return staff_actor(self.cast.ramona)

    def join(self, who: int, **wish: object) -> uuid.UUID:
        wanted = JoinWish(self.scene.calendar_id, ZONE, "phone", **wish)  # type: ignore[arg-type]
        return actions.join(self.session, self.ramona, self.people[who], wanted, now=self.now)

    def offers(self, state: str | None = None) -> list[WaitingOffer]:
        enter(self.session, Scope(org_id=self.scene.org_id))
        query = select(WaitingOffer).order_by(WaitingOffer.created_at, WaitingOffer.id)
        found = self.session.scalars(query.execution_options(populate_existing=True)).all()
        return [one for one in found if state in (None, one.state)]

    def free(self) -> bool:
        now = self.now
        calendar = calendar_view(
            self.session, self.scene.org_id, calendar_id=self.scene.calendar_id
        )
        asker = Asker(now)
        return bool(
            free_at(self.session, self.redis, self.scene.org_id, calendar, asker, self.start)
        )

    def entry(self, entry_id: uuid.UUID) -> WaitingEntry:
        enter(self.session, Scope(org_id=self.scene.org_id))
        return self.session.get_one(
            WaitingEntry, (self.scene.org_id, entry_id), populate_existing=True
        )


@pytest.fixture
def house(session: Session, redis: Redis, scene: Scene, cast: Cast, clock: FrozenClock) -> House:
    people = add_people(session, scene.org_id, [f"Person {n}" for n in range(5)])
    enter(session, Scope(org_id=scene.org_id))
    actor, start = staff_actor(cast.ramona), dt.datetime(2027, 3, 4, 10, 0, tzinfo=dt.UTC)
    # Nothing but Thursday 12:00-13:00 for two months.
    for days in range(62):
        day = NOW.date() + dt.timedelta(days=days)
        windows = [(720, 780)] if day == dt.date(2027, 3, 4) else []
        set_override(session, actor, scene.specialist_id, day, "replace", windows, "test", NOW)
    calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
    wish = Wish(start, None, "phone", ZONE)
    visit = book(session, redis, actor, calendar, wish, people[0], now=NOW).id
    for person in people:
        grant(
            session, actor, patient_id=person, purpose="sms_appointments", source="staff", now=NOW
        )
    session.commit()
    return House(session, redis, scene, cast, clock, people, start, visit)


def later(house: House, drain: DrainOutbox, **time: float) -> None:
    house.clock.advance(**time)
    enter(house.session, Scope(org_id=house.scene.org_id))
    actions.expire(house.session, house.scene.org_id, now=house.clock.now())
    house.session.commit()
    drain()


def test_a_cancelled_visit_goes_round_the_list(house: House, drain_outbox: DrainOutbox) -> None:
    first, second, third = (house.join(who) for who in (1, 2, 3))
    house.session.commit()
    drain_outbox()
    assert house.offers() == []
    cancel(house.session, house.ramona, house.visit, now=house.now)
    house.session.commit()
    later(house, drain_outbox, seconds=21)  # The grace in which staff may take it back.
    [offer] = house.offers("open")
    assert (offer.entry_id, offer.starts_at) == (first, house.start)
    assert not house.free()  # Kept: nobody else is shown it.
    actions.decline(house.session, house.ramona, offer.id, now=house.now)
    house.session.commit()
    drain_outbox()
    [offer] = house.offers("open")
    assert offer.entry_id == second
    later(house, drain_outbox, minutes=61)
    assert [one.state for one in house.offers()] == ["declined", "expired", "open"]
    [offer] = house.offers("open")
    assert offer.entry_id == third
    visit = actions.accept(
        house.session, house.redis, house.ramona, offer.id, channel="phone", now=house.now
    )
    assert (visit.starts_at, visit.patient_id) == (house.start, house.people[3])
    assert house.entry(third).state == "booked"
    assert house.entry(first).state == "waiting"
    again = actions.accept(
        house.session, house.redis, house.ramona, offer.id, channel="phone", now=house.now
    )
    assert again.id == visit.id
    live = select(func.count()).select_from(Occupancy).where(Occupancy.live)
    assert house.session.scalar(live) == 1


@pytest.mark.proves("SCH-06")
def test_a_visit_that_ends_earlier_wakes_the_list(house: House, drain_outbox: DrainOutbox) -> None:
    thursday = dt.date(2027, 3, 4)
    specialist = house.scene.specialist_id
    two_hours = [(720, 840)]
    now = house.now
    set_override(
        house.session, house.ramona, specialist, thursday, "replace", two_hours, "test", now
    )
    stretch(house.session, house.redis, house.ramona, house.visit, 105, now=now)
    entry = house.join(1)
    house.session.commit()
    later(house, drain_outbox, seconds=21)
    assert house.offers() == []
    stretch(house.session, house.redis, house.ramona, house.visit, 45, now=house.now)
    house.session.commit()
    later(house, drain_outbox, seconds=21)
    [offer] = house.offers("open")
    assert (offer.entry_id, offer.starts_at) == (entry, house.start + dt.timedelta(hours=1))


@pytest.mark.proves("NTF-02")
def test_the_offer_is_told_once_by_mail_and_text(house: House, drain_outbox: DrainOutbox) -> None:
    house.join(1)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    house.session.commit()
    later(house, drain_outbox, seconds=21)
    later(house, drain_outbox, seconds=21)
    enter(house.session, Scope(org_id=house.scene.org_id))
    texts = house.session.scalars(
        select(Delivery).where(Delivery.template == "waiting_offer")
    ).all()
    assert [one.channel for one in texts] == ["sms"]  # These people have no e-mail.
    [text] = house.session.scalars(
        select(SandboxMessage.body).where(SandboxMessage.body.contains("/o/"))
    ).all()
    assert re.search(r"/movimento/o/[0-9A-Za-z]{22}", text)
    assert "10:00" in text or "11:00" in text or "12:00" in text


def test_nobody_is_asked_at_night_or_inside_the_notice(
    house: House, drain_outbox: DrainOutbox
) -> None:
    house.join(1)
    house.session.commit()
    night = NOW.replace(hour=21, minute=30)
    house.clock.set(night)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    house.session.commit()
    later(house, drain_outbox, minutes=5)
    assert house.offers() == []
    assert actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now) == 0
    house.clock.advance(hours=9)
    assert actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now) == 1
    [offer] = house.offers("open")
    # 08:35 in Bucharest; the visit is at 12:00 with two hours of notice.
    assert offer.expires_at - house.now == dt.timedelta(hours=1)


def test_joining_twice_changes_the_wish_and_keeps_the_place(house: House) -> None:
    first = house.join(1)
    joined = house.entry(first).created_at
    house.clock.advance(hours=1)
    assert house.join(1, parts=0b001) == first
    entry = house.entry(first)
    assert (entry.created_at, entry.parts) == (joined, 0b001)


def test_leaving_frees_the_offered_time_and_can_be_taken_back(
    house: House, drain_outbox: DrainOutbox
) -> None:
    first = house.join(1)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    house.session.commit()
    later(house, drain_outbox, seconds=21)
    assert len(house.offers("open")) == 1
    actions.leave(house.session, house.ramona, first, now=house.now)
    assert house.free()
    assert house.offers("withdrawn")
    actions.leave(house.session, house.ramona, first, now=house.now)
    actions.come_back(house.session, house.ramona, first, now=house.now)
    assert house.entry(first).state == "waiting"


def test_who_books_elsewhere_waits_no_more(house: House, drain_outbox: DrainOutbox) -> None:
    first = house.join(1)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    calendar = calendar_view(house.session, house.scene.org_id, calendar_id=house.scene.calendar_id)
    wish = Wish(house.start, None, "phone", ZONE)
    book(house.session, house.redis, house.ramona, calendar, wish, house.people[1], now=house.now)
    house.session.commit()
    later(house, drain_outbox, seconds=25)
    assert house.entry(first).state == "booked"


def test_out_of_turn_by_hand_and_next_in_turn(house: House) -> None:
    first, second = house.join(1), house.join(2)
    actions.bring_forward(house.session, house.ramona, second, now=house.now)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    made = actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now)
    assert made == 1
    assert house.offers("open")[0].entry_id == second
    with pytest.raises(Conflict, match="slot_taken"):
        actions.offer_by_hand(
            house.session, house.redis, house.ramona, first, house.start, now=house.now
        )
    with pytest.raises(Conflict, match="offer_open"):
        actions.offer_by_hand(
            house.session, house.redis, house.ramona, second, house.start, now=house.now
        )


def test_two_runs_at_once_offer_once(house: House, drain_outbox: DrainOutbox) -> None:
    house.join(1)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    runs = [
        actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now)
        for _ in range(3)
    ]
    assert runs == [1, 0, 0]


def test_an_offer_that_the_clinic_can_no_longer_keep_books_nothing(house: House) -> None:
    first = house.join(1)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now)
    [offer] = house.offers("open")
    day = house.start.date()
    args = (house.ramona, house.scene.specialist_id, day, "replace", [], "ill", house.now)
    set_override(house.session, *args)
    house.session.flush()
    with house.session.begin_nested() as inner:
        with pytest.raises(Conflict, match="slot_taken"):
            actions.accept(
                house.session, house.redis, house.ramona, offer.id, channel="online", now=house.now
            )
        inner.rollback()
    assert house.offers("open")
    actions.withdraw(house.session, house.ramona, offer.id, now=house.now)
    assert house.entry(first).state == "waiting"


def test_without_redis_offers_are_made_and_taken(house: House) -> None:
    away = Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.05)
    house.join(1)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    assert actions.offer_freed(house.session, away, house.scene.org_id, now=house.now) == 1
    [offer] = house.offers("open")
    visit = actions.accept(
        house.session, away, house.ramona, offer.id, channel="online", now=house.now
    )
    assert visit.starts_at == house.start


@pytest.mark.proves("KRN-01")
def test_another_clinic_sees_neither_list_nor_offer(house: House) -> None:
    entry = house.join(1)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now)
    [offer] = house.offers("open")
    stranger = staff_actor(house.cast.bogdan)
    enter(house.session, Scope(org_id=house.cast.other_clinic.id))
    assert waiting(house.session, house.scene.org_id) == []
    for act in (
        lambda: actions.leave(house.session, stranger, entry, now=NOW),
        lambda: actions.decline(house.session, stranger, offer.id, now=NOW),
        lambda: actions.bring_forward(house.session, stranger, entry, now=NOW),
    ):
        with pytest.raises(NotFound):
            act()
    assert house.offers("open")


@pytest.mark.parametrize("died_after", ["before its commit", "after its commit"])
def test_an_event_that_is_handled_twice_offers_once(house: House, died_after: str) -> None:
    """A worker that is killed leaves an event that is handled again: from the start, or on top of what was done."""
    house.join(1)
    house.join(2)
    cancel(house.session, house.ramona, house.visit, now=house.now)
    with house.session.begin_nested() as work:
        actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now)
        if died_after == "before its commit":
            work.rollback()
    actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now)
    [offer] = house.offers("open")
    live = select(func.count()).select_from(Occupancy).where(Occupancy.live)
    assert house.session.scalar(live) == 1
    assert offer.starts_at == house.start


def test_a_late_wish_is_met_though_hundreds_of_early_times_are_free(house: House) -> None:
    """Everybody's wish is looked at in all of the coming weeks, however much is free before."""
    for days in range(1, 60):
        day = NOW.date() + dt.timedelta(days=days)
        args = (house.ramona, house.scene.specialist_id, day, "replace", [(480, 1080)], "", NOW)
        set_override(house.session, *args)
    day = NOW.date() + dt.timedelta(days=50)
    house.join(1, first_day=day, last_day=day)
    assert actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now) == 1
    assert house.offers("open")[0].starts_at.date() == day


def test_who_lets_three_times_go_is_left_alone_until_the_next_day(house: House) -> None:
    day = NOW.date() + dt.timedelta(days=3)
    args = (house.ramona, house.scene.specialist_id, day, "replace", [(480, 1080)], "", NOW)
    set_override(house.session, *args)
    entry = house.join(1)

    def offer() -> int:
        return actions.offer_freed(house.session, house.redis, house.scene.org_id, now=house.now)

    for _ in range(3):
        assert offer() == 1
        actions.decline(house.session, house.ramona, house.offers("open")[0].id, now=house.now)
    assert offer() == 0
    house.clock.advance(hours=24)
    assert offer() == 1
    assert house.entry(entry).state == "waiting"


class List(RuleBasedStateMachine):
    """The list under whatever order of acts, against what must always hold; `house` is set by the test."""

    house: House

    def __init__(self) -> None:
        super().__init__()
        self.outer = self.house.session.begin_nested()
        self.began = self.house.clock.now()
        enter(self.house.session, Scope(org_id=self.house.scene.org_id))

    def teardown(self) -> None:
        self.outer.rollback()
        self.house.session.expire_all()
        self.house.clock.set(self.began)

    @rule(who=st.integers(1, 4))
    def join(self, who: int) -> None:
        self.house.join(who)

    @rule(who=st.integers(1, 4))
    def leave(self, who: int) -> None:
        for entry in self._entries(who):
            actions.leave(self.house.session, self.house.ramona, entry.id, now=self.house.now)

    @rule()
    def cancel(self) -> None:
        for visit in self.house.session.scalars(
            select(Appointment).where(Appointment.state.in_(("booked", "upcoming")))
        ).all():
            cancel(self.house.session, self.house.ramona, visit.id, now=self.house.now)

    @rule()
    def offer(self) -> None:
        """Whoever is offered the time was the first in turn of those who had not been asked about it before."""
        asked = {one.entry_id for one in self.house.offers()}
        due = [
            one.id
            for one in waiting(self.house.session, self.house.scene.org_id)
            if one.id not in asked
        ]
        made = actions.offer_freed(
            self.house.session, self.house.redis, self.house.scene.org_id, now=self.house.now
        )
        new = [one.entry_id for one in self.house.offers() if one.entry_id not in asked]
        assert len(new) == made
        assert new == due[:made]
        may = deadline(
            self.house.now, self.house.start, notice_min=120, window_min=60, time_zone=ZONE
        )
        assert made or not due or may is None or not self.house.free()

    @rule(who=st.integers(1, 4))
    def forward(self, who: int) -> None:
        for entry in self._entries(who):
            actions.bring_forward(
                self.house.session, self.house.ramona, entry.id, now=self.house.now
            )
            assert waiting(self.house.session, self.house.scene.org_id)[0].id == entry.id

    @rule(minutes=st.integers(1, 90))
    def wait(self, minutes: int) -> None:
        self.house.clock.advance(minutes=minutes)
        actions.expire(self.house.session, self.house.scene.org_id, now=self.house.now)

    @precondition(lambda self: self.house.offers("open"))
    @rule(take=st.booleans())
    def answer(self, take: bool) -> None:
        [offer] = self.house.offers("open")
        if take:
            actions.accept(
                self.house.session,
                self.house.redis,
                self.house.ramona,
                offer.id,
                channel="phone",
                now=self.house.now,
            )
        else:
            actions.decline(self.house.session, self.house.ramona, offer.id, now=self.house.now)

    @invariant()
    def one_holder(self) -> None:
        """The one time there is belongs to one visit or one open offer, or is free."""
        enter(self.house.session, Scope(org_id=self.house.scene.org_id))
        visits = self.house.session.scalar(
            select(func.count())
            .select_from(Appointment)
            .where(Appointment.state.not_in(("cancelled",)))
        )
        held = self.house.session.scalar(
            select(func.count()).select_from(Occupancy).where(Occupancy.live)
        )
        assert (visits or 0) + len(self.house.offers("open")) == held
        assert held in (0, 1)

    @invariant()
    def ended_offers_are_dated_and_entries_fit(self) -> None:
        for one in self.house.offers():
            assert (one.state == "open") == (one.answered_at is None)
            if one.state == "open":
                assert self.house.entry(one.entry_id).state == "waiting"
            if one.state == "accepted":
                assert self.house.entry(one.entry_id).state in ("booked", "waiting")

    def _entries(self, who: int) -> list[WaitingEntry]:
        return list(
            self.house.session.scalars(
                select(WaitingEntry).where(
                    WaitingEntry.patient_id == self.house.people[who],
                    WaitingEntry.state == "waiting",
                )
            )
        )


def test_the_list_under_any_order_of_acts(house: House) -> None:
    run_state_machine_as_test(
        type("ListOfHouse", (List,), {"house": house}),
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
