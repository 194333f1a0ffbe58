"""Tables of access: roles are data, and access from outside the clinic leaves a trace."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class Role(Base, ClinicRow):
    """A named bundle of permissions of one clinic (KRN-03), with the own-patients limit (KRN-04)."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("org_id", "code"),)

    code: Mapped[str] = column(DataClass.OPERATIONAL)
    name: Mapped[str] = column(DataClass.OPERATIONAL)
    own_patients_only: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("false"))


class RolePermission(Base, ClinicRow):
    """One permission of a role."""

    __tablename__ = "role_permissions"
    __table_args__ = (
        clinic_fk("roles", "role_id", ondelete="CASCADE"),
        UniqueConstraint("org_id", "role_id", "permission"),
    )

    role_id: Mapped[uuid.UUID]
    permission: Mapped[str] = column(DataClass.OPERATIONAL)


class Membership(Base, ClinicRow):
    """A human on the staff of a clinic, in one role."""

    __tablename__ = "memberships"
    __table_args__ = (
        clinic_fk("roles", "role_id"),
        UniqueConstraint("org_id", "human_id"),
        Index(None, "human_id"),
    )

    human_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("humans.id"))
    role_id: Mapped[uuid.UUID]
    deactivated_at: Mapped[dt.datetime | None]


class ElevatedAccess(Base, ClinicRow):
    """Platform staff looking into one clinic: reason, time box, told at once (KRN-13)."""

    __tablename__ = "elevated_accesses"
    __table_args__ = (
        CheckConstraint("case_kind IN ('support', 'security', 'data_request')", name="case_kind"),
        CheckConstraint("length(btrim(reason)) >= 10", name="reason"),
        CheckConstraint(
            "expires_at > opened_at AND expires_at <= opened_at + interval '4 hours'",
            name="time_box",
        ),
        Index(None, "org_id", "human_id", "closed_at"),
    )

    human_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("humans.id"))
    case_kind: Mapped[str] = column(DataClass.OPERATIONAL)
    reason: Mapped[str] = column(DataClass.OPERATIONAL)
    opened_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]


class ActingAs(Base, ClinicRow):
    """A staff member acting for a patient: reason, banner, both identities in the audit (KRN-14)."""

    __tablename__ = "acting_as"
    __table_args__ = (
        CheckConstraint("length(btrim(reason)) >= 5", name="reason"),
        clinic_fk("patients", "patient_id"),
        Index(None, "org_id", "human_id", "ended_at"),
    )

    human_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("humans.id"))
    patient_id: Mapped[uuid.UUID]
    reason: Mapped[str] = column(DataClass.OPERATIONAL)
    started_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
