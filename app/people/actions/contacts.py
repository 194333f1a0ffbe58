"""Contact data: checking what somebody typed, and the words by which reception finds a card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from app.lib.errors import FieldError, Invalid
from app.lib.phone import parse_mobile, search_digits
from app.lib.text import bounded_line, fold

NAME_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody: checked and normalised by `checked_contact`."""

    name: str
    email: str | None
    phone: str | None
    locale: str = "ro"
    time_zone: str | None = None


def checked_contact(
    name: str,
    email: str,
    phone: str,
    country: str,
    *,
    locale: str = "ro",
    time_zone: str | None = None,
    email_required: bool = True,
    phone_required: bool = True,
) -> Contact:
    """A contact from what somebody typed. Raises Invalid naming every field that is wrong."""
    errors: list[FieldError] = []
    checked_name = _collect(errors, lambda: bounded_line(name, "name", limit=NAME_LIMIT))
    checked_email = _collect(errors, lambda: _email(email, required=email_required))
    checked_phone = _collect(errors, lambda: _phone(phone, country, required=phone_required))
    if errors:
        raise Invalid(errors)
    return Contact(checked_name or "", checked_email, checked_phone, locale, time_zone)


def _collect(errors: list[FieldError], read: Callable[[], str | None]) -> str | None:
    try:
        return read()
    except Invalid as error:
        errors.extend(error.errors)
        return None


def _email(typed: str, *, required: bool) -> str | None:
    cleaned = typed.strip()
    if not cleaned and not required:
        return None
    try:
        return validate_email(cleaned, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise Invalid.one("email", "email_invalid") from None


def _phone(typed: str, country: str, *, required: bool) -> str | None:
    cleaned = typed.strip()
    if not cleaned and not required:
        return None
    if not cleaned:
        raise Invalid.one("phone", "required")
    return parse_mobile(cleaned, country)


def search_text(contact: Contact) -> str:
    """The folded words by which reception finds the card: name, e-mail, phone in two forms."""
    digits = search_digits(contact.phone) if contact.phone else ""
    national = f"0{digits[2:]}" if digits.startswith("40") else ""
    return " ".join(part for part in (fold(contact.name), contact.email, digits, national) if part)
