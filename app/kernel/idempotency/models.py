"""Table of idempotency keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.kernel.db import Base, ClinicRow, DataClass, column


class IdempotencyKey(Base, ClinicRow):
    """One use of a key in one scope (a route or an action), with the answer once it is known."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("org_id", "scope", "key"),)

    scope: Mapped[str] = column(DataClass.OPERATIONAL)
    key: Mapped[str] = column(DataClass.OPERATIONAL)
    request_digest: Mapped[str] = column(DataClass.OPERATIONAL)
    answer: Mapped[dict[str, Any] | None] = column(DataClass.OPERATIONAL)
