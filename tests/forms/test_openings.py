"""Handing a form over: one link, one code, one tablet, once, for ten minutes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from app.forms import actions, queries
from app.forms.actions import Handover
from app.forms.models import FormInstance
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, enter
from app.kernel.tokens import hash_token
from app.lib.errors import Conflict, Expired, Invalid, NotFound
from app.lib.ids import REFERENCE_ALPHABET
from tests.factories.forms import Desk
from tests.support.app import NOW

LATER = NOW + dt.timedelta(minutes=10)


def handed(desk: Desk, form: FormInstance | None = None) -> Handover:
    form = form or desk.open()
    return actions.open_on_kiosk(desk.session, desk.ramona, form_id=form.id, now=NOW)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises((Expired, NotFound)) as caught:
        call()
    return caught.value.code


@pytest.mark.proves("SIG-01")
def test_only_hashes_are_stored(desk: Desk) -> None:
    given = handed(desk)
    stored = desk.session.execute(
        text("SELECT row_to_json(k)::text FROM kiosk_openings k")
    ).scalar()
    assert given.token not in stored
    assert given.code not in stored
    assert given.opening.token_digest == hash_token(given.token)
    assert hash_token(given.code) not in stored, (
        "a short code is found by trying where its hash has no key"
    )
    assert set(given.code) <= set(REFERENCE_ALPHABET) | {"-"}


@pytest.mark.proves("SIG-01")
def test_a_link_serves_one_tablet_once(desk: Desk) -> None:
    given = handed(desk)
    secret = actions.claim(desk.session, desk.tablet, token=given.token, now=NOW)
    assert (
        code_of(lambda: actions.claim(desk.session, desk.tablet, token=given.token, now=NOW))
        == "kiosk_used"
    )
    with pytest.raises(Invalid):
        actions.claim_by_code(desk.session, desk.tablet, code=given.code, now=NOW)
    for _ in range(2):
        opening, form = actions.claimed(desk.session, desk.org_id, secret, NOW)
        assert opening.form_id == form.id


@pytest.mark.proves("SIG-01")
def test_a_code_is_read_as_people_type_it_and_serves_once(desk: Desk) -> None:
    given = handed(desk)
    typed = f" {given.code.lower().replace('-', ' ')} "
    actions.claim_by_code(desk.session, desk.tablet, code=typed, now=NOW)
    assert (
        code_of(lambda: actions.waiting(desk.session, desk.org_id, given.token, NOW))
        == "kiosk_used"
    )


@pytest.mark.proves("SIG-01")
def test_time_and_the_desk_end_a_handover(desk: Desk) -> None:
    old = handed(desk)
    assert (
        code_of(lambda: actions.waiting(desk.session, desk.org_id, old.token, LATER))
        == "kiosk_expired"
    )
    with pytest.raises(Invalid):
        actions.claim_by_code(desk.session, desk.tablet, code=old.code, now=LATER)
    actions.revoke_opening(desk.session, desk.ramona, opening_id=old.opening.id, now=NOW)
    assert (
        code_of(lambda: actions.waiting(desk.session, desk.org_id, old.token, NOW))
        == "kiosk_revoked"
    )


@pytest.mark.proves("SIG-01")
def test_a_new_code_ends_the_one_before(desk: Desk) -> None:
    form = desk.open()
    first, second = handed(desk, form), handed(desk, form)
    assert (
        code_of(lambda: actions.claim(desk.session, desk.tablet, token=first.token, now=NOW))
        == "kiosk_revoked"
    )
    actions.claim(desk.session, desk.tablet, token=second.token, now=NOW)


@pytest.mark.proves("SIG-01")
def test_the_desk_takes_a_form_back_from_the_tablet(desk: Desk) -> None:
    form = desk.open()
    given = handed(desk, form)
    secret = actions.claim(desk.session, desk.tablet, token=given.token, now=NOW)
    actions.revoke_opening(desk.session, desk.ramona, opening_id=given.opening.id, now=NOW)
    assert (
        code_of(lambda: actions.claimed(desk.session, desk.org_id, secret, NOW)) == "kiosk_revoked"
    )


@pytest.mark.proves("SIG-01")
def test_a_claim_has_its_own_end(desk: Desk) -> None:
    secret = desk.claim(desk.open())
    later = NOW + queries.CLAIM_TTL
    assert (
        code_of(lambda: actions.claimed(desk.session, desk.org_id, secret, later)) == "kiosk_ended"
    )
    assert (
        code_of(lambda: actions.claimed(desk.session, desk.org_id, "made up", NOW)) == "kiosk_ended"
    )


@pytest.mark.proves("SIG-01", "KRN-01")
def test_another_clinic_knows_nothing_of_the_token(desk: Desk) -> None:
    given = handed(desk)
    other = desk.cast.other_clinic.id
    enter(desk.session, Scope(org_id=other))
    assert (
        code_of(lambda: actions.waiting(desk.session, other, given.token, NOW)) == "kiosk_unknown"
    )


@pytest.mark.proves("SIG-01")
def test_forged_tokens_and_codes(desk: Desk) -> None:
    handed(desk)
    for token in ("x", "", "A" * 5000, "\ud800"):
        assert (
            code_of(lambda token=token: actions.waiting(desk.session, desk.org_id, token, NOW))
            == "kiosk_unknown"
        )
    for code in ("AAAA-AA", "!!", "O0O0O0", "A" * 9000, ""):
        with pytest.raises(Invalid):
            actions.claim_by_code(desk.session, desk.tablet, code=code, now=NOW)


@pytest.mark.proves("SIG-01", "FRM-03")
def test_a_closed_form_is_not_handed_over(desk: Desk) -> None:
    form = desk.sign(desk.open())
    with pytest.raises(Conflict, match="form_closed"):
        handed(desk, form)


@pytest.mark.proves("KRN-05")
def test_every_step_is_in_the_trail(desk: Desk) -> None:
    form = desk.open()
    desk.sign(form)
    subjects = (
        str(form.id),
        *[str(one.id) for one in queries.openings_of(desk.session, desk.org_id, form.id)],
    )
    said = desk.session.scalars(
        select(AuditEvent.action).where(AuditEvent.subject_id.in_(subjects)).order_by(AuditEvent.id)
    ).all()
    assert said == [
        "form.open",
        "form.open_on_kiosk",
        "form.claim",
        "form.start",
        "form.complete",
        "form.sign",
    ]
