"""A calendar with what somebody adds to the visit, and what a visit has (APT-02).

More time makes the visit longer for every question: listed, held, booked and explained by the same engine.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import VisitAddon
from app.catalog.addon_rules import Addon, Chosen, choose, minutes_of, price_of
from app.catalog.addons import addons_of
from app.scheduling.queries import CalendarView


@dataclass(frozen=True, slots=True)
class KeptAddon:
    """What a visit has; price in minor units and minutes of one, as agreed when it was added."""

    id: uuid.UUID
    addon_id: uuid.UUID
    names: dict[str, Any]
    quantity: int
    price_minor: int
    extra_min: int

    @property
    def total_minor(self) -> int:
        return self.quantity * self.price_minor


def offered_addons(
    session: Session, org_id: uuid.UUID, calendar: CalendarView, *, online: bool = False
) -> list[Addon]:
    """What can be added to a visit of this calendar; a class lasts as long as it lasts, so nothing that takes time."""
    return fitting(addons_of(session, org_id, calendar.service_id, online=online), calendar)


def fitting(addons: Iterable[Addon], calendar: CalendarView) -> list[Addon]:
    """Of what its service has, what visits of this calendar can have."""
    return [one for one in addons if not one.extra_min or calendar.offer.capacity < 2]


def with_addons(
    calendar: CalendarView, offered: list[Addon], wanted: Mapping[uuid.UUID, int]
) -> CalendarView:
    """The calendar for a visit with these: its price and length are those of the whole."""
    return extended(calendar, choose(offered, wanted)) if wanted else calendar


def with_all_addons(
    calendar: CalendarView, offered: list[Addon], wanted: Mapping[uuid.UUID, int]
) -> CalendarView | None:
    """The same; None where any of these cannot be added as asked: less would be a surprise."""
    whole = with_addons(calendar, offered, wanted)
    has = {one.addon.id: one.quantity for one in whole.addons}
    return whole if has == dict(wanted) else None


def extended(calendar: CalendarView, chosen: tuple[Chosen, ...]) -> CalendarView:
    """The calendar with the chosen add-ons in its price and length."""
    if not chosen:
        return calendar
    offer = calendar.offer
    return replace(
        calendar,
        offer=replace(offer, duration_min=offer.duration_min + minutes_of(chosen)),
        price_minor=calendar.price_minor + price_of(chosen),
        addons=chosen,
    )


def addons_of_visit(
    session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID
) -> list[KeptAddon]:
    """What a visit has now, in the order in which it was added."""
    rows = session.execute(
        select(
            VisitAddon.id,
            VisitAddon.addon_id,
            VisitAddon.names,
            VisitAddon.quantity,
            VisitAddon.price_minor,
            VisitAddon.extra_min,
        )
        .where(
            VisitAddon.org_id == org_id,
            VisitAddon.appointment_id == appointment_id,
            VisitAddon.removed_at.is_(None),
        )
        .order_by(VisitAddon.id)
    )
    return [KeptAddon(*row) for row in rows]
