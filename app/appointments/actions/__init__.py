"""What is done to visits: booking, moving, and the steps of their life. Each verb audits and announces itself."""

from app.appointments.actions.booking import Wish, book, book_as_guest
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
    "Wish",
    "book",
    "book_as_guest",
    "cancel",
    "check_in",
    "confirm",
    "excuse",
    "finish",
    "miss",
    "move",
    "onboard",
    "restore",
    "start",
    "undo_check_in",
]
