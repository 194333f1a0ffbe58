"""The tablet's pages: claim, read, sign, forget; replayed, forged, foreign and late links; nothing of anybody else."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.forms import actions
from app.forms.actions import Handover
from app.forms.models import FormInstance, KioskOpening
from app.forms.queries import CLAIM_TTL
from app.kernel.tenancy.scope import Scope, enter
from tests.factories.forms import TELEREHAB, Desk, png_bytes, png_url, points_json
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn, new_client
from tests.support.clock import FrozenClock

KIOSK = "/movimento/kiosk/"
FORM, SIGN = f"{KIOSK}form", f"{KIOSK}form/sign"
ANSWERS = {"answer_implant": "no", "answer_pregnancy": "no", "answer_conditions": "L5"}


@pytest.fixture
def tablet(app: Flask, desk: Desk) -> BrowserClient:
    desk.session.commit()
    return new_client(app, desk.session)


def hand_over(desk: Desk, form: FormInstance) -> Handover:
    enter(desk.session, Scope(org_id=desk.org_id))
    given = actions.open_on_kiosk(desk.session, desk.ramona, form_id=form.id, now=NOW)
    desk.session.commit()
    return given


def bring(desk: Desk, tablet: BrowserClient, code: str = "treatment_consent") -> FormInstance:
    """A form opened at the desk and claimed on the tablet by its code."""
    enter(desk.session, Scope(org_id=desk.org_id))
    form = desk.open(code)
    given = hand_over(desk, form)
    assert tablet.post(KIOSK, data={"code": given.code}).location == FORM
    tablet.get(FORM)
    return form


def signature(page: TestResponse, **changed: str) -> dict[str, str]:
    seen = page.get_data(as_text=True).split('name="seen" value="')[1][:64]
    sent = {"seen": seen, "capacity": "self", "name": ""}
    return sent | {"signature_png": png_url(), "signature_points": points_json()} | changed


def stored(desk: Desk, form: FormInstance) -> FormInstance:
    enter(desk.session, Scope(org_id=desk.org_id))
    desk.session.expire_all()
    return desk.session.get_one(FormInstance, (desk.org_id, form.id))


@pytest.mark.proves("SIG-01", "CNS-03", "FRM-03")
def test_from_code_to_blank_again(desk: Desk, tablet: BrowserClient) -> None:
    start = tablet.get(KIOSK)
    assert "Petra" not in start.text
    form = bring(desk, tablet)
    read = tablet.get(FORM)
    assert "Consimțământ pentru tratament" in read.text
    assert "Petra Țânțar" in read.text
    assert read.headers["Cache-Control"] == "no-store"
    assert tablet.post(FORM, data=ANSWERS).location == SIGN
    done = tablet.post(SIGN, data=signature(tablet.get(SIGN)))
    assert done.status_code == 303
    thanks = tablet.get(done.location)
    assert "Petra" not in thanks.text
    assert thanks.headers["Refresh"].endswith(f"url={KIOSK}")
    assert stored(desk, form).state == "signed"
    for address in (FORM, SIGN):
        assert tablet.get(address).location == KIOSK


@pytest.mark.proves("SIG-01")
def test_link_shows_nothing_until_begun_and_serves_one_tablet(
    app: Flask, desk: Desk, tablet: BrowserClient
) -> None:
    link = f"{KIOSK}open/{hand_over(desk, desk.open()).token}"
    ready = tablet.get(link)
    assert ready.status_code == 200
    assert "Petra" not in ready.text
    assert tablet.post(link).location == FORM
    assert "Petra" in tablet.get(FORM).text
    # The same tablet may open its link again; another one may not.
    assert tablet.get(link).location == FORM
    copied = new_client(app, desk.session)
    assert copied.get(link).status_code == 410
    assert copied.post(link).status_code == 410
    assert copied.get(FORM).location == KIOSK


@pytest.mark.proves("SIG-01", "KRN-01")
def test_late_revoked_forged_and_foreign_links(
    desk: Desk, tablet: BrowserClient, clock: FrozenClock
) -> None:
    form = desk.open()
    first = hand_over(desk, form)
    second = hand_over(desk, form)
    assert tablet.get(f"{KIOSK}open/{first.token}").status_code == 410
    foreign = f"/altius/kiosk/open/{second.token}"
    assert tablet.get(foreign).status_code == 404
    assert tablet.post(foreign).status_code == 404
    assert tablet.get(f"{KIOSK}open/made-up").status_code == 404
    assert tablet.get(f"/nowhere/kiosk/open/{second.token}").status_code == 404
    clock.advance(minutes=10)
    late = tablet.get(f"{KIOSK}open/{second.token}")
    assert late.status_code == 410
    assert KIOSK in late.text
    assert tablet.post(f"{KIOSK}open/{second.token}").status_code == 410


@pytest.mark.proves("SIG-01")
def test_a_wrong_code_says_so_and_nothing_more(desk: Desk, tablet: BrowserClient) -> None:
    given = hand_over(desk, desk.open())
    for typed in ("", "AAAA-AA", "<b>", "x" * 3000):
        refused = tablet.post(KIOSK, data={"code": typed})
        assert refused.status_code == 422
        assert "Petra" not in refused.text
    assert tablet.post(KIOSK, data={"code": given.code}).status_code == 303


@pytest.mark.proves("FRM-02", "KRN-10")
def test_language_is_the_readers_and_keeps_the_answers(desk: Desk, tablet: BrowserClient) -> None:
    form = bring(desk, tablet)
    half = {"answer_conditions": "durere în umăr", "language": "en"}
    assert tablet.post(FORM, data=half).location == FORM
    english = tablet.get(FORM).text
    assert "Consent to treatment" in english
    assert "durere în umăr" in english
    assert '<html lang="en"' in english
    tablet.post(FORM, data=ANSWERS)
    tablet.post(SIGN, data=signature(tablet.get(SIGN)))
    assert stored(desk, form).locale == "en"


@pytest.mark.proves("FRM-03")
def test_a_missing_answer_is_told_beside_its_field(desk: Desk, tablet: BrowserClient) -> None:
    bring(desk, tablet)
    refused = tablet.post(FORM, data={"answer_conditions": "rămâne <script>"})
    assert refused.status_code == 422
    assert 'id="answer_implant-error"' in refused.text
    assert "rămâne &lt;script&gt;" in refused.text
    assert tablet.get(SIGN).location == FORM


@pytest.mark.proves("SIG-01")
@pytest.mark.parametrize(
    "changed",
    [
        {"signature_png": "", "signature_points": ""},
        {"signature_points": points_json(2)},
        {"signature_png": png_url(b"MZ an executable")},
        {"signature_png": png_url(png_bytes(ink=False))},
        {"capacity": "guardian", "name": ""},
    ],
)
def test_a_refused_signature_loses_nothing(
    desk: Desk, tablet: BrowserClient, changed: dict[str, str]
) -> None:
    form = bring(desk, tablet)
    tablet.post(FORM, data=ANSWERS)
    sent = signature(tablet.get(SIGN), **changed)
    refused = tablet.post(SIGN, data=sent)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    returned = refused.text.split('name="signature_points" value="')[1].split('"')[0]
    assert returned.replace("&#34;", '"') == sent["signature_points"]
    kept = stored(desk, form)
    assert kept.state == "completed"
    assert kept.answers["conditions"] == "L5"
    assert tablet.post(SIGN, data=signature(tablet.get(SIGN))).status_code == 303


@pytest.mark.proves("SIG-01", "KRN-02")
def test_a_parent_signs_for_a_child(desk: Desk, tablet: BrowserClient) -> None:
    enter(desk.session, Scope(org_id=desk.org_id))
    form = desk.open(person=desk.cast.david)
    tablet.post(KIOSK, data={"code": hand_over(desk, form).code})
    tablet.post(FORM, data=ANSWERS)
    sent = signature(tablet.get(SIGN), capacity="guardian", name="Carmen Dinu")
    assert tablet.post(SIGN, data=sent).status_code == 303
    signed = stored(desk, form)
    assert signed.signer_name == "Carmen Dinu"
    assert signed.evidence is not None
    assert signed.evidence["capacity"] == "guardian"
    assert signed.evidence["patient"]["name"] == "David Dinu"


@pytest.mark.proves("FRM-03")
def test_what_changed_in_between_is_read_again(desk: Desk, tablet: BrowserClient) -> None:
    form = bring(desk, tablet)
    tablet.post(FORM, data=ANSWERS)
    sent = signature(tablet.get(SIGN))
    tablet.post(FORM, data=ANSWERS | {"answer_implant": "yes"})
    assert tablet.post(SIGN, data=sent).status_code == 409
    assert stored(desk, form).state == "completed"


@pytest.mark.proves("SIG-01")
def test_start_page_and_not_now_put_the_form_away(desk: Desk, tablet: BrowserClient) -> None:
    for leave in (lambda: tablet.get(KIOSK), lambda: tablet.post(f"{FORM}/leave")):
        form = bring(desk, tablet)
        leave()
        assert tablet.get(FORM).location == KIOSK
        assert stored(desk, form).state == "in_progress"
        opening = desk.session.query(KioskOpening).filter_by(form_id=form.id).one()
        assert opening.revoked_at == NOW


@pytest.mark.proves("SIG-01")
def test_taken_back_or_late_the_tablet_says_so_and_forgets(
    desk: Desk, tablet: BrowserClient, clock: FrozenClock
) -> None:
    form = bring(desk, tablet)
    hand_over(desk, form)
    ended = tablet.post(FORM, data=ANSWERS)
    assert ended.status_code == 410
    assert "Petra" not in ended.text
    assert tablet.get(FORM).location == KIOSK
    form = bring(desk, tablet)
    clock.advance(seconds=CLAIM_TTL.total_seconds())
    assert tablet.get(FORM).status_code == 410


@pytest.mark.proves("SIG-01")
def test_the_next_form_shows_nothing_of_the_last(desk: Desk, tablet: BrowserClient) -> None:
    bring(desk, tablet)
    enter(desk.session, Scope(org_id=desk.org_id))
    other = desk.open(TELEREHAB, desk.cast.david)
    tablet.post(KIOSK, data={"code": hand_over(desk, other).code})
    page = tablet.get(FORM).text
    assert "David Dinu" in page
    assert "Petra" not in page


@pytest.mark.proves("SIG-01", "SEC-01")
def test_a_signed_in_device_is_signed_out_before_it_is_handed_over(
    desk: Desk, signed_in: SignIn
) -> None:
    given = hand_over(desk, desk.open())
    device = signed_in(desk.cast.ramona)
    link = f"{KIOSK}open/{given.token}"
    assert device.get("/movimento/console/forms").status_code == 200
    device.get(link)
    assert device.post(link).location == FORM
    assert "Petra" in device.get(FORM).text
    assert device.get("/movimento/console/forms").status_code == 303


@pytest.mark.proves("SEC-01")
def test_forms_of_the_tablet_need_their_page(desk: Desk, tablet: BrowserClient) -> None:
    given = hand_over(desk, desk.open())
    sent = tablet.post(KIOSK, data={"code": given.code}, forget_csrf=True)
    assert sent.status_code == 400


def test_thanks_and_start_know_no_form(tablet: BrowserClient) -> None:
    assert tablet.get(f"{KIOSK}thanks?language=xx").status_code == 200
    assert tablet.get(f"{KIOSK}{uuid.uuid4()}").status_code == 404
