"""Who is signed in: Flask-Login over our own login sessions, so that ending the row ends the login."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import Flask, g
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user

from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import live_session
from app.kernel.tenancy.clinic import Clinic
from app.people import arriving
from app.people.arriving import Person, SignedIn
from app.web.http import context

manager = LoginManager()
manager.session_protection = None  # Login sessions live in the database and can be ended there.


@dataclass
class Login(UserMixin):
    """A signed-in browser: the person and how they proved it.

    The person's own row can be asked for by `kernel.identity.signing_in.person`.
    """

    session_id: uuid.UUID
    human: Human | Person
    method: str

    def get_id(self) -> str:
        return f"{self.session_id}:{self.human.id}"


@manager.user_loader
def load(cookie_value: str) -> Login | None:
    """The login that the cookie names, while it lasts; the pipeline has read it where the address names a clinic."""
    named = _named(cookie_value)
    if named is None:
        return None
    if g.get("arrived_as") == named:
        here: SignedIn | None = g.arrived
        return Login(here.session_id, here.human, here.method) if here is not None else None
    found = live_session(context.session(), *named, context.now())
    return Login(named[0], found[1], found[0]) if found is not None else None


def _named(cookie_value: str | None) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Login and person, as the cookie says."""
    try:
        session_id, human_id = (cookie_value or "").split(":")
        return uuid.UUID(session_id), uuid.UUID(human_id)
    except ValueError:
        return None


def arrive(slug: str, *, anybody: bool) -> Clinic | None:
    """Enter the clinic of the address, together with who the cookie names if `anybody` may count; None: no such clinic.

    Leaves what it read of them for `load` and the guards in `g.arrived`.
    """
    named = _named(cookie.get("_user_id")) if anybody and g.get("frame") is None else None
    found, here = arriving.arrive(context.session(), slug, named, context.now())
    if found is not None and named is not None:
        g.arrived_as, g.arrived = named, here
    return found


def arrived() -> SignedIn | None:
    """Who is signed in here, as the pipeline has read it where the address names a clinic."""
    here: SignedIn | None = g.get("arrived")
    return here


def arrived_here(human_id: uuid.UUID) -> SignedIn | None:
    """What the person is in the clinic of the address."""
    here = arrived()
    return here if here is not None and here.human.id == human_id else None


def signed_in() -> Login | None:
    """The login of this request, read once, or None."""
    if "login" not in g:
        # In a frame on another site nobody is signed in, even where the browser says otherwise.
        known = g.get("frame") is None and current_user.is_authenticated
        g.login = current_user._get_current_object() if known else None
    login: Login | None = g.login
    return login


def init_app(app: Flask) -> None:
    """Attach Flask-Login."""
    # Its context processor would ask for the login in every template, also where the database is away.
    manager.init_app(app, add_context_processor=False)
