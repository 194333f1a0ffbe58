"""The words of a message in its reader's language, rendered without any request (NTF-01, KRN-10).

A Jinja environment for each language: undefined names are errors, and dates, money and phones take the reader's form.
The filters have the names that pages use, so that a page and a mail are written alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, get_timezone_location
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.lib import phone as numbers
from app.lib.languages import form_of
from app.lib.money import Currency, Money
from app.lib.text import counted
from app.messaging.rules.sms_text import shortened
from config import ROOT

LANGUAGES = ("ro", "en")
FALLBACK = "en"
FOLDER = "messages"
# Whoever reads the language of a country dials its numbers as people there do.
HOMES = {"ro": "RO"}


def language(locale: str) -> str:
    """The catalogue for a locale: `ro` for `ro_MD`, English where we have none."""
    short = locale.replace("-", "_").partition("_")[0].lower()
    return short if short in LANGUAGES else FALLBACK


def rendered(template: str, part: str, locale: str, context: Mapping[str, Any]) -> str:
    """One part of a message (`subject.txt`, `body.html`...), without spaces around it."""
    page = _environment(language(locale)).get_template(f"{FOLDER}/{template}/{part}")
    return page.render(context).strip()


@lru_cache(maxsize=len(LANGUAGES))
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(_catalogue(locale), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it.
    environment.filters.update(_filters(locale))
    environment.globals.update(
        money=_money(locale), shortened=shortened, city=_city(locale), language=locale
    )
    return environment


def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(ROOT / "app" / "translations", [locale])


def _filters(locale: str) -> dict[str, Callable[..., str]]:
    form = form_of(locale)

    def day(value: str | dt.datetime, zone: str, style: str = "full") -> str:
        return str(format_date(_there(value, zone), style, locale=form))

    def clock(value: str | dt.datetime, zone: str) -> str:
        return str(format_time(_there(value, zone), "HH:mm", locale=form))

    def moment(value: str | dt.datetime, zone: str) -> str:
        return str(format_datetime(_there(value, zone), "d MMM y, HH:mm", locale=form))

    def phone(number: str | None) -> str:
        if not number:
            return ""
        return numbers.shown(number, HOMES.get(locale))

    def localised(texts: Mapping[str, str]) -> str:
        return texts.get(locale) or next((text for text in texts.values() if text), "")

    return {
        "day": day,
        "clock": clock,
        "moment": moment,
        "phone": phone,
        "localised": localised,
        "counted": counted,
    }


def _there(value: str | dt.datetime, zone: str) -> dt.datetime:
    """An instant, or its ISO form from a stored context, on the clock of `zone`."""
    instant = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("a message never tells a time without a zone")
    return instant.astimezone(ZoneInfo(zone))


def _money(locale: str) -> Callable[[int, str], str]:
    def money(minor: int, currency: str) -> str:
        return Money(minor, Currency(currency)).format(locale)

    return money


def _city(locale: str) -> Callable[[str], str]:
    def city(zone: str) -> str:
        """The city by which people know a zone: Europe/Bucharest is "București"."""
        return str(get_timezone_location(zone, locale=locale, return_city=True))

    return city
