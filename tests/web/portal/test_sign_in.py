"""How patients sign in: link or password, the same answer to everybody, for whom, staff acting for them."""

from __future__ import annotations

import dataclasses
import re

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.kernel.access.models import ActingAs
from app.kernel.audit.models import AuditEvent
from app.kernel.identity import totp
from app.kernel.identity.models import Human, LoginEvent, LoginLink
from app.kernel.tenancy.scope import Scope, scoped
from app.messaging import sealed
from app.messaging.models import Delivery
from tests.factories.cast import PASSWORD, TOTP_SECRET, Cast, Person
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock

ENTRANCE = "/movimento/portal/sign-in"


def mails(session: Session, cast: Cast) -> list[Delivery]:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def link_of(session: Session, cast: Cast) -> str:
    mail = mails(session, cast)[-1]
    link = sealed.opened(mail.id, mail.context)["link"]
    found = re.search(r"https?://[^/]+(/.*)", link)
    assert found
    return found[1]


def ask(client: BrowserClient, email: str):  # type: ignore[no-untyped-def]
    return client.post(ENTRANCE, data={"email": email})


@pytest.mark.proves("KRN-02", "SEC-01")
def test_a_link_signs_in_once(client: BrowserClient, session: Session, cast: Cast) -> None:
    assert client.get(ENTRANCE).status_code == 200
    assert "Look at your e-mail" in ask(client, cast.petra.email).text
    path = link_of(session, cast)
    for _ in range(2):
        assert client.get(path).status_code == 200, "a mail scanner looks and spends nothing"
    assert client.post(path).location == "/movimento/portal/"
    assert "Hello, Petra" in client.get("/movimento/portal/").text
    client.post("/sign-out")
    assert client.post(path).status_code == 410
    with scoped(session, Scope(org_id=cast.clinic.id)):
        logged = session.execute(
            select(LoginEvent.outcome, LoginEvent.method).order_by(LoginEvent.id)
        ).all()
    assert [tuple(row) for row in logged] == [("done", "link"), ("refused", "link")]


def test_the_secret_of_a_link_lies_open_nowhere(
    client: BrowserClient, session: Session, cast: Cast
) -> None:
    ask(client, cast.petra.email)
    token = link_of(session, cast).rsplit("/", 1)[1]
    mail = mails(session, cast)[-1]
    assert token not in str(mail.context)
    with scoped(session, Scope(human_id=cast.petra.human_id)):
        assert token not in str(session.scalars(select(LoginLink.token_digest)).all())


@pytest.mark.proves("SEC-01")
def test_everybody_gets_the_same_answer(
    client: BrowserClient, session: Session, cast: Cast
) -> None:
    people = (cast.petra.email, "nobody@example.test.example.com", cast.bogdan.email)
    answers = {ask(client, email).text.replace(email, "") for email in people}
    pages = {
        re.sub(r'(csrf-token" content=|csrf_token" value=)"[^"]+"', "", one) for one in answers
    }
    assert len(pages) == 1
    assert len(mails(session, cast)) == 1, "only the patient of this clinic gets a mail"


def test_a_link_dies_of_age_and_of_a_newer_one(
    client: BrowserClient, session: Session, cast: Cast, clock: FrozenClock
) -> None:
    ask(client, cast.petra.email)
    first = link_of(session, cast)
    clock.advance(minutes=1)
    ask(client, cast.petra.email)
    second = link_of(session, cast)
    assert client.post(first).status_code == 410
    clock.advance(minutes=21)
    assert client.post(second).status_code == 410
    assert client.post("/movimento/portal/link/never-made").status_code == 410


@pytest.mark.proves("SEC-01")
def test_a_mailbox_is_not_flooded(
    client: BrowserClient, session: Session, cast: Cast, clock: FrozenClock
) -> None:
    for _ in range(9):
        assert "Look at your e-mail" in ask(client, cast.petra.email).text
        clock.advance(seconds=20)
    assert len(mails(session, cast)) == 5


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 500])
def test_what_is_no_address_is_refused(client: BrowserClient, cast: Cast, email: str) -> None:
    assert ask(client, email).status_code == 422


def test_a_password_signs_in(client: BrowserClient, cast: Cast) -> None:
    path = f"{ENTRANCE}?with=password&next=/movimento/portal/forms"
    wrong = client.post(path, data={"email": cast.petra.email, "password": "not this one"})
    assert wrong.status_code == 422
    right = client.post(path, data={"email": cast.petra.email, "password": PASSWORD})
    assert right.location == "/movimento/portal/forms"


def test_a_patient_who_chose_a_second_factor_is_asked_for_it(
    client: BrowserClient, session: Session, cast: Cast, clock: FrozenClock
) -> None:
    with scoped(session, Scope(human_id=cast.petra.human_id)):
        session.execute(
            update(Human)
            .where(Human.id == cast.petra.human_id)
            .values(totp_secret=TOTP_SECRET, totp_confirmed_at=clock.now())
        )
    session.commit()
    session.expire_all()
    ask(client, cast.petra.email)
    assert client.post(link_of(session, cast)).location == "/sign-in/code"
    assert client.get("/movimento/portal/").status_code == 303
    code = totp.next_code(TOTP_SECRET, clock.now(), None)
    assert client.post("/sign-in/code", data={"code": code}).location == "/movimento/portal/"


def test_a_link_does_not_open_the_console(
    client: BrowserClient, session: Session, cast: Cast, clock: FrozenClock
) -> None:
    """Staff who are patients too reach the portal by link, the console only with both factors."""
    from app.kernel.access.actor import Origin
    from app.kernel.identity import signing_in

    with scoped(session, Scope(human_id=cast.ramona.human_id)):
        attempt = signing_in.Attempt(None, Origin(), clock.now())
        human = signing_in.person(session, cast.ramona.human_id)
        opened = signing_in.open_session(session, human, signing_in.LINK, attempt)
        session.commit()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = f"{opened.id}:{human.id}"
    response = client.get("/movimento/console/team")
    assert response.status_code == 303
    assert response.location.startswith("/sign-in")
    assert client.get("/sign-in").status_code == 200, "no endless way in circles"


@pytest.mark.proves("KRN-02")
def test_a_caregiver_opens_the_portal_for_a_child(
    signed_in: SignIn, cast: Cast, session: Session
) -> None:
    client = signed_in(cast.carmen)
    page = client.get("/movimento/portal/")
    assert page.status_code == 200
    assert "David" in page.text
    assert client.get(f"/movimento/portal/for/{cast.david.patient_id}").status_code == 303
    assert client.get(f"/movimento/portal/for/{cast.petra.patient_id}").status_code == 404


@pytest.mark.parametrize("name", ["bogdan", "oana", "ramona"])
def test_the_portal_is_for_its_own_patients(signed_in: SignIn, cast: Cast, name: str) -> None:
    person: Person = getattr(cast, name)
    assert signed_in(person).get("/movimento/portal/").status_code == 404


def test_the_portal_needs_a_login(client: BrowserClient, cast: Cast) -> None:
    response = client.get("/movimento/portal/")
    assert response.location == f"{ENTRANCE}?next=/movimento/portal/"
    fragment = client.fragment("/movimento/portal/")
    assert fragment.status_code == 401
    assert fragment.headers["HX-Redirect"].startswith(ENTRANCE)


@pytest.mark.proves("KRN-14")
def test_staff_act_for_a_patient_under_a_banner(
    signed_in: SignIn, cast: Cast, session: Session, clock: FrozenClock
) -> None:
    client = signed_in(cast.olga)
    path = f"/movimento/console/patients/{cast.petra.patient_id}/act-as"
    assert client.get(path).status_code == 200
    assert client.post(path, data={"reason": "no"}).status_code == 422
    assert (
        client.post(path, data={"reason": "She is on the phone"}).location == "/movimento/portal/"
    )
    page = client.get("/movimento/portal/").text
    assert "You act for Petra Țânțar as staff" in page
    assert client.post("/movimento/portal/acting/end").status_code == 303
    assert client.get("/movimento/portal/").status_code == 404
    assert client.post("/movimento/portal/acting/end").status_code == 404
    with scoped(session, Scope(org_id=cast.clinic.id)):
        trail = session.execute(
            select(AuditEvent.action, AuditEvent.actor_human_id, AuditEvent.on_behalf_of)
            .where(AuditEvent.action.startswith("acting_as"))
            .order_by(AuditEvent.id)
        ).all()
    both = (cast.olga.human_id, cast.petra.patient_id)
    assert [tuple(row) for row in trail] == [("acting_as.start", *both), ("acting_as.end", *both)]


@pytest.mark.proves("KRN-14")
def test_acting_ends_by_itself(signed_in: SignIn, cast: Cast, clock: FrozenClock) -> None:
    client = signed_in(cast.olga)
    path = f"/movimento/console/patients/{cast.petra.patient_id}/act-as"
    client.post(path, data={"reason": "She is on the phone"})
    assert client.get("/movimento/portal/").status_code == 200
    clock.advance(minutes=31)
    assert client.get("/movimento/portal/").status_code == 404


@pytest.mark.proves("KRN-14", "KRN-04")
def test_acting_needs_permission_and_a_patient_whom_one_may_see(
    signed_in: SignIn, cast: Cast, client: BrowserClient, session: Session
) -> None:
    path = f"/movimento/console/patients/{cast.petra.patient_id}/act-as"
    assert client.get(path).status_code == 303
    assert signed_in(cast.bogdan).get(path).status_code == 404
    assert signed_in(cast.oana).get(path).status_code == 404
    stranger = dataclasses.replace(cast.petra, patient_id=cast.olga.human_id)
    unknown = f"/movimento/console/patients/{stranger.patient_id}/act-as"
    assert signed_in(cast.olga).get(unknown).status_code == 404
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert session.scalar(select(func.count()).select_from(ActingAs)) == 0
