"""What a clinic settles for all of its bookings, each with an example of what it does (BYD-03, BYD-04)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.appointments.actions.continuity import SOON_DAYS, set_continuity
from app.kernel.access.actor import STAFF
from app.kernel.tenancy.settings import settings_of
from app.scheduling.permissions import MANAGE
from app.waiting.actions.window import WINDOW_MIN, set_offer_window
from app.waiting.queries import outcomes
from app.waiting.rules.deadline import askable
from app.web.console import blueprint
from app.web.console.asked import instant, local
from app.web.console.fields import whole
from app.web.http import context, guards
from app.web.http.inputs import Input
from app.web.http.render import is_fragment_request, page, see_other

# The example: a visit of the afternoon becomes free in the morning.
FREED, VISIT, NOTICE_MIN = dt.time(10), dt.time(17), 120
LOOKED_BACK = dt.timedelta(days=90)


class RulesInput(Input):
    """The figures of the page."""

    waiting_offer_min = whole(_l("Minutes for an answer"), WINDOW_MIN.least, WINDOW_MIN.most)
    continuity_days = whole(_l("Days that count as soon"), SOON_DAYS.least, SOON_DAYS.most)


@blueprint.route("/booking-rules", methods=["GET", "POST"])
@guards.staff(MANAGE)
def booking_rules() -> Response:
    """The figures with their examples; an address with figures shows what they would do, and changes nothing."""
    session, actor = context.session(), context.actor()
    form = RulesInput(request.form if request.method == "POST" else request.args or None)
    if request.method == "POST" and form.validate():
        now = context.now()
        changed = [
            set_offer_window(session, actor, form.waiting_offer_min.data, now=now),
            set_continuity(session, actor, form.continuity_days.data, now=now),
        ]
        words = gettext("Saved.") if any(changed) else gettext("Nothing was changed.")
        return see_other(url_for("console.booking_rules"), words)
    if request.method == "GET":
        _fill(form)
    return page(
        "console/calendars/rules.html",
        fragment="console/calendars/_rules_example.html",
        status=422 if request.method == "POST" and not is_fragment_request() else 200,
        form=form,
        writes=actor.kind == STAFF,
        outcomes=None
        if is_fragment_request()
        else outcomes(session, actor.clinic, context.now() - LOOKED_BACK),
        **_example(form),
    )


def _fill(form: RulesInput) -> None:
    """What is settled stands in each field that the address says nothing sensible of."""
    settled = settings_of(context.session(), context.org_id())
    if not request.args or form.waiting_offer_min.data is None:
        form.waiting_offer_min.data = WINDOW_MIN.read(settled)
    if not request.args or form.continuity_days.data is None:
        form.continuity_days.data = SOON_DAYS.read(settled)


def _example(form: RulesInput) -> dict[str, Any]:
    """What the figures do tomorrow; None for a figure that cannot be."""
    tomorrow = local(context.now()).date() + dt.timedelta(days=1)
    minutes, days = form.waiting_offer_min.data, form.continuity_days.data
    answers = None
    if WINDOW_MIN.allows(minutes):
        answers = askable(
            instant(tomorrow, FREED),
            instant(tomorrow, VISIT),
            notice_min=NOTICE_MIN,
            window_min=minutes,
            time_zone=context.clinic().time_zone,
        )
    return {
        "answers": answers,
        "freed_at": instant(tomorrow, FREED),
        "visit_at": instant(tomorrow, VISIT),
        "soon_until": context.now() + dt.timedelta(days=days) if SOON_DAYS.allows(days) else None,
    }
