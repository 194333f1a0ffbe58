"""The waiting-room screen: who is called where, who waits; initials only, no login, for days on end (APT-04)."""

from __future__ import annotations

from flask import Response, url_for
from werkzeug.exceptions import NotFound

from app.appointments.actions.screens import note_seen
from app.appointments.models import WallScreen
from app.appointments.queries.board import screen_of
from app.kernel import live as topics
from app.web.booking import blueprint
from app.web.http import context, guards, live_stream
from app.web.http.limits import limiter
from app.web.http.wall_screen import wall_page

READS = "240/minute"


@blueprint.get("/screen/<token>")
@limiter.limit(READS)
@guards.public("the address is the secret; it is given to a screen, and shows initials only")
def wall_screen(token: str) -> Response:
    """The screen, or with htmx its renewed inside."""
    screen = _screen(token)
    note_seen(context.session(), screen, context.now())
    return wall_page(
        screen,
        board_url=url_for("booking.wall_screen", token=token),
        live_url=url_for("booking.wall_screen_live", token=token),
    )


@blueprint.get("/screen/<token>/live")
@limiter.limit(READS)
@guards.public("tells a screen only that something changed")
def wall_screen_live(token: str) -> Response:
    """Word of changes of visits, and of nothing else."""
    _screen(token)
    return live_stream.answer(frozenset({topics.APPOINTMENTS}))


def _screen(token: str) -> WallScreen:
    found = screen_of(context.session(), context.org_id(), token)
    if found is None:
        raise NotFound
    return found
