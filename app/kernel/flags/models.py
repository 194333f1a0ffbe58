"""Table of feature flags."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.kernel.db import Base, ClinicRow, DataClass, column


class FeatureFlag(Base, ClinicRow):
    """One flag of one clinic as the operator last set it; a flag without a row is off."""

    __tablename__ = "feature_flags"
    __table_args__ = (UniqueConstraint("org_id", "flag"),)

    flag: Mapped[str] = column(DataClass.OPERATIONAL)
    enabled: Mapped[bool] = column(DataClass.OPERATIONAL)
    changed_at: Mapped[dt.datetime]
