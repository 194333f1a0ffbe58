"""Form input: WTForms with CSRF, our texts, limits and normalisation; never a clinical form (those are app.forms)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from flask import Flask, g
from flask import session as cookie
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import generate_csrf
from wtforms import Field, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, StopValidation, ValidationError

from app.lib.errors import FieldError, Invalid
from app.lib.text import clean_line
from app.web.http.copy import field_sentence

csrf = CSRFProtect()
MAX_LINE = 200
FIRST_YEAR, LAST_YEAR = 1900, 2100


# What WTForms itself says of a field; named here so that the catalogues hold it.
OF_WTFORMS = (
    _l("Not a valid choice."),
    _l("Not a valid date value."),
    _l("Not a valid integer value."),
    _l("Not a valid time value."),
    _l("'%(value)s' is not a valid choice for this field."),
    _l("'%(value)s' are not valid choices for this field."),
)


class Translations:
    """WTForms' own messages come from our catalogues."""

    def gettext(self, string: str) -> str:
        return gettext(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return gettext(singular if n == 1 else plural)


class Input(FlaskForm):
    """The base of every form that a page posts."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: FlaskForm) -> Translations:
            return Translations()

    def take(self, invalid: Invalid, names: Mapping[str, str] | None = None) -> None:
        """Show errors that an action found beside their fields; unknown fields go to the form."""
        for error in invalid.errors:
            self._show(error, (names or {}).get(error.field, error.field))

    def _show(self, error: FieldError, name: str) -> None:
        field = self._fields.get(name)
        if field is None:
            self.form_errors.append(field_sentence(error))
        else:
            field.errors = [*field.errors, field_sentence(error)]


def stripped(value: Any) -> Any:
    """Text without control characters and outer spaces."""
    return clean_line(value) if isinstance(value, str) else value


def line(label: Any, *, max_length: int = MAX_LINE, required: bool = True, **options: Any) -> Field:
    """A one-line text field with its limits."""
    checks: list[Any] = [Length(max=max_length, message=_l("At most %(max)d characters."))]
    if required:
        checks.insert(0, DataRequired(message=_l("Please fill this in.")))
    return StringField(label, validators=checks, filters=[stripped], **options)


@contextmanager
def said_beside() -> Iterator[None]:
    """In a field's own check: what the rules refuse is said with the other fields' errors, not one page later."""
    try:
        yield
    except Invalid as error:
        raise ValidationError(field_sentence(error.errors[0])) from None


def plausible_date(_form: Any, field: Field) -> None:
    """A validator of dates: nobody means the year 20 or 20268, though both can be typed. Ends the field's checks."""
    if field.data is not None and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise StopValidation(gettext("This date cannot be right."))


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Choices from (value, label) with text values, as HTML has them."""
    return [SelectChoice(str(value), label) for value, label in pairs]


def form_token() -> str:
    """The token of this browser's forms. Its signature does not end, so it is made once for the secret it signs."""
    secret = cookie.get("csrf_token")
    if not isinstance(secret, str):
        return str(generate_csrf())
    g.csrf_token = signed = _signed(secret)
    return signed


@lru_cache(4096)
def _signed(_secret: str) -> str:
    g.pop("csrf_token", None)  # It may be of the secret before, where a login has just begun.
    return str(generate_csrf())


def init_app(app: Flask) -> None:
    """Attach CSRF protection to every form post; machine routes are exempt by their guard."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = form_token
