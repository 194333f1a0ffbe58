"""The sandbox outbox: the right people see what would have been sent, and nothing in a mail can act."""

from __future__ import annotations

import base64
import datetime as dt
import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.integrations.models import SandboxMessage
from app.kernel.access.models import RolePermission
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from app.messaging.permissions import SANDBOX
from tests.factories.cast import Cast, Clinic
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn

pytestmark = pytest.mark.proves("KRN-09", "NTF-01")
HTML = "<!doctype html><title>Mail</title><p style='color:red'>Bună</p><script>1</script>"


def keep(
    session: Session, clinic: Clinic, number: int = 0, *, kind: str = "email", **changes: object
) -> uuid.UUID:
    """A message that a sandbox has recorded."""
    message_id = uuid7()
    files = [("", "text/html", HTML), ("vizită.ics", "text/calendar", "BEGIN:VCALENDAR")]
    values: dict[str, object] = {
        "recipient": f"petra{number}@example.test" if kind == "email" else "+40722123456",
        "sender": "clinic@sandbox.invalid",
        "subject": f"Programare {number}" if kind == "email" else "",
        "body": "Vă așteptăm.\nMovimento",
        "attachments": [
            {
                "filename": name,
                "mime": mime,
                "bytes": len(content),
                "content": base64.b64encode(content.encode()).decode(),
            }
            for name, mime, content in (files if kind == "email" else [])
        ],
        "sent_at": NOW + dt.timedelta(minutes=number),
    }
    enter(session, Scope(org_id=clinic.id))
    session.execute(
        insert(SandboxMessage).values(
            org_id=clinic.id,
            id=message_id,
            kind=kind,
            idempotency_key=str(message_id),
            **{**values, **changes},
        )
    )
    session.commit()
    return message_id


@pytest.fixture
def olga(signed_in: SignIn, cast: Cast) -> BrowserClient:
    return signed_in(cast.olga)


def test_newest_first_with_files(olga: BrowserClient, session: Session, cast: Cast) -> None:
    for number in range(3):
        keep(session, cast.clinic, number)
    text = olga.get("/movimento/console/outbox").text
    assert text.index("Programare 2") < text.index("Programare 1") < text.index("Programare 0")
    assert "vizită.ics" in text
    assert "petra2@example.test" in text


def test_an_empty_outbox_says_when_it_fills(olga: BrowserClient) -> None:
    response = olga.get("/movimento/console/outbox")
    assert response.status_code == 200
    assert "<table" not in response.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=petra1", {"petra1@example.test"}),
        ("q=Programare 2", {"petra2@example.test"}),
        ("q=așteptăm", {"petra0@example.test", "petra1@example.test", "petra2@example.test"}),
        ("q=100%25", set()),
        ("kind=sms", {"0722 123 456"}),
        ("kind=nonsense&q=Programare 0", {"petra0@example.test"}),
    ],
)
def test_search(
    olga: BrowserClient, session: Session, cast: Cast, query: str, found: set[str]
) -> None:
    for number in range(3):
        keep(session, cast.clinic, number)
    keep(session, cast.clinic, 5, kind="sms", body="Programare confirmata")
    text = olga.fragment(f"/movimento/console/outbox?{query}").text
    everybody = {f"petra{number}@example.test" for number in range(3)} | {"0722 123 456"}
    assert {one for one in everybody if one in text} == found


def test_pages(olga: BrowserClient, session: Session, cast: Cast) -> None:
    for number in range(7):
        keep(session, cast.clinic, number)
    text = olga.get("/movimento/console/outbox?size=3&page=3").text
    assert "Programare 0" in text
    assert "Programare 1" not in text
    assert olga.get("/movimento/console/outbox?size=101").status_code == 422


def test_a_mail_is_shown_in_a_frame_that_can_do_nothing(
    olga: BrowserClient, session: Session, cast: Cast, app: Flask
) -> None:
    address = f"/movimento/console/outbox/{keep(session, cast.clinic)}"
    response = olga.get(address)
    assert f'src="{address}/mail"' in response.text
    # Of a directive that stands twice, browsers obey the first.
    directives = response.headers["Content-Security-Policy"].split("; ")
    assert [one for one in directives if one.startswith("frame-src")] == ["frame-src 'self'"]
    # The mail is not our page, so the strict reading of our client is left out here.
    mail = FlaskClient.open(olga, f"{address}/mail")
    assert mail.text == HTML
    policy = mail.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "sandbox allow-popups" in policy


def test_a_file_can_be_kept(olga: BrowserClient, session: Session, cast: Cast) -> None:
    address = f"/movimento/console/outbox/{keep(session, cast.clinic)}/files"
    file = olga.get(f"{address}/1")
    assert file.data == b"BEGIN:VCALENDAR"
    assert file.mimetype == "text/calendar"
    assert "attachment" in file.headers["Content-Disposition"]
    assert olga.get(f"{address}/0").status_code == 404, "the mail's own part is no file"
    assert olga.get(f"{address}/9").status_code == 404


def test_a_text_is_shown_with_its_length(olga: BrowserClient, session: Session, cast: Cast) -> None:
    message = keep(session, cast.clinic, kind="sms", body="Pe curand")
    response = olga.get(f"/movimento/console/outbox/{message}")
    assert "Pe curand" in response.text
    assert "iframe" not in response.text
    assert olga.get(f"/movimento/console/outbox/{message}/mail").status_code == 404


def test_who_may_look(
    client: BrowserClient, signed_in: SignIn, session: Session, cast: Cast
) -> None:
    message = keep(session, cast.clinic)
    paths = [
        "/movimento/console/outbox",
        f"/movimento/console/outbox/{message}",
        f"/movimento/console/outbox/{message}/mail",
        f"/movimento/console/outbox/{message}/files/1",
    ]
    stranger = signed_in(cast.bogdan)
    for path in paths:
        assert client.get(path).status_code in (302, 303)
        assert stranger.get(path).status_code == 404
    elsewhere = f"/altius/console/outbox/{message}"
    assert stranger.get(elsewhere).status_code == 404
    enter(session, Scope(org_id=cast.clinic.id))
    session.execute(delete(RolePermission).where(RolePermission.permission == SANDBOX.code))
    session.commit()
    colleague = signed_in(cast.ramona)
    for path in paths:
        assert colleague.get(path).status_code == 403
    enter(session, Scope(org_id=cast.clinic.id))
    assert session.scalars(select(SandboxMessage.id)).all() == [message]
