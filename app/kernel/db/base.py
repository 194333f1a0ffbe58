"""The declarative base, naming of constraints, and the row kinds that tables are made of."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar, cast

from sqlalchemy import (
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from app.lib.ids import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

CLINIC = "clinic"
"""Rows of one clinic: `org_id` leads the key, the policy compares it with the scope."""
IDENTITY = "identity"
"""Rows of a person across clinics: visible to that person and to clinics that know them."""
SHARED = "shared"
"""Platform rows that every clinic reads, with rows of one clinic beside them (`org_id` null or own)."""
PLATFORM = "platform"
"""Rows that every scope may read and only platform staff write."""


class Base(DeclarativeBase):
    """Every table declares its tenancy kind in `__tenancy__`; a house test demands it."""

    __tenancy__: ClassVar[str]

    # The registry is spelled out because Flask-SQLAlchemy makes its own base below this one.
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            str: Text,
            uuid.UUID: Uuid,
            dt.datetime: DateTime(timezone=True),
            dict[str, Any]: JSONB,
            list[Any]: JSONB,
        },
    )
    metadata = registry.metadata


class ClinicRow:
    """A row of one clinic. The key is (org_id, id): no reference can cross clinics (KRN-01)."""

    __tenancy__ = CLINIC

    org_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organizations.id"), primary_key=True, sort_order=-20
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-19)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), sort_order=90)


def clinic_fk(table: str, column: str, **options: Any) -> ForeignKeyConstraint:
    """A reference inside the clinic: (org_id, column) to (org_id, id) of `table`."""
    return ForeignKeyConstraint(["org_id", column], [f"{table}.org_id", f"{table}.id"], **options)


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that go past the mapper on hot paths."""
    return cast(Table, model.__table__)
