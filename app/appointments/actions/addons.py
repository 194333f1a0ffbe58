"""Add-ons of a visit: kept with the booking as agreed, changed by staff later; the end moves with them (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.appointments.actions.changes import announce, apply, load
from app.appointments.models import Appointment, VisitAddon
from app.appointments.queries.addons import KeptAddon, addons_of_visit, offered_addons
from app.appointments.queries.length import why_not_longer
from app.appointments.rules.length import minutes_of, possible
from app.appointments.states import IN_PROGRESS, OPEN
from app.catalog.addon_rules import MOST, Addon, Chosen
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.db import table_of, write_row
from app.lib.errors import Conflict, Invalid
from app.lib.ids import uuid7
from app.scheduling.actions.stretching import stretch_time
from app.scheduling.queries import Asker, CalendarView, calendar_view

MAY_CHANGE = (*OPEN, IN_PROGRESS)
_ADDONS = table_of(VisitAddon)


def keep_addons(
    session: Session, appointment: Appointment, chosen: Sequence[Chosen], now: dt.datetime
) -> None:
    """Keep what a visit was booked with, as it was offered."""
    for one in chosen:
        write_row(session, _ADDONS, _row(appointment, one.addon, one.quantity, now))


def change_addons(
    session: Session,
    redis: Redis,
    actor: Actor,
    appointment_id: uuid.UUID,
    wanted: Mapping[uuid.UUID, int],
    *,
    now: dt.datetime,
) -> Appointment:
    """Give a visit these add-ons in place of those it has; what it has already keeps its price. Staff only.

    Price and end of the visit move with them, under the same engine and constraint as any change of its length.
    Raises NotFound, Invalid `addon_unknown` or `length_invalid`, Conflict `illegal_move` for a visit that is over,
    `slot_taken` where the longer time is not free.
    """
    visit = load(session, actor, appointment_id)
    if visit.state not in MAY_CHANGE:
        raise Conflict("illegal_move", state=visit.state, verb="addons")
    calendar = calendar_view(session, actor.clinic, calendar_id=visit.calendar_id)
    has = addons_of_visit(session, actor.clinic, visit.id)
    known = possible_addons(session, actor.clinic, calendar, has)
    after = _demanded(known, wanted)
    before = {one.addon_id: one.quantity for one in has}
    if after == before:
        return visit
    values = _moved(session, redis, actor, visit, calendar, known, before, after, now)
    _rewrite(session, visit, has, known, after, now)
    was_price, was_end = visit.price_minor, visit.ends_at
    changed = apply(session, actor, visit, "addons", values, now=now)
    record(
        session,
        actor,
        "appointments.addons",
        "appointment",
        visit.id,
        at=now,
        before={"price_minor": was_price, "addons": _told(known, before)},
        after={"price_minor": changed.price_minor, "addons": _told(known, after)},
    )
    if changed.ends_at != was_end:
        announce(session, actor, changed, "appointment.stretched", now=now)
    return changed


def possible_addons(
    session: Session, org_id: uuid.UUID, calendar: CalendarView, has: Sequence[KeptAddon]
) -> dict[uuid.UUID, Addon]:
    """What a visit may have: what it has, at the price agreed, though it be offered no more; and what is offered."""
    offered = {one.id: one for one in offered_addons(session, org_id, calendar)}
    kept = {
        one.addon_id: Addon(
            one.addon_id,
            one.names,
            one.price_minor,
            one.extra_min,
            max(one.quantity, offered[one.addon_id].most if one.addon_id in offered else 1),
        )
        for one in has
    }
    return {**offered, **kept}


def _demanded(
    known: Mapping[uuid.UUID, Addon], wanted: Mapping[uuid.UUID, int]
) -> dict[uuid.UUID, int]:
    for addon_id, quantity in wanted.items():
        if addon_id not in known:
            raise Invalid.one("addons", "addon_unknown")
        if not 0 <= quantity <= known[addon_id].most:
            most = min(known[addon_id].most, MOST)
            raise Invalid.one("addons", "out_of_range", lowest=0, highest=most)
    return {addon_id: quantity for addon_id, quantity in wanted.items() if quantity}


def _moved(
    session: Session,
    redis: Redis,
    actor: Actor,
    visit: Appointment,
    calendar: CalendarView,
    known: Mapping[uuid.UUID, Addon],
    before: Mapping[uuid.UUID, int],
    after: Mapping[uuid.UUID, int],
    now: dt.datetime,
) -> dict[str, Any]:
    """Price and end of the visit with the change; the longer time is taken."""
    more = {one: after.get(one, 0) - before.get(one, 0) for one in {*before, *after}}
    price = visit.price_minor + sum(known[one].price_minor * n for one, n in more.items())
    extra = sum(known[one].extra_min * n for one, n in more.items())
    values: dict[str, Any] = {"price_minor": max(price, 0)}
    if not extra:
        return values
    minutes = minutes_of(visit.starts_at, visit.ends_at) + extra
    if not possible(minutes):
        raise Invalid.one("addons", "length_invalid")
    if why_not_longer(
        session, redis, actor.clinic, calendar, Asker(now, staff=True), visit, minutes
    ):
        raise Conflict("slot_taken")
    ends_at = visit.starts_at + dt.timedelta(minutes=minutes)
    if not stretch_time(session, actor.clinic, visit.id, ends_at):
        raise Conflict("slot_taken")
    return {**values, "ends_at": ends_at}


def _rewrite(
    session: Session,
    visit: Appointment,
    has: Sequence[KeptAddon],
    known: Mapping[uuid.UUID, Addon],
    after: Mapping[uuid.UUID, int],
    now: dt.datetime,
) -> None:
    """Close what changes and write what is new; rows that stay are not touched."""
    closed = [one.id for one in has if after.get(one.addon_id) != one.quantity]
    session.execute(
        update(VisitAddon)
        .where(VisitAddon.org_id == visit.org_id, VisitAddon.id.in_(closed))
        .values(removed_at=now)
    )
    before = {one.addon_id: one.quantity for one in has}
    for one, quantity in after.items():
        if before.get(one) != quantity:
            write_row(session, _ADDONS, _row(visit, known[one], quantity, now))


def _row(visit: Appointment, addon: Addon, quantity: int, now: dt.datetime) -> dict[str, Any]:
    return {
        "org_id": visit.org_id,
        "id": uuid7(),
        "appointment_id": visit.id,
        "addon_id": addon.id,
        "names": addon.names,
        "quantity": quantity,
        "price_minor": addon.price_minor,
        "extra_min": addon.extra_min,
        "created_at": now,
    }


def _told(known: Mapping[uuid.UUID, Addon], quantities: Mapping[uuid.UUID, int]) -> list[str]:
    """For the trail: each with its number, by the names of the clinic's first language."""
    return [
        f"{quantity} × {next(iter(known[one].names.values()), '')}"
        for one, quantity in sorted(quantities.items())
    ]
