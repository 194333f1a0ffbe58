"""Hours, calendars and occupancy. Occupancy is the truth: its constraint refuses any overlap (SCH-05)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column


class Room(Base, ClinicRow):
    """A room or a device that a visit may need (SCH-07)."""

    __tablename__ = "rooms"
    __table_args__ = (
        clinic_fk("locations", "location_id"),
        CheckConstraint("kind IN ('room', 'device')", name="kind"),
        Index(
            "uq_rooms_name",
            "org_id",
            "location_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    location_id: Mapped[uuid.UUID]
    kind: Mapped[str] = column(DataClass.OPERATIONAL, server_default="room")
    name: Mapped[str] = column(DataClass.OPERATIONAL)
    archived_at: Mapped[dt.datetime | None]


class Resource(Base, ClinicRow):
    """Something whose time can be taken. `number` is its key in the overlap constraint.

    A whole number, because the embedded Postgres has no btree_gist: the constraint uses a range of numbers.
    """

    __tablename__ = "resources"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("org_id", "number"),
        UniqueConstraint("org_id", "specialist_id"),
        UniqueConstraint("org_id", "room_id"),
        clinic_fk("specialists", "specialist_id"),
        clinic_fk("rooms", "room_id"),
        CheckConstraint("(specialist_id IS NULL) <> (room_id IS NULL)", name="one_owner"),
    )

    number: Mapped[int] = column(DataClass.OPERATIONAL, BigInteger, Identity(always=True))
    specialist_id: Mapped[uuid.UUID | None]
    room_id: Mapped[uuid.UUID | None]


class WeeklyHours(Base, ClinicRow):
    """A working window of a specialist on a weekday, in minutes of the specialist's wall clock.

    `weekday` 0 is Monday. `end_min` may reach 1440 (the next local midnight); an end not after its start means the
    next local day.
    """

    __tablename__ = "weekly_hours"
    __table_args__ = (
        clinic_fk("specialists", "specialist_id"),
        clinic_fk("locations", "location_id"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            "start_min BETWEEN 0 AND 1439 AND end_min BETWEEN 0 AND 1440", name="minutes"
        ),
        Index(None, "org_id", "specialist_id"),
    )

    specialist_id: Mapped[uuid.UUID]
    weekday: Mapped[int] = column(DataClass.OPERATIONAL)
    start_min: Mapped[int] = column(DataClass.OPERATIONAL)
    end_min: Mapped[int] = column(DataClass.OPERATIONAL)
    location_id: Mapped[uuid.UUID | None]


class DateOverride(Base, ClinicRow):
    """A local date that differs: `replace` (no windows: closed) or `add` (extra hours) (SCH-01)."""

    __tablename__ = "date_overrides"
    __table_args__ = (
        clinic_fk("specialists", "specialist_id"),
        CheckConstraint("kind IN ('replace', 'add')", name="kind"),
        UniqueConstraint("org_id", "specialist_id", "day", "kind"),
    )

    specialist_id: Mapped[uuid.UUID]
    day: Mapped[dt.date] = column(DataClass.OPERATIONAL)
    kind: Mapped[str] = column(DataClass.OPERATIONAL)
    windows: Mapped[list[Any]] = column(DataClass.OPERATIONAL, server_default=text("'[]'"))
    reason: Mapped[str] = column(DataClass.OPERATIONAL, server_default="")


class Calendar(Base, ClinicRow):
    """A way to book a service; several may exist for one service (CAT-03). Empty fields fall back to the service."""

    __tablename__ = "calendars"
    __table_args__ = (
        clinic_fk("services", "service_id"),
        UniqueConstraint("org_id", "slug"),
        CheckConstraint("strategy IN ('round_robin', 'priority', 'choice')", name="strategy"),
        CheckConstraint("modality IN ('in_person', 'video')", name="modality"),
    )

    service_id: Mapped[uuid.UUID]
    slug: Mapped[str] = column(DataClass.PUBLIC)
    names: Mapped[dict[str, Any]] = column(DataClass.PUBLIC, server_default=text("'{}'"))
    modality: Mapped[str] = column(DataClass.PUBLIC, server_default="in_person")
    strategy: Mapped[str] = column(DataClass.OPERATIONAL, server_default="round_robin")
    public: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("true"))
    duration_min: Mapped[int | None] = column(DataClass.PUBLIC)
    price_minor: Mapped[int | None] = column(DataClass.COMMERCIAL)
    cooldown_min: Mapped[int | None] = column(DataClass.OPERATIONAL)
    min_notice_min: Mapped[int | None] = column(DataClass.OPERATIONAL)
    horizon_days: Mapped[int | None] = column(DataClass.OPERATIONAL)
    terms: Mapped[dict[str, Any] | None] = column(DataClass.PUBLIC)
    hours: Mapped[dict[str, Any] | None] = column(DataClass.OPERATIONAL)
    archived_at: Mapped[dt.datetime | None]


class CalendarForm(Base, ClinicRow):
    """A form that whoever books this calendar is asked to fill in (CAT-03, FRM-05)."""

    __tablename__ = "calendar_forms"
    __table_args__ = (
        clinic_fk("calendars", "calendar_id"),
        clinic_fk("form_templates", "template_id"),
        UniqueConstraint("org_id", "calendar_id", "template_id"),
    )

    calendar_id: Mapped[uuid.UUID]
    template_id: Mapped[uuid.UUID]


class CalendarSpecialist(Base, ClinicRow):
    """A specialist serves a calendar, with a priority and possibly own hours in it."""

    __tablename__ = "calendar_specialists"
    __table_args__ = (
        clinic_fk("calendars", "calendar_id"),
        clinic_fk("specialists", "specialist_id"),
        UniqueConstraint("org_id", "calendar_id", "specialist_id"),
    )

    calendar_id: Mapped[uuid.UUID]
    specialist_id: Mapped[uuid.UUID]
    priority: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    hours: Mapped[dict[str, Any] | None] = column(DataClass.OPERATIONAL)


class Occupancy(Base, ClinicRow):
    """Taken time of a resource: the footprint of a visit with its buffers, or a block.

    `starts_at`/`ends_at` are the footprint; `visit_starts_at`/`visit_ends_at` the visit inside it. A row with
    `overbook_reason` was put on taken time on purpose (SCH-08): alone it stands outside the overlap constraint.
    """

    __tablename__ = "occupancies"
    __table_args__ = (
        clinic_fk("resources", "resource_id"),
        # The number that the overlap constraint compares must be one of the same clinic.
        ForeignKeyConstraint(
            ["org_id", "resource_number"], ["resources.org_id", "resources.number"]
        ),
        CheckConstraint("ends_at > starts_at", name="order"),
        # What reads taken time looks back no further than this (queries/taken.py).
        CheckConstraint("ends_at <= starts_at + interval '168 hours'", name="length"),
        CheckConstraint(
            "visit_starts_at >= starts_at AND visit_ends_at <= ends_at "
            "AND visit_ends_at > visit_starts_at",
            name="visit_inside",
        ),
        CheckConstraint("kind IN ('appointment', 'class', 'offer', 'leave', 'block')", name="kind"),
        CheckConstraint("reason IS NULL OR kind IN ('block', 'leave')", name="reason"),
        CheckConstraint(
            "overbook_reason IS NULL OR (kind = 'appointment' AND btrim(overbook_reason) <> '')",
            name="overbooked",
        ),
        Index(
            "ix_occupancies_live",
            "org_id",
            "resource_id",
            "starts_at",
            "ends_at",
            postgresql_where=text("live"),
        ),
        Index(None, "org_id", "reference_id"),
        ExcludeConstraint(
            (text("int8range(resource_number, resource_number, '[]')"), "&&"),
            ("during", "&&"),
            name="no_overlap",
            using="gist",
            where=text("live AND overbook_reason IS NULL"),
        ),
    )

    resource_id: Mapped[uuid.UUID]
    resource_number: Mapped[int] = column(DataClass.OPERATIONAL, BigInteger)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    during: Mapped[Range[dt.datetime]] = mapped_column(
        TSTZRANGE,
        Computed("tstzrange(starts_at, ends_at, '[)')", persisted=True),
        info={"data_class": DataClass.OPERATIONAL},
    )
    visit_starts_at: Mapped[dt.datetime]
    visit_ends_at: Mapped[dt.datetime]
    kind: Mapped[str] = column(DataClass.OPERATIONAL)
    reference_id: Mapped[uuid.UUID | None]
    overbook_reason: Mapped[str | None] = column(DataClass.OPERATIONAL)
    reason: Mapped[str | None] = column(DataClass.OPERATIONAL)
    live: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("true"))


class ServiceSpace(Base, ClinicRow):
    """A room or device that will do for a service; with no room chosen, any where the specialist works (SCH-07)."""

    __tablename__ = "service_spaces"
    __table_args__ = (
        clinic_fk("services", "service_id"),
        clinic_fk("rooms", "room_id"),
        UniqueConstraint("org_id", "service_id", "room_id"),
    )

    service_id: Mapped[uuid.UUID]
    room_id: Mapped[uuid.UUID]


class ClassSession(Base, ClinicRow):
    """One meeting of a group class: the first who books opens it, the last who leaves closes it (CAT-02).

    Its occupancy row (kind 'class') keeps the specialist's time; a live session exists once for a start.
    """

    __tablename__ = "class_sessions"
    __table_args__ = (
        clinic_fk("calendars", "calendar_id"),
        clinic_fk("services", "service_id"),
        clinic_fk("specialists", "specialist_id"),
        clinic_fk("rooms", "room_id"),
        clinic_fk("rooms", "device_id"),
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint("capacity >= 1", name="capacity"),
        UniqueConstraint("org_id", "id", "capacity"),
        Index(
            "ix_class_sessions_live",
            "org_id",
            "calendar_id",
            "specialist_id",
            "starts_at",
            unique=True,
            postgresql_where=text("live"),
        ),
        Index(None, "org_id", "starts_at"),
    )

    calendar_id: Mapped[uuid.UUID]
    service_id: Mapped[uuid.UUID]
    specialist_id: Mapped[uuid.UUID]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    before_min: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    after_min: Mapped[int] = column(DataClass.OPERATIONAL, server_default=text("0"))
    capacity: Mapped[int] = column(DataClass.OPERATIONAL)
    room_id: Mapped[uuid.UUID | None]
    device_id: Mapped[uuid.UUID | None]
    live: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("true"))


class ClassSeat(Base, ClinicRow):
    """One place of a class, numbered from 1. Two live seats never share a number, none lies above the capacity.

    `holder_id` is the visit that has it, or the offer that keeps it for somebody on the waiting list.
    `capacity` is the session's own, kept equal by the reference: who lowers it below a seat that is taken is refused
    by the database.
    """

    __tablename__ = "class_seats"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "session_id", "capacity"],
            ["class_sessions.org_id", "class_sessions.id", "class_sessions.capacity"],
            onupdate="CASCADE",
        ),
        CheckConstraint("number >= 1 AND (number <= capacity OR NOT live)", name="within"),
        Index(
            "ix_class_seats_number",
            "org_id",
            "session_id",
            "number",
            unique=True,
            postgresql_where=text("live"),
        ),
        Index(
            "ix_class_seats_holder",
            "org_id",
            "holder_id",
            unique=True,
            postgresql_where=text("live"),
        ),
    )

    session_id: Mapped[uuid.UUID]
    capacity: Mapped[int] = column(DataClass.OPERATIONAL)
    number: Mapped[int] = column(DataClass.OPERATIONAL)
    holder_id: Mapped[uuid.UUID]
    live: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("true"))
