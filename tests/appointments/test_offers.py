"""What a page offers is what booking would choose, and an offered time that has passed is refused."""

from __future__ import annotations

import datetime as dt
from itertools import islice

import pytest
from redis import Redis
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book_as_guest, hold_offered
from app.appointments.actions.booking import candidates
from app.appointments.queries.offers import MOST, offer_of
from app.kernel.access.actor import GUEST, Actor
from app.kernel.tenancy.scope import Scope, enter
from app.lib.errors import Invalid
from app.people.actions import checked_contact
from app.scheduling.queries import Asker, CalendarView, Slot, calendar_view, slot_page
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.app import NOW

pytestmark = pytest.mark.proves("SCH-02", "SCH-03")


@pytest.fixture
def clinic(session: Session) -> OpenClinic:
    """Five specialists who stand alike."""
    opened = open_clinic(session, "five-people", now=NOW, specialists=5)
    enter(session, Scope(org_id=opened.id))
    return opened


def calendar_of(session: Session, clinic: OpenClinic) -> CalendarView:
    return calendar_view(session, clinic.id, slug=clinic.calendar, public_only=True)


def shown(session: Session, redis: Redis, clinic: OpenClinic) -> list[Slot]:
    first = NOW.date() + dt.timedelta(days=1)
    page = slot_page(
        session,
        redis,
        clinic.id,
        calendar_of(session, clinic),
        Asker(NOW),
        first=first,
        days=2,
        time_zone="Europe/Bucharest",
    )
    return [slot for one in page.days for slot in one.slots]


def test_the_order_is_the_one_in_which_booking_would_choose(
    session: Session, redis: Redis, clinic: OpenClinic
) -> None:
    calendar = calendar_of(session, clinic)
    slots = shown(session, redis, clinic)
    contact = checked_contact("Ana Pop", "ana@example.com", "0722 123 456", "RO")
    for slot in slots[:24:8]:  # So that they no longer stand all alike.
        wish = Wish(slot.starts_at, slot.specialist_ids[0], "online", "Europe/Bucharest")
        guest = Actor(kind=GUEST, org_id=clinic.id)
        book_as_guest(session, redis, guest, calendar, wish, contact, texts_allowed=False, now=NOW)
    slots = shown(session, redis, clinic)
    offer = offer_of(session, clinic.id, calendar, slots, by_name=False, now=NOW)
    assert offer is not None
    for slot in slots:
        wish = Wish(slot.starts_at, None, "online", "Europe/Bucharest")
        able = slot.specialist_ids
        order = candidates(session, clinic.id, calendar, wish, able, lambda: None, NOW)
        wanted = [(person.id, why) for person, why in islice(order, MOST)]
        found = offer.starts[slot.starts_at]
        assert [(one.specialist_id, one.reason.value) for one in found] == wanted
    assert len({found[0].specialist_id for found in offer.starts.values()}) > 1


def test_a_chosen_specialist_is_said_to_be_chosen(
    session: Session, redis: Redis, clinic: OpenClinic
) -> None:
    calendar, slot = calendar_of(session, clinic), shown(session, redis, clinic)[0]
    alone = Slot(slot.starts_at, slot.specialist_ids[:1])
    offer = offer_of(session, clinic.id, calendar, [alone], by_name=True, now=NOW)
    assert offer is not None
    held = hold_offered(redis, offer, slot.starts_at, "ana", now=NOW)
    assert held is not None
    assert (held.assigned.specialist_id, held.assigned.reason) == (
        slot.specialist_ids[0],
        "chosen_by_patient",
    )


def test_a_time_that_has_passed_is_refused(
    session: Session, redis: Redis, clinic: OpenClinic
) -> None:
    slot = shown(session, redis, clinic)[0]
    offer = offer_of(
        session, clinic.id, calendar_of(session, clinic), [slot], by_name=False, now=NOW
    )
    assert offer is not None
    late = slot.starts_at + dt.timedelta(seconds=1)
    with pytest.raises(Invalid, match="slot_past"):
        hold_offered(redis, offer, slot.starts_at, "ana", now=late)


def test_a_page_without_times_offers_nothing(session: Session, clinic: OpenClinic) -> None:
    calendar = calendar_of(session, clinic)
    assert offer_of(session, clinic.id, calendar, [], by_name=False, now=NOW) is None
