"""The terms of a visit in plain words: what is free until when, and what is due afterwards (APT-03, BOK-03)."""

from __future__ import annotations

import datetime as dt

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from app.appointments.rules.policy import LATE_CANCEL, LATE_MOVE, NO_SHOW, Due, deadline
from app.catalog.terms import Terms
from app.web.http.templating import moment, money

CAUSES: dict[str, LazyString] = {
    LATE_CANCEL: _l("Cancelled late"),
    LATE_MOVE: _l("Moved late"),
    NO_SHOW: _l("Did not come"),
}


def visit_terms(
    terms: Terms,
    price_minor: int,
    currency: str,
    *,
    starts_at: dt.datetime,
    zone: str | None,
    now: dt.datetime,
) -> list[str]:
    """The terms of one visit to a patient, with its deadline on the clock of `zone`."""
    until = deadline(starts_at, terms.notice_min)
    if until < now:
        first = gettext("The visit is so soon that it can no longer be changed free of charge.")
        return [first, *_afterwards(terms, price_minor, currency, passed=True)]
    first = gettext("Cancelling or moving is free until %(moment)s.", moment=moment(until, zone))
    return [first, *_afterwards(terms, price_minor, currency, passed=False)]


def general_terms(terms: Terms, price_minor: int, currency: str, notice: str) -> list[str]:
    """The terms as such; `notice` is the time before the visit in words."""
    first = (
        gettext("Cancelling or moving is free until %(time)s before the visit.", time=notice)
        if terms.notice_min
        else gettext("Cancelling or moving is free until the visit begins.")
    )
    return [first, *_afterwards(terms, price_minor, currency, passed=False)]


def due_sentence(due: Due, currency: str) -> str:
    """What a patient is about to owe by cancelling or moving now."""
    amount = money(due.amount_minor, currency)
    if not due.amount_minor:
        return gettext("It is late: the session counts as used.")
    if due.session_lost:
        return gettext(
            "It is late: %(amount)s is due and the session counts as used.", amount=amount
        )
    return gettext("It is late: %(amount)s is due.", amount=amount)


def charge_words(amount_minor: int, currency: str, session_lost: bool) -> str:
    """What a charge comes to, short."""
    words = [money(amount_minor, currency)] if amount_minor else []
    return " · ".join([*words, gettext("session used")] if session_lost else words)


def _afterwards(terms: Terms, price_minor: int, currency: str, *, passed: bool) -> list[str]:
    late = terms.late.of(price_minor)
    lines = []
    if late and passed:
        lines.append(
            gettext("Cancelling or moving costs %(amount)s.", amount=money(late, currency))
        )
    elif late:
        lines.append(gettext("Later it costs %(amount)s.", amount=money(late, currency)))
    if not terms.late_online and terms.notice_min:
        lines.append(
            gettext("To cancel or move it, please call us.")
            if passed
            else gettext("Later, please call us to cancel or move it.")
        )
    missed = terms.no_show.of(price_minor)
    if missed:
        lines.append(gettext("Who does not come owes %(amount)s.", amount=money(missed, currency)))
    if terms.session_lost:
        lines.append(gettext("A session cancelled late or missed counts as used."))
    deposit = terms.deposit.of(price_minor)
    if deposit:
        lines.append(
            gettext(
                "A deposit of %(amount)s is part of the price. It is kept if you cancel late or do not come.",
                amount=money(deposit, currency),
            )
        )
    if late or missed or deposit:
        lines.append(gettext("If we have to cancel, you owe nothing."))
    return lines
