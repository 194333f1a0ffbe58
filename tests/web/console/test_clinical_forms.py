"""Forms and consents at the desk: works, needs login, stranger, colleague without permission, bad input."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.consents import actions as consents
from app.consents import queries
from app.forms.models import FormInstance, KioskOpening
from app.kernel.access.models import Role, RolePermission
from app.kernel.audit.models import RecordAccess
from app.kernel.tenancy.scope import Scope, enter
from tests.factories.cast import Person
from tests.factories.forms import TELEREHAB, Desk, png_bytes
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn

CONSOLE = "/movimento/console"


@pytest.fixture
def ramona(desk: Desk, signed_in: SignIn) -> BrowserClient:
    return signed_in(desk.cast.ramona)


@pytest.fixture
def signed_form(desk: Desk) -> FormInstance:
    enter(desk.session, Scope(org_id=desk.org_id))
    form = desk.sign(desk.open(TELEREHAB))
    desk.session.commit()
    return form


@pytest.fixture
def pending(desk: Desk) -> FormInstance:
    enter(desk.session, Scope(org_id=desk.org_id))
    form = desk.open()
    desk.session.commit()
    return form


def addresses(form: FormInstance) -> list[tuple[str, str]]:
    """Every address of this part with its method."""
    one, of_patient = f"{CONSOLE}/forms/{form.id}", f"{CONSOLE}/patients/{form.patient_id}"
    return [
        ("GET", f"{CONSOLE}/forms"),
        ("GET", one),
        ("GET", f"{one}/print"),
        ("GET", f"{one}/signature.png"),
        ("GET", f"{one}/void"),
        ("POST", f"{one}/void"),
        ("POST", f"{one}/tablet"),
        ("GET", f"{of_patient}/forms/new"),
        ("POST", f"{of_patient}/forms/new"),
        ("GET", f"{of_patient}/consents"),
        ("POST", f"{of_patient}/consents/sms_appointments/record"),
        ("GET", f"{of_patient}/consents/biometric_capture/withdraw"),
        ("POST", f"{of_patient}/consents/biometric_capture/withdraw"),
        ("GET", f"{CONSOLE}/form-templates"),
        ("POST", f"{CONSOLE}/form-templates/defaults"),
    ]


def lose(session: Session, person: Person, prefix: str) -> None:
    """The person's role loses the permissions that begin so."""
    assert person.clinic is not None
    enter(session, Scope(org_id=person.clinic.id))
    role = select(Role.id).where(Role.code == person.role).scalar_subquery()
    session.execute(
        delete(RolePermission).where(
            RolePermission.role_id == role, RolePermission.permission.startswith(prefix)
        )
    )
    session.commit()


@pytest.mark.proves("KRN-03")
def test_nobody_gets_in_without_a_login(
    desk: Desk, client: BrowserClient, pending: FormInstance
) -> None:
    for method, address in addresses(pending):
        assert client.open(address, method=method).status_code == 303, address


@pytest.mark.proves("KRN-01")
def test_a_stranger_finds_nothing(desk: Desk, signed_in: SignIn, signed_form: FormInstance) -> None:
    bogdan = signed_in(desk.cast.bogdan)
    ids = (str(signed_form.id), str(signed_form.patient_id))
    for method, address in list(addresses(signed_form)):
        assert bogdan.open(address, method=method).status_code == 404, address
        if any(one in address for one in ids):
            foreign = address.replace("/movimento/", "/altius/")
            assert bogdan.open(foreign, method=method).status_code == 404, foreign


@pytest.mark.proves("KRN-03")
def test_a_colleague_without_the_permission_is_refused(
    desk: Desk, ramona: BrowserClient, signed_form: FormInstance
) -> None:
    for prefix in ("forms.", "consents."):
        lose(desk.session, desk.cast.ramona, prefix)
    for method, address in addresses(signed_form):
        assert ramona.open(address, method=method).status_code == 403, address


@pytest.mark.proves("KRN-04")
def test_own_patients_only(desk: Desk, signed_in: SignIn, signed_form: FormInstance) -> None:
    enter(desk.session, Scope(org_id=desk.org_id))
    desk.session.execute(
        update(Role).where(Role.code == "specialist").values(own_patients_only=True)
    )
    desk.session.commit()
    stefan = signed_in(desk.cast.stefan)
    listed = stefan.get(f"{CONSOLE}/forms")
    assert listed.status_code == 200
    assert "Petra" not in listed.text
    for method, address in addresses(signed_form)[1:13]:
        if method == "GET":
            assert stefan.open(address, method=method).status_code == 404, address


@pytest.mark.proves("FRM-03", "SIG-01")
def test_a_form_is_opened_and_handed_over_in_one_step(desk: Desk, ramona: BrowserClient) -> None:
    address = f"{CONSOLE}/patients/{desk.cast.petra.patient_id}/forms/new"
    assert ramona.get(address).text.count('name="template"') == 3
    enter(desk.session, Scope(org_id=desk.org_id))
    template = str(desk.template_id())
    handed = ramona.post(address, data={"template": template, "then": "tablet"})
    assert handed.status_code == 201
    assert "<svg" in handed.text
    assert "/movimento/kiosk/open/" in handed.text
    only = ramona.post(address, data={"template": template, "then": "page"})
    assert ramona.get(only.location).status_code == 200


@pytest.mark.proves("FRM-02")
@pytest.mark.parametrize("template", ["", "x", str(uuid.UUID(int=7))])
def test_a_form_needs_a_template(desk: Desk, ramona: BrowserClient, template: str) -> None:
    address = f"{CONSOLE}/patients/{desk.cast.petra.patient_id}/forms/new"
    assert ramona.post(address, data={"template": template}).status_code == 422


@pytest.mark.proves("SIG-01")
def test_the_handover_is_followed_until_it_is_over(
    desk: Desk, ramona: BrowserClient, pending: FormInstance
) -> None:
    ramona.post(f"{CONSOLE}/forms/{pending.id}/tablet")
    enter(desk.session, Scope(org_id=desk.org_id))
    opening = desk.session.scalars(select(KioskOpening)).one()
    status = f"{CONSOLE}/forms/{pending.id}/openings/{opening.id}"
    assert "hx-get" in ramona.fragment(status).text
    assert ramona.post(f"{status}/revoke").status_code == 303
    over = ramona.fragment(status)
    assert "hx-get" not in over.text
    assert ramona.get(status).status_code == 303
    assert (
        ramona.fragment(f"{CONSOLE}/forms/{pending.id}/openings/{uuid.uuid4()}").status_code == 404
    )


@pytest.mark.proves("SIG-02", "BYD-06")
def test_a_signed_form_shows_signature_evidence_and_seal(
    desk: Desk, ramona: BrowserClient, signed_form: FormInstance
) -> None:
    address = f"{CONSOLE}/forms/{signed_form.id}"
    shown = ramona.get(address).text
    assert signed_form.content_sha256 in shown
    assert "10.20.0.7" in shown
    assert 'class="alert is-bad"' not in shown
    image = ramona.get(f"{address}/signature.png")
    assert (image.mimetype, image.data[:4]) == ("image/png", b"\x89PNG")
    printed = ramona.get(f"{address}/print").text
    assert '<path d="M80 160Q' in printed
    enter(desk.session, Scope(org_id=desk.org_id))
    looks = desk.session.scalars(select(RecordAccess.what).order_by(RecordAccess.id)).all()
    assert looks == ["form", "form_print"]


@pytest.mark.proves("BYD-06")
def test_a_broken_seal_is_told(
    desk: Desk, ramona: BrowserClient, signed_form: FormInstance
) -> None:
    desk.blobs.put(signed_form.signature_png_key or "", png_bytes(ink=False))
    shown = ramona.get(f"{CONSOLE}/forms/{signed_form.id}").text
    assert 'class="alert is-bad"' in shown


@pytest.mark.proves("FRM-03")
def test_setting_aside_asks_for_a_reason(ramona: BrowserClient, pending: FormInstance) -> None:
    address = f"{CONSOLE}/forms/{pending.id}/void"
    assert ramona.get(address).status_code == 200
    assert ramona.post(address, data={"reason": " "}).status_code == 422
    assert ramona.post(address, data={"reason": "formular greșit"}).status_code == 303
    assert ramona.post(address, data={"reason": "again"}).status_code == 409
    assert ramona.post(address.replace("/void", "/tablet")).status_code == 409


@pytest.mark.proves("INT-02")
def test_the_list_is_narrowed_sorted_and_exact(
    desk: Desk, ramona: BrowserClient, signed_form: FormInstance, pending: FormInstance
) -> None:
    def rows(query: str) -> int:
        return ramona.fragment(f"{CONSOLE}/forms?{query}").text.count("<tr>") - 1

    assert rows("") == 2
    assert rows("state=signed") == 1
    assert rows("state=open") == 1
    assert rows("q=tantar&sort=patient") == 2
    assert rows("q=nobody") == -1
    assert rows("state=invented") == 2
    assert ramona.get(f"{CONSOLE}/forms?sort=secret").status_code == 422


@pytest.fixture
def sms(desk: Desk) -> None:
    enter(desk.session, Scope(org_id=desk.org_id))
    texts = {"en": "Text me about my visits."}
    consents.publish_version(
        desk.session, desk.ramona, purpose="sms_appointments", texts=texts, now=NOW
    )
    desk.session.commit()


@pytest.mark.proves("CNS-01", "CNS-03")
@pytest.mark.usefixtures("sms")
def test_consents_are_recorded_and_withdrawn_at_the_desk(
    desk: Desk, ramona: BrowserClient, signed_form: FormInstance
) -> None:
    base = f"{CONSOLE}/patients/{signed_form.patient_id}/consents"
    assert ramona.get(base).status_code == 200
    assert ramona.fragment(base).text.lstrip().startswith("<div")
    assert ramona.post(f"{base}/sms_appointments/record").status_code == 303
    assert ramona.post(f"{base}/biometric_capture/record").status_code == 404
    assert ramona.get(f"{base}/biometric_capture/withdraw").status_code == 200
    assert ramona.post(f"{base}/biometric_capture/withdraw").status_code == 303
    assert ramona.post(f"{base}/biometric_capture/withdraw").status_code == 409
    assert ramona.get(f"{base}/biometric_capture/withdraw").status_code == 404
    enter(desk.session, Scope(org_id=desk.org_id))
    held = {
        purpose: queries.has(desk.session, desk.org_id, signed_form.patient_id, purpose)
        for purpose in ("sms_appointments", "biometric_capture", "telemedicine")
    }
    assert held == {"sms_appointments": True, "biometric_capture": False, "telemedicine": True}


@pytest.mark.proves("FRM-02")
def test_templates_are_listed_and_previewed(desk: Desk, ramona: BrowserClient) -> None:
    enter(desk.session, Scope(org_id=desk.org_id))
    template = desk.template_id(TELEREHAB)
    assert str(template) in ramona.get(f"{CONSOLE}/form-templates").text
    address = f"{CONSOLE}/form-templates/{template}"
    assert "Consent to telerehabilitation" in ramona.get(f"{address}?language=en").text
    assert "telerecuperare" in ramona.get(f"{address}?language=ro").text
    assert ramona.get(f"{address}?language=xx").status_code == 404
    assert ramona.get(f"{CONSOLE}/form-templates/{uuid.uuid4()}").status_code == 404
    assert ramona.post(f"{CONSOLE}/form-templates/defaults").status_code == 303


@pytest.mark.proves("FRM-02")
def test_a_clinic_without_templates_is_led_to_them(desk: Desk, signed_in: SignIn) -> None:
    bogdan = signed_in(desk.cast.bogdan)
    address = "/altius/console/form-templates"
    assert "/altius/console/form-templates/defaults" in bogdan.get(address).text
    bogdan.post(f"{address}/defaults")
    assert bogdan.get(address).text.count("card-link") == 3
