"""What is added to a visit: chosen within what is offered, counted in price and time, kept as agreed, changed later."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book
from app.appointments.actions.addons import change_addons
from app.appointments.actions.moving import NewTime, move
from app.appointments.messages import context, entry, visit_news
from app.appointments.models import Appointment, AppointmentChange, VisitAddon
from app.appointments.queries.addons import addons_of_visit, offered_addons, with_addons
from app.catalog.addon_rules import (
    Addon,
    Chosen,
    choose,
    minutes_of,
    price_of,
    read_tokens,
    tokens,
)
from app.catalog.addons import AddonDraft, add_addon, archive_addon, change_addon
from app.kernel.access.actor import Actor
from app.lib.errors import Conflict, Invalid, NotFound
from app.scheduling.models import Occupancy
from app.scheduling.queries import Asker, CalendarView, calendar_view, free_at
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import book_for
from tests.factories.scene import Scene
from tests.support.app import NOW

pytestmark = pytest.mark.proves("APT-02")
TAPING = AddonDraft({"ro": "Taping", "en": "Taping"}, 4000, most=2)
LONGER = AddonDraft({"ro": "Încă 30 de minute"}, 9000, extra_min=30)
TWELVE = dt.datetime(2027, 3, 3, 10, 0, tzinfo=dt.UTC)  # Bucharest's noon: free until one.
TWO = dt.datetime(2027, 3, 3, 12, 0, tzinfo=dt.UTC)
ADDONS = st.builds(
    Addon,
    id=st.uuids(),
    names=st.just({"ro": "x"}),
    price_minor=st.integers(0, 10**6),
    extra_min=st.sampled_from([0, 5, 15, 240]),
    most=st.integers(1, 10),
)


@given(st.lists(ADDONS, max_size=5, unique_by=lambda one: one.id), st.data())
def test_a_choice_stays_within_what_is_offered_and_survives_its_address(
    offered: list[Addon], data: st.DataObject
) -> None:
    known = [one.id for one in offered]
    keys = st.sampled_from(known) | st.uuids() if known else st.uuids()
    wanted = data.draw(st.dictionaries(keys, st.integers(-1, 99), max_size=6))
    chosen = choose(offered, wanted)
    assert all(one.addon in offered and 1 <= one.quantity <= one.addon.most for one in chosen)
    assert choose(offered, read_tokens(tokens(chosen))) == chosen
    assert price_of(chosen) == sum(one.quantity * one.addon.price_minor for one in chosen)
    assert minutes_of(chosen) == sum(one.quantity * one.addon.extra_min for one in chosen)


@given(st.text(max_size=80))
def test_an_address_that_says_nonsense_adds_nothing_unasked(text: str) -> None:
    assert all(0 <= count < 100 for count in read_tokens(text).values())


@pytest.fixture
def reception(cast: Cast) -> Actor:
    return staff_actor(cast.ramona)


@pytest.fixture
def ids(session: Session, scene: Scene, cast: Cast) -> tuple[uuid.UUID, uuid.UUID]:
    """Taping, twice at most, and thirty minutes more."""
    owner = staff_actor(cast.olga)
    taping, longer = (
        add_addon(session, owner, scene.service_id, one, now=NOW) for one in (TAPING, LONGER)
    )
    return taping, longer


def calendar_with(session: Session, scene: Scene, **wanted: int) -> CalendarView:
    """The scene's calendar with so many of the add-ons whose name begins so."""
    calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
    offered = offered_addons(session, scene.org_id, calendar)
    said = {
        one.id: count
        for one in offered
        for name, count in wanted.items()
        if one.names["ro"].casefold().startswith(name)
    }
    return with_addons(calendar, offered, said)


def booked(session: Session, redis: Redis, scene: Scene, cast: Cast, **wanted: int) -> Appointment:
    calendar = calendar_with(session, scene, **wanted)
    wish = Wish(TWELVE, scene.specialist_id, "phone", "Europe/Bucharest")
    patient_id = cast.petra.patient_id
    assert patient_id is not None
    return book(session, redis, staff_actor(cast.ramona), calendar, wish, patient_id, now=NOW)


def taken(session: Session, visit_id: uuid.UUID) -> dt.datetime:
    return session.scalars(
        select(Occupancy.visit_ends_at).where(Occupancy.reference_id == visit_id, Occupancy.live)
    ).one()


def test_kept_with_the_booking_in_price_time_and_message(
    session: Session, redis: Redis, scene: Scene, cast: Cast, ids: tuple[uuid.UUID, uuid.UUID]
) -> None:
    visit = booked(session, redis, scene, cast, taping=2)
    assert (visit.price_minor, visit.ends_at) == (26000, TWELVE + dt.timedelta(minutes=45))
    change_addon(session, staff_actor(cast.olga), ids[0], AddonDraft({"ro": "X"}, 1), now=NOW)
    (kept,) = addons_of_visit(session, scene.org_id, visit.id)
    assert (kept.names["ro"], kept.quantity, kept.total_minor) == ("Taping", 2, 8000)
    news = visit_news(session, scene.org_id, visit.id)
    assert context(news, NOW)["addons"] == [
        {"names": {"ro": "Taping", "en": "Taping"}, "quantity": 2, "total_minor": 8000}
    ]
    assert "Taping" not in entry(news, NOW).summary + entry(news, NOW).description


def test_more_time_goes_through_the_same_engine(
    session: Session, redis: Redis, scene: Scene, cast: Cast, ids: tuple[uuid.UUID, uuid.UUID]
) -> None:
    """At noon 45 minutes fit before the break at one, 75 do not."""
    asker = Asker(NOW, staff=True)
    plain, longer = calendar_with(session, scene), calendar_with(session, scene, încă=1)
    assert longer.offer.duration_min == 75
    assert free_at(session, redis, scene.org_id, plain, asker, TWELVE, None)
    assert not free_at(session, redis, scene.org_id, longer, asker, TWELVE, None)
    assert free_at(session, redis, scene.org_id, longer, asker, TWO, None)
    with pytest.raises(Conflict):
        booked(session, redis, scene, cast, încă=1)


def test_a_class_lasts_as_long_as_it_lasts(
    session: Session, scene: Scene, ids: tuple[uuid.UUID, uuid.UUID]
) -> None:
    calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
    object.__setattr__(calendar.offer, "capacity", 8)
    assert [one.id for one in offered_addons(session, scene.org_id, calendar)] == [ids[0]]
    object.__setattr__(calendar.offer, "capacity", 1)


def test_changed_later_with_price_end_and_history(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    reception: Actor,
    ids: tuple[uuid.UUID, uuid.UUID],
) -> None:
    taping, longer = ids
    visit = book_for(session, redis, scene, cast, TWO)
    changed = change_addons(session, redis, reception, visit.id, {taping: 1, longer: 1}, now=NOW)
    assert (changed.price_minor, changed.ends_at) == (31000, TWO + dt.timedelta(minutes=75))
    assert taken(session, visit.id) == changed.ends_at
    archive_addon(session, staff_actor(cast.olga), taping, now=NOW)
    again = change_addons(session, redis, reception, visit.id, {taping: 1}, now=NOW)
    assert (again.price_minor, again.ends_at) == (22000, TWO + dt.timedelta(minutes=45))
    assert taken(session, visit.id) == again.ends_at
    none = change_addons(session, redis, reception, visit.id, {}, now=NOW)
    assert (none.price_minor, none.version) == (18000, 3)
    assert change_addons(session, redis, reception, visit.id, {}, now=NOW).version == 3
    verbs = session.scalars(
        select(AppointmentChange.verb)
        .where(AppointmentChange.appointment_id == visit.id)
        .order_by(AppointmentChange.version)
    )
    assert list(verbs) == ["book", "addons", "addons", "addons"]
    rows = session.scalars(select(VisitAddon).where(VisitAddon.appointment_id == visit.id)).all()
    assert len(rows) == 2
    assert all(one.removed_at == NOW for one in rows)


def test_a_move_keeps_the_longer_time(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    reception: Actor,
    ids: tuple[uuid.UUID, uuid.UUID],
) -> None:
    visit = book_for(session, redis, scene, cast, TWO)
    change_addons(session, redis, reception, visit.id, {ids[1]: 1}, now=NOW)
    later = NewTime(TWO + dt.timedelta(hours=1), scene.specialist_id)
    moved = move(session, redis, reception, visit.id, later, now=NOW)
    assert moved.ends_at - moved.starts_at == dt.timedelta(minutes=75)
    assert [one.addon_id for one in addons_of_visit(session, scene.org_id, visit.id)] == [ids[1]]


def test_what_cannot_be_is_refused(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    reception: Actor,
    ids: tuple[uuid.UUID, uuid.UUID],
) -> None:
    taping, longer = ids
    noon = book_for(session, redis, scene, cast, TWELVE)
    with pytest.raises(Conflict):
        change_addons(session, redis, reception, noon.id, {longer: 1}, now=NOW)
    for wanted in ({taping: 3}, {taping: -1}, {uuid.uuid4(): 1}):
        with pytest.raises(Invalid):
            change_addons(session, redis, reception, noon.id, wanted, now=NOW)
    owner = staff_actor(cast.olga)
    for draft in (
        AddonDraft({"ro": " "}, 1),
        AddonDraft({"ro": "x"}, -1),
        AddonDraft({"ro": "x"}, 1, extra_min=7),
        AddonDraft({"ro": "x"}, 1, extra_min=245),
        AddonDraft({"ro": "x"}, 1, most=11),
    ):
        with pytest.raises(Invalid):
            add_addon(session, owner, scene.service_id, draft, now=NOW)
    with pytest.raises(NotFound):
        add_addon(session, owner, uuid.uuid4(), TAPING, now=NOW)


def test_quantities_multiply() -> None:
    addon = Addon(uuid.uuid4(), {"ro": "x"}, 250, 10, 5)
    assert (Chosen(addon, 3).price_minor, Chosen(addon, 3).extra_min) == (750, 30)
