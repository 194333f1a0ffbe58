"""What a hold's owner carries: signed, readable, without contact data; nothing is stored beside the hold itself."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from app.appointments.actions import Assigned, HeldSlot
from app.kernel.tokens import TokenForged
from app.lib.errors import NotFound
from app.web.http import context

PURPOSE = "api.hold"
LIFE = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HoldTicket:
    """A kept time and its owner, with what is added (`addon_rules.tokens`)."""

    client: str
    calendar_id: uuid.UUID
    calendar: str
    starts_at: dt.datetime
    first_held_at: dt.datetime
    chosen: bool
    held: HeldSlot
    addons: str = ""

    def signed(self) -> str:
        """The token."""
        held = self.held
        return context.signer().sign(
            PURPOSE,
            {
                "b": self.client,
                "c": self.calendar_id.hex,
                "n": self.calendar,
                "s": int(self.starts_at.timestamp()),
                "a": int(self.first_held_at.timestamp()),
                "f": int(self.chosen),
                "p": held.assigned.specialist_id.hex,
                "w": held.assigned.reason,
                "h": held.token,
                "e": int(held.expires_at.timestamp()) if held.expires_at else 0,
                **({"x": self.addons} if self.addons else {}),
            },
            LIFE,
        )


def read_hold(token: str) -> HoldTicket:
    """The hold that a token names. Raises NotFound for one that we did not write, Expired for an old one."""
    try:
        said = context.signer().verify(PURPOSE, token)
    except TokenForged:
        raise NotFound("hold_not_found") from None
    held = HeldSlot(
        Assigned(uuid.UUID(said["p"]), said["w"]),
        said["h"],
        _moment(said["e"]) if said["e"] else None,
    )
    return HoldTicket(
        said["b"],
        uuid.UUID(said["c"]),
        said["n"],
        _moment(said["s"]),
        _moment(said["a"]),
        bool(said["f"]),
        held,
        said.get("x", ""),
    )


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
