"""The column vocabulary: every column says which class of data it holds (KRN-08)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Column, DateTime, Uuid
from sqlalchemy.orm import MappedColumn, mapped_column


class DataClass(StrEnum):
    """What a column holds, which decides logging, export, masking and retention.

    Sources: KRN-08; GDPR art. 4 and 9; Law 190/2018 art. 4 (national identifiers).
    """

    OPERATIONAL = "operational"
    """Identifiers, states and times that describe the running of a clinic, no person's details."""
    PUBLIC = "public"
    """Shown to anybody: a clinic's name, a service's description."""
    COMMERCIAL = "commercial"
    """Prices, plans, amounts."""
    PII_BASIC = "pii_basic"
    """Contact data of a person: name, e-mail, phone, address. Plain, never logged."""
    PII_REGULATED = "pii_regulated"
    """National identifier, tax identifier. Encrypted."""
    CLINICAL = "clinical"
    """Health data in the sense of GDPR art. 9."""
    AUTH_SECRET = "auth_secret"  # noqa: S105 - the name of a class, not a secret.
    """Password hashes, second factors, provider keys, token digests. Hashed or encrypted."""


def column(data_class: DataClass, *args: Any, **options: Any) -> MappedColumn[Any]:
    """A mapped column that carries its data class in `info`."""
    return mapped_column(*args, info={"data_class": data_class}, **options)


def data_class_of(table_column: Column[Any]) -> DataClass | None:
    """The declared class of a column, or the one implied by an identifier or a time stamp.

    Keys and points in time are operational by nature; everything else must say what it is.
    """
    declared = table_column.info.get("data_class")
    if declared is not None:
        return DataClass(declared)
    if isinstance(table_column.type, Uuid | DateTime) or table_column.foreign_keys:
        return DataClass.OPERATIONAL
    return None
