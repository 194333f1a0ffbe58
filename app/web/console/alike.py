"""Cards that may be one person, in words: which signs speak for it (BYD-09)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.people.access import visible_patients
from app.people.actions import Contact
from app.people.merging.queries import like_this
from app.people.queries import FoundPatient, look_alikes
from app.people.rules import likeness
from app.people.rules.likeness import Traits
from app.web.http import context

SIGNS: dict[str, LazyString] = {
    likeness.SAME_NAME: _l("same name"),
    likeness.CLOSE_NAME: _l("similar name"),
    likeness.SAME_PHONE: _l("same phone"),
    likeness.SAME_EMAIL: _l("same e-mail"),
    likeness.SAME_BIRTH: _l("same date of birth"),
    likeness.OTHER_BIRTH: _l("another date of birth"),
}


@dataclass(frozen=True)
class Known:
    """Somebody known who is like the person being typed in, with the signs in words."""

    card: FoundPatient
    signs: tuple[LazyString, ...]
    birth_date: dt.date | None = None


def sign_words(signs: tuple[str, ...]) -> tuple[LazyString, ...]:
    """The signs of a likeness in words."""
    return tuple(SIGNS[one] for one in signs)


def known_like(contact: Contact, birth_date: dt.date | None) -> list[Known]:
    """Who is known already and may be this person; also who only shares a phone or an e-mail, such as a parent."""
    session, actor = context.session(), context.actor()
    typed = Traits(contact.name, contact.phone, contact.email, birth_date)
    surely = like_this(session, actor.clinic, typed, among=visible_patients(actor))
    known = [
        Known(
            FoundPatient(
                one.card.id,
                one.card.number,
                one.card.name,
                one.card.email,
                one.card.phone,
                one.card.guest,
                one.card.created_at,
            ),
            sign_words(one.likeness.signs),
            one.card.birth_date,
        )
        for one in surely
    ]
    ids = {one.card.id for one in known}
    others = [one for one in look_alikes(session, actor.clinic, contact) if one.id not in ids]
    return known + [Known(one, _shared(one, contact)) for one in others]


def _shared(one: FoundPatient, contact: Contact) -> tuple[LazyString, ...]:
    signs = []
    if contact.phone and one.phone == contact.phone:
        signs.append(likeness.SAME_PHONE)
    if contact.email and one.email == contact.email:
        signs.append(likeness.SAME_EMAIL)
    return sign_words(tuple(signs))
