"""A person's own account: details, password, second factor, open logins; links that set a password; the chooser."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.access.actor import Origin
from app.kernel.identity import signing_in, totp
from app.kernel.identity.models import Human, LoginSession
from app.kernel.identity.signing_in import Attempt
from app.kernel.tenancy.scope import Scope, scoped
from app.web.http.agents import browser
from tests.factories.cast import PASSWORD, TOTP_SECRET, Cast, Person
from tests.support.browser_client import BrowserClient, SignIn, new_client
from tests.support.clock import FrozenClock

NEW = "rain on quiet hills"


def human(session: Session, person: Person) -> Human:
    with scoped(session, Scope(human_id=person.human_id)):
        session.expire_all()
        return session.get_one(Human, person.human_id)


def link(session: Session, person: Person, purpose: str, clock: FrozenClock) -> str:
    with scoped(session, Scope(human_id=person.human_id)):
        attempt = Attempt(None, Origin(), clock.now())
        life = dt.timedelta(hours=1)
        token = signing_in.issue_link(session, person.human_id, purpose, attempt, life)
    session.commit()
    return f"/sign-in/link/{token}"


@pytest.mark.parametrize("name", ["olga", "petra", "carmen", "oana"])
def test_everybody_has_an_account_page(signed_in: SignIn, cast: Cast, name: str) -> None:
    person: Person = getattr(cast, name)
    page = signed_in(person).get("/account")
    assert page.status_code == 200
    assert person.email in page.text


def test_the_account_needs_a_login(client: BrowserClient, cast: Cast) -> None:
    assert client.get("/account").location == "/sign-in?next=/account"
    assert client.post("/account/password").status_code == 303
    assert client.get("/clinics").status_code == 303


@pytest.mark.proves("KRN-10")
def test_details_are_changed(signed_in: SignIn, cast: Cast, session: Session) -> None:
    client = signed_in(cast.petra)
    data = {"name": "Petra  Țânțar-Pop", "phone": "0722 000 111", "locale": "en"}
    assert client.post("/account", data=data).status_code == 303
    found = human(session, cast.petra)
    assert (found.name, found.phone, found.locale) == ("Petra Țânțar-Pop", "+40722000111", "en")
    cookie = client.get_cookie("lang")
    assert cookie
    assert cookie.value == "en"
    abroad = {**data, "phone": "+49 1512 3456789"}
    assert client.post("/account", data=abroad).status_code == 303
    assert human(session, cast.petra).phone == "+4915123456789"


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"phone": "12"}, {"locale": "tlh"}, {"name": "x" * 10_000}]
)
def test_bad_details_are_refused(signed_in: SignIn, cast: Cast, change: dict[str, str]) -> None:
    data = {"name": "Petra", "phone": "", "locale": "ro", **change}
    assert signed_in(cast.petra).post("/account", data=data).status_code == 422


@pytest.mark.proves("SEC-01")
def test_a_new_password_ends_every_login(
    app: Flask, signed_in: SignIn, cast: Cast, session: Session, client: BrowserClient
) -> None:
    here, elsewhere = signed_in(cast.petra), signed_in(cast.petra)
    data = {"current": "not this one", "password": NEW}
    assert here.post("/account/password", data=data).status_code == 422
    weak = {"current": PASSWORD, "password": "1234567890"}
    assert here.post("/account/password", data=weak).status_code == 422
    done = here.post("/account/password", data={"current": PASSWORD, "password": NEW})
    assert done.location == "/sign-in"
    assert here.get("/account").status_code == 303
    assert elsewhere.get("/account").status_code == 303
    old = {"email": cast.petra.email, "password": PASSWORD}
    assert client.post("/sign-in", data=old).status_code == 422
    assert client.post("/sign-in", data={**old, "password": NEW}).status_code == 303


def test_logins_are_listed_and_ended(signed_in: SignIn, cast: Cast, session: Session) -> None:
    here, elsewhere = signed_in(cast.petra), signed_in(cast.petra)
    page = here.get("/account").text
    assert page.count("/account/logins/") >= 2
    with scoped(session, Scope(human_id=cast.petra.human_id)):
        other = session.scalars(select(LoginSession.id).order_by(LoginSession.id.desc())).first()
    assert here.post(f"/account/logins/{other}/end").status_code == 303
    assert elsewhere.get("/account").status_code == 303
    assert here.post(f"/account/logins/{other}/end").status_code == 404
    third = signed_in(cast.petra)
    here.post("/account/logins/end-others")
    assert third.get("/account").status_code == 303
    assert here.get("/account").status_code == 200


def test_another_persons_login_cannot_be_ended(
    signed_in: SignIn, cast: Cast, session: Session
) -> None:
    olga = signed_in(cast.olga)
    with scoped(session, Scope(human_id=cast.olga.human_id)):
        hers = session.scalars(select(LoginSession.id)).one()
    assert signed_in(cast.petra).post(f"/account/logins/{hers}/end").status_code == 404
    assert olga.get("/account").status_code == 200


def test_a_login_ends_of_idleness_and_of_age(
    signed_in: SignIn, cast: Cast, clock: FrozenClock
) -> None:
    idle = signed_in(cast.petra)
    clock.advance(hours=2, seconds=1)
    assert idle.get("/account").status_code == 303
    busy = signed_in(cast.petra)
    for _ in range(7):
        clock.advance(minutes=100)
        assert busy.get("/account").status_code == 200
    clock.advance(minutes=30)
    assert busy.get("/account").status_code == 303, "twelve hours are over"


@pytest.mark.proves("SEC-01")
def test_a_patient_switches_the_second_factor_on_and_gives_it_up(
    signed_in: SignIn, cast: Cast, session: Session, clock: FrozenClock
) -> None:
    client = signed_in(cast.petra)
    assert "qr" in client.get("/account/second-factor").text
    secret = human(session, cast.petra).totp_secret
    assert secret
    assert client.post("/account/second-factor", data={"code": "000000"}).status_code == 422
    code = totp.next_code(secret, clock.now(), None)
    assert client.post("/account/second-factor", data={"code": code}).location == "/account"
    clock.advance(seconds=60)
    code = totp.next_code(secret, clock.now(), None)
    no_password = {"password": "not this one", "code": code}
    assert client.post("/account/second-factor", data=no_password).status_code == 422
    both = {"password": PASSWORD, "code": code}
    assert client.post("/account/second-factor", data=both).location == "/sign-in"
    assert human(session, cast.petra).totp_secret is None
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize("purpose", ["claim", "reset"])
def test_a_password_link_works_once(
    client: BrowserClient, cast: Cast, session: Session, clock: FrozenClock, purpose: str
) -> None:
    path = link(session, cast.ramona, purpose, clock)
    assert client.get(path).status_code == 200
    assert client.post(path, data={"password": "short"}).status_code == 422
    assert client.post(path, data={"password": NEW}).location == "/sign-in/code"
    assert client.get("/account").status_code == 303, "the second factor is still asked for"
    assert client.post(path, data={"password": NEW}).status_code == 410
    code = totp.next_code(TOTP_SECRET, clock.now(), None)
    assert client.post("/sign-in/code", data={"code": code}).location == "/clinics"


def test_a_sign_in_link_sets_no_password(
    client: BrowserClient, cast: Cast, session: Session, clock: FrozenClock
) -> None:
    path = link(session, cast.petra, "login", clock)
    assert client.post(path, data={"password": NEW}).status_code == 410
    with scoped(session, Scope(human_id=cast.petra.human_id)):
        attempt = Attempt(None, Origin(), clock.now())
        assert signing_in.check_password(session, cast.petra.email, PASSWORD, attempt)


def test_a_password_link_in_a_browser_of_somebody_else(
    app: Flask, signed_in: SignIn, cast: Cast, session: Session, clock: FrozenClock
) -> None:
    """Olga is signed in; the link is Petra's: Olga's login in this browser ends, Petra comes in."""
    client = signed_in(cast.olga)
    assert client.post(link(session, cast.petra, "claim", clock), data={"password": NEW})
    assert cast.petra.email in client.get("/account").text
    fresh = new_client(app, session)
    assert fresh.get("/account").status_code == 303


@pytest.mark.proves("KRN-02")
def test_the_chooser_goes_straight_on_where_there_is_one_place(
    signed_in: SignIn, cast: Cast
) -> None:
    assert signed_in(cast.stefan).get("/clinics").location == "/movimento/console/"
    assert signed_in(cast.petra).get("/clinics").location == "/movimento/portal/"
    assert signed_in(cast.oana).get("/clinics").location == "/platform/"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome, Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0 Chrome/130 Safari",
            "Samsung Internet, Android",
        ),
    ],
)
def test_browsers_are_named(agent: str, words: str) -> None:
    assert browser(agent) == words
