"""Rows of an import as cards: how its columns are read, and its rows opened."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.tenancy.models import Organization
from app.people.importing.models import PatientImport
from app.people.rules.sheet_rows import Reading


def reading_of(session: Session, found: PatientImport, now: dt.datetime) -> Reading:
    """How the rows of this import are read: by its mapping, and by the clinic's country, language and date."""
    clinic = session.execute(
        select(Organization.country, Organization.locale, Organization.time_zone).where(
            Organization.id == found.org_id
        )
    ).one()
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    return Reading(tuple(found.mapping), clinic.country, clinic.locale, today)


def seal(cells: Sequence[str]) -> str:
    """Cells as they are kept."""
    return json.dumps(list(cells), ensure_ascii=False)


def unseal(kept: str) -> list[str]:
    """Cells as they were."""
    cells: list[str] = json.loads(kept)
    return cells
