"""What the desk should know of a patient besides the visits: family, age, what is due, courses, what they wait for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import url_for
from flask_babel import LazyString, lazy_pgettext

from app.appointments import permissions as appointments
from app.appointments.queries.charges import due_of
from app.appointments.queries.courses import courses_of
from app.consents.queries import has as has_consented
from app.people.family import own_birth_date, relatives
from app.people.models import Patient
from app.waiting.queries import waiting_of_patient
from app.web.console.asked import local
from app.web.console.charges import charge_line
from app.web.console.own import only_specialist
from app.web.http import context
from app.web.http.waiting_words import wish_words

SHARING = "profile_sharing"
RELATIONS: dict[str, LazyString] = {
    "parent": lazy_pgettext("carer", "parent"),
    "child": lazy_pgettext("carer", "son or daughter"),
    "partner": lazy_pgettext("carer", "partner"),
    "guardian": lazy_pgettext("carer", "guardian"),
    "other": lazy_pgettext("carer", "carer"),
}


def overview(patient: Patient) -> dict[str, Any]:
    """The inputs of console/patients/_overview.html."""
    born, _kept = born_of(patient)
    return {
        "born": born,
        "age": _age(born, local(context.now()).date()) if born else None,
        **family(patient),
        **_visits_around(patient),
    }


def born_of(patient: Patient) -> tuple[dt.date | None, bool]:
    """The date of birth as far as the clinic may read it, and whether the clinic keeps it."""
    if patient.profile_id is None:
        return None, False
    session = context.session()
    shared = has_consented(session, context.org_id(), patient.id, SHARING)
    return own_birth_date(session, patient.profile_id, shared=shared)


def family(patient: Patient) -> dict[str, Any]:
    """Who cares for the patient and for whom they care. Cards lead on only where the reader sees the whole clinic."""
    found = (
        relatives(context.session(), context.org_id(), patient.profile_id)
        if patient.profile_id is not None
        else []
    )
    lines = [
        {
            "name": one.name,
            "phone": one.phone,
            "email": one.email,
            "relation": RELATIONS.get(one.relation, RELATIONS["other"]),
            "cares": one.cares,
            "url": url_for("console.patient", patient_id=one.patient_id)
            if _whole_clinic()
            else None,
        }
        for one in found
    ]
    return {
        "carers": [one for one in lines if one["cares"]],
        "dependants": [one for one in lines if not one["cares"]] if _whole_clinic() else [],
    }


def _whole_clinic() -> bool:
    return only_specialist() is None


def _visits_around(patient: Patient) -> dict[str, Any]:
    if not context.actor().may(appointments.VIEW):
        return {"due": [], "courses": [], "waits": []}
    session, org_id, now = context.session(), context.org_id(), context.now()
    return {
        "due": [charge_line(one) for one in due_of(session, org_id, patient.id)]
        if _whole_clinic()
        else [],
        "courses": courses_of(session, org_id, patient.id),
        "waits": [
            {"titles": entry.titles, "wish": wish_words(entry), "offer": offer}
            for entry, offer in waiting_of_patient(session, org_id, patient.id, now)
        ]
        if _whole_clinic()
        else [],
    }


def _age(born: dt.date, today: dt.date) -> int:
    """Full years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
