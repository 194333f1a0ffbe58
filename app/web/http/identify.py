"""Who is signed in: Flask-Login over our own login sessions, so that ending the row ends the login."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import Flask, g
from flask_login import LoginManager, UserMixin, current_user

from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import live_session
from app.web.http import context

manager = LoginManager()
manager.session_protection = None  # Login sessions live in the database and can be ended there.


@dataclass
class Login(UserMixin):
    """A signed-in browser: the person and how they proved it."""

    session_id: uuid.UUID
    human: Human
    method: str

    def get_id(self) -> str:
        return f"{self.session_id}:{self.human.id}"


@manager.user_loader
def load(cookie_value: str) -> Login | None:
    """The login that the cookie names, while it lasts."""
    try:
        session_id, human_id = (uuid.UUID(part) for part in cookie_value.split(":"))
    except ValueError:
        return None
    found = live_session(context.session(), session_id, human_id, context.now())
    if found is None:
        return None
    login_session, human = found
    return Login(login_session.id, human, login_session.method)


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
