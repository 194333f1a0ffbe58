"""Table of blobs."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.kernel.db import Base, ClinicRow, DataClass, column


class Blob(Base, ClinicRow):
    """A stored file. `surface` says what it is for: signatures, documents, form uploads, replays."""

    __tablename__ = "blobs"
    __table_args__ = (UniqueConstraint("org_id", "key"),)

    key: Mapped[str] = column(DataClass.OPERATIONAL)
    surface: Mapped[str] = column(DataClass.OPERATIONAL)
    mime: Mapped[str] = column(DataClass.OPERATIONAL)
    size: Mapped[int] = column(DataClass.OPERATIONAL)
    sha256: Mapped[str] = column(DataClass.OPERATIONAL)
    filename: Mapped[str] = column(DataClass.PII_BASIC, server_default="")
    created_by: Mapped[uuid.UUID | None]
    deleted_at: Mapped[dt.datetime | None]
