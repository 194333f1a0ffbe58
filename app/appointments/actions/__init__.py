"""What is done to visits: booking, moving, and the steps of their life. Each verb audits and announces itself."""

from app.appointments.actions.booking import Assigned, Wish, book, book_as_guest
from app.appointments.actions.changes import demand_version
from app.appointments.actions.feeds import Whose, end_feed, open_feed
from app.appointments.actions.holding import (
    HeldSlot,
    hold_offered,
    hold_slot,
    release_once_booked,
    release_slot,
)
from app.appointments.actions.lifecycle import (
    cancel,
    check_in,
    confirm,
    excuse,
    finish,
    miss,
    onboard,
    restore,
    start,
    undo_check_in,
)
from app.appointments.actions.moving import move

__all__ = [
    "Assigned",
    "HeldSlot",
    "Whose",
    "Wish",
    "book",
    "book_as_guest",
    "cancel",
    "check_in",
    "confirm",
    "demand_version",
    "end_feed",
    "excuse",
    "finish",
    "hold_offered",
    "hold_slot",
    "miss",
    "move",
    "onboard",
    "open_feed",
    "release_once_booked",
    "release_slot",
    "restore",
    "start",
    "undo_check_in",
]
