"""The waiting-room screen: who is called where, who waits; initials only, no login, for days on end (APT-04)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, make_response
from flask_babel import force_locale, gettext, ngettext
from werkzeug.exceptions import NotFound

from app.appointments.models import WallScreen
from app.appointments.queries.board import OnBoard, on_board, screen_of
from app.kernel import live as topics
from app.web.booking import blueprint
from app.web.http import context, guards, live_stream
from app.web.http.limits import limiter
from app.web.http.render import is_fragment_request, page

READS = "240/minute"
# A visit is late when it waits longer than this after its time.
LATE_MIN = 5
NEW_CALL_SECONDS = 60
MOST_WAITING = 12


@dataclass(frozen=True)
class Line:
    """One line of the screen; `fresh`: called a moment ago, so it stands out."""

    id: str
    initials: str
    time: Any
    room: str | None
    fresh: bool
    late: list[str]


@blueprint.get("/screen/<token>")
@limiter.limit(READS)
@guards.public("the address is the secret; it is given to a screen, and shows initials only")
def wall_screen(token: str) -> Response:
    """The screen, or with htmx its renewed inside."""
    screen = _screen(token)
    languages = ("ro", "en") if screen.languages == "both" else (screen.languages,)
    called, waiting = on_board(
        context.session(),
        context.org_id(),
        context.now(),
        context.clinic().time_zone,
        screen.location_id,
    )
    if not is_fragment_request():
        screen.seen_at = context.now()
    with force_locale(languages[0]):
        answer = page(
            "booking/screen.html",
            fragment="booking/_screen.html",
            screen=screen,
            token=token,
            called=[_line(one, languages) for one in called],
            waiting=[_line(one, languages) for one in waiting[:MOST_WAITING]],
            more=max(0, len(waiting) - MOST_WAITING),
            words=[_words(one) for one in languages],
            topics=topics.APPOINTMENTS,
        )
    response = make_response(answer)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


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


def _line(one: OnBoard, languages: tuple[str, ...]) -> Line:
    now = context.now()
    late = one.late_min(now) if one.called_at is None else 0
    fresh = one.called_at is not None and (now - one.called_at).total_seconds() < NEW_CALL_SECONDS
    return Line(
        f"{one.id}-{one.called_at.timestamp():.0f}" if one.called_at else str(one.id),
        one.initials,
        one.starts_at,
        one.room,
        fresh,
        [_late(late, language) for language in languages] if late > LATE_MIN else [],
    )


def _late(minutes: int, language: str) -> str:
    with force_locale(language):
        return ngettext("%(num)d minute late", "%(num)d minutes late", minutes)


def _words(language: str) -> dict[str, str]:
    with force_locale(language):
        return {
            "language": language,
            "come_in": gettext("Please come in"),
            "waiting": gettext("Waiting"),
            "nobody": gettext("Nobody is waiting. Please tell the reception that you are here."),
            "reception": gettext("Please come to the reception"),
            "lost": gettext("Connection lost; this may be out of date."),
            "sound": gettext("Sound on"),
        }
