"""Reviews of visits for staff (APT-02): what waits, what was said, averages, an answer, and when the clinic asks."""

from __future__ import annotations

import uuid

from flask import Response, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange

from app.appointments import permissions
from app.appointments.reviews import actions
from app.appointments.reviews.models import VisitReview
from app.appointments.reviews.queries import Wanted, averages, exceptions, reviews_page, rule_for
from app.appointments.reviews.rules import Rule
from app.catalog import permissions as catalog
from app.catalog.queries import service_names
from app.kernel.access.actor import STAFF
from app.lib.errors import Invalid, NotFound
from app.lib.paging import parse_page
from app.web.console import blueprint
from app.web.console.asked import identifier
from app.web.console.own import address_of, only_specialist, visit_or_404
from app.web.http import context, guards
from app.web.http.inputs import Input, choices
from app.web.http.lists import pager
from app.web.http.locale import localised
from app.web.http.render import page, see_other


class RuleInput(Input):
    """When the clinic asks."""

    asks = BooleanField(_l("Ask patients how their visit was"))
    after_hours = IntegerField(
        _l("Hours after the visit"), validators=[InputRequired(), NumberRange(0, 72)]
    )
    low_rating = SelectField(_l("Alert staff"))
    silent = SelectMultipleField(_l("Services that are not asked about"))

    def offer(self, services: list[tuple[uuid.UUID, dict[str, str]]]) -> None:
        """Fill in what can be chosen."""
        self.low_rating.choices = choices(
            [
                ("0", gettext("never")),
                ("1", gettext("at one star")),
                ("2", gettext("at two stars or fewer")),
                ("3", gettext("at three stars or fewer")),
            ]
        )
        self.silent.choices = choices([(str(one), localised(names)) for one, names in services])


@blueprint.get("/reviews")
@guards.staff(permissions.REVIEWS)
def reviews() -> Response:
    """Reviews that wait for an answer, or all, with the averages of each specialist and service."""
    session, org_id = context.session(), context.org_id()
    own = only_specialist()
    waiting = request.args.get("state", "waiting") != "all"
    asked = parse_page(request.args)
    wanted = Wanted(
        waiting=waiting,
        low=request.args.get("low") == "1",
        specialist_id=own or identifier(request.args, "specialist"),
        service_id=identifier(request.args, "service"),
    )
    filters = {
        name: request.args[name]
        for name in ("state", "low", "specialist", "service")
        if name in request.args
    }
    found = reviews_page(session, org_id, wanted, asked)
    return page(
        "console/reviews/list.html",
        fragment="console/reviews/_list.html",
        reviews=found.items,
        pager=pager(found, filters),
        waiting=waiting,
        wanted=wanted,
        averages=averages(session, org_id, specialist_id=own),
        rule=rule_for(session, org_id, None),
        writes=context.actor().kind == STAFF,
        settings_url=address_of("console.review_settings"),
    )


@blueprint.post("/reviews/<uuid:review_id>/handle")
@guards.staff(permissions.REVIEWS)
def handle_review(review_id: uuid.UUID) -> AnyResponse:
    """Note what was done about a review."""
    session, actor = context.session(), context.actor()
    found = session.get(VisitReview, (actor.clinic, review_id))
    if found is None:
        raise NotFound("review_unknown")
    visit_or_404(found.appointment_id)
    back = url_for("console.reviews")
    try:
        actions.handle(session, actor, review_id, request.form.get("note", ""), now=context.now())
    except Invalid:
        return see_other(back, gettext("Write in a few words what was done."), "bad")
    return see_other(back, gettext("Noted."))


@blueprint.route("/reviews/settings", methods=["GET", "POST"])
@guards.staff(catalog.MANAGE)
def review_settings() -> AnyResponse:
    """Whether, when and about which services the clinic asks."""
    session, org_id = context.session(), context.org_id()
    services = service_names(session, org_id)
    form, status = RuleInput(), 200
    form.offer(services)
    if request.method == "GET":
        _fill(form)
    elif form.validate():
        _keep(form, services)
        return see_other(url_for("console.review_settings"), gettext("Saved."))
    else:
        status = 422
    return page("console/reviews/settings.html", status=status, form=form)


def _fill(form: RuleInput) -> None:
    session, org_id = context.session(), context.org_id()
    rule = rule_for(session, org_id, None)
    form.asks.data, form.after_hours.data = rule.asks, rule.after_hours
    form.low_rating.data = str(rule.low_rating)
    form.silent.data = [str(one) for one, asks in exceptions(session, org_id).items() if not asks]


def _keep(form: RuleInput, services: list[tuple[uuid.UUID, dict[str, str]]]) -> None:
    """The clinic's rule; a service that has a rule of its own keeps the same hours and alert."""
    session, actor, now = context.session(), context.actor(), context.now()
    hours, low = form.after_hours.data, int(form.low_rating.data)
    asks = bool(form.asks.data)
    actions.set_rule(session, actor, Rule(asks, hours, low), now=now)
    silent, known = set(form.silent.data or ()), exceptions(session, actor.clinic)
    for one, _names in services:
        if str(one) in silent or one in known:
            rule = Rule(asks and str(one) not in silent, hours, low)
            actions.set_rule(session, actor, rule, service_id=one, now=now)
