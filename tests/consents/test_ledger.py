"""The ledger: appended, marked, guarded; withdrawal at once, the signed form untouched."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.consents import actions, queries
from app.consents.models import Consent
from app.kernel.access.actor import PATIENT, Actor
from app.kernel.audit.models import AuditEvent
from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.scope import Scope, enter
from app.lib.errors import Conflict, Invalid, NotFound, Refused
from tests.factories.forms import TELEREHAB, Desk
from tests.support.app import NOW

SMS = "sms_appointments"
LATER = NOW + dt.timedelta(hours=1)


def publish(desk: Desk, purpose: str = SMS, words: str = "Yes, text me") -> None:
    actions.publish_version(
        desk.session, desk.ramona, purpose=purpose, texts={"en": words}, now=NOW
    )


def give(desk: Desk, purpose: str = SMS, source: str = actions.STAFF) -> Consent:
    return actions.grant(
        desk.session, desk.ramona, patient_id=patient(desk), purpose=purpose, source=source, now=NOW
    )


def patient(desk: Desk):
    return desk.cast.petra.patient_id


@pytest.mark.proves("CNS-04")
def test_the_guard_asks_the_ledger(desk: Desk) -> None:
    publish(desk)
    with pytest.raises(Refused, match="consent_missing"):
        queries.demand(desk.session, desk.org_id, patient(desk), SMS)
    give(desk)
    queries.demand(desk.session, desk.org_id, patient(desk), SMS)
    assert not queries.has(desk.session, desk.org_id, desk.cast.david.patient_id, SMS)
    enter(desk.session, Scope(org_id=desk.cast.other_clinic.id))
    assert not queries.has(desk.session, desk.org_id, patient(desk), SMS)


@pytest.mark.proves("CNS-01", "CNS-03")
def test_withdrawal_marks_counts_at_once_and_leaves_the_form(desk: Desk) -> None:
    form = desk.sign(desk.open(TELEREHAB))
    sealed = form.content_sha256
    actions.withdraw(
        desk.session,
        desk.ramona,
        patient_id=form.patient_id,
        purpose="biometric_capture",
        now=LATER,
    )
    assert not queries.has(desk.session, desk.org_id, form.patient_id, "biometric_capture")
    assert queries.has(desk.session, desk.org_id, form.patient_id, "telemedicine")
    entry = next(
        one
        for one in queries.trail(desk.session, desk.org_id, form.patient_id)
        if one.purpose == "biometric_capture"
    )
    assert (entry.granted_at, entry.withdrawn_at) == (NOW, LATER)
    assert entry.source_form_id == form.id
    desk.session.refresh(form)
    assert (form.state, form.content_sha256) == ("signed", sealed)
    payload = desk.session.scalars(
        select(OutboxEvent.payload).where(OutboxEvent.name == "consent.withdrawn")
    ).one()
    assert payload["patient_id"] == str(form.patient_id)
    assert payload["purpose"] == "biometric_capture"


@pytest.mark.proves("CNS-01")
def test_given_again_it_counts_again_and_the_trail_keeps_both(desk: Desk) -> None:
    publish(desk)
    give(desk)
    actions.withdraw(desk.session, desk.ramona, patient_id=patient(desk), purpose=SMS, now=NOW)
    with pytest.raises(Conflict, match="consent_not_held"):
        actions.withdraw(desk.session, desk.ramona, patient_id=patient(desk), purpose=SMS, now=NOW)
    give(desk)
    assert queries.has(desk.session, desk.org_id, patient(desk), SMS)
    assert len(queries.trail(desk.session, desk.org_id, patient(desk))) == 2


@pytest.mark.proves("CNS-01")
def test_the_same_touch_twice_is_one_grant_a_new_text_is_another(desk: Desk) -> None:
    publish(desk)
    assert give(desk).id == give(desk).id
    publish(desk, words="Yes, text me, also on Sundays")
    give(desk)
    entries = queries.trail(desk.session, desk.org_id, patient(desk))
    assert [entry.version for entry in entries] == [2, 1]
    standing = next(
        one
        for one in queries.standings(desk.session, desk.org_id, patient(desk))
        if one.purpose == SMS
    )
    assert (standing.version, standing.granted_version, standing.may_withdraw) == (2, 2, True)
    actions.withdraw(desk.session, desk.ramona, patient_id=patient(desk), purpose=SMS, now=NOW)
    assert not queries.has(desk.session, desk.org_id, patient(desk), SMS)


@pytest.mark.proves("CNS-02", "CNS-07")
def test_what_rests_on_law_is_not_withdrawn(desk: Desk) -> None:
    form = desk.sign(desk.open("data_processing"))
    with pytest.raises(Refused, match="consent_not_withdrawable"):
        actions.withdraw(
            desk.session, desk.ramona, patient_id=form.patient_id, purpose="privacy_notice", now=NOW
        )
    with pytest.raises(NotFound):
        actions.withdraw(
            desk.session, desk.ramona, patient_id=form.patient_id, purpose="astrology", now=NOW
        )


@pytest.mark.proves("CNS-06")
def test_one_button_withdraws_all_medical_consents(desk: Desk) -> None:
    publish(desk)
    give(desk)
    form = desk.sign(desk.open(TELEREHAB))
    desk.sign(desk.open())
    gone = actions.withdraw_all_medical(
        desk.session, desk.ramona, patient_id=form.patient_id, now=LATER
    )
    assert gone == ["biometric_capture", "telemedicine", "treatment"]
    assert queries.has(desk.session, desk.org_id, form.patient_id, SMS)
    assert not any(queries.has(desk.session, desk.org_id, form.patient_id, one) for one in gone)


@pytest.mark.proves("KRN-14")
def test_staff_in_a_patients_place_give_nothing(desk: Desk) -> None:
    publish(desk)
    acting = desk.ramona.acting_for(patient(desk))
    with pytest.raises(Refused, match="staff_never_sign"):
        actions.grant(
            desk.session,
            acting,
            patient_id=patient(desk),
            purpose=SMS,
            source=actions.PORTAL,
            now=NOW,
        )


@pytest.mark.proves("CNS-01")
def test_a_grant_says_who_and_from_where(desk: Desk) -> None:
    publish(desk)
    petra = Actor(
        kind=PATIENT,
        org_id=desk.org_id,
        human_id=desk.cast.petra.human_id,
        origin=desk.tablet.origin,
    )
    consent = actions.grant(
        desk.session, petra, patient_id=patient(desk), purpose=SMS, source=actions.PORTAL, now=NOW
    )
    assert (consent.granted_by, consent.ip) == (petra.human_id, "10.20.0.7")
    audited = desk.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "consent.grant")
    ).one()
    assert audited.actor_human_id == petra.human_id


@pytest.mark.proves("CNS-01")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consents SET purpose = 'analytics'",
        "UPDATE consents SET granted_at = now()",
        "DELETE FROM consents",
        "UPDATE consent_purpose_versions SET texts = '{}'",
        "DELETE FROM consent_purpose_versions",
    ],
)
def test_the_database_keeps_what_was_granted(desk: Desk, statement: str) -> None:
    publish(desk)
    give(desk)
    with pytest.raises(DBAPIError, match=r"permission denied|append-only"):
        desk.session.execute(text(statement))
    desk.session.rollback()


@pytest.mark.proves("CNS-01")
def test_a_withdrawal_cannot_be_undone_in_the_database(desk: Desk) -> None:
    publish(desk)
    give(desk)
    actions.withdraw(desk.session, desk.ramona, patient_id=patient(desk), purpose=SMS, now=NOW)
    with pytest.raises(DBAPIError, match="withdrawn once"):
        desk.session.execute(text("UPDATE consents SET withdrawn_at = NULL"))
    desk.session.rollback()


def test_a_text_needs_words(desk: Desk) -> None:
    with pytest.raises(Invalid):
        actions.publish_version(desk.session, desk.ramona, purpose=SMS, texts={"ro": " "}, now=NOW)
    with pytest.raises(NotFound):
        publish(desk, purpose="astrology")
