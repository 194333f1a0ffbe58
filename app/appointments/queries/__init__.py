"""Reading visits: the day at the desk, one visit with its history, a patient's visits, fair shares."""

from app.appointments.queries.agenda import AgendaEntry, Column, DayAgenda, day_agenda
from app.appointments.queries.finding import by_reference, next_visits
from app.appointments.queries.visits import (
    VisitView,
    changes_of,
    patient_visits,
    upcoming_for_patients,
    visit_view,
)

__all__ = [
    "AgendaEntry",
    "Column",
    "DayAgenda",
    "VisitView",
    "by_reference",
    "changes_of",
    "day_agenda",
    "next_visits",
    "patient_visits",
    "upcoming_for_patients",
    "visit_view",
]
