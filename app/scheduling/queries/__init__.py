"""Reading the schedule: a calendar with its people as plain values, free slots, reasons."""

from app.scheduling.queries.asker import Asker
from app.scheduling.queries.calendars import CalendarView, Person
from app.scheduling.queries.definitions import calendar_view
from app.scheduling.queries.desk import DeskCalendar, Outlook, desk_calendars, outlook
from app.scheduling.queries.public import PublicCalendar, public_calendars
from app.scheduling.queries.slots import (
    DaySlots,
    Slot,
    SlotPage,
    free_at,
    next_free,
    reasons,
    slot_page,
    soonest,
)

__all__ = [
    "Asker",
    "CalendarView",
    "DaySlots",
    "DeskCalendar",
    "Outlook",
    "Person",
    "PublicCalendar",
    "Slot",
    "SlotPage",
    "calendar_view",
    "desk_calendars",
    "free_at",
    "next_free",
    "outlook",
    "public_calendars",
    "reasons",
    "slot_page",
    "soonest",
]
