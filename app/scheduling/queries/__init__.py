"""Reading the schedule: a calendar with its people as plain values, free slots, reasons."""

from app.scheduling.queries.calendars import CalendarView, calendar_view
from app.scheduling.queries.slots import (
    Asker,
    DaySlots,
    Slot,
    SlotPage,
    free_at,
    reasons,
    slot_page,
)

__all__ = [
    "Asker",
    "CalendarView",
    "DaySlots",
    "Slot",
    "SlotPage",
    "calendar_view",
    "free_at",
    "reasons",
    "slot_page",
]
