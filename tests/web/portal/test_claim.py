"""Guest first, account afterwards: the e-mail's link proves whose card it is."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.audit.models import AuditEvent
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import MAX_FAILURES
from app.kernel.tenancy.scope import Scope, scoped
from app.messaging import sealed
from app.messaging.models import Delivery
from app.people.actions import Contact, add_guest, add_patient
from app.people.models import Patient, PatientProfile
from tests.factories.cast import Cast, staff_actor
from tests.support.browser_client import BrowserClient
from tests.support.clock import FrozenClock

ENTRANCE = "/movimento/portal/sign-in"
MAIL = "gina.guest@example.com"
PHONE = "+40722123456"


def add(
    session: Session, cast: Cast, now: dt.datetime, *, known: bool = False, **change: str | None
) -> uuid.UUID:
    contact = Contact(**{"name": "Gina Guest", "email": MAIL, "phone": PHONE, **change})  # type: ignore[arg-type]
    with scoped(session, Scope(org_id=cast.clinic.id)):
        made = (add_patient if known else add_guest)(
            session, staff_actor(cast.ramona), contact, now
        )
        session.commit()
    return made


def come_in(client: BrowserClient, session: Session, cast: Cast) -> str:
    """Ask for the link and press its button; where it leads."""
    client.post(ENTRANCE, data={"email": MAIL})
    with scoped(session, Scope(org_id=cast.clinic.id)):
        mail = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
    assert mail is not None, "no link was mailed"
    found = re.search(r"https?://[^/]+(/.*)", sealed.opened(mail.id, mail.context)["link"])
    assert found
    return str(client.post(found[1]).location)


@pytest.mark.proves("BOK-01", "KRN-02")
def test_a_guest_takes_over_the_card_they_made(
    client: BrowserClient, session: Session, cast: Cast, clock: FrozenClock
) -> None:
    card = add(session, cast, clock.now())
    assert come_in(client, session, cast) == "/movimento/portal/welcome"
    welcome = client.get("/movimento/portal/welcome").text
    assert "Gina Guest" in welcome
    assert "Last four digits" not in welcome
    assert client.post(f"/movimento/portal/welcome/{card}").location == "/movimento/portal/"
    assert "Hello, Gina" in client.get("/movimento/portal/").text
    assert client.get("/movimento/portal/welcome").location == "/movimento/portal/"
    with scoped(session, Scope(org_id=cast.clinic.id)):
        whose = session.scalar(
            select(PatientProfile.human_id)
            .join(Patient, Patient.profile_id == PatientProfile.id)
            .where(Patient.id == card)
        )
        kept = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "patients.claim")
        ).one()
    assert kept.actor_human_id == whose
    assert kept.subject_id == str(card)


@pytest.mark.proves("BOK-01", "SEC-01")
def test_a_known_patients_card_asks_for_the_number_and_brakes_guessing(
    client: BrowserClient, session: Session, cast: Cast, clock: FrozenClock
) -> None:
    card = add(session, cast, clock.now(), known=True)
    come_in(client, session, cast)
    path = f"/movimento/portal/welcome/{card}"
    assert "Last four digits" in client.get("/movimento/portal/welcome").text
    assert client.post(path, data={"phone_tail": "12"}).status_code == 422
    for _ in range(MAX_FAILURES):
        assert client.post(path, data={"phone_tail": "0000"}).status_code == 422
        clock.advance(seconds=20)
    assert "Too many attempts" in client.post(path, data={"phone_tail": "3456"}).text
    clock.advance(hours=1)
    assert client.post(path, data={"phone_tail": "3456"}).location == "/movimento/portal/"


@pytest.mark.proves("BOK-01")
def test_a_family_that_shares_an_e_mail_chooses(
    client: BrowserClient, session: Session, cast: Cast, clock: FrozenClock
) -> None:
    gina = add(session, cast, clock.now())
    add(session, cast, clock.now(), name="Gabi Guest")
    come_in(client, session, cast)
    page = client.get("/movimento/portal/welcome").text
    assert "Gina Guest" in page
    assert "Gabi Guest" in page
    client.post(f"/movimento/portal/welcome/{gina}")
    home = client.get("/movimento/portal/").text
    assert "Hello, Gina" in home
    assert "Gabi" not in home


@pytest.mark.proves("KRN-01", "BOK-01")
def test_only_a_card_with_ones_own_e_mail_at_this_clinic(
    client: BrowserClient, session: Session, cast: Cast, clock: FrozenClock
) -> None:
    add(session, cast, clock.now())
    strange = add(session, cast, clock.now(), email="other@example.com")
    come_in(client, session, cast)
    for card in (strange, cast.petra.patient_id, uuid.UUID(int=5)):
        assert client.post(f"/movimento/portal/welcome/{card}").status_code == 404
    assert "does not know this e-mail" in client.get("/altius/portal/welcome").text
    client.post("/sign-out")
    assert client.get("/movimento/portal/welcome").status_code in (302, 303, 401)


def test_a_card_without_a_number_is_opened_at_the_clinic(
    client: BrowserClient, session: Session, cast: Cast, clock: FrozenClock
) -> None:
    add(session, cast, clock.now(), known=True, phone=None)
    client.post(ENTRANCE, data={"email": MAIL})
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert session.scalars(select(Delivery)).all() == []
    assert session.scalar(select(Human.id).where(Human.email == MAIL)) is None
