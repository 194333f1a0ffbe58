"""Language and time zone of a request (KRN-10): the reader's choice, then the account, then the clinic."""

from __future__ import annotations

from flask import Flask, g, request

from app.lib.languages import form_of
from app.web.http import context, template_words
from app.web.http.identify import signed_in

LANGUAGES = {"ro": "Română", "en": "English"}
COOKIE = "lang"
babel = template_words.QuickBabel()


def language() -> str:
    """The language of this request: cookie (the API reads none), account, what the browser asks for, clinic."""
    framed = g.get("frame")
    if framed is not None and framed.language:
        return str(framed.language)
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES and request.blueprint != "api":
        return str(chosen)
    login = g.get("login")
    if login is not None and login.human.locale in LANGUAGES:
        return str(login.human.locale)
    clinic = context.clinic_or_none()
    asked = request.accept_languages.best_match(list(LANGUAGES))
    if asked:
        return asked
    return clinic.locale if clinic is not None and clinic.locale in LANGUAGES else "ro"


def _form() -> str:
    return form_of(language())


def time_zone() -> str:
    """The zone in which a page shows times: the clinic's; a page for another zone says so."""
    clinic = context.clinic_or_none()
    return clinic.time_zone if clinic is not None else "Europe/Bucharest"


def current_language() -> str:
    """The two-letter code in use."""
    key = template_words.language()
    return key[0] if key is not None else "ro"


def localised(texts: dict[str, str] | None, fallback: str = "") -> str:
    """A clinic's text in the reader's language, else in any that it has."""
    return in_language(texts, current_language(), fallback) if texts else fallback


def in_language(texts: dict[str, str], language: str, fallback: str = "") -> str:
    """A clinic's text in a language, else in any that it has; a loop asks for the language once."""
    return texts.get(language) or next((text for text in texts.values() if text), fallback)


def init_app(app: Flask) -> None:
    """Attach Flask-Babel; catalogues lie in app/translations."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "en")
    babel.init_app(app, locale_selector=_form, timezone_selector=time_zone)


def warm_login() -> None:
    """Read the login before the language is asked for, so that the account's language counts."""
    signed_in()
