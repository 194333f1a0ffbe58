"""Changing a booking late through the API: said before what it costs, and never a surprise (APT-03)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.appointments.models import VisitCharge
from app.catalog.models import Service
from app.catalog.terms import Fee, Terms, stored
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.scene import Scene
from tests.support.clock import FrozenClock
from tests.web.api.conftest import CONSENTS, CONTACT, Program

pytestmark = pytest.mark.proves("APT-03", "BOK-02")
START = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
LENIENT = Terms(late=Fee(percent=50), late_online=True)
HALF = {"minor": 9000, "currency": "RON"}


@pytest.fixture
def booking(program: Program, session: Session, scene: Scene) -> str:
    """The path of a booking that may be changed late for half its price."""
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Service).values(terms=stored(LENIENT)))
    body = {"calendar": scene.calendar_slug, "starts_at": START.isoformat()}
    made = program.book({**body, "contact": CONTACT, "consents": CONSENTS})
    assert made.status_code == 201, made.text
    return f"/bookings/{made.get_json()['token']}"


def charges(session: Session, scene: Scene) -> list[int]:
    with scoped(session, Scope(org_id=scene.org_id)):
        return list(session.scalars(select(VisitCharge.amount_minor)))


def test_a_late_change_says_its_cost_and_takes_only_what_was_said(
    program: Program, booking: str, session: Session, scene: Scene, clock: FrozenClock
) -> None:
    early = program.call("GET", booking).get_json()
    assert (early["may_change"], early["cancel_costs"], early["move_costs"]) == (True, None, None)
    clock.set(START - dt.timedelta(hours=1))
    late = program.call("GET", booking).get_json()
    assert (late["may_change"], late["cancel_costs"], late["move_costs"]) == (True, HALF, HALF)
    move = {"starts_at": (START + dt.timedelta(days=2)).isoformat()}
    for path, body in (("/cancellation", {}), ("/move", move)):
        for told in ({}, {"accepted_cost": 100}):
            refused = program.call("POST", booking + path, {**body, **told})
            assert (refused.status_code, refused.get_json()["code"]) == (409, "cost_not_accepted")
    assert charges(session, scene) == []
    done = program.call("POST", f"{booking}/cancellation", {"accepted_cost": 9000})
    assert (done.status_code, done.get_json()["state"]) == (200, "cancelled")
    assert charges(session, scene) == [9000]
    over = program.call("GET", booking).get_json()
    assert (over["may_change"], over["cancel_costs"]) == (False, None)


def test_in_time_nothing_needs_accepting(
    program: Program, booking: str, session: Session, scene: Scene
) -> None:
    assert program.call("POST", f"{booking}/cancellation", {}).status_code == 200
    assert charges(session, scene) == []
