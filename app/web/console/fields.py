"""Fields that the clinic's own pages share: whole numbers, spans in words, texts in two languages, marks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, IntegerField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.lib.money import Currency, Money
from app.lib.phone import parse_phone
from app.lib.text import clean_block
from app.web.http import context
from app.web.http.inputs import Input, said_beside
from app.web.http.locale import LANGUAGES, current_language

HOUR, DAY = 60, 1440
TEXT_LIMIT = 2000


class MarkedInput(Input):
    """A form that remembers what its sender saw; a change in between is told, and what was typed stays."""

    seen = HiddenField()

    def overtaken(self, mark: str) -> None:
        """Say that somebody else was quicker; the next sending is made knowing the present state."""
        self.form_errors.append(
            gettext(
                "Somebody else changed this meanwhile. What you typed is kept below; "
                "save again to put it in place of their change."
            )
        )
        self.seen.data = mark
        self.seen.raw_data = None


class LandLineMixin:
    """A form whose `phone` is a number of the clinic's country, land lines too, or none."""

    phone: Field

    def validate_phone(self, field: Field) -> None:
        """Told with what else is wrong."""
        with said_beside():
            self.number()

    def number(self) -> str | None:
        """The number that was typed, as it is dialled from abroad. Raises Invalid."""
        typed = self.phone.data
        return parse_phone(typed, context.clinic().country) if typed else None


def whole(label: Any, lowest: int, highest: int, *, required: bool = True, **options: Any) -> Field:
    """A whole number within bounds."""
    first = InputRequired(_l("Please fill this in.")) if required else Optional()
    bounds = NumberRange(lowest, highest, _l("Choose between %(min)s and %(max)s."))
    return IntegerField(label, validators=[first, bounds], **options)


def prose(label: Any, *, rows: int = 3) -> Field:
    """Several lines of text, which may stay empty."""
    return TextAreaField(
        label,
        filters=[lambda text: clean_block(text) if isinstance(text, str) else text],
        validators=[Length(max=TEXT_LIMIT, message=_l("At most %(max)d characters."))],
        render_kw={"rows": rows},
    )


def span_select(label: Any, *, optional: bool = False, **options: Any) -> Field:
    """A stretch of time to choose; `offer_spans` gives the choices. Optional: may be left to what it falls back to."""
    return SelectField(label, coerce=_minutes if optional else int, **options)


def _minutes(text: str) -> int | None:
    return None if text in ("", "None") else int(text)


def offer_spans(
    field: Field, minutes: Iterable[int], *, empty: str | None = None, none: str | None = None
) -> None:
    """Fill the choices of a span: those given and the present one. `none` are the words of 0."""
    known = set(minutes)
    if isinstance(field.data, int):
        known.add(field.data)
    choices = [(str(one), none if none and not one else span_words(one)) for one in sorted(known)]
    field.choices = [("", empty), *choices] if empty is not None else choices


def span_words(minutes: int) -> str:
    """A stretch of time in the largest unit that fits: 90 minutes, 2 hours, 1 day."""
    if minutes and minutes % DAY == 0:
        return ngettext("%(num)d day", "%(num)d days", minutes // DAY)
    if minutes and minutes % HOUR == 0:
        return ngettext("%(num)d hour", "%(num)d hours", minutes // HOUR)
    return ngettext("%(num)d minute", "%(num)d minutes", minutes)


def amount(minor: int, currency: str) -> str:
    """An amount as a person of this language types it."""
    typed = f"{Money(minor, Currency(currency)).as_decimal():.2f}".removesuffix(".00")
    return typed.replace(".", ",") if current_language() == "ro" else typed


def identifiers(field: Field) -> list[uuid.UUID]:
    """What was ticked, once the form has found it among its choices."""
    return [uuid.UUID(one) for one in field.data or ()]


def texts(form: Input, name: str) -> dict[str, str]:
    """What was typed in each language, without the empty ones; of fields such as `names_ro`."""
    typed = {code: form[f"{name}_{code}"].data or "" for code in LANGUAGES}
    return {code: text for code, text in typed.items() if text}


def text_data(stored: Mapping[str, str], name: str) -> dict[str, str]:
    """The same the other way: stored texts as data of the fields."""
    return {f"{name}_{code}": stored.get(code, "") for code in LANGUAGES}


def typed_price(minor: int, currency: str) -> str:
    """A price as people type it, in the reader's language."""
    amount = Money(minor, Currency(currency)).as_decimal()
    typed = f"{amount:.2f}".removesuffix(".00")
    return typed.replace(".", ",") if current_language() == "ro" else typed
