"""Scopes inside one transaction: switching, narrow roles, and the way back after an error."""

from __future__ import annotations

import uuid
from contextlib import suppress

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import (
    DISPATCH_ROLE,
    NOBODY,
    PLATFORM_ROLE,
    Scope,
    enter,
    scope_of,
    scoped,
)
from app.lib.ids import uuid7
from app.people.models import Caregiver, Patient, PatientProfile
from tests.factories.cast import Cast
from tests.support.app import NOW

pytestmark = pytest.mark.proves("KRN-01")


def _where(session: Session) -> tuple[str, str]:
    row = session.execute(text("SELECT current_setting('app.org_id', true), current_user")).one()
    return row[0] or "", row[1]


def _patients(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_a_narrow_role_lasts_for_its_block(session: Session, cast: Cast):
    ours = Scope(org_id=cast.clinic.id)
    enter(session, ours)
    with scoped(session, Scope(role=PLATFORM_ROLE)):
        assert _where(session) == ("", PLATFORM_ROLE)
        assert session.scalar(select(func.count()).select_from(Organization)) >= 2
        with scoped(session, Scope(role=DISPATCH_ROLE)):
            assert _where(session) == ("", DISPATCH_ROLE)
        assert _where(session) == ("", PLATFORM_ROLE)
    assert _where(session) == (str(cast.clinic.id), "restartix_app")
    assert _patients(session) == 2


def test_an_error_leads_back_to_the_scope_before(session: Session, cast: Cast):
    enter(session, Scope(org_id=cast.clinic.id))
    theirs = Scope(org_id=cast.other_clinic.id)
    with suppress(ZeroDivisionError), scoped(session, theirs):
        assert _patients(session) == 0
        raise ZeroDivisionError
    assert scope_of(session) == Scope(org_id=cast.clinic.id)
    assert _where(session) == (str(cast.clinic.id), "restartix_app")


def test_a_database_error_leaves_nobody_elses_scope(session: Session, cast: Cast):
    enter(session, Scope(org_id=cast.clinic.id))
    values = {"id": cast.clinic.id, "slug": "twice", "name": "Twice"}
    with (
        pytest.raises(IntegrityError),
        session.begin_nested(),
        scoped(session, Scope(role=PLATFORM_ROLE)),
    ):
        session.execute(insert(Organization).values(values))
    assert _where(session) == (str(cast.clinic.id), "restartix_app")


def test_pending_changes_belong_to_the_scope_in_which_they_were_made(session: Session, cast: Cast):
    enter(session, Scope(org_id=cast.clinic.id))
    session.add(Patient(org_id=cast.clinic.id, name="Ana", search_name="ana", search_text="ana"))
    enter(session, Scope(org_id=cast.other_clinic.id))
    assert _patients(session) == 0
    enter(session, Scope(org_id=cast.clinic.id))
    assert _patients(session) == 3


@pytest.mark.parametrize("role", ["postgres", "restartix_owner", "restartix_resolver", ""])
def test_only_the_narrow_roles_can_be_named(role: str):
    with pytest.raises(ValueError, match="unknown database role"):
        Scope(role=role)


def test_the_dispatcher_sees_events_and_nothing_else(session: Session, cast: Cast):
    with scoped(session, Scope(role=DISPATCH_ROLE)):
        session.execute(select(OutboxEvent.id).limit(1))
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(select(Patient.id).limit(1))


@pytest.mark.proves("KRN-02")
def test_a_profile_is_written_in_a_scope_only(session: Session, cast: Cast):
    enter(session, NOBODY)
    with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
        session.execute(insert(PatientProfile).values(id=uuid7(), name="Nobody's"))


@pytest.mark.proves("KRN-02")
def test_nobody_makes_themselves_the_caregiver_of_a_stranger(session: Session, cast: Cast):
    enter(session, Scope(org_id=cast.other_clinic.id, human_id=cast.bogdan.human_id))
    with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
        session.execute(
            insert(Caregiver).values(
                id=uuid7(),
                human_id=cast.bogdan.human_id,
                profile_id=_profile(cast),
                relation="parent",
                created_at=NOW,
            )
        )


def _profile(cast: Cast) -> uuid.UUID:
    assert cast.david.profile_id is not None
    return cast.david.profile_id
