"""The page of a private calendar feed, the same for specialists and patients: made, renewed, ended."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from app.appointments.actions import Whose, open_feed
from app.appointments.queries.feeds import opened_at
from app.web.http import context
from app.web.http.render import page


def feed_page(template: str, whose: Whose, *, fresh: bool, **addresses: Any) -> Response:
    """Render `template`. With `fresh` a new address is made and shown, this once."""
    session, org_id = context.session(), context.org_id()
    address = None
    if fresh:
        token = open_feed(session, context.actor(), whose, now=context.now())
        address = context.settings().base_url + url_for("booking.calendar_feed", token=token)
    response = page(
        template,
        address=address,
        since=opened_at(session, org_id, whose),
        initials_only=whose.specialist_id is not None,
        **addresses,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
