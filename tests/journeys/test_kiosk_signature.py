"""Journey c without script: everything but the drawing itself, and the page says so.

Links are followed and forms sent as the pages give them: every address comes from the page before.
"""

from __future__ import annotations

import re

import html5lib
import pytest
from flask import Flask

from app.consents import queries as consents
from app.kernel.tenancy.scope import Scope, enter
from tests.factories.forms import TELEREHAB, Desk, png_url, points_json
from tests.support.browser_client import BrowserClient, SignIn, new_client


def form_of(page: str, ending: str) -> tuple[str, dict[str, str]]:
    """Address and hidden fields of the form of this clinic whose action ends so."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    for form in tree.iter("form"):
        if form.get("action", "").startswith("/movimento") and form.get("action").endswith(ending):
            hidden = [one for one in form.iter("input") if one.get("type") == "hidden"]
            return form.get("action"), {one.get("name"): one.get("value", "") for one in hidden}
    raise AssertionError(f"no form to {ending}")


def noscript(page: str) -> str:
    """What the page says where no script runs."""
    return " ".join(re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL))


@pytest.mark.proves("SIG-01", "CNS-03", "FRM-03")
def test_reception_hands_over_patient_reads_signs_tablet_is_blank(
    app: Flask, desk: Desk, signed_in: SignIn
) -> None:
    template, patient_id = str(desk.template_id(TELEREHAB)), desk.cast.petra.patient_id
    assert patient_id is not None
    ramona, tablet = signed_in(desk.cast.ramona), new_client(app, desk.session)
    new = ramona.get(f"/movimento/console/patients/{patient_id}/forms/new").text
    action, fields = form_of(new, "/forms/new")
    handed = ramona.post(action, data=fields | {"template": template, "then": "tablet"}).text
    code = re.search(r'id="tablet-code">([^<]+)<', handed)
    assert code is not None

    action, fields = form_of(tablet.get("/movimento/kiosk/").text, "/kiosk/")
    read = tablet.post(action, data=fields | {"code": code[1]}, follow_redirects=True).text
    assert "Petra Țânțar" in read
    action, fields = form_of(read, "/form")
    sign = tablet.post(action, data=fields | {"answer_safe_place": "y"}, follow_redirects=True).text
    assert noscript(sign), "a page that needs a script says so without one"
    action, fields = form_of(sign, "/form/sign")

    # Without a script nothing is drawn: the page comes back and says what is missing.
    refused = tablet.post(action, data=fields | {"capacity": "self"})
    assert refused.status_code == 422
    assert noscript(refused.text)
    # What a script would have drawn.
    drawn = {"signature_png": png_url(), "signature_points": points_json()}
    action, fields = form_of(refused.text, "/form/sign")
    thanks = tablet.post(action, data=fields | {"capacity": "self"} | drawn, follow_redirects=True)
    assert thanks.status_code == 200
    assert "Petra" not in thanks.text
    blank = tablet.get("/movimento/kiosk/form", follow_redirects=True)
    assert "Petra" not in blank.text

    enter(desk.session, Scope(org_id=desk.org_id))
    for purpose in ("biometric_capture", "telemedicine"):
        consents.demand(desk.session, desk.org_id, patient_id, purpose)


@pytest.mark.proves("SIG-01")
def test_the_blank_start_works_without_script(desk: Desk, client: BrowserClient) -> None:
    page = client.get("/movimento/kiosk/").text
    assert not noscript(page)
    assert "<form" in page
