"""What consents and their sources are called on pages."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

PURPOSES: dict[str, LazyString] = {
    "clinic_terms": _l("Terms of the clinic"),
    "privacy_notice": _l("Notice on data processing"),
    "profile_sharing": _l("Sharing the profile with the clinic"),
    "sms_appointments": _l("Text messages about visits"),
    "marketing_email": _l("News by e-mail"),
    "marketing_sms": _l("News by text message"),
    "analytics": _l("Statistics on use"),
    "treatment": _l("Treatment"),
    "telemedicine": _l("Care at a distance"),
    "video_recording": _l("Recording of video visits"),
    "biometric_capture": _l("Measuring movement with the camera"),
}
SOURCES: dict[str, LazyString] = {
    "booking": _l("given while booking"),
    "form": _l("given by signing a form"),
    "portal": _l("given in the portal"),
    "staff": _l("recorded by the clinic"),
}
# What stops when a consent ends, told before it is withdrawn.
EFFECTS: dict[str, LazyString] = {
    "profile_sharing": _l("The clinic sees no more than the name from then on."),
    "sms_appointments": _l("No more text messages are sent about visits."),
    "marketing_email": _l("No more news is sent by e-mail."),
    "marketing_sms": _l("No more news is sent by text message."),
    "analytics": _l("Use of the portal is no longer counted."),
    "treatment": _l("The specialist does not treat until a new consent is signed."),
    "telemedicine": _l("Exercises and visits at a distance stop until a new consent is signed."),
    "video_recording": _l("Video visits are no longer recorded."),
    "biometric_capture": _l(
        "The camera measures nothing any more, also in a session that is running."
    ),
}


def purpose_name(code: str) -> str:
    """The name of a purpose; a clinic's own purpose goes by its code."""
    return str(PURPOSES.get(code, code))
