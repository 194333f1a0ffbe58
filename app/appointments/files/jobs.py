"""The content of removed files is erased again every night, in case storage was away when it was removed."""

from __future__ import annotations

import datetime as dt

from app.appointments.files.queries import removed_keys
from app.kernel.jobs import Surroundings, every
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.tenancy.walking import clinic_ids, in_clinic

LOOKED_BACK = dt.timedelta(days=30)


@every("appointments.erase_files", minute="50", hour="3")
def erase_removed(surroundings: Surroundings) -> None:
    """Every night, clinic by clinic; erasing what is gone is no error."""
    since = surroundings.clock.now() - LOOKED_BACK
    for org_id in clinic_ids(surroundings.sessions):
        with in_clinic(surroundings.sessions, org_id) as session:
            storage = ClinicStorage(surroundings.blobs, org_id)
            for key in removed_keys(session, org_id, since):
                storage.delete(key)
