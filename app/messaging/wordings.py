"""The messages that exist: on which channels, and what must hold before one leaves (NTF-01, NTF-02).

The words lie in templates/messages/<name>/: subject.txt, body.txt and body.html for e-mail, sms.txt for a text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EMAIL, SMS = "email", "sms"
CHANNELS = (EMAIL, SMS)
SMS_APPOINTMENTS = "sms_appointments"


@dataclass(frozen=True, slots=True)
class Wording:
    """One kind of message.

    `waits_for_morning`: a text is put off during quiet hours; an answer to what somebody has just done is not.
    `sms_purpose`: the consent without which no text goes to a patient (CNS-02).
    `repeatable`: staff may send it again; a message with a one-time link is never repeated.
    """

    name: str
    channels: tuple[str, ...] = CHANNELS
    waits_for_morning: bool = False
    sms_purpose: str | None = SMS_APPOINTMENTS
    repeatable: bool = True


_WORDINGS = (
    Wording("booking_confirmed"),
    Wording("booking_moved"),
    Wording("booking_cancelled"),
    Wording("course_booked"),
    Wording("course_changed"),
    Wording("waiting_offer"),
    Wording("review_request", waits_for_morning=True),
    Wording("review_low", (EMAIL,), sms_purpose=None),
    Wording("sign_in_link", (EMAIL,), sms_purpose=None, repeatable=False),
    Wording("staff_invitation", (EMAIL,), sms_purpose=None, repeatable=False),
    Wording("password_link", (EMAIL,), sms_purpose=None, repeatable=False),
    Wording("elevated_access_opened", (EMAIL,), sms_purpose=None, repeatable=False),
)
WORDINGS = {wording.name: wording for wording in _WORDINGS}


def wording(name: str, channel: str) -> Wording:
    """The message of that name. ValueError where it does not exist on that channel: a programmer's mistake."""
    found = WORDINGS.get(name)
    if found is None or channel not in found.channels:
        raise ValueError(f"no message {name!r} on channel {channel!r}")
    return found


def on_channel(channel: str) -> Iterable[Wording]:
    """Every message that a channel carries."""
    return (one for one in _WORDINGS if channel in one.channels)
