"""Who books: contact and consents as the body gives them, each fault told where it stands in the body."""

from __future__ import annotations

from collections.abc import Sequence

from app.lib.errors import FieldError, Invalid
from app.people.actions import Contact, checked_contact
from app.web.api.offer import texts_consent, texts_required
from app.web.api.reading import below
from app.web.api.shapes.visits import Consent, Who
from app.web.http import context
from app.web.http.locale import current_language


def contact_in(who: Who, time_zone: str | None) -> Contact:
    """The contact, normalised. Raises Invalid below `/contact`."""
    here = context.clinic()
    try:
        return checked_contact(
            who.name,
            who.email,
            who.phone,
            who.country or here.country,
            locale=current_language(),
            time_zone=time_zone or here.time_zone,
        )
    except Invalid as error:
        raise below("contact", error) from None


def texts_allowed(given: Sequence[Consent]) -> bool:
    """Whether texts were consented to. Raises Invalid for an old version, or where one is needed and missing."""
    current = texts_consent()
    if current is None:
        if given:
            raise Invalid.one("/consents/0/purpose", "unknown_choice")
        return False
    old = [
        FieldError(f"/consents/{number}/version", "consent_version")
        for number, one in enumerate(given)
        if one.version != current.version
    ]
    if old:
        raise Invalid(old)
    if not given and texts_required():
        raise Invalid.one("/consents", "consent_missing")
    return bool(given)
