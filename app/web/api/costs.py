"""What changing a booking costs now, and that it was said before (APT-03)."""

from __future__ import annotations

from app.appointments.queries import VisitView
from app.appointments.rules.policy import Due, owed, patient_may_change
from app.appointments.states import OPEN
from app.lib.errors import Conflict
from app.web.api.shapes.offer import Price
from app.web.http import context


def may_change(seen: VisitView) -> bool:
    """Whether it can be cancelled or moved by its token now: in time, and late where the clinic lets patients."""
    return seen.state in OPEN and patient_may_change(context.now(), seen.starts_at, seen.terms)


def cost_of(seen: VisitView, what: str) -> Price | None:
    """What that change costs now; None for nothing."""
    due = _due(seen, what)
    return None if due is None else Price(minor=due.amount_minor, currency=seen.currency)


def demand_accepted(seen: VisitView, what: str, told: int | None) -> None:
    """Nothing costs by surprise. Raises Conflict `cost_not_accepted`."""
    due = _due(seen, what)
    if due is not None and told != due.amount_minor:
        raise Conflict("cost_not_accepted")


def _due(seen: VisitView, what: str) -> Due | None:
    if not may_change(seen):
        return None
    return owed(what, context.now(), seen.starts_at, seen.terms, seen.price_minor, by_patient=True)
