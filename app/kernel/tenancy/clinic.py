"""The clinic of a request as a plain value: what pages say of it, read anew by every request and changed by none."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Clinic:
    """An active clinic; the fields are columns of `Organization`."""

    id: uuid.UUID
    slug: str
    name: str
    tagline: dict[str, str]
    email: str | None
    phone: str | None
    website: str | None
    country: str
    currency: str
    locale: str
    time_zone: str
    accent: str
    logo_key: str | None
    settings: Mapping[str, Any]


_COLUMNS = tuple(field.name for field in fields(Clinic) if field.name != "id")


@lru_cache(1024)
def clinic_of(row: str) -> Clinic:
    """The clinic whose row was read as this JSON text; the same text is the same clinic, so it is parsed once."""
    columns = json.loads(row)
    return Clinic(uuid.UUID(columns["id"]), **{name: columns[name] for name in _COLUMNS})
