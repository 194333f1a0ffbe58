"""The sentence that a person reads for a named error. Every code that a surface can meet stands here."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.lib.errors import DomainError, FieldError

ERRORS: dict[str, LazyString] = {
    "not_found": _l("This does not exist, or it is not yours to see."),
    "refused": _l("You may not do this."),
    "conflict": _l("Somebody else was quicker. Look at the page again and decide."),
    "expired": _l("This link has expired. Please ask for a new one."),
    "unavailable": _l("A service we depend on does not answer. Please try again in a moment."),
    "permission_missing": _l("Your role does not allow this. Ask the manager of your clinic."),
    "bad_credentials": _l("E-mail and password do not match."),
    "bad_code": _l("This code is not right, or it was used already. Wait for the next one."),
    "too_many_attempts": _l("Too many attempts. Please wait a quarter of an hour."),
    "link_expired": _l("This link was used already or has expired. Ask for a new one."),
    "capability_off": _l("This feature is not switched on for the clinic."),
    "capability_paused": _l("This feature is paused for the clinic."),
    "idempotency_key_reused": _l("This form was sent before with other content. Reload the page."),
}

FIELDS: dict[str, LazyString] = {
    "required": _l("Please fill this in."),
    "too_long": _l("This is too long (at most %(max)s characters)."),
    "password_length": _l("Choose between %(min)s and %(max)s characters."),
    "password_guessable": _l("This is too easy to guess."),
}


def sentence(error: DomainError) -> str:
    """The text of an error, filled with its parameters."""
    template = ERRORS.get(error.code) or ERRORS.get(type(error).code) or ERRORS["refused"]
    return _fill(template, dict(error.params))


def field_sentence(error: FieldError) -> str:
    """The text beside a field."""
    return _fill(FIELDS.get(error.code, FIELDS["required"]), dict(error.params))


def _fill(template: LazyString, params: dict[str, object]) -> str:
    text = str(template)
    try:
        return text % params if params else text
    except (KeyError, ValueError, TypeError):
        return text
