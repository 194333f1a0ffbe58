"""The gate before regulated features: off unless cleared, granted and not paused (CAP-01)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.kernel.access.actor import system
from app.kernel.capabilities import Capability, actions, demand, enabled, states
from app.kernel.capabilities.gate import CapabilityState
from app.kernel.capabilities.models import ClinicCapability
from app.kernel.tenancy.scope import Scope, enter
from app.lib.errors import Refused
from tests.factories.cast import Cast, staff_actor
from tests.support.app import NOW

pytestmark = pytest.mark.proves("CAP-01")
VIDEO = Capability.VIDEO


@pytest.fixture(autouse=True)
def _in_the_clinic(session: Session, cast: Cast) -> None:
    enter(session, Scope(org_id=cast.clinic.id))


def _refusal(session: Session, cast: Cast) -> str:
    with pytest.raises(Refused) as refused:
        demand(session, cast.clinic.id, VIDEO)
    return refused.value.code


def _open(session: Session, cast: Cast) -> None:
    actions.clear(session, system(None), VIDEO, basis="a named basis", now=NOW)
    actions.grant(session, system(None), cast.clinic.id, VIDEO, granted=True, now=NOW)


def test_everything_is_off_by_default(session: Session, cast: Cast):
    found = states(session, cast.clinic.id)
    assert set(found) == set(Capability)
    assert not any(state.granted for state in found.values())
    assert _refusal(session, cast) == "capability_off"


def test_it_takes_both_the_clearance_and_the_grant(session: Session, cast: Cast):
    actions.grant(session, system(None), cast.clinic.id, VIDEO, granted=True, now=NOW)
    assert _refusal(session, cast) == "capability_off"
    actions.clear(session, system(None), VIDEO, basis="a named basis", now=NOW)
    demand(session, cast.clinic.id, VIDEO)
    assert not enabled(session, cast.other_clinic.id, VIDEO)
    actions.unclear(session, system(None), VIDEO, reason="it lapsed", now=NOW)
    assert _refusal(session, cast) == "capability_off"


def test_a_pause_tells_its_reason_and_end(session: Session, cast: Cast):
    _open(session, cast)
    end = NOW + dt.timedelta(days=2)
    actions.pause(
        session,
        system(None),
        cast.clinic.id,
        VIDEO,
        reason="an inspection",
        expected_end=end,
        now=NOW,
    )
    with pytest.raises(Refused) as refused:
        demand(session, cast.clinic.id, VIDEO)
    assert refused.value.code == "capability_paused"
    assert refused.value.params["reason"] == "an inspection"
    assert refused.value.params["expected_end"] == end
    actions.resume(session, system(None), cast.clinic.id, VIDEO, now=NOW)
    demand(session, cast.clinic.id, VIDEO)


def test_a_clinic_cannot_switch_its_own_capabilities(session: Session, cast: Cast):
    with pytest.raises(Refused):
        actions.grant(session, staff_actor(cast.olga), cast.clinic.id, VIDEO, granted=True, now=NOW)
    row = {"org_id": cast.clinic.id, "capability": VIDEO.value, "granted": True}
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(insert(ClinicCapability).values(row))


@given(st.booleans(), st.booleans(), st.booleans())
def test_enabled_is_the_three_inputs_and_nothing_else(cleared: bool, granted: bool, paused: bool):
    state = CapabilityState(VIDEO, cleared, granted, NOW if paused else None)
    assert state.enabled is (cleared and granted and not paused)
