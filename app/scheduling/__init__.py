"""Who can be booked when: working hours, calendars, free starts, holds and occupancy.

Decisions on plain values are in `rules`; tables, queries and actions stand beside them.
Not here: what an appointment is and how it moves (appointments), what is offered (catalog).
"""
