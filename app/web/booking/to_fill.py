"""The forms to fill in before a visit, from its page: whoever is signed in goes there, a guest gets a link by e-mail.

The link of a visit may have been forwarded, so it opens no form by itself: the patient's own mailbox does (KRN-02).
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.appointments.queries import VisitView
from app.appointments.queries.asked_forms import forms_to_fill
from app.appointments.states import OPEN
from app.web.booking import blueprint
from app.web.booking.links import visit_of
from app.web.http import context, guards
from app.web.http.limits import limiter
from app.web.http.portal_link import send_portal_link
from app.web.http.render import see_other

ASKS = "5/hour"


@dataclass(frozen=True, slots=True)
class ToFill:
    """Titles of what waits, and the page for it, when its reader may open it at once."""

    titles: list[dict[str, str]]
    url: str | None


def to_fill(seen: VisitView) -> ToFill | None:
    """What is to be filled in before this visit; None for nothing."""
    if seen.state not in OPEN or seen.ends_at <= context.now():
        return None
    titles = forms_to_fill(
        context.session(),
        context.org_id(),
        patient_id=seen.patient_id,
        calendar_id=seen.calendar_id,
    )
    if not titles:
        return None
    mine = guards.patient_here() is not None and seen.patient_id in g.own_patient_ids
    return ToFill(titles, url_for("portal.choose", patient_id=seen.patient_id) if mine else None)


@blueprint.post("/v/<token>/forms")
@limiter.limit(ASKS)
@guards.public("whoever holds the link was given it; the forms open from the patient's mailbox")
def mail_forms(token: str) -> Response:
    """Mail the patient a link that signs in and leads to the forms."""
    seen = visit_of(token)
    if seen.patient_email:
        send_portal_link(context.session(), seen.patient_email, url_for("portal.forms"))
    return see_other(
        url_for("booking.visit", token=token),
        gettext("The link is on its way. Look at your e-mail."),
    )
