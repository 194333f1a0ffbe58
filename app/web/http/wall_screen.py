"""What a waiting-room screen shows, for the screen itself and for its preview in the console (APT-04)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import Response
from flask_babel import force_locale, gettext, ngettext

from app.appointments.models import WallScreen
from app.appointments.queries.board import on_board
from app.appointments.rules.board import Arrived
from app.kernel import live as topics
from app.web.http import context
from app.web.http.render import page

NEW_CALL = dt.timedelta(seconds=60)
MOST_WAITING, MOST_CALLED = 8, 5


@dataclass(frozen=True)
class Line:
    """One line of the screen; `fresh`: called a moment ago, so it stands out. `late`: a sentence for each language."""

    id: str
    who: str
    time: dt.datetime
    room: str | None
    fresh: bool
    late: list[str]


def wall_page(screen: WallScreen, *, board_url: str, live_url: str) -> Response:
    """The screen, or with htmx its renewed inside, with what comes next at `board_url` and word of it at `live_url`."""
    languages = ("ro", "en") if screen.languages == "both" else (screen.languages,)
    zone = context.clinic().time_zone
    shown = on_board(context.session(), context.org_id(), context.now(), zone, screen.location_id)
    with force_locale(languages[0]):
        response = page(
            "booking/screen.html",
            fragment="booking/_screen.html",
            dark=screen.dark,
            called=[_line(one, screen, languages) for one in shown.called[:MOST_CALLED]],
            waiting=[_line(one, screen, languages) for one in shown.waiting[:MOST_WAITING]],
            more=max(0, len(shown.waiting) - MOST_WAITING),
            words=[_words(one) for one in languages],
            languages=languages,
            time_zone=zone,
            board_url=board_url,
            live_url=live_url,
            topics=topics.APPOINTMENTS,
        )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _line(one: Arrived, screen: WallScreen, languages: tuple[str, ...]) -> Line:
    now, called_at = context.now(), one.called_at
    late = one.late_min(now) if called_at is None else 0
    return Line(
        f"{one.key}-{called_at.timestamp():.0f}" if called_at else one.key,
        one.shown_as(screen.shows),
        one.starts_at,
        one.room,
        called_at is not None and now - called_at < NEW_CALL,
        [_late(late, language) for language in languages] if late else [],
    )


def _late(minutes: int, language: str) -> str:
    with force_locale(language):
        return ngettext("Running %(num)d minute late", "Running %(num)d minutes late", minutes)


def _words(language: str) -> dict[str, str]:
    with force_locale(language):
        return {
            "come_in": gettext("Please come in"),
            "be_called": gettext("You will be called here"),
            "waiting": gettext("Waiting"),
            "nobody": gettext("Nobody is waiting. Please tell the reception that you are here."),
            "reception": gettext("Please come to the reception"),
            "lost": gettext("Connection lost; this may be out of date."),
            "ended": gettext("This screen was ended. Please ask the reception."),
            "sound": gettext("Full screen with sound"),
        }
