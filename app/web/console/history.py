"""The history of a visit in words: what was done, by whom, from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Row

from app.kernel.access import actor
from app.web.http.templating import moment

# Words, colour and picture of each step.
STEPS: dict[str, tuple[LazyString, str, str]] = {
    "book": (_l("Booked"), "info", "calendar-plus"),
    "onboard": (_l("Taken on as a patient"), "calm", "user-check"),
    "confirm": (_l("Confirmed"), "ok", "calendar-check"),
    "check_in": (_l("Arrived"), "warn", "armchair"),
    "undo_check_in": (_l("Arrival taken back"), "mute", "arrow-back-up"),
    "call": (_l("Called to the room"), "accent", "speakerphone"),
    "undo_call": (_l("Call taken back"), "mute", "arrow-back-up"),
    "start": (_l("Visit started"), "accent", "player-play"),
    "finish": (_l("Visit finished"), "mute", "check"),
    "cancel": (_l("Cancelled"), "bad", "calendar-x"),
    "restore": (_l("Cancellation taken back"), "calm", "arrow-back-up"),
    "miss": (_l("Did not come"), "bad", "user"),
    "excuse": (_l("No-show taken back"), "calm", "arrow-back-up"),
    "move": (_l("Moved"), "info", "calendar-repeat"),
    "addons": (_l("Add-ons changed"), "info", "plus"),
    "stretch": (_l("Length changed"), "info", "arrows-sort"),
}
ACTORS: dict[str, LazyString] = {
    actor.GUEST: _l("the patient, on the booking page"),
    actor.PATIENT: _l("the patient, in the portal"),
    actor.SYSTEM: _l("RestartiX"),
    actor.STAFF: _l("the clinic"),
}


def entries(changes: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """For the macro `timeline`, newest first."""
    return [_entry(one) for one in changes]


def _entry(change: Row[Any]) -> dict[str, Any]:
    words, kind, icon = STEPS.get(change.verb, (change.verb, "mute", "edit"))
    return {
        "icon": icon,
        "kind": kind,
        "title": str(words),
        "detail": _detail(change),
        "when": moment(change.at),
        "when_iso": change.at.isoformat(),
        "who": change.actor_name or str(ACTORS.get(change.actor_kind, "")) or None,
    }


def _detail(change: Row[Any]) -> str | None:
    moved = change.from_starts_at is not None and change.from_starts_at != change.to_starts_at
    parts = []
    if moved:
        parts.append(
            gettext(
                "from %(before)s to %(after)s",
                before=moment(change.from_starts_at),
                after=moment(change.to_starts_at),
            )
        )
    if change.reason:
        parts.append(f"“{change.reason}”")
    return " · ".join(parts) or None
