"""The content of removed files is erased again every night, in case storage was away when it was removed."""

from __future__ import annotations

import datetime as dt

from app.appointments.files.queries import removed_keys
from app.kernel.jobs import Surroundings, every
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.tenancy.directory import all_clinic_ids
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, enter, scoped

LOOKED_BACK = dt.timedelta(days=30)


@every("appointments.erase_files", minute="50", hour="3")
def erase_removed(surroundings: Surroundings) -> None:
    """Every night, clinic by clinic; erasing what is gone is no error."""
    since = surroundings.clock.now() - LOOKED_BACK
    with surroundings.sessions() as session:
        with scoped(session, Scope(role=PLATFORM_ROLE)):
            clinics = all_clinic_ids(session)
        session.commit()
    for org_id in clinics:
        with surroundings.sessions() as session:
            enter(session, Scope(org_id=org_id))
            storage = ClinicStorage(surroundings.blobs, org_id)
            for key in removed_keys(session, org_id, since):
                storage.delete(key)
            session.commit()
