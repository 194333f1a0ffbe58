"""Times that were chosen on the booking page in the last days, and what became of them (SCH-09).

They are noted as the page notes them; the worker takes them in.
"""

from __future__ import annotations

import datetime as dt

from app.demo.world import World
from app.scheduling.hold_log.stream import BOOKED, EXPIRED, RELEASED, Asked
from app.scheduling.holds import Footprint, Holds
from app.scheduling.rules.walltime import from_datetime

DAYS = 12
# How the choices of a day end, and after how many minutes.
ENDS = ((BOOKED, 2), (BOOKED, 4), (RELEASED, 1), (BOOKED, 3), (EXPIRED, 8))
# Nobody's: what has ended keeps nothing of anybody.
NO_RESOURCE = (0,)


def checkouts(world: World) -> None:
    """A few choices a day, most of them booked."""
    holds = Holds(world.redis, world.org_id)
    calendars = list(world.calendars.values())
    for number in range(DAYS * 3):
        at = world.now - dt.timedelta(days=1 + number % DAYS, minutes=37 * number)
        end, minutes = ENDS[number % len(ENDS)]
        calendar = calendars[number % len(calendars)]
        starts_at = at.replace(hour=8 + number % 6, minute=0) + dt.timedelta(days=3)
        start = from_datetime(starts_at)
        client = f"demo-{number}"
        kept = holds.place(
            Footprint(NO_RESOURCE, start, start + 45),
            client,
            at,
            asked=Asked("online", calendar.id, starts_at),
        )
        if end != EXPIRED:
            holds.release(kept.token, client, at + dt.timedelta(minutes=minutes), why=end)
