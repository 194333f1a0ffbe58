"""Journey a without script: a guest books, is told by mail and text, moves, cancels; addresses come from the pages."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree.ElementTree import Element

import html5lib
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.kernel.tenancy.scope import Scope, scoped
from app.messaging.models import Delivery
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient
from tests.support.outbox import DrainOutbox


class Reader:
    """A browser without script: follows links by their words, fills in forms, presses buttons by their words."""

    def __init__(self, client: BrowserClient, address: str) -> None:
        self._client = client
        self._see(client.get(address, follow_redirects=True))

    def follow(self, words: str) -> None:
        link = next(one for one in self._all("a") if words in _text(one))
        self._see(self._client.get(self._absolute(link.get("href", "")), follow_redirects=True))

    def press(self, words: str, **typed: str) -> None:
        """Send the form of the button that says so, with what it holds and what is typed."""
        form, button = next(
            (form, button)
            for form in self._all("form")
            for button in form.iter("button")
            if words == _text(button)
        )
        fields = {**_holds(form), **typed}
        if button.get("name"):
            fields[button.get("name", "")] = button.get("value", "")
        address = self._absolute(form.get("action", ""))
        if form.get("method") == "get":
            self._see(self._client.get(f"{urlsplit(address).path}?{urlencode(fields)}"))
        else:
            headers = {"X-CSRFToken": ""}  # The form carries its own token.
            answer = self._client.post(address, data=fields, headers=headers, follow_redirects=True)
            self._see(answer)

    def _see(self, answer: TestResponse) -> None:
        assert answer.status_code in (200, 409, 422), answer.status
        self.status, self.address = answer.status_code, answer.request.full_path.rstrip("?")
        self._tree = html5lib.parse(answer.text, namespaceHTMLElements=False)
        self.words = " ".join("".join(self._tree.find("body").itertext()).split())

    def _all(self, tag: str) -> list[Element]:
        return list(self._tree.iter(tag))

    def _absolute(self, address: str) -> str:
        here = urlsplit(self.address).path
        return f"{here}{address}".rstrip("?") if address.startswith("?") else address or here


def _text(element: Element) -> str:
    """What an element is called: by its label, else by its words."""
    return element.get("aria-label") or " ".join("".join(element.itertext()).split())


def _holds(form: Element) -> dict[str, str]:
    """What a form sends untouched."""
    held = {}
    for one in form.iter("input"):
        if one.get("type") != "checkbox" or "checked" in one.attrib:
            held[one.get("name", "")] = one.get("value", "")
    for area in form.iter("textarea"):
        held[area.get("name", "")] = (area.text or "").strip()
    for choice in form.iter("select"):
        chosen = next(o for o in choice.iter("option") if "selected" in o.attrib)
        held[choice.get("name", "")] = chosen.get("value", "")
    return held


def told(session: Session, scene: Scene) -> list[tuple[str, str, str]]:
    with scoped(session, Scope(org_id=scene.org_id)):
        rows = session.execute(
            select(Delivery.channel, Delivery.template, Delivery.state).order_by(
                Delivery.created_at, Delivery.channel
            )
        )
        return [(row.channel, row.template, row.state) for row in rows]


@pytest.mark.proves("BOK-01", "BOK-03", "SCH-04", "NTF-01", "APT-03")
def test_a_guest_books_moves_and_cancels_without_script(
    client: BrowserClient, scene: Scene, session: Session, drain_outbox: DrainOutbox
) -> None:
    client.set_cookie("lang", "en")
    guest = Reader(client, "/movimento/")
    guest.follow("Physiotherapy")
    assert "When suits you?" in guest.words
    guest.follow("Wed 10")
    assert "Wednesday, 10 March 2027" in guest.words
    guest.press("14:00")
    assert "Kept for you until" in guest.words
    who = {"name": "Ana Pop", "phone": "0722 12", "email": "ana@example.com", "texts": "y"}
    guest.press("Book this time", **who)
    assert (guest.status, "needs another look" in guest.words) == (422, True)
    guest.press("Book this time", phone="0722 123 456", texts="y")
    assert "You are booked" in guest.words
    drain_outbox()
    drain_outbox()
    confirmed = [("email", "booking_confirmed", "sent"), ("sms", "booking_confirmed", "sent")]
    assert told(session, scene) == confirmed

    guest.follow("Move")
    guest.follow("Thu 11")
    guest.press("09:00")
    assert "Your time before, 10 Mar 2027, 14:00, becomes free." in guest.words
    guest.press("Move the visit")
    assert "Moved; before, it was on 10 Mar 2027, 14:00." in guest.words
    guest.follow("Cancel the visit")
    assert "It costs you nothing." in guest.words
    guest.press("Cancel the visit", reason="plec din țară")
    assert "This visit is cancelled" in guest.words
    drain_outbox()
    drain_outbox()
    cancelled = [("email", "booking_cancelled", "sent"), ("sms", "booking_cancelled", "sent")]
    assert sorted(told(session, scene)) == sorted(confirmed + cancelled)
    # The visit's link in the mail is the very page on which the guest stands.
    with scoped(session, Scope(org_id=scene.org_id)):
        said = session.scalars(select(Delivery.context).where(Delivery.channel == "email")).first()
    assert said is not None
    assert urlsplit(said["visit_url"]).path.startswith("/movimento/v/")
    assert client.get(urlsplit(said["visit_url"]).path).status_code == 200
    assert dict(parse_qsl(urlsplit(guest.address).query)) == {}
