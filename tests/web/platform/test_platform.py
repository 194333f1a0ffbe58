"""The operator's pages: clinics, capabilities, elevated access, trail."""

from __future__ import annotations

import dataclasses
import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.integrations.models import SandboxMessage
from app.kernel import capabilities
from app.kernel.access.models import ElevatedAccess, Membership
from app.kernel.audit.models import AuditEvent, RecordAccess
from app.kernel.capabilities import Capability
from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.scope import Scope, scoped
from app.messaging.models import Delivery
from tests.factories.cast import Cast
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock

PAGES = ("/platform/", "/platform/clinics/new", "/platform/capabilities", "/platform/trail")
NEW = {
    "name": "Kinetica Băneasa",
    "slug": "kinetica",
    "city": "București",
    "time_zone": "Europe/Bucharest",
    "locale": "ro",
    "owner_name": "Ana Ștefănescu",
    "owner_email": "ana@kinetica.example.com",
}
CASE = {
    "case_kind": "support",
    "reason": "The clinic asked why a visit is missing",
    "minutes": "60",
}


@pytest.fixture
def oana(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.oana)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_for_the_operator_only(
    cast: Cast, client: BrowserClient, signed_in: SignIn, oana: BrowserClient, path: str
) -> None:
    assert oana.get(path).status_code == 200
    assert client.get(path).status_code == 303, "sign in first"
    assert signed_in(cast.olga).get(path).status_code == 404, "an owner is not the operator"
    assert signed_in(cast.petra).get(path).status_code == 404


def test_clinics_are_found_sorted_and_paged(oana: BrowserClient, cast: Cast) -> None:
    both = oana.get("/platform/?sort=-name").text
    assert both.index("Movimento") < both.index("Altius")
    found = oana.fragment("/platform/?q=movi").text
    assert "Movimento" in found
    assert "Altius" not in found
    assert "<html" not in found
    assert "Movimento" not in oana.get("/platform/?state=draft").text
    assert oana.get("/platform/?size=1&page=2&sort=name").text.count("/platform/clinics/") >= 1
    assert oana.get("/platform/?size=1000").status_code == 422
    assert "Movimento" not in oana.get("/platform/?q=100%25").text, "a wildcard is a plain sign"


@pytest.mark.proves("KRN-03")
def test_a_clinic_is_opened_as_a_draft_and_activated(
    oana: BrowserClient, session: Session, client: BrowserClient, cast: Cast
) -> None:
    made = oana.post("/platform/clinics/new", data=NEW)
    assert made.status_code == 303
    path = made.location
    org_id = uuid.UUID(path.rsplit("/", 1)[1])
    assert client.get("/kinetica/portal/sign-in").status_code == 404, (
        "a draft does not exist outside"
    )
    assert oana.post(f"{path}/activate").status_code == 303
    assert oana.post(f"{path}/activate").status_code == 409
    assert client.get("/kinetica/portal/sign-in").status_code == 200
    with scoped(session, Scope(org_id=org_id)):
        mail = session.scalars(select(Delivery)).one()
        assert (mail.template, mail.recipient) == ("staff_invitation", NEW["owner_email"])
        assert session.scalar(select(func.count()).select_from(Membership)) == 1
        trail = list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
    assert trail == ["clinic.create", "clinic.activate"], "the clinic can read who opened it"
    assert "clinic.activate" in oana.get("/platform/trail").text


@pytest.mark.proves("KRN-09")
@pytest.mark.parametrize(("mode", "shown"), [("development", True), ("production", False)])
def test_an_invitation_that_cannot_leave_is_shown_in_development_only(
    oana: BrowserClient,
    session: Session,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    shown: bool,
) -> None:
    path = oana.post("/platform/clinics/new", data=NEW).location
    org_id = uuid.UUID(path.rsplit("/", 1)[1])
    oana.post(f"{path}/activate")
    link = "http://localhost/sign-in/link/abc-DEF_1"
    with scoped(session, Scope(org_id=org_id)):
        session.add(
            SandboxMessage(
                org_id=org_id,
                kind="email",
                idempotency_key="1",
                recipient=NEW["owner_email"],
                body=f"Bine ați venit!\n{link}\n\nDupă",
                sent_at=NOW,
            )
        )
        session.commit()
    settings = dataclasses.replace(app.config["SETTINGS"], mode=mode)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert (f'href="{link}"' in oana.get(path).text) is shown


def test_all_that_is_wrong_with_a_clinic_is_said_at_once(oana: BrowserClient) -> None:
    answer = oana.post("/platform/clinics/new", data={**NEW, "slug": "Two Words", "city": ""})
    assert "letters a to z" in answer.text
    assert "fill this in" in answer.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"slug": "platform"}, "belongs to the platform"),
        ({"slug": "sign-in"}, "belongs to the platform"),
        ({"slug": "healthz"}, "belongs to the platform"),
        ({"slug": "Two Words"}, "letters a to z"),
        ({"slug": "movimento"}, "Another clinic"),
        ({"owner_email": "nobody"}, "not an e-mail"),
        ({"time_zone": "Europe/Atlantis"}, "Time zone"),
        ({"name": ""}, "fill this in"),
        ({"name": "x" * 10_000}, "At most"),
    ],
)
def test_a_clinic_that_cannot_be_is_refused(
    oana: BrowserClient, change: dict[str, str], words: str
) -> None:
    response = oana.post("/platform/clinics/new", data={**NEW, **change})
    assert response.status_code == 422
    assert words in response.text


@pytest.mark.proves("CAP-01")
def test_a_capability_is_cleared_granted_paused_and_resumed(
    oana: BrowserClient, session: Session, cast: Cast
) -> None:
    clinic = f"/platform/clinics/{cast.clinic.id}"

    def state() -> capabilities.gate.CapabilityState:
        with scoped(session, Scope(org_id=cast.clinic.id)):
            session.expire_all()
            return capabilities.states(session, cast.clinic.id)[Capability.TELEREHAB]

    assert not state().enabled, "off by default"
    oana.post(f"{clinic}/capabilities/telerehab/grant")
    assert not state().enabled, "the platform is not cleared"
    assert oana.post("/platform/capabilities/telerehab", data={"basis": " "}).status_code == 422
    oana.post("/platform/capabilities/telerehab", data={"basis": "Class I self-assessment"})
    assert state().enabled
    no_reason = oana.post(f"{clinic}/capabilities/telerehab/pause", data={"reason": ""})
    assert no_reason.status_code == 422
    past = {"reason": "Figures are being checked", "expected_end": "2020-01-01T10:00"}
    assert oana.post(f"{clinic}/capabilities/telerehab/pause", data=past).status_code == 422
    pause = {**past, "expected_end": "2027-03-04T10:00"}
    assert oana.post(f"{clinic}/capabilities/telerehab/pause", data=pause).status_code == 303
    assert not state().enabled
    assert state().pause_reason == "Figures are being checked"
    ends = state().pause_expected_end
    assert ends
    assert ends.isoformat() == "2027-03-04T08:00:00+00:00", "on the clinic's clock"
    assert "Paused" in oana.get(clinic).text
    oana.post(f"{clinic}/capabilities/telerehab/resume")
    assert state().enabled
    oana.post("/platform/capabilities/telerehab", data={"basis": "Recall of the assessment"})
    assert not state().enabled, "closing the platform closes every clinic"


def test_unknown_things_are_not_found(oana: BrowserClient, cast: Cast) -> None:
    clinic = f"/platform/clinics/{cast.clinic.id}"
    assert oana.get(f"/platform/clinics/{uuid.uuid4()}").status_code == 404
    assert oana.post(f"{clinic}/capabilities/levitation/grant").status_code == 404
    assert oana.post(f"{clinic}/capabilities/telerehab/adore").status_code == 404
    assert oana.get("/platform/capabilities/levitation").status_code == 404


@pytest.mark.proves("KRN-13")
def test_elevated_access_is_told_at_once_and_boxed_in_time(
    oana: BrowserClient, session: Session, cast: Cast, signed_in: SignIn, clock: FrozenClock
) -> None:
    assert oana.get("/movimento/console/audit").status_code == 404, "nothing without access"
    path = f"/platform/clinics/{cast.clinic.id}"
    assert oana.post(f"{path}/elevate", data=CASE).status_code == 303
    assert oana.post(f"{path}/elevate", data=CASE).status_code == 409, "one at a time"
    with scoped(session, Scope(org_id=cast.clinic.id)):
        told = session.scalars(
            select(OutboxEvent).where(OutboxEvent.name == "access.elevated")
        ).one()
        opened = session.scalars(select(ElevatedAccess)).one()
    assert told.payload == {"elevated_id": str(opened.id)}
    banner = signed_in(cast.olga).get("/movimento/console/audit").text
    assert "The clinic asked why a visit is missing" in banner
    assert oana.get("/movimento/console/audit").status_code == 200
    assert oana.get("/altius/console/audit").status_code == 404, "one clinic only"
    assert oana.post("/movimento/console/roles", data={"name": "Mine"}).status_code == 404
    clock.advance(minutes=61)
    assert signed_in(cast.oana).get("/movimento/console/audit").status_code == 404


@pytest.mark.proves("KRN-13")
def test_every_page_read_under_elevated_access_is_recorded(
    oana: BrowserClient, session: Session, cast: Cast
) -> None:
    oana.post(f"/platform/clinics/{cast.clinic.id}/elevate", data=CASE)
    oana.get("/movimento/console/audit?outcome=done")
    with scoped(session, Scope(org_id=cast.clinic.id)):
        read = session.scalars(select(AuditEvent).where(AuditEvent.action == "elevated.read")).one()
        opened = session.scalars(select(ElevatedAccess)).one()
    assert (read.actor_human_id, read.elevated_id) == (cast.oana.human_id, opened.id)
    assert read.subject_id == "/movimento/console/audit"


@pytest.mark.proves("KRN-13", "KRN-09")
def test_elevated_access_does_not_reach_one_time_links(oana: BrowserClient, cast: Cast) -> None:
    oana.post(f"/platform/clinics/{cast.clinic.id}/elevate", data=CASE)
    assert oana.get("/movimento/console/outbox").status_code == 403
    assert oana.get(f"/movimento/console/outbox/{cast.clinic.id}").status_code == 403
    assert 'href="/movimento/console/outbox"' not in oana.get("/movimento/console/audit").text


@pytest.mark.proves("KRN-13")
def test_elevated_access_ends_by_hand(oana: BrowserClient, session: Session, cast: Cast) -> None:
    path = f"/platform/clinics/{cast.clinic.id}"
    oana.post(f"{path}/elevate", data=CASE)
    with scoped(session, Scope(org_id=cast.clinic.id)):
        opened = session.scalars(select(ElevatedAccess.id)).one()
    reading = oana.get("/movimento/console/audit").text
    assert f"{path}/elevated/{opened}/end" in reading
    assert "operator&#39;s pages" in reading
    assert oana.post(f"{path}/elevated/{opened}/end").status_code == 303
    assert oana.post(f"{path}/elevated/{opened}/end").status_code == 404
    assert oana.get("/movimento/console/audit").status_code == 404


@pytest.mark.proves("KRN-13")
@pytest.mark.parametrize(
    "change",
    [{"reason": "because"}, {"minutes": "600"}, {"case_kind": "curiosity"}, {"minutes": ""}],
)
def test_elevated_access_needs_its_reasons(
    oana: BrowserClient, session: Session, cast: Cast, change: dict[str, str]
) -> None:
    response = oana.post(f"/platform/clinics/{cast.clinic.id}/elevate", data={**CASE, **change})
    assert response.status_code == 422
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert session.scalar(select(func.count()).select_from(ElevatedAccess)) == 0
        assert session.scalar(select(func.count()).select_from(RecordAccess)) == 0
