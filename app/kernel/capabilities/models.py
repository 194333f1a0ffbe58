"""Tables of the capability layer: three inputs, each with its own trace."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, column
from app.kernel.db.base import PLATFORM
from app.lib.ids import uuid7


class CapabilityClearance(Base):
    """The regulatory boundary of one capability for the platform; closed unless a row opens it."""

    __tablename__ = "capability_clearances"
    __tenancy__ = PLATFORM
    __table_args__ = (UniqueConstraint("capability"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    capability: Mapped[str] = column(DataClass.OPERATIONAL)
    basis: Mapped[str] = column(DataClass.OPERATIONAL)
    cleared_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class ClinicCapability(Base, ClinicRow):
    """One capability of one clinic: granted or not, and paused with reason and expected end."""

    __tablename__ = "clinic_capabilities"
    __table_args__ = (
        UniqueConstraint("org_id", "capability"),
        CheckConstraint(
            "paused_at IS NULL OR length(btrim(pause_reason)) > 0", name="pause_reason"
        ),
    )

    capability: Mapped[str] = column(DataClass.OPERATIONAL)
    granted: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("false"))
    source: Mapped[str] = column(DataClass.OPERATIONAL, server_default="manual")
    paused_at: Mapped[dt.datetime | None]
    pause_reason: Mapped[str | None] = column(DataClass.OPERATIONAL)
    pause_expected_end: Mapped[dt.datetime | None]
