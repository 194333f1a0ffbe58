"""What the models say of every table, for tests that walk them all."""

from __future__ import annotations

from sqlalchemy import Table

from app.kernel.db import Base
from app.kernel.db.base import CLINIC
from app.tables import metadata


def kinds() -> dict[str, str]:
    """The declared tenancy kind of each table."""
    found: dict[str, str] = {}
    for mapper in Base.registry.mappers:
        assert isinstance(mapper.local_table, Table)
        found[mapper.local_table.name] = mapper.class_.__tenancy__
    return found


def clinic_tables() -> list[Table]:
    """Tables whose rows belong to one clinic, those referred to first."""
    of_kind = kinds()
    return [table for table in metadata.sorted_tables if of_kind[table.name] == CLINIC]
