"""Words and colours of messages on the console's pages."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

WORDINGS: dict[str, LazyString] = {
    "booking_confirmed": _l("Booking confirmed"),
    "booking_moved": _l("Visit moved"),
    "booking_cancelled": _l("Visit cancelled"),
    "course_booked": _l("Course of visits booked"),
    "course_changed": _l("Course of visits changed"),
    "waiting_offer": _l("Free time offered"),
    "review_request": _l("Question how a visit was"),
    "review_low": _l("Alert of a low review"),
    "sign_in_link": _l("Link to sign in"),
    "staff_invitation": _l("Invitation to the staff"),
    "password_link": _l("Link to set a password"),
    "elevated_access_opened": _l("Access by RestartiX support"),
}
CHANNELS: dict[str, tuple[LazyString, str]] = {
    "email": (_l("E-mail"), "mail"),
    "sms": (_l("Text message"), "device-mobile"),
}
STATES: dict[str, tuple[LazyString, str, str]] = {
    "queued": (_l("Waiting"), "info", "hourglass"),
    "sent": (_l("Sent"), "ok", "check"),
    "failed": (_l("Failed"), "bad", "alert-circle"),
    "superseded": (_l("Overtaken by a change"), "mute", "arrow-back-up"),
    "suppressed": (_l("Not sent"), "warn", "ban"),
}
FAULTS: dict[str, LazyString] = {
    "no_consent": _l("The patient has not agreed to text messages."),
    "bad_address": _l("The address does not exist."),
    "bad_header": _l("The address or subject cannot be sent."),
    "provider_unknown": _l("No provider is set up for this channel."),
    "unreachable": _l("The provider could not be reached; we keep trying."),
    "no_answer": _l("The provider did not answer; we keep trying."),
}


def fault(code: str | None) -> str:
    """Why a message did not leave; a code without words of its own is shown as the provider gave it."""
    if not code:
        return ""
    return str(FAULTS.get(code) or _l("The provider answered: %(code)s", code=code))
