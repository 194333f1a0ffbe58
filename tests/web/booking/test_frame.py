"""The booking pages inside another site: who may frame them, and booking without a single cookie."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.kernel.access.actor import system
from app.kernel.tenancy.embedding import allow_embedding
from app.kernel.tenancy.scope import Scope, scoped
from app.web.booking.frame import FRAMED
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, new_client
from tests.web.booking.walking import GUEST, starts

SITE = "https://www.clinica-movimento.ro"
EMBED = f"/movimento/embed/book/kinetoterapie?origin={SITE}&lang=en"


@pytest.fixture
def allowed(session: Session, scene: Scene) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        allow_embedding(session, system(scene.org_id), SITE, now=NOW)
    session.commit()


@pytest.fixture
def frame(app: Flask, session: Session) -> BrowserClient:
    """A browser that keeps no cookie of another site's frame, and sends no token of a session."""
    client = new_client(app, session)
    client._cookies = None
    return client


def ancestors(policy: str) -> str:
    found = re.search(r"frame-ancestors ([^;]*);", policy)
    assert found
    return found[1]


@pytest.mark.proves("BOK-05", "BOK-02", "SEC-01")
def test_a_guest_books_in_a_frame_without_any_cookie(frame: BrowserClient, allowed: None) -> None:
    entered = frame.get(EMBED)
    assert entered.status_code == 303
    page = frame.get(entered.headers["Location"])
    root = entered.headers["Location"].split("/book/")[0]
    assert f'data-frame="{SITE}"' in page.text
    page = frame.get(entered.headers["Location"] + "?day=2027-03-08")
    start = starts(page)[-1]
    held = frame.post(entered.headers["Location"], data={"start": start}, forget_csrf=True)
    assert (held.status_code, held.headers["Location"].startswith(root)) == (303, True)
    details = frame.get(held.headers["Location"])
    assert "Who is coming?" in unescape(details.text)
    assert start not in starts(frame.get("/movimento/book/kinetoterapie?day=2027-03-08")), (
        "kept from others"
    )
    booked = frame.post(held.headers["Location"], data=GUEST, forget_csrf=True)
    assert booked.headers["Location"].startswith(f"{root}/v/")
    visit = frame.get(booked.headers["Location"])
    assert "You are booked" in visit.text
    assert frame.post(booked.headers["Location"] + "/forms", forget_csrf=True).status_code == 303
    gone = frame.post(
        booked.headers["Location"] + "/cancel", data={"version": "0"}, forget_csrf=True
    )
    assert gone.status_code == 303
    for answer in (entered, page, held, details, booked, visit, gone):
        assert "Set-Cookie" not in answer.headers
        if answer.status_code == 200:
            assert ancestors(answer.headers["Content-Security-Policy"]) == f"'self' {SITE}"


@pytest.mark.proves("BOK-05", "SEC-01")
def test_everywhere_else_framing_is_refused(frame: BrowserClient, scene: Scene) -> None:
    for path in ("/movimento/", "/movimento/book/kinetoterapie", "/movimento/api/v1/docs"):
        policy = frame.get(path).headers["Content-Security-Policy"]
        assert ancestors(policy) == "'none'", path
    unlisted = frame.get(frame.get(EMBED).headers["Location"])
    assert ancestors(unlisted.headers["Content-Security-Policy"]) == "'self'"
    assert 'data-frame=""' in unlisted.text, "an unlisted site is told nothing"


@pytest.mark.proves("SEC-01", "KRN-01")
def test_a_frame_is_of_one_clinic_and_never_invented(frame: BrowserClient, allowed: None) -> None:
    real = frame.get(EMBED).headers["Location"]
    assert frame.get(real.replace("/movimento/", "/altius/")).status_code == 404
    invented = real.replace("/embed/", "/embed/x")
    assert frame.get(invented).status_code == 404
    assert frame.post(invented, data={"start": "1"}, forget_csrf=True).status_code == 404
    assert frame.post(EMBED.split("?")[0], data={"start": "1"}, forget_csrf=True).status_code == 405


@pytest.mark.proves("SEC-01")
def test_without_a_frame_a_form_still_needs_its_token(frame: BrowserClient, scene: Scene) -> None:
    answer = frame.post("/movimento/book/kinetoterapie", data={"start": "1"}, forget_csrf=True)
    assert answer.status_code == 400


@pytest.mark.proves("BOK-05")
def test_every_framed_address_is_a_view_with_the_same_path(app: Flask) -> None:
    for name, (method, path) in FRAMED.items():
        plain = {
            rule.rule
            for rule in app.url_map.iter_rules(f"booking.{name}")
            if method in (rule.methods or ())
        }
        assert plain == {f"/<clinic>{path}", f"/<clinic>/embed/<frame>{path}"}, name
