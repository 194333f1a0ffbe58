"""Forms and consents in the portal: one's own only, typed signature, withdrawing after being told what stops."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import insert

from app.consents import actions as consents
from app.consents import queries
from app.forms.models import FormInstance
from app.kernel.access.models import ActingAs
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from tests.factories.cast import Person
from tests.factories.forms import TELEREHAB, Desk
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn

PORTAL = "/movimento/portal"
ANSWERS = {"answer_implant": "no", "answer_pregnancy": "no"}


def opened(desk: Desk, person: Person | None = None) -> uuid.UUID:
    enter(desk.session, Scope(org_id=desk.org_id))
    form = desk.open(person=person)
    desk.session.commit()
    return form.id


def stored(desk: Desk, form_id: uuid.UUID) -> FormInstance:
    enter(desk.session, Scope(org_id=desk.org_id))
    desk.session.expire_all()
    return desk.session.get_one(FormInstance, (desk.org_id, form_id))


def sign(browser: BrowserClient, form_id: uuid.UUID, **changed: str) -> int:
    address = f"{PORTAL}/forms/{form_id}/sign"
    page = browser.get(address).get_data(as_text=True)
    sent = {"seen": page.split('name="seen" value="')[1][:64], "name": "Petra", "agree": "y"}
    return browser.post(address, data=sent | changed).status_code


@pytest.mark.proves("SIG-01", "SIG-02")
def test_a_patient_reads_answers_and_signs_by_name(desk: Desk, signed_in: SignIn) -> None:
    form_id = opened(desk)
    petra = signed_in(desk.cast.petra)
    address = f"{PORTAL}/forms/{form_id}"
    assert address in petra.get(f"{PORTAL}/forms").text
    assert petra.post(address, data={}).status_code == 422
    assert petra.post(address, data=ANSWERS).location == f"{address}/sign"
    assert sign(petra, form_id, name=" ") == 422
    assert sign(petra, form_id, agree="") == 422
    assert sign(petra, form_id, seen="0" * 64) == 409
    assert sign(petra, form_id, name="Petra Țânțar") == 303
    signed = stored(desk, form_id)
    assert (signed.state, signed.signature_mode, signed.signer_name) == (
        "signed",
        "click_typed",
        "Petra Țânțar",
    )
    assert (signed.content_sha256 or "") in petra.get(address).text
    assert petra.post(address, data=ANSWERS).status_code == 409


@pytest.mark.proves("KRN-02")
def test_a_caregiver_signs_as_one_and_only_for_their_own(desk: Desk, signed_in: SignIn) -> None:
    child, other = opened(desk, desk.cast.david), opened(desk)
    carmen = signed_in(desk.cast.carmen)
    carmen.post(f"{PORTAL}/forms/{child}", data=ANSWERS)
    assert sign(carmen, child, name="Carmen Dinu") == 303
    assert (stored(desk, child).evidence or {})["capacity"] == "guardian"
    for method, tail in (("GET", ""), ("POST", ""), ("GET", "/sign"), ("GET", "/signature.png")):
        assert carmen.open(f"{PORTAL}/forms/{other}{tail}", method=method).status_code == 404


@pytest.mark.proves("KRN-01", "KRN-03")
def test_strangers_and_nobody(desk: Desk, client: BrowserClient, signed_in: SignIn) -> None:
    form_id = opened(desk)
    pages = (f"forms/{form_id}", "forms", "consents", "consents/treatment/withdraw")
    bogdan = signed_in(desk.cast.bogdan)
    for tail in pages:
        assert client.get(f"{PORTAL}/{tail}").status_code == 303
        assert bogdan.get(f"{PORTAL}/{tail}").status_code == 404


@pytest.mark.proves("KRN-14")
def test_staff_acting_for_a_patient_read_but_do_not_sign(desk: Desk, signed_in: SignIn) -> None:
    form_id = opened(desk)
    acting = {
        "org_id": desk.org_id,
        "id": uuid7(),
        "human_id": desk.cast.ramona.human_id,
        "patient_id": desk.cast.petra.patient_id,
        "reason": "phone call",
        "started_at": NOW,
        "expires_at": NOW.replace(hour=20),
    }
    desk.session.execute(insert(ActingAs).values(**acting))
    desk.session.commit()
    ramona = signed_in(desk.cast.ramona)
    shown = ramona.get(f"{PORTAL}/forms/{form_id}")
    assert shown.status_code == 200
    assert ramona.post(f"{PORTAL}/forms/{form_id}", data=ANSWERS).status_code == 403
    assert ramona.post(f"{PORTAL}/consents/sms_appointments/give").status_code in (403, 404)
    assert stored(desk, form_id).state == "pending"


@pytest.mark.proves("CNS-01", "CNS-03", "CNS-06")
def test_withdrawing_says_first_what_stops(desk: Desk, signed_in: SignIn) -> None:
    enter(desk.session, Scope(org_id=desk.org_id))
    desk.sign(desk.open(TELEREHAB))
    desk.sign(desk.open())
    desk.session.commit()
    petra = signed_in(desk.cast.petra)
    one = f"{PORTAL}/consents/biometric_capture/withdraw"
    assert petra.get(f"{PORTAL}/consents").status_code == 200
    assert petra.get(one).status_code == 200
    assert held(desk) == {"biometric_capture", "telemedicine", "treatment"}
    assert petra.post(one).status_code == 303
    assert held(desk) == {"telemedicine", "treatment"}
    assert petra.get(one).status_code == 404
    assert petra.post(one).status_code == 409
    rest = f"{PORTAL}/consents/withdraw-medical"
    assert petra.get(rest).status_code == 200
    assert petra.post(rest).status_code == 303
    assert held(desk) == set()
    assert petra.get(rest).status_code == 303


@pytest.mark.proves("CNS-01", "CNS-07")
def test_given_by_touch_or_by_a_form(desk: Desk, signed_in: SignIn) -> None:
    enter(desk.session, Scope(org_id=desk.org_id))
    for purpose in ("sms_appointments", "clinic_terms"):
        consents.publish_version(
            desk.session, desk.ramona, purpose=purpose, texts={"ro": "Da", "en": "Yes"}, now=NOW
        )
    desk.session.commit()
    petra = signed_in(desk.cast.petra)
    assert petra.post(f"{PORTAL}/consents/sms_appointments/give").status_code == 303
    assert petra.post(f"{PORTAL}/consents/treatment/give").status_code == 404
    assert petra.post(f"{PORTAL}/consents/analytics/give").status_code == 404
    assert petra.post(f"{PORTAL}/consents/clinic_terms/withdraw").status_code == 403
    enter(desk.session, Scope(org_id=desk.org_id))
    assert queries.has(desk.session, desk.org_id, patient(desk), "sms_appointments")


def patient(desk: Desk) -> uuid.UUID:
    assert desk.cast.petra.patient_id is not None
    return desk.cast.petra.patient_id


def held(desk: Desk) -> set[str]:
    enter(desk.session, Scope(org_id=desk.org_id))
    found = queries.standings(desk.session, desk.org_id, patient(desk))
    return {one.purpose for one in found if one.granted}


@pytest.mark.proves("CNS-03", "CNS-04")
def test_a_withdrawn_consent_is_given_again_by_signing_its_form(
    desk: Desk, signed_in: SignIn
) -> None:
    petra = signed_in(desk.cast.petra)
    give = f"{PORTAL}/consents/biometric_capture/form"
    form = petra.post(give).location
    assert petra.post(give).location == form, "the form that waits is taken up again"
    form_id = uuid.UUID(form.rsplit("/", 1)[1])
    answers = {
        f"answer_{one['key']}": "yes" for one in stored(desk, form_id).snapshot["body"]["fields"]
    }
    assert petra.post(form, data=answers).location == f"{form}/sign"
    assert sign(petra, form_id, name="Petra Țânțar") == 303
    assert "biometric_capture" in held(desk)
    petra.post(f"{PORTAL}/consents/biometric_capture/withdraw")
    assert "biometric_capture" not in held(desk)
    consents_page = petra.get(f"{PORTAL}/consents").text
    assert give in consents_page
    again = petra.post(give).location
    assert again != form
    assert petra.get(again).status_code == 200
    assert petra.post(f"{PORTAL}/consents/nonsense/form").status_code == 404
