"""What stands beside a visit: how its patient, service, specialist, place and course are found, within its clinic."""

from __future__ import annotations

from sqlalchemy import and_

from app.appointments.models import Appointment, Course
from app.catalog.models import Service
from app.kernel.tenancy.models import Location
from app.people.models import Patient, Specialist
from app.scheduling.models import Room

ITS_PATIENT = and_(Patient.org_id == Appointment.org_id, Patient.id == Appointment.patient_id)
ITS_SERVICE = and_(Service.org_id == Appointment.org_id, Service.id == Appointment.service_id)
ITS_SPECIALIST = and_(
    Specialist.org_id == Appointment.org_id, Specialist.id == Appointment.specialist_id
)
ITS_LOCATION = and_(Location.org_id == Appointment.org_id, Location.id == Appointment.location_id)
ITS_COURSE = and_(Course.org_id == Appointment.org_id, Course.id == Appointment.course_id)
# The room to which its patient was called, which may be another than the one that is taken for it.
THE_CALLED_ROOM = and_(Room.org_id == Appointment.org_id, Room.id == Appointment.called_room_id)
