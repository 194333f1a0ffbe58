"""What changed, as a reader of the trail sees it: names of fields, states and instants in words (KRN-15, KRN-10).

What has no word here stays as it is stored: identifiers, codes of a clinic's own making.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask import Flask
from flask_babel import LazyString, gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l

from app.kernel.access.permissions import all_permissions
from app.web.http import audit_words
from app.web.http.clinical_form import STATES as FORM_STATES
from app.web.http.consent_words import PURPOSES
from app.web.http.locale import localised
from app.web.http.pose_words import STATES as POSE_STATES
from app.web.http.templating import moment

FIELDS: dict[str, LazyString] = {
    "accent": _l("Colour"),
    "addons": _l("Add-ons"),
    "address": _l("Address"),
    "bio": _l("About"),
    "channel": _l("Channel"),
    "city": _l("City"),
    "email": _l("E-mail"),
    "exercise": _l("Exercise"),
    "file": _l("File"),
    "file_id": _l("File"),
    "shared": _l("For the patient"),
    "filled": _l("Completed"),
    "form_id": _l("Form"),
    "human_id": _l("Account"),
    "import_id": _l("Import"),
    "location_id": _l("Location"),
    "name": _l("Name"),
    "minutes": _l("Minutes"),
    "days": _l("Days"),
    "names": _l("Name"),
    "origin": _l("Site"),
    "own_patients_only": _l("Only their own patients"),
    "other_id": _l("The other card"),
    "patient_id": _l("Patient"),
    "permissions": _l("Allows"),
    "phone": _l("Phone"),
    "purpose": _l("Consent"),
    "role": _l("Role"),
    "asks": _l("Asks"),
    "after_hours": _l("Hours after the visit"),
    "low_rating": _l("Alert staff"),
    "rating": _l("Stars"),
    "rows": _l("Rows"),
    "service_id": _l("Service"),
    "slug": _l("Short name"),
    "specialist_id": _l("Specialist"),
    "specialist_ids": _l("Specialists"),
    "starts_at": _l("Begins"),
    "state": _l("State"),
    "tagline": _l("One line about the clinic"),
    "template": _l("Form template"),
    "terms": _l("Cancellation terms"),
    "time_zone": _l("Time zone"),
    "title": _l("Title"),
    "version": _l("Version"),
    "website": _l("Website"),
    "windows": _l("Hours"),
}

# A form and a pose session are in progress as a visit is; the words of a visit serve all three.
STATES: dict[str, LazyString] = {
    **{code: words for code, (words, _kind, _icon) in FORM_STATES.items()},
    **{code: words for code, (words, _kind, _icon) in POSE_STATES.items()},
    "booked": _l("Booked"),
    "upcoming": _l("Upcoming"),
    "confirmed": _l("Confirmed"),
    "in_progress": _l("In progress"),
    "done": _l("Done"),
    "cancelled": _l("Cancelled"),
    "no_show": _l("No-show"),
}
CHANNELS: dict[str, LazyString] = {
    "online": _l("Online"),
    "phone": _l("On the phone"),
    "walk_in": _l("At the desk"),
    "portal": lazy_pgettext("channel", "In the portal"),
    "kiosk": lazy_pgettext("channel", "On the tablet"),
}
WORDS: dict[str, Mapping[str, LazyString]] = {
    "state": STATES,
    "channel": CHANNELS,
    "purpose": PURPOSES,
}


def init_app(app: Flask) -> None:
    """Attach what the pages of the trails say with."""
    app.jinja_env.filters.update(
        audit_action=audit_words.action,
        audit_subject=audit_words.subject,
        audit_part=audit_words.part,
        audit_reason=audit_words.reason,
        audit_field=field,
        audit_value=value,
    )


def field(name: str) -> str:
    """The name of a field."""
    return str(FIELDS.get(name, name))


def value(stored: object, name: str) -> str:
    """A stored value of the field `name`."""
    if stored is None or stored == "":
        return "–"
    if isinstance(stored, bool):
        return gettext("Yes") if stored else gettext("No")
    if isinstance(stored, list):
        return ", ".join(value(one, name) for one in stored) or "–"
    if isinstance(stored, dict):
        return _of_texts(stored)
    return _of_text(str(stored), name)


def _of_texts(stored: dict[str, object]) -> str:
    """A text in the clinic's languages, or plain pairs."""
    if set(stored) <= {"ro", "en"}:
        return localised({language: str(text) for language, text in stored.items()}) or "–"
    return "; ".join(f"{field(name)}: {value(one, name)}" for name, one in stored.items()) or "–"


def _of_text(stored: str, name: str) -> str:
    if name == "permissions":
        return next((gettext(one.label) for one in all_permissions() if one.code == stored), stored)
    known = WORDS.get(name, {}).get(stored)
    if known is not None:
        return str(known)
    instant = _instant(stored)
    return moment(instant) if instant else stored


def _instant(text: str) -> dt.datetime | None:
    """An instant with its offset; a date alone, a number or any other text is None."""
    if "T" not in text:
        return None
    try:
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else None
