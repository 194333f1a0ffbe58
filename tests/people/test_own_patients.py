"""Whose records a person may open here: their own, those of whom they care for, and of this clinic only (KRN-02)."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import NOBODY, Scope, enter
from app.people.models import Caregiver
from app.people.queries import own_patient_ids
from tests.factories.cast import Cast
from tests.support.app import NOW

pytestmark = pytest.mark.proves("KRN-02", "KRN-01")


def test_a_patient_is_their_own(session: Session, cast: Cast):
    enter(session, Scope(org_id=cast.clinic.id, human_id=cast.petra.human_id))
    found = own_patient_ids(session, cast.clinic.id, cast.petra.human_id)
    assert found == [cast.petra.patient_id]


def test_a_carer_has_the_child_until_it_is_revoked(session: Session, cast: Cast):
    enter(session, Scope(org_id=cast.clinic.id, human_id=cast.carmen.human_id))
    assert own_patient_ids(session, cast.clinic.id, cast.carmen.human_id) == [cast.david.patient_id]
    session.execute(update(Caregiver).values(revoked_at=NOW))
    assert own_patient_ids(session, cast.clinic.id, cast.carmen.human_id) == []


def test_another_clinic_has_nobody_of_theirs(session: Session, cast: Cast):
    """Profiles are a person's wherever they are known; cards are read in the scope's clinic, whatever is asked for."""
    for org_id in (cast.clinic.id, cast.other_clinic.id):
        enter(session, Scope(org_id=cast.other_clinic.id, human_id=cast.petra.human_id))
        assert own_patient_ids(session, org_id, cast.petra.human_id) == []
    enter(session, NOBODY)
    assert own_patient_ids(session, cast.clinic.id, cast.petra.human_id) == []


def test_the_answer_is_identifiers_only(session: Session, cast: Cast):
    enter(session, Scope(org_id=cast.clinic.id, human_id=cast.petra.human_id))
    row = session.execute(
        text("SELECT * FROM profiles_of_human(:human)"), {"human": cast.petra.human_id}
    ).one()
    assert row._asdict() == {"profile_id": cast.petra.profile_id, "is_own": True}
