"""What templates may use beside their inputs: undefined is an error, and dates, money and phones in local form."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from flask import Flask, request
from flask_babel import format_datetime as babel_datetime
from flask_babel import format_decimal, get_locale
from jinja2 import StrictUndefined

from app.lib import phone as numbers
from app.lib.money import Currency, Money
from app.lib.text import counted
from app.web.http import context
from app.web.http.agents import browser
from app.web.http.locale import current_language, localised, time_zone
from app.web.http.template_words import date_words


def in_zone(moment: dt.datetime, zone: str | None = None) -> dt.datetime:
    """The instant on the clock of the clinic, or of `zone`."""
    return moment.astimezone(ZoneInfo(zone or time_zone()))


def day(value: dt.date | dt.datetime, style: str = "full", zone: str | None = None) -> str:
    """A date: `full` is "luni, 3 martie 2027", `medium` and `short` are shorter."""
    date = in_zone(value, zone).date() if isinstance(value, dt.datetime) else value
    return date_words(date, style)


def clock(value: dt.datetime, zone: str | None = None) -> str:
    """A time of day: 14:30."""
    return f"{in_zone(value, zone):%H:%M}"


def moment(value: dt.datetime, zone: str | None = None) -> str:
    """Date and time, medium."""
    return str(babel_datetime(in_zone(value, zone), "d MMM y, HH:mm", rebase=False))


def city(zone: str) -> str:
    """A zone as people call it: the city whose clock it is."""
    return str(get_timezone_location(zone, locale=get_locale() or "en", return_city=True))


def decimal(value: float) -> str:
    """A measured number with one place after the point, or after the comma."""
    return str(format_decimal(value, "0.0"))


def money(minor: int, currency: str) -> str:
    """An amount with its currency, in the reader's form."""
    return Money(minor, Currency(currency)).format(str(get_locale() or "en"))


def phone(number: str | None) -> str:
    """A phone number: short for who is at home in the clinic's country, otherwise as one dials it from abroad."""
    return numbers.shown(number, home_country()) if number else ""


def home_country() -> str | None:
    """The country whose numbers the reader dials without a prefix: staff, and who reads the clinic's language."""
    clinic = context.clinic_or_none()
    if clinic is None:
        return None
    return (
        clinic.country
        if request.blueprint == "console" or current_language() == clinic.locale
        else None
    )


def init_app(app: Flask) -> None:
    """Attach filters and globals."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        city=city,
        decimal=decimal,
        day=day,
        clock=clock,
        moment=moment,
        phone=phone,
        localised=localised,
        counted=counted,
        browser=browser,
    )
    app.jinja_env.globals.update(money=money, now=context.now, get_locale=get_locale)
