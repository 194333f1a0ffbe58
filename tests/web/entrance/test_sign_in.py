"""Signing in at the common entrance: password, second factor, choice of clinic, sign-out, the login log."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from flask import Flask, template_rendered
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.identity import totp
from app.kernel.identity.models import Human, LoginEvent, LoginSession
from app.kernel.identity.signing_in import MAX_FAILURES
from app.kernel.tenancy.scope import NOBODY, Scope, enter, scope_of, scoped
from tests.factories.cast import PASSWORD, TOTP_SECRET, Cast, Person
from tests.support.browser_client import CSRF, BrowserClient, SignIn
from tests.support.clock import FrozenClock


def code(clock: FrozenClock) -> str:
    found = totp.next_code(TOTP_SECRET, clock.now(), None)
    assert found
    return found


def give_password(
    client: BrowserClient, person: Person, password: str = PASSWORD, path: str = "/sign-in"
):  # type: ignore[no-untyped-def]
    return client.post(path, data={"email": person.email, "password": password})


def attempts(session: Session, person: Person) -> list[tuple[str, str, object]]:
    with scoped(session, Scope(human_id=person.human_id)):
        rows = session.execute(
            select(LoginEvent.outcome, LoginEvent.reason, LoginEvent.org_id)
            .where(LoginEvent.human_id == person.human_id)
            .order_by(LoginEvent.id)
        )
        return [(row.outcome, row.reason, row.org_id) for row in rows]


@pytest.mark.proves("SEC-01", "KRN-05")
def test_staff_sign_in_with_both_factors(
    client: BrowserClient, cast: Cast, clock: FrozenClock, session: Session
) -> None:
    assert client.get("/sign-in").status_code == 200
    assert give_password(client, cast.ramona).location == "/sign-in/code"
    assert client.get("/account").status_code == 303, "a password alone opens nothing"
    response = client.post("/sign-in/code", data={"code": code(clock)})
    assert response.location == "/clinics"
    assert client.get("/clinics").location == "/movimento/console/"
    assert client.get("/account").status_code == 200
    enter(session, NOBODY)
    assert ("done", "", cast.clinic.id) in attempts(session, cast.ramona), "the clinic sees it"


@pytest.mark.proves("SEC-01")
def test_a_code_is_accepted_once(client: BrowserClient, cast: Cast, clock: FrozenClock) -> None:
    used = code(clock)
    give_password(client, cast.olga)
    client.post("/sign-in/code", data={"code": used})
    client.post("/sign-out")
    give_password(client, cast.olga)
    assert client.post("/sign-in/code", data={"code": used}).status_code == 422


def test_the_way_back_is_a_path_of_this_site(client: BrowserClient, cast: Cast) -> None:
    wanted = give_password(client, cast.petra, path="/sign-in?next=/movimento/portal/")
    assert wanted.location == "/movimento/portal/"
    client.post("/sign-out")
    elsewhere = give_password(client, cast.petra, path="/sign-in?next=//evil.example/")
    assert elsewhere.location == "/clinics"


@pytest.mark.proves("KRN-15", "KRN-05")
def test_refused_attempts_are_logged_although_the_request_rolls_back(
    client: BrowserClient, cast: Cast, session: Session
) -> None:
    response = give_password(client, cast.ramona, "not her password")
    assert response.status_code == 422
    assert "E-mail and password do not match" in response.text
    enter(session, NOBODY)
    assert attempts(session, cast.ramona) == [("refused", "bad_credentials", cast.clinic.id)]


def test_an_unknown_account_gets_the_same_answer(client: BrowserClient, cast: Cast) -> None:
    nobody = dataclasses.replace(cast.ramona, email="nobody@example.test")
    unknown, wrong = give_password(client, nobody), give_password(client, cast.ramona, "x" * 12)
    strip = [
        CSRF.sub("", one.text).replace(email, "")  # A token says the second in which it was made.
        for one, email in ((unknown, nobody.email), (wrong, cast.ramona.email))
    ]
    assert unknown.status_code == wrong.status_code == 422
    assert strip[0] == strip[1]


@pytest.mark.proves("SEC-01")
def test_an_account_brakes_after_many_failures(
    client: BrowserClient, cast: Cast, clock: FrozenClock
) -> None:
    for _ in range(MAX_FAILURES):
        give_password(client, cast.ramona, "x" * 12)
        clock.advance(seconds=1)
    assert "Too many attempts" in give_password(client, cast.ramona).text
    clock.advance(minutes=16)
    assert give_password(client, cast.ramona).status_code == 303


@pytest.mark.parametrize(
    "data", [{}, {"email": "", "password": ""}, {"email": "a" * 500, "password": "x"}]
)
def test_bad_input_is_refused(client: BrowserClient, cast: Cast, data: dict[str, str]) -> None:
    assert client.post("/sign-in", data=data).status_code == 422
    give_password(client, cast.olga)
    assert client.post("/sign-in/code", data={"code": "12"}).status_code == 422


def test_the_second_step_needs_the_first_and_does_not_wait_for_ever(
    client: BrowserClient, cast: Cast, clock: FrozenClock
) -> None:
    assert client.get("/sign-in/code").location == "/sign-in"
    give_password(client, cast.olga)
    clock.advance(minutes=11)
    assert client.post("/sign-in/code", data={"code": code(clock)}).location == "/sign-in"


def _without_factor(session: Session, person: Person) -> None:
    with scoped(session, Scope(human_id=person.human_id)):
        session.execute(
            update(Human)
            .where(Human.id == person.human_id)
            .values(totp_secret=None, totp_confirmed_at=None)
        )
        session.expire_all()


@pytest.mark.proves("SEC-01")
def test_staff_without_a_second_factor_set_one_up_first(
    client: BrowserClient, cast: Cast, clock: FrozenClock, session: Session
) -> None:
    _without_factor(session, cast.stefan)
    assert give_password(client, cast.stefan).location == "/sign-in/second-factor"
    shown = client.get("/sign-in/second-factor")
    assert 'class="qr"' in shown.text
    with scoped(session, Scope(human_id=cast.stefan.human_id)):
        secret = session.get_one(Human, cast.stefan.human_id).totp_secret
    assert secret
    right = totp.next_code(secret, clock.now(), None)
    wrong = client.post("/sign-in/second-factor", data={"code": "000000"})
    assert wrong.status_code == 422
    assert "".join(secret[:4]) in wrong.text, "the key stays the same"
    assert client.post("/sign-in/second-factor", data={"code": right}).location == "/clinics"


@pytest.mark.parametrize(("mode", "shown"), [("development", True), ("production", False)])
def test_the_code_of_a_demo_account_is_shown_in_development_only(
    app: Flask,
    client: BrowserClient,
    cast: Cast,
    clock: FrozenClock,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    shown: bool,
) -> None:
    with scoped(session, Scope(human_id=cast.olga.human_id)):
        session.execute(
            update(Human).where(Human.id == cast.olga.human_id).values(email="olga@movimento.demo")
        )
    settings = dataclasses.replace(app.config["SETTINGS"], mode=mode)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    give_password(client, dataclasses.replace(cast.olga, email="olga@movimento.demo"))
    assert (code(clock) in client.get("/sign-in/code").text) is shown
    client.post("/sign-out")
    give_password(client, cast.ramona)
    assert code(clock) not in client.get("/sign-in/code").text, "not a demo account"


@pytest.mark.proves("SEC-01")
def test_every_login_has_a_fresh_cookie_and_ends_the_one_before(
    client: BrowserClient, cast: Cast, session: Session
) -> None:
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    give_password(client, cast.petra)
    give_password(client, cast.petra)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
    with scoped(session, Scope(human_id=cast.petra.human_id)):
        ended = list(
            session.scalars(select(LoginSession.ended_at.is_not(None)).order_by(LoginSession.id))
        )
    assert ended == [True, False]


def test_signing_out_ends_the_login_whatever_the_cookie_says(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.ramona)
    kept = client.get_cookie("session")
    assert kept
    assert client.post("/sign-out").status_code == 303
    client.set_cookie("session", kept.value)
    assert client.get("/account").status_code == 303
    assert client.post("/sign-out").status_code == 303, "twice is no error"


@pytest.mark.proves("KRN-01", "SEC-01")
def test_the_cookie_of_an_ended_login_opens_nobodys_rows(
    cast: Cast, signed_in: SignIn, session: Session
) -> None:
    client, scopes = signed_in(cast.ramona), []

    def note(_app: Flask, **_rendered: object) -> None:
        scopes.append(scope_of(session))

    kept = client.get_cookie("session")
    assert kept
    with template_rendered.connected_to(note):
        assert client.get("/movimento/").status_code == 200
    client.post("/sign-out")
    client.set_cookie("session", kept.value)
    with template_rendered.connected_to(note):
        assert client.get("/movimento/").status_code == 200
    clinic = cast.clinic.id
    assert scopes == [Scope(org_id=clinic, human_id=cast.ramona.human_id), Scope(org_id=clinic)]


def test_a_disabled_account_is_refused(client: BrowserClient, cast: Cast, session: Session) -> None:
    with scoped(session, Scope(human_id=cast.petra.human_id)):
        session.execute(
            update(Human)
            .where(Human.id == cast.petra.human_id)
            .values(disabled_at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
        )
        session.expire_all()
    assert give_password(client, cast.petra).status_code == 422


def test_forgery_without_the_token_is_refused(client: BrowserClient, cast: Cast) -> None:
    response = client.post(
        "/sign-in", data={"email": cast.petra.email, "password": PASSWORD}, forget_csrf=True
    )
    assert response.status_code == 400
