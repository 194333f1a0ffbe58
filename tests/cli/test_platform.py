"""`flask platform`: only the owner of the tables names the operator's staff."""

from __future__ import annotations

import dataclasses
import re

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.kernel.identity import signing_in
from app.kernel.tenancy.scope import Scope, enter
from tests.factories.cast import Cast
from tests.support.browser_client import BrowserClient
from tests.support.databases import DatabaseUrls

EMAIL = "nora@restartix.example.com"
LINK = re.compile(r"https?://[^/]+(/sign-in/link/\S+)")


@pytest.fixture(autouse=True)
def _tidy(database_urls: DatabaseUrls):  # type: ignore[no-untyped-def]
    """The command commits as the owner; its person is made unknown again."""
    yield
    with psycopg.connect(database_urls.owner) as connection:
        connection.execute(
            "UPDATE humans SET email = id::text || '@gone.example.com', is_platform_staff = false "
            "WHERE email = %s",
            [EMAIL],
        )


def test_a_person_is_added_and_chooses_a_password(
    app: Flask, client: BrowserClient, session: Session, cast: Cast
) -> None:
    done = app.test_cli_runner().invoke(args=["platform", "add", EMAIL, "--name", "Nora"])
    assert done.exit_code == 0, done.output
    found = LINK.search(done.output)
    assert found
    session.commit()
    assert client.get(found[1]).status_code == 200
    weak = client.post(found[1], data={"password": "aaaaaaaaaaaa"})
    assert weak.status_code == 422, "a weak password does not spend the link"
    chosen = client.post(found[1], data={"password": "rain on quiet hills"})
    assert chosen.location == "/sign-in/code", chosen.text
    assert client.get("/sign-in/code").location == "/sign-in/second-factor", "set one up first"
    assert client.post(found[1], data={"password": "rain on quiet hills"}).status_code == 410


def test_a_person_is_removed(app: Flask, database_urls: DatabaseUrls, cast: Cast) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["platform", "add", EMAIL]).exit_code == 0
    assert runner.invoke(args=["platform", "remove", EMAIL]).exit_code == 0
    again = runner.invoke(args=["platform", "remove", EMAIL])
    assert again.exit_code == 1
    assert "does not belong" in again.output
    with psycopg.connect(database_urls.owner) as connection:
        row = connection.execute(
            "SELECT is_platform_staff FROM humans WHERE email = %s", [EMAIL]
        ).fetchone()
    assert row == (False,)


@pytest.mark.parametrize("email", ["nobody", "two@at@signs", ""])
def test_an_address_that_is_none_is_refused(app: Flask, cast: Cast, email: str) -> None:
    assert app.test_cli_runner().invoke(args=["platform", "add", email]).exit_code == 2


def test_without_the_owner_one_line_says_so(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = dataclasses.replace(app.config["SETTINGS"], database_owner_url=None)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    done = app.test_cli_runner().invoke(args=["platform", "add", EMAIL])
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    assert "DATABASE_OWNER_URL" in done.output


@pytest.mark.proves("KRN-13")
def test_the_application_cannot_make_operator_staff(session: Session, cast: Cast) -> None:
    enter(session, Scope(human_id=cast.olga.human_id))
    human = signing_in.person(session, cast.olga.human_id)
    human.is_platform_staff = True
    with pytest.raises(Exception, match="permission denied"):
        session.flush()
    session.rollback()
