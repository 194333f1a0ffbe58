"""Risky abilities are off until the operator opens them for one clinic (KRN-12)."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.kernel import flags
from app.kernel.access.actor import PLATFORM, Actor
from app.kernel.audit.models import AuditEvent
from app.kernel.flags.actions import switch
from app.kernel.flags.models import FeatureFlag
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, scoped
from app.lib.errors import Refused
from app.scheduling.flags import SELF_SERVICE
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import SignIn

pytestmark = pytest.mark.proves("KRN-12")
DAYS = "/movimento/console/my-days"


def _operator(cast: Cast) -> Actor:
    return Actor(kind=PLATFORM, org_id=None, human_id=cast.oana.human_id)


def test_what_nobody_opened_is_off(session: Session, cast: Cast) -> None:
    unheard = flags.Flag("never_opened", "Never opened")
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert not flags.enabled(session, cast.clinic.id, unheard)
        with pytest.raises(Refused, match="flag_off"):
            flags.demand(session, cast.clinic.id, unheard)


def test_the_operator_opens_and_closes_it_for_one_clinic(
    session: Session, cast: Cast, scene: Scene, signed_in: SignIn
) -> None:
    oana, stefan = signed_in(cast.oana), signed_in(cast.stefan)
    address = f"/platform/clinics/{cast.clinic.id}/flags/provider_self_service"
    assert stefan.get(DAYS).status_code == 200
    assert oana.post(f"{address}/off").status_code == 303
    assert stefan.get(DAYS).status_code == 403
    assert stefan.post(DAYS, data={}).status_code == 403
    assert stefan.post(f"{DAYS}/clear").status_code == 403
    assert DAYS not in stefan.get("/movimento/console/").text
    with scoped(session, Scope(org_id=cast.other_clinic.id)):
        assert flags.enabled(session, cast.other_clinic.id, SELF_SERVICE)
    assert oana.post(f"{address}/on").status_code == 303
    assert DAYS in stefan.get("/movimento/console/").text
    with scoped(session, Scope(org_id=cast.clinic.id)):
        told = session.scalars(
            select(AuditEvent.action)
            .where(AuditEvent.action.startswith("flag."))
            .order_by(AuditEvent.id)
        ).all()
    assert told == ["flag.close", "flag.open"]


@pytest.mark.parametrize("tail", ["unheard_of/on", "provider_self_service/maybe"])
def test_what_is_no_flag_is_not_found(cast: Cast, signed_in: SignIn, tail: str) -> None:
    address = f"/platform/clinics/{cast.clinic.id}/flags/{tail}"
    assert signed_in(cast.oana).post(address).status_code == 404


def test_a_clinic_opens_nothing_for_itself(session: Session, cast: Cast) -> None:
    olga = staff_actor(cast.olga)
    with pytest.raises(Refused, match="operator_only"):
        switch(session, olga, cast.clinic.id, SELF_SERVICE, enabled=True, now=NOW)
    statement = delete(FeatureFlag)
    for scope in (Scope(org_id=cast.clinic.id), Scope(role=PLATFORM_ROLE)):
        with pytest.raises(ProgrammingError), scoped(session, scope), session.begin_nested():
            session.execute(statement)


def test_a_flag_has_one_meaning() -> None:
    assert flags.declare(SELF_SERVICE.code, SELF_SERVICE.label) is not None
    with pytest.raises(ValueError, match="twice"):
        flags.declare(SELF_SERVICE.code, "Something else")
