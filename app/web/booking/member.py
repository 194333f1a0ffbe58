"""Booking pages for somebody who is signed in: for whom, and nothing else to fill in again (PRT-01)."""

from __future__ import annotations

import uuid

from flask import url_for
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import Length

from app.appointments.actions.booking import LONGEST_NOTE
from app.web.booking.reading import lines
from app.web.http import guards, own_patients
from app.web.http.inputs import Input, choices


def portal_url() -> str | None:
    """The way back to one's own visits, for whom the portal is open."""
    return url_for("portal.home") if guards.patient_here() is not None else None


class MemberInput(Input):
    """For whom the visit is."""

    for_whom = RadioField(_l("For whom?"))
    note = TextAreaField(
        _l("Anything we should know?"),
        filters=[lines],
        validators=[Length(max=LONGEST_NOTE, message=_l("At most %(max)d characters."))],
    )

    def offer(self) -> None:
        """Fill in who can be chosen. Only after `guards.patient_here()` has found somebody."""
        known = own_patients.known()
        self.for_whom.choices = choices([(one.id, one.name) for one in known])
        if self.for_whom.data is None:
            self.for_whom.data = str(own_patients.patient_id())

    @property
    def chosen(self) -> uuid.UUID:
        """The patient, one of one's own: anybody else is no valid choice. The portal is about them from now on."""
        patient_id = uuid.UUID(self.for_whom.data)
        own_patients.remember(patient_id)
        return patient_id
