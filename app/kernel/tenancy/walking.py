"""Walking all clinics one by one, each in its own scope and transaction: what jobs by the clock do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session, sessionmaker

from app.kernel.tenancy.directory import all_clinic_ids
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, enter, scoped


def clinic_ids(sessions: sessionmaker[Session]) -> list[uuid.UUID]:
    """Every clinic, read as the platform in a transaction of its own."""
    with sessions() as session:
        with scoped(session, Scope(role=PLATFORM_ROLE)):
            found = all_clinic_ids(session)
        session.commit()
    return found


@contextmanager
def in_clinic(sessions: sessionmaker[Session], org_id: uuid.UUID) -> Iterator[Session]:
    """A transaction inside one clinic, committed when its block ends well."""
    with sessions() as session:
        enter(session, Scope(org_id=org_id))
        yield session
        session.commit()
