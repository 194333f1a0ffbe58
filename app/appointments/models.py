"""Appointments: one visit, one id for life, with its history (APT-01, APT-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class Appointment(Base, ClinicRow):
    """A visit of a patient with a specialist for a service.

    `version` rises with every change and is the SEQUENCE of its calendar entry (RFC 5545); `reference` is what a
    patient reads out on the phone; a moved visit keeps its id and points to the time before in `rescheduled_from`.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        clinic_fk("patients", "patient_id"),
        clinic_fk("services", "service_id"),
        clinic_fk("calendars", "calendar_id"),
        clinic_fk("specialists", "specialist_id"),
        clinic_fk("locations", "location_id"),
        clinic_fk("rooms", "room_id"),
        clinic_fk("rooms", "device_id"),
        clinic_fk("rooms", "called_room_id"),
        clinic_fk("courses", "course_id"),
        UniqueConstraint("org_id", "course_id", "course_number"),
        CheckConstraint("(course_id IS NULL) = (course_number IS NULL)", name="course"),
        UniqueConstraint("org_id", "reference"),
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint(
            "state IN ('booked', 'upcoming', 'confirmed', 'in_progress', 'done', 'cancelled', "
            "'no_show')",
            name="state",
        ),
        CheckConstraint(
            "channel IN ('online', 'phone', 'walk_in', 'portal', 'kiosk', 'api')", name="channel"
        ),
        CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_is_dated"
        ),
        Index(None, "org_id", "starts_at"),
        Index(None, "org_id", "specialist_id", "starts_at"),
        Index(None, "org_id", "patient_id", "starts_at"),
    )

    reference: Mapped[str] = column(DataClass.OPERATIONAL)
    patient_id: Mapped[uuid.UUID]
    service_id: Mapped[uuid.UUID]
    calendar_id: Mapped[uuid.UUID | None]
    specialist_id: Mapped[uuid.UUID]
    location_id: Mapped[uuid.UUID | None]
    room_id: Mapped[uuid.UUID | None]
    device_id: Mapped[uuid.UUID | None]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    state: Mapped[str] = column(DataClass.OPERATIONAL)
    version: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    channel: Mapped[str] = column(DataClass.OPERATIONAL)
    modality: Mapped[str] = column(DataClass.OPERATIONAL, server_default="in_person")
    time_zone: Mapped[str] = column(DataClass.OPERATIONAL)
    price_minor: Mapped[int] = column(DataClass.COMMERCIAL)
    currency: Mapped[str] = column(DataClass.COMMERCIAL)
    note: Mapped[str] = column(DataClass.CLINICAL, server_default="")
    booked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    assignment_reason: Mapped[str] = column(DataClass.OPERATIONAL, server_default="")
    rescheduled_from: Mapped[dt.datetime | None]
    # The terms under which it was booked; later changes of the service never reach it.
    terms: Mapped[dict[str, Any]] = column(DataClass.COMMERCIAL, server_default=text("'{}'"))
    course_id: Mapped[uuid.UUID | None]
    course_number: Mapped[int | None] = column(DataClass.OPERATIONAL)
    checked_in_at: Mapped[dt.datetime | None]
    called_at: Mapped[dt.datetime | None]
    called_room_id: Mapped[uuid.UUID | None]
    started_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    cancelled_at: Mapped[dt.datetime | None]
    cancelled_by: Mapped[str | None] = column(DataClass.OPERATIONAL)
    cancellation_reason: Mapped[str | None] = column(DataClass.CLINICAL)
    deleted_at: Mapped[dt.datetime | None]


class Course(Base, ClinicRow):
    """A treatment of several visits booked at once; each visit carries its number in it (BYD-03)."""

    __tablename__ = "courses"
    __table_args__ = (
        clinic_fk("patients", "patient_id"),
        clinic_fk("calendars", "calendar_id"),
        CheckConstraint("planned BETWEEN 2 AND 60", name="planned"),
        Index(None, "org_id", "patient_id"),
    )

    patient_id: Mapped[uuid.UUID]
    calendar_id: Mapped[uuid.UUID]
    planned: Mapped[int] = column(DataClass.OPERATIONAL)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))


class AppointmentChange(Base, ClinicRow):
    """One step in the life of a visit: what was done, by whom, from what to what. Append-only."""

    __tablename__ = "appointment_changes"
    __table_args__ = (
        clinic_fk("appointments", "appointment_id"),
        UniqueConstraint("org_id", "appointment_id", "version"),
    )

    appointment_id: Mapped[uuid.UUID]
    version: Mapped[int] = column(DataClass.OPERATIONAL)
    at: Mapped[dt.datetime]
    verb: Mapped[str] = column(DataClass.OPERATIONAL)
    actor_kind: Mapped[str] = column(DataClass.OPERATIONAL)
    actor_human_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    from_state: Mapped[str | None] = column(DataClass.OPERATIONAL)
    to_state: Mapped[str] = column(DataClass.OPERATIONAL)
    from_starts_at: Mapped[dt.datetime | None]
    to_starts_at: Mapped[dt.datetime]
    reason: Mapped[str | None] = column(DataClass.CLINICAL)


class VisitCharge(Base, ClinicRow):
    """What is due for a visit cancelled late, moved late or missed, as its frozen terms say. Append-only (APT-03).

    `starts_at` is the start that counted, `version` the change of the visit that caused it: never charged twice.
    """

    __tablename__ = "visit_charges"
    __table_args__ = (
        clinic_fk("appointments", "appointment_id"),
        CheckConstraint("what IN ('late_cancel', 'late_move', 'no_show')", name="what"),
        CheckConstraint(
            "amount_minor > 0 OR (amount_minor = 0 AND session_lost)", name="something"
        ),
        UniqueConstraint("org_id", "appointment_id", "version"),
    )

    appointment_id: Mapped[uuid.UUID]
    version: Mapped[int] = column(DataClass.OPERATIONAL)
    what: Mapped[str] = column(DataClass.OPERATIONAL)
    amount_minor: Mapped[int] = column(DataClass.COMMERCIAL)
    currency: Mapped[str] = column(DataClass.COMMERCIAL)
    session_lost: Mapped[bool] = column(DataClass.OPERATIONAL)
    starts_at: Mapped[dt.datetime]
    price_minor: Mapped[int] = column(DataClass.COMMERCIAL)
    terms: Mapped[dict[str, Any]] = column(DataClass.COMMERCIAL)


class ChargeRelease(Base, ClinicRow):
    """Why a charge is no longer due: waived by somebody with a reason, or its cause was taken back. Append-only."""

    __tablename__ = "charge_releases"
    __table_args__ = (
        clinic_fk("visit_charges", "charge_id"),
        CheckConstraint("why IN ('waived', 'undone')", name="why"),
        CheckConstraint("why = 'undone' OR btrim(reason) <> ''", name="said"),
        UniqueConstraint("org_id", "charge_id"),
    )

    charge_id: Mapped[uuid.UUID]
    why: Mapped[str] = column(DataClass.OPERATIONAL)
    reason: Mapped[str] = column(DataClass.CLINICAL)
    released_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))


class VisitAddon(Base, ClinicRow):
    """What was added to a visit: name, price and minutes of one as agreed; a change closes the row (APT-02)."""

    __tablename__ = "visit_addons"
    __table_args__ = (
        clinic_fk("appointments", "appointment_id"),
        clinic_fk("service_addons", "addon_id"),
        CheckConstraint("quantity BETWEEN 1 AND 10", name="quantity"),
        Index(
            "uq_visit_addons_standing",
            "org_id",
            "appointment_id",
            "addon_id",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    appointment_id: Mapped[uuid.UUID]
    addon_id: Mapped[uuid.UUID]
    names: Mapped[dict[str, Any]] = column(DataClass.PUBLIC)
    quantity: Mapped[int] = column(DataClass.OPERATIONAL)
    price_minor: Mapped[int] = column(DataClass.COMMERCIAL)
    extra_min: Mapped[int] = column(DataClass.PUBLIC)
    removed_at: Mapped[dt.datetime | None]


class CalendarFeed(Base, ClinicRow):
    """A private address under which a calendar reads a specialist's or a patient's visits; only its digest is kept."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        clinic_fk("specialists", "specialist_id"),
        clinic_fk("patients", "patient_id"),
        CheckConstraint("(specialist_id IS NULL) <> (patient_id IS NULL)", name="whose"),
        UniqueConstraint("org_id", "token_digest"),
        Index(
            "ix_calendar_feeds_open_specialist_id",
            "org_id",
            "specialist_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index(
            "ix_calendar_feeds_open_patient_id",
            "org_id",
            "patient_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    specialist_id: Mapped[uuid.UUID | None]
    patient_id: Mapped[uuid.UUID | None]
    token_digest: Mapped[str] = column(DataClass.AUTH_SECRET)
    revoked_at: Mapped[dt.datetime | None]


class WallScreen(Base, ClinicRow):
    """A screen in a waiting room: opened through a secret address of which only the digest is kept (APT-04)."""

    __tablename__ = "wall_screens"
    __table_args__ = (
        clinic_fk("locations", "location_id"),
        CheckConstraint("languages IN ('ro', 'en', 'both')", name="languages"),
        CheckConstraint("shows IN ('initials', 'code')", name="shows"),
        UniqueConstraint("org_id", "token_digest"),
    )

    name: Mapped[str] = column(DataClass.OPERATIONAL)
    location_id: Mapped[uuid.UUID | None]
    languages: Mapped[str] = column(DataClass.OPERATIONAL)
    shows: Mapped[str] = column(DataClass.OPERATIONAL, server_default="initials")
    dark: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("true"))
    token_digest: Mapped[str] = column(DataClass.AUTH_SECRET)
    seen_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
