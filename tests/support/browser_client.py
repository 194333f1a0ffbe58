"""A test client that behaves like a browser: keeps cookies, sends the CSRF token of the page, and reads every page.

Every HTML answer is parsed strictly: invalid HTML, duplicate ids, a missing title, inline script or style fail.
So does a content policy that says a thing twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import html5lib
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.kernel.access.actor import Origin
from app.kernel.identity import signing_in
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import PASSWORD, PASSWORD_TOTP, Attempt
from app.kernel.tenancy.scope import NOBODY, Scope, enter
from tests.factories.cast import Person
from tests.support.clock import FrozenClock

CSRF = re.compile(r'<meta name="csrf-token" content="([^"]+)"')
SAFE = ("GET", "HEAD", "OPTIONS")


class BrowserClient(FlaskClient):
    """See the module."""

    session: Session
    csrf_token: str | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        method = str(kwargs.get("method", "GET")).upper()
        if method not in SAFE and not kwargs.pop("forget_csrf", False):
            headers = dict(kwargs.get("headers") or {})
            headers.setdefault("X-CSRFToken", self._token())
            kwargs["headers"] = headers
        self.session.commit()
        self._leave_scope()
        _forget_request()
        response = super().open(*args, **kwargs)
        self._leave_scope()
        self._read(response)
        if response.status_code == 303:
            self.csrf_token = None  # A browser takes the token of the page that it is led to.
        return response

    def fragment(self, path: str, method: str = "GET", **kwargs: Any) -> TestResponse:
        """Ask as htmx does."""
        headers = {"HX-Request": "true", **(kwargs.pop("headers", None) or {})}
        return self.open(path, method=method, headers=headers, **kwargs)

    def _leave_scope(self) -> None:
        """A role outlives its savepoint in the outer transaction of the test; in production the transaction ends it."""
        enter(self.session, NOBODY)
        self.session.execute(text("SET LOCAL ROLE NONE"))
        self.session.commit()

    def _token(self) -> str:
        if self.csrf_token is None:
            self.get("/")
        return self.csrf_token or ""

    def _read(self, response: TestResponse) -> None:
        if response.mimetype != "text/html" or not response.data:
            return
        text = response.get_data(as_text=True)
        found = CSRF.search(text)
        if found:
            self.csrf_token = found[1]
        check_html(text)
        check_policy(response.headers.get("Content-Security-Policy", ""))


def check_policy(policy: str) -> None:
    """Fail on a directive that stands twice: a browser obeys the first and forgets the other."""
    names = [part.split()[0] for part in policy.split(";") if part.strip()]
    assert len(names) == len(set(names)), f"a directive stands twice: {policy}"


def _forget_request() -> None:
    """The application context of the test outlives its requests; what one request kept is not the next one's."""
    for name in list(g):
        g.pop(name)


def check_html(text: str) -> None:
    """Fail on invalid HTML, duplicate ids, a missing title, inline script or style."""
    whole = text.lstrip().lower().startswith("<!doctype")
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree = parser.parse(text) if whole else parser.parseFragment(text)
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    ids = Counter(element.get("id") for element in elements if element.get("id"))
    doubled = [name for name, count in ids.items() if count > 1]
    assert not doubled, f"duplicate ids: {doubled}"
    for element in elements:
        assert element.get("style") is None, f"inline style on <{element.tag}>"
        assert not [name for name in element.attrib if name.startswith("on")], "inline handler"
        if element.tag == "script":
            assert element.get("src"), "inline script"
        assert element.tag != "style", "inline style sheet"
    if whole:
        title = tree.find(".//title")
        assert title is not None, "a page needs a title"
        assert (title.text or "").strip(), "a title needs words"


@pytest.fixture
def client(app: Flask, session: Session) -> BrowserClient:
    """A browser that is not signed in."""
    return new_client(app, session)


def new_client(app: Flask, session: Session) -> BrowserClient:
    """Another browser, with cookies of its own."""
    app.test_client_class = BrowserClient
    made = app.test_client()
    assert isinstance(made, BrowserClient)
    made.session = session
    # Tests read pages in the language of the source; what Romanian says is the catalogue's.
    made.set_cookie("lang", "en")
    return made


SignIn = Callable[[Person], BrowserClient]


@pytest.fixture
def signed_in(app: Flask, session: Session, clock: FrozenClock) -> SignIn:
    """`signed_in(person)` gives a browser in which that person is signed in (staff with their second factor)."""

    def sign_in(person: Person) -> BrowserClient:
        attempt = Attempt(person.clinic.id if person.clinic else None, Origin(), clock.now())
        enter(session, Scope(org_id=attempt.org_id, human_id=person.human_id))
        human = session.get_one(Human, person.human_id)
        method = PASSWORD_TOTP if person.role else PASSWORD
        opened = signing_in.open_session(session, human, method, attempt)
        session.commit()  # Touching the cookie ends a request, which rolls back what is open.
        client = new_client(app, session)
        with client.session_transaction() as cookie:
            cookie["_user_id"] = f"{opened.id}:{human.id}"
            cookie["_fresh"] = True
        enter(session, NOBODY)
        return client

    return sign_in
