"""Reading visits: the day at the desk, one visit with its history, a patient's visits, fair shares."""

from app.appointments.queries.agenda import AgendaEntry, Column, DayAgenda, day_agenda
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
    "changes_of",
    "day_agenda",
    "patient_visits",
    "upcoming_for_patients",
    "visit_view",
]
