"""What becomes of an offer: accepted, declined, run out, withdrawn; each ends it exactly once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book
from app.appointments.actions.time_taken import give_back
from app.appointments.models import Appointment
from app.appointments.queries.addons import offered_addons, with_all_addons
from app.kernel import live
from app.kernel.access.actor import Actor, system
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.lib.errors import Conflict, Invalid, NotFound
from app.scheduling.queries import CalendarView, calendar_view
from app.waiting.models import WaitingEntry, WaitingOffer

ENDED = "waiting.offer_ended"


def accept(
    session: Session,
    redis: Redis,
    actor: Actor,
    offer_id: uuid.UUID,
    *,
    channel: str,
    now: dt.datetime,
    wanted: Mapping[uuid.UUID, int] | None = None,
) -> Appointment:
    """Book the offered time with the add-ons `wanted`; accepting twice gives the same visit.

    The held time passes to the visit within this transaction. Raises Conflict `offer_over` after its end,
    `slot_taken` where the clinic has closed that time meanwhile or it is too short with what is added,
    Invalid `addon_unknown` for what patients cannot add, and NotFound.
    """
    entry = _entry_of(session, actor, offer_id)
    offer = _locked(session, actor, offer_id)
    if offer.state == "accepted" and offer.appointment_id is not None:
        return session.get_one(Appointment, (actor.clinic, offer.appointment_id))
    if offer.state != "open" or now >= offer.expires_at:
        raise Conflict("offer_over")
    calendar = calendar_view(session, actor.clinic, calendar_id=entry.calendar_id)
    if wanted:
        calendar = _with_all(session, actor, calendar, wanted)
    give_back(session, actor.clinic, offer.id)
    wish = Wish(offer.starts_at, offer.specialist_id, channel, entry.time_zone)
    visit = book(session, redis, actor, calendar, wish, entry.patient_id, now=now)
    offer.state, offer.answered_at, offer.appointment_id = "accepted", now, visit.id
    entry.state, entry.ended_at = "booked", now
    session.flush()
    _told(session, actor, "waiting.accept", offer, now)
    return visit


def _with_all(
    session: Session, actor: Actor, calendar: CalendarView, wanted: Mapping[uuid.UUID, int]
) -> CalendarView:
    """The calendar with all of these. Raises Invalid `addon_unknown`."""
    offered = offered_addons(session, actor.clinic, calendar, online=True)
    whole = with_all_addons(calendar, offered, wanted)
    if whole is None:
        raise Invalid.one("addons", "addon_unknown")
    return whole


def decline(session: Session, actor: Actor, offer_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Let the offered time go on to the next; who declines stays on the list. Declining twice is no error.

    Raises Conflict `offer_over` when it was answered otherwise, NotFound.
    """
    offer = _locked(session, actor, offer_id)
    if offer.state == "declined":
        return
    if offer.state != "open":
        raise Conflict("offer_over")
    _end(session, actor, offer, "declined", now)


def withdraw(session: Session, actor: Actor, offer_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Take an open offer back; any other is left as it is. Raises NotFound."""
    offer = _locked(session, actor, offer_id)
    if offer.state == "open":
        _end(session, actor, offer, "withdrawn", now)


def expire(session: Session, org_id: uuid.UUID, *, now: dt.datetime) -> int:
    """End the offers whose time has run out; gives how many. Those that somebody answers just now are left to them."""
    late = session.scalars(
        select(WaitingOffer)
        .where(
            WaitingOffer.org_id == org_id,
            WaitingOffer.state == "open",
            WaitingOffer.expires_at <= now,
        )
        .order_by(WaitingOffer.id)
        .with_for_update(skip_locked=True)
    ).all()
    for offer in late:
        _end(session, system(org_id), offer, "expired", now)
    return len(late)


def _end(session: Session, actor: Actor, offer: WaitingOffer, state: str, now: dt.datetime) -> None:
    offer.state, offer.answered_at = state, now
    session.flush()
    give_back(session, actor.clinic, offer.id)
    _told(session, actor, f"waiting.{state}", offer, now)
    emit(session, actor.clinic, ENDED, {"offer_id": offer.id}, at=now)


def _entry_of(session: Session, actor: Actor, offer_id: uuid.UUID) -> WaitingEntry:
    """The entry of an offer, locked: always before the offer itself, as leaving does."""
    entry = session.scalar(
        select(WaitingEntry)
        .join(
            WaitingOffer,
            (WaitingOffer.org_id == WaitingEntry.org_id)
            & (WaitingOffer.entry_id == WaitingEntry.id),
        )
        .where(WaitingOffer.org_id == actor.clinic, WaitingOffer.id == offer_id)
        .with_for_update(of=WaitingEntry)
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise NotFound("waiting_offer_not_found")
    return entry


def _locked(session: Session, actor: Actor, offer_id: uuid.UUID) -> WaitingOffer:
    offer = session.get(
        WaitingOffer, (actor.clinic, offer_id), with_for_update=True, populate_existing=True
    )
    if offer is None:
        raise NotFound("waiting_offer_not_found")
    return offer


def _told(
    session: Session, actor: Actor, action: str, offer: WaitingOffer, now: dt.datetime
) -> None:
    record(session, actor, action, "waiting_entry", offer.entry_id, at=now)
    for topic in (live.APPOINTMENTS, live.WAITING):
        live.tell(session, actor.clinic, topic)
