"""What somebody has chosen, carried in the address of the details page: signed, readable, without contact data.

Its key makes the booking idempotent: a second click, a reload or the Back button meet the same visit.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from app.appointments.actions import Assigned, HeldSlot
from app.kernel.tokens import TokenForged
from app.lib.errors import NotFound
from app.lib.ids import new_token
from app.web.http import context

PURPOSE = "booking.ticket"
LIFE = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A chosen time. `token` is empty where nothing could be kept; `chosen`: the patient chose the specialist."""

    key: str
    calendar_id: uuid.UUID
    starts_at: dt.datetime
    assigned: Assigned
    chosen: bool
    token: str
    expires_at: dt.datetime | None
    zone: str
    add: str = ""

    def lapsed(self, now: dt.datetime) -> bool:
        """Whether the time was kept and is no longer."""
        return self.expires_at is not None and self.expires_at <= now

    def signed(self) -> str:
        """For an address."""
        return context.signer().sign(
            PURPOSE,
            {
                "k": self.key,
                "c": self.calendar_id.hex,
                "s": int(self.starts_at.timestamp()),
                "p": self.assigned.specialist_id.hex,
                "w": self.assigned.reason,
                "f": int(self.chosen),
                "h": self.token,
                "e": int(self.expires_at.timestamp()) if self.expires_at else 0,
                "z": self.zone,
                **({"a": self.add} if self.add else {}),
            },
            LIFE,
        )


def new_ticket(
    calendar_id: uuid.UUID,
    starts_at: dt.datetime,
    held: HeldSlot,
    *,
    chosen: bool,
    zone: str,
    add: str = "",
    key: str | None = None,
) -> Ticket:
    """A ticket for what is held, with what is added (`addon_rules.tokens`).

    `key` stays the same when another time is taken from the same form.
    """
    return Ticket(
        key or new_token(16),
        calendar_id,
        starts_at,
        held.assigned,
        chosen,
        held.token,
        held.expires_at,
        zone,
        add,
    )


def read_ticket(signed: str) -> Ticket:
    """The ticket. Raises NotFound for one that we did not write, Expired for one of yesterday."""
    try:
        said = context.signer().verify(PURPOSE, signed)
    except TokenForged:
        raise NotFound("not_found") from None
    return Ticket(
        said["k"],
        uuid.UUID(said["c"]),
        _moment(said["s"]),
        Assigned(uuid.UUID(said["p"]), said["w"]),
        bool(said["f"]),
        said["h"],
        _moment(said["e"]) if said["e"] else None,
        said["z"],
        said.get("a", ""),
    )


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
