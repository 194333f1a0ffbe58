"""The cancellation terms of a service and of a calendar, with what patients read of them (CAT-01, CAT-03, APT-03)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import request, url_for
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField

from app.catalog import actions
from app.catalog.actions import ServiceDraft
from app.catalog.permissions import MANAGE
from app.catalog.terms import FEES, Fee, Terms, in_force, stored
from app.lib.errors import Conflict, Invalid
from app.lib.money import Currency, parse_money
from app.scheduling.actions.calendars import stored_draft as stored_calendar
from app.scheduling.actions.terms import kept_terms, mark_of_terms, set_calendar_terms
from app.scheduling.permissions import MANAGE as MANAGE_CALENDARS
from app.web.console import blueprint
from app.web.console.fields import (
    MarkedInput,
    amount,
    offer_spans,
    prose,
    span_select,
    span_words,
    text_data,
    texts,
)
from app.web.http import context, guards
from app.web.http.inputs import line
from app.web.http.locale import LANGUAGES, current_language, localised
from app.web.http.render import page, see_other
from app.web.http.terms_words import general_terms

NOTICES = (0, 30, 60, 120, 240, 720, 1440, 2880, 4320, 10080)
FEE_HINT = _l("An amount such as 50, or a share of the price such as 50%. Empty: nothing.")


class TermsInput(MarkedInput):
    """Terms as the clinic types them; each fee is an amount or a share of the price."""

    notice_min = span_select(_l("Cancelled or moved free of charge until"), default=1440)
    late = line(_l("Cancelled or moved later"), max_length=24, required=False, description=FEE_HINT)
    no_show = line(_l("Did not come"), max_length=24, required=False, description=FEE_HINT)
    deposit = line(
        _l("Deposit"),
        max_length=24,
        required=False,
        description=_l(
            "An amount or a share. It is kept when a patient cancels late or does not come."
        ),
    )
    session_lost = BooleanField(
        _l("A session cancelled late or missed counts as used"),
        description=_l("For courses that are paid in advance."),
    )
    late_online = BooleanField(
        _l("Patients may cancel or move late by themselves"),
        description=_l(
            "They see what it costs before they do. Otherwise they are asked to call you, and you decide."
        ),
    )

    def prepare(self) -> None:
        """Offer the notices in words."""
        offer_spans(self.notice_min, NOTICES)
        self.notice_min.choices = [
            (
                value,
                gettext("%(time)s before", time=words) if value != "0" else gettext("its start"),
            )
            for value, words in self.notice_min.choices
        ]

    def terms(self, currency: str) -> Terms:
        """What was typed. Raises Invalid."""
        fees = {name: fee_of(self[name].data or "", currency, name) for name in FEES}
        return Terms(
            notice_min=self.notice_min.data,
            session_lost=bool(self.session_lost.data),
            late_online=bool(self.late_online.data),
            **fees,
        )


class ServiceTermsInput(TermsInput):
    """The terms of a service, which may also be told in the clinic's own words."""

    policies_ro = prose(_l("In your own words, in Romanian"))
    policies_en = prose(_l("In your own words, in English"))


class CalendarTermsInput(TermsInput):
    """The terms of a calendar, where it has any of its own."""

    own = BooleanField(
        _l("This calendar has its own terms"),
        description=_l("Otherwise those of the service hold."),
    )


def fee_of(typed: str, currency: str, field: str) -> Fee:
    """`50%` or an amount in the reader's own form. Raises Invalid."""
    text = typed.strip()
    if text.endswith("%"):
        share = text[:-1].strip()
        if not (share.isascii() and share.isdigit() and 0 < int(share) <= 100):
            raise Invalid.one(field, "fee_range")
        return Fee(percent=int(share))
    if not text:
        return Fee()
    found = parse_money(text, Currency(currency), current_language(), field=field).minor
    if found < 0:
        raise Invalid.one(field, "fee_range")
    return Fee(minor=found)


@blueprint.route("/services/<uuid:service_id>/terms", methods=["GET", "POST"])
@guards.staff(MANAGE)
def service_terms(service_id: uuid.UUID) -> Response:
    """The terms of a service."""
    session, org_id = context.session(), context.org_id()
    service = actions.stored_draft(session, org_id, service_id)
    qualified = actions.qualified_ids(session, org_id, service_id)
    terms = in_force(service.terms, service.cancel_notice_min, None)
    data = {
        **_data(terms, service.currency),
        **text_data(service.policies, "policies"),
        "seen": actions.mark_of(service, qualified),
    }
    form = ServiceTermsInput(data=data)
    form.prepare()
    status = 200
    if request.method == "POST":
        status = _save_service(service_id, form, service, qualified) if form.validate() else 422
        if status == 303:
            return see_other(
                url_for("console.service_terms", service_id=service_id), gettext("Saved.")
            )
    return page(
        "console/services/terms.html",
        status=status,
        form=form,
        service_id=service_id,
        title=localised(dict(service.names)),
        policies=service.policies,
        shown=_shown(terms, service.price_minor, service.currency),
    )


@blueprint.route("/calendars/<uuid:calendar_id>/terms", methods=["GET", "POST"])
@guards.staff(MANAGE_CALENDARS)
def calendar_terms(calendar_id: uuid.UUID) -> Response:
    """The terms of a calendar: its own, or its service's."""
    session, org_id = context.session(), context.org_id()
    calendar = stored_calendar(session, org_id, calendar_id)
    service = actions.stored_draft(session, org_id, calendar.service_id)
    kept = kept_terms(session, org_id, calendar_id)
    terms = in_force(service.terms, service.cancel_notice_min, kept)
    data = _data(terms, service.currency)
    form = CalendarTermsInput(data={**data, "own": kept is not None, "seen": mark_of_terms(kept)})
    form.prepare()
    status = 200
    if request.method == "POST":
        status = _save_calendar(calendar_id, form, service.currency) if form.validate() else 422
        if status == 303:
            address = url_for("console.calendar_terms", calendar_id=calendar_id)
            return see_other(address, gettext("Saved."))
    price = service.price_minor if calendar.price_minor is None else calendar.price_minor
    return page(
        "console/calendars/terms.html",
        status=status,
        form=form,
        calendar_id=calendar_id,
        service_id=calendar.service_id,
        title=localised(dict(calendar.names or service.names)),
        shown=_shown(terms, price, service.currency),
    )


def terms_shown(service: ServiceDraft) -> list[str]:
    """What patients read of a service's terms, in the language of the page."""
    terms = in_force(service.terms, service.cancel_notice_min, None)
    notice = span_words(terms.notice_min)
    return general_terms(terms, service.price_minor, service.currency, notice)


def _data(terms: Terms, currency: str) -> dict[str, Any]:
    fees = {name: _typed(getattr(terms, name), currency) for name in FEES}
    return {
        **fees,
        "notice_min": terms.notice_min,
        "session_lost": terms.session_lost,
        "late_online": terms.late_online,
    }


def _typed(fee: Fee, currency: str) -> str:
    if fee.percent:
        return f"{fee.percent}%"
    return amount(fee.minor, currency) if fee.minor else ""


def _shown(terms: Terms, price_minor: int, currency: str) -> Mapping[str, list[str]]:
    """What patients read, in each language."""
    shown = {}
    for language in LANGUAGES:
        with force_locale(language):
            notice = span_words(terms.notice_min)
            shown[language] = general_terms(terms, price_minor, currency, notice)
    return shown


def _save_service(
    service_id: uuid.UUID,
    form: ServiceTermsInput,
    service: ServiceDraft,
    qualified: frozenset[uuid.UUID],
) -> int:
    session, actor = context.session(), context.actor()
    try:
        terms = form.terms(service.currency)
        kept = {name: value for name, value in stored(terms).items() if name != "notice_min"}
        draft = replace(
            service,
            terms=kept,
            cancel_notice_min=terms.notice_min,
            policies=texts(form, "policies"),
        )
        actions.change_service(
            session,
            actor,
            service_id,
            draft,
            qualified,
            seen=form.seen.data or "",
            now=context.now(),
        )
    except Invalid as error:
        form.take(error, {"cancel_notice_min": "notice_min"})
        return 422
    except Conflict:
        present = actions.stored_draft(session, actor.clinic, service_id)
        form.overtaken(actions.mark_of(present, qualified))
        return 409
    return 303


def _save_calendar(calendar_id: uuid.UUID, form: CalendarTermsInput, currency: str) -> int:
    session, actor = context.session(), context.actor()
    try:
        terms = form.terms(currency) if form.own.data else None
        set_calendar_terms(
            session, actor, calendar_id, terms, seen=form.seen.data or "", now=context.now()
        )
    except Invalid as error:
        form.take(error)
        return 422
    except Conflict:
        form.overtaken(mark_of_terms(kept_terms(session, actor.clinic, calendar_id)))
        return 409
    return 303
