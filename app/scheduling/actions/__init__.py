"""Writing the schedule: time taken and freed, hours and days off, calendars, rooms, a specialist's place in it all.

One module a subject; the names below are what other floors call.
Not here: reading (scheduling.queries), appointments themselves (appointments.actions).
"""

from app.scheduling.actions.calendars import (
    CalendarDraft,
    CalendarMember,
    add_calendar,
    archive_calendar,
    change_calendar,
    restore_calendar,
)
from app.scheduling.actions.classes import (
    ClassAboveCapacity,
    ClassAt,
    change_capacity,
    leave_seats,
    take_seat,
)
from app.scheduling.actions.hours import WeeklyWindow, set_weekly_hours
from app.scheduling.actions.occupancy import (
    Taken,
    add_resource,
    free,
    occupy,
    resource_of_room,
)
from app.scheduling.actions.overrides import clear_overrides, set_override, set_overrides
from app.scheduling.actions.rooms import add_room, archive_room, change_room, restore_room
from app.scheduling.actions.spaces import (
    Placed,
    Wanted,
    best_spaces,
    copy_needs,
    mark_of_needs,
    set_needs,
    take_spaces,
)
from app.scheduling.actions.specialists import (
    change_specialist,
    open_specialist,
    remove_specialist,
)

__all__ = [
    "CalendarDraft",
    "CalendarMember",
    "ClassAboveCapacity",
    "ClassAt",
    "Placed",
    "Taken",
    "Wanted",
    "WeeklyWindow",
    "add_calendar",
    "add_resource",
    "add_room",
    "archive_calendar",
    "archive_room",
    "best_spaces",
    "change_calendar",
    "change_capacity",
    "change_room",
    "change_specialist",
    "clear_overrides",
    "copy_needs",
    "free",
    "leave_seats",
    "mark_of_needs",
    "occupy",
    "open_specialist",
    "remove_specialist",
    "resource_of_room",
    "restore_calendar",
    "restore_room",
    "set_needs",
    "set_override",
    "set_overrides",
    "set_weekly_hours",
    "take_seat",
    "take_spaces",
]
