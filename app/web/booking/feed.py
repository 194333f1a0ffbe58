"""Calendar feeds: whoever holds the private address reads the visits, and nothing else (SPC-02, PRT-01)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import make_response, request, url_for
from flask_babel import force_locale, gettext
from sqlalchemy import Row
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.appointments.actions import Whose
from app.appointments.calendar_file import FeedEntry, feed, visit_uid
from app.appointments.queries.feeds import feed_visits, whose_feed
from app.appointments.states import CANCELLED
from app.lib.text import initials
from app.web.booking import blueprint
from app.web.http import context, guards
from app.web.http.limits import limiter
from app.web.http.locale import localised
from app.web.http.visit_links import visit_token

READS = "60/minute"


@blueprint.get("/feeds/<token>.ics")
@limiter.limit(READS)
@guards.public("the address is the secret; it was given to one person, who can end it")
def calendar_feed(token: str) -> Response:
    """Visits as a calendar; 304 for a reader who has them already."""
    session, org_id = context.session(), context.org_id()
    whose = whose_feed(session, org_id, token)
    if whose is None:
        raise NotFound
    rows = feed_visits(session, org_id, whose, context.now())
    with force_locale(_language(whose, rows)):
        name = gettext("Visits · %(clinic)s", clinic=context.clinic().name)
        content = feed(name, [_entry(row, whose) for row in rows])
    response = make_response(content)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
    response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    return response.make_conditional(request)


def _language(whose: Whose, rows: Any) -> str:
    if whose.patient_id and rows:
        language: str = rows[0].patient_locale
        return language
    return context.clinic().locale


def _entry(row: Row[Any], whose: Whose) -> FeedEntry:
    service = localised(row.service_names)
    return FeedEntry(
        uid=visit_uid(row.id),
        sequence=row.version,
        summary=f"{service} · {_with_whom(row, whose)}",
        description=row.reference,
        location=_place(row),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        cancelled=row.state == CANCELLED,
        changed_at=row.changed_at,
        url=_url(row.id, whose),
    )


def _with_whom(row: Row[Any], whose: Whose) -> str:
    """A specialist's calendar lies with a stranger's service, so it names patients by their initials alone."""
    return initials(row.patient_name) if whose.specialist_id else str(row.specialist_name)


def _place(row: Row[Any]) -> str:
    if row.modality == "video":
        return gettext("by video")
    parts = (row.location_name, row.location_address, row.location_city)
    return ", ".join(part for part in parts if part)


def _url(visit_id: uuid.UUID, whose: Whose) -> str:
    if whose.specialist_id:
        return context.settings().base_url + url_for("console.visit", visit_id=visit_id)
    token = visit_token(context.settings(), visit_id)
    return context.settings().base_url + url_for("booking.visit", token=token)
