"""Signing: all or nothing, sealed for ever, chained in the clinic."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from app.consents import queries as consents
from app.forms import actions, queries, sealing
from app.forms.actions import DrawnSignature, TypedSignature
from app.forms.models import FormInstance, KioskOpening
from app.forms.states import MACHINE, SIGNED
from app.kernel.access.actor import KIOSK, PATIENT, STAFF, SYSTEM, Actor
from app.kernel.blobs.models import Blob
from app.kernel.outbox.models import OutboxEvent
from app.lib.errors import Conflict, Expired, Invalid, Refused
from app.lib.states import IllegalMove, MoveForbidden
from tests.factories.forms import (
    TABLET,
    TELEREHAB,
    Desk,
    png_bytes,
    png_url,
    points_json,
    seen,
)
from tests.support.app import NOW


@pytest.mark.proves("FRM-03")
def test_every_pair_of_state_and_verb() -> None:
    """The whole table: what the machine does not name is refused."""
    verbs = {arrow.verb for arrow in MACHINE.arrows()}
    walked = {
        (state, verb, kind): MACHINE.move(state, verb, {kind})
        for state in MACHINE.states
        for verb in verbs
        for kind in (STAFF, KIOSK, PATIENT, SYSTEM)
        if _walks(state, verb, kind)
    }
    assert {key[:2] for key in walked} == set(MACHINE.transitions)
    assert not [key for key in walked if key[1] == "sign" and key[2] in (STAFF, SYSTEM)]
    assert MACHINE.final_states() == {"signed", "voided"}


def _walks(state: str, verb: str, kind: str) -> bool:
    try:
        MACHINE.check(state, verb, {kind})
    except (IllegalMove, MoveForbidden):
        return False
    return True


@pytest.mark.proves("FRM-03", "CNS-03", "SIG-02")
def test_signing_does_everything_in_one_transaction(desk: Desk) -> None:
    form = desk.sign(desk.open(TELEREHAB))
    assert form.state == SIGNED
    assert form.evidence is not None
    assert form.evidence["ip"] == TABLET.ip
    assert form.evidence["user_agent"] == TABLET.user_agent
    assert form.evidence["signed_at"] == "2027-03-03T08:00:00+00:00"
    assert form.evidence["kiosk_opening_id"]
    for purpose in ("biometric_capture", "telemedicine"):
        assert consents.has(desk.session, desk.org_id, form.patient_id, purpose)
    assert not consents.has(desk.session, desk.org_id, form.patient_id, "treatment")
    events = desk.session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.id)).all()
    assert events == ["form.opened", "consent.granted", "consent.granted", "form.signed"]


@pytest.mark.proves("SIG-01")
def test_picture_and_strokes_are_kept(desk: Desk) -> None:
    form = desk.sign(desk.open())
    assert form.signature_png_key is not None
    content = desk.blobs.get(form.signature_png_key)
    assert content.startswith(b"\x89PNG")
    blob = desk.session.scalars(select(Blob)).one()
    assert (blob.key, blob.surface, blob.size) == (
        form.signature_png_key,
        "signatures",
        len(content),
    )
    assert '"strokes":[[[800,1600,0]' in (form.signature_path or "")


@pytest.mark.proves("FRM-03")
@pytest.mark.parametrize(
    "statement", [update(FormInstance).values(signer_name="X"), text("DELETE FROM form_instances")]
)
def test_the_application_cannot_change_a_signed_form(desk: Desk, statement: Any) -> None:
    """Deleting is not granted at all; changing meets the trigger. The owner's case: test_sealed_in_database."""
    desk.sign(desk.open())
    with pytest.raises(DBAPIError, match=r"signed form cannot change|permission denied"):
        desk.session.execute(statement)
    desk.session.rollback()


@pytest.mark.proves("FRM-03", "CNS-03")
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"points": ""}, "signature_missing"),
        ({"points": points_json(2)}, "signature_trivial"),
        ({"png": ""}, "signature_missing"),
        ({"png": "data:text/html;base64,PGI+"}, "signature_unreadable"),
        ({"png": "data:image/png;base64,%%%"}, "signature_unreadable"),
        ({"png": png_url(b"MZ\x90\x00 an executable called .png")}, "upload_kind"),
        ({"png": png_url(b"<svg xmlns='http://www.w3.org/2000/svg'/>")}, "upload_kind"),
        ({"png": png_url(png_bytes()[:200])}, "upload_damaged"),
        ({"png": png_url(png_bytes() + b"\0" * 500_000)}, "upload_too_large"),
        ({"png": png_url(png_bytes(ink=False))}, "signature_missing"),
        ({"name": "  "}, "required"),
        ({"name": "x" * 300}, "too_long"),
        ({"capacity": "neighbour"}, "required"),
    ],
)
def test_a_refused_signature_leaves_everything_as_it_was(
    desk: Desk, changed: dict[str, str], code: str
) -> None:
    form = desk.open()
    with pytest.raises(Invalid) as caught:
        desk.sign(form, **changed)
    assert caught.value.errors[0].code == code
    assert form.state == "completed"
    assert form.signature_png_key is None
    assert list(desk.blobs.list("signatures/")) == []
    assert not consents.has(desk.session, desk.org_id, form.patient_id, "treatment")
    desk.sign(form)


@pytest.mark.proves("SIG-01")
def test_a_picture_is_written_anew_without_what_came_along(desk: Desk) -> None:
    smuggled = png_bytes() + b"PK\x03\x04 an archive behind the picture"
    form = desk.sign(desk.open(), png=png_url(smuggled))
    assert b"archive" not in desk.blobs.get(form.signature_png_key or "")


@pytest.mark.proves("FRM-03")
def test_signing_what_was_not_shown_is_refused(desk: Desk) -> None:
    form = desk.open()
    secret = desk.claim(form)
    opening, held = actions.claimed(desk.session, desk.org_id, secret, NOW)
    desk.complete(held)
    old = seen(held)
    desk.complete(held, locale="en")
    with pytest.raises(Conflict, match="form_changed"):
        sign_drawn(desk, held, opening, old)
    sign_drawn(desk, held, opening, seen(held))
    with pytest.raises(Conflict, match="form_closed"):
        sign_drawn(desk, held, opening, seen(held))


def sign_drawn(desk: Desk, form: FormInstance, opening: KioskOpening, digest: str) -> None:
    drawn = DrawnSignature("Petra", "self", png_url(), points_json(), opening)
    actions.sign(
        desk.session,
        desk.tablet,
        form=form,
        signature=drawn,
        seen_sha256=digest,
        blobs=desk.blobs,
        now=NOW,
    )


@pytest.mark.proves("KRN-14")
def test_staff_never_sign_for_a_patient(desk: Desk) -> None:
    form = desk.open()
    desk.complete(form)
    acting = desk.ramona.acting_for(form.patient_id)
    for actor in (acting, desk.ramona, replace(acting, kind=PATIENT)):
        with pytest.raises(Refused, match="staff_never_sign"):
            actions.sign(
                desk.session,
                actor,
                form=form,
                signature=TypedSignature("Petra", "self"),
                seen_sha256=seen(form),
                blobs=desk.blobs,
                now=NOW,
            )


@pytest.mark.proves("FRM-03")
def test_a_form_freezes_its_template(desk: Desk) -> None:
    form = desk.open()
    before = seen(form)
    body = {**form.snapshot["body"], "titles": {"ro": "Altceva", "en": "Else"}}
    actions.publish_template(
        desk.session,
        desk.ramona,
        code="treatment_consent",
        body=body,
        purposes=["treatment"],
        now=NOW,
    )
    desk.session.expire_all()
    assert seen(form) == before
    assert desk.open().snapshot["template"] == {"template": "treatment_consent", "version": 2}


@pytest.mark.proves("FRM-03")
def test_setting_aside_ends_links_and_is_final(desk: Desk) -> None:
    form = desk.open()
    secret = desk.claim(form)
    with pytest.raises(Invalid):
        actions.void(desk.session, desk.ramona, form_id=form.id, reason=" ", now=NOW)
    actions.void(desk.session, desk.ramona, form_id=form.id, reason="wrong form", now=NOW)
    with pytest.raises(Expired):
        actions.claimed(desk.session, desk.org_id, secret, NOW)
    with pytest.raises(Conflict):
        actions.void(desk.session, desk.ramona, form_id=form.id, reason="again", now=NOW)
    signed = desk.sign(desk.open())
    with pytest.raises(Conflict):
        actions.void(desk.session, desk.ramona, form_id=signed.id, reason="late", now=NOW)


@pytest.mark.proves("BYD-06")
def test_signed_forms_follow_one_another(desk: Desk) -> None:
    forms = [
        desk.sign(desk.open(code)) for code in ("treatment_consent", TELEREHAB, "data_processing")
    ]
    assert [form.chain_number for form in forms] == [1, 2, 3]
    assert forms[0].previous_sha256 is None
    assert [form.previous_sha256 for form in forms[1:]] == [
        form.content_sha256 for form in forms[:2]
    ]
    desk.session.expire_all()
    for form in forms:
        assert sealing.check(desk.session, form, desk.blobs).intact


@pytest.mark.proves("BYD-06")
@pytest.mark.parametrize(
    ("field", "value", "part"),
    [
        ("answers", {"implant": "yes"}, "content"),
        ("signer_name", "Somebody Else", "content"),
        ("locale", "en", "content"),
        ("signed_at", NOW + dt.timedelta(days=1), "content"),
        ("signature_path", '{"height":1,"strokes":[],"width":1}', "picture"),
        ("previous_sha256", "0" * 64, "content"),
    ],
)
def test_a_change_behind_the_triggers_is_seen(
    desk: Desk, field: str, value: Any, part: str
) -> None:
    """As a restored backup or a superuser could change it; never written, only looked at."""
    desk.sign(desk.open())
    form = desk.sign(desk.open())
    desk.session.expunge(form)
    setattr(form, field, value)
    found = sealing.check(desk.session, form, desk.blobs)
    assert not found.intact
    assert not getattr(found, part)


@pytest.mark.proves("BYD-06")
def test_a_lost_or_swapped_picture_is_seen(desk: Desk) -> None:
    form = desk.sign(desk.open())
    key = form.signature_png_key or ""
    desk.blobs.put(key, png_bytes(ink=False))
    assert not sealing.check(desk.session, form, desk.blobs).picture
    desk.blobs.delete(key)
    assert not sealing.check(desk.session, form, desk.blobs).picture


@pytest.mark.proves("SIG-01")
def test_a_patient_signs_by_typing_the_name(desk: Desk) -> None:
    form = desk.open()
    petra = Actor(kind=PATIENT, org_id=desk.org_id, human_id=desk.cast.petra.human_id)
    given = {"implant": "no", "pregnancy": "no"}
    actions.save(desk.session, petra, form, given=given, complete=True, now=NOW)
    actions.sign(
        desk.session,
        petra,
        form=form,
        signature=TypedSignature("Petra Țânțar", "self"),
        seen_sha256=seen(form),
        blobs=desk.blobs,
        now=NOW,
    )
    assert (form.state, form.signature_mode, form.signature_png_key) == (
        SIGNED,
        "click_typed",
        None,
    )
    assert sealing.check(desk.session, form, desk.blobs).intact


@pytest.mark.proves("FRM-02")
def test_starting_templates_are_made_once(desk: Desk) -> None:
    assert actions.create_default_templates(desk.session, desk.ramona, NOW) == []
    found = queries.templates(desk.session, desk.org_id)
    assert [one.code for one in found] == ["data_processing", "treatment_consent", TELEREHAB]
    for one in found:
        assert set(one.titles) == {"ro", "en"}
        assert len(one.body["paragraphs"]["ro"]) == len(one.body["paragraphs"]["en"])
    assert found[2].purposes == ["biometric_capture", "telemedicine"]
