"""Tables of identity. A human is one row however many clinics know them (KRN-02)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, DataClass, EncryptedText, column
from app.kernel.db.base import IDENTITY
from app.lib.ids import uuid7


class Human(Base):
    """A person who can sign in. The e-mail is unique per identity namespace (TEN-01)."""

    __tablename__ = "humans"
    __tenancy__ = IDENTITY
    __table_args__ = (
        UniqueConstraint("email", "provider_org_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    email: Mapped[str] = column(DataClass.PII_BASIC)
    provider_org_id: Mapped[str | None] = column(DataClass.OPERATIONAL)
    name: Mapped[str] = column(DataClass.PII_BASIC)
    phone: Mapped[str | None] = column(DataClass.PII_BASIC)
    locale: Mapped[str] = column(DataClass.PII_BASIC, server_default="ro")
    password_hash: Mapped[str | None] = column(DataClass.AUTH_SECRET)
    totp_secret: Mapped[str | None] = column(
        DataClass.AUTH_SECRET, EncryptedText("humans.totp_secret")
    )
    totp_confirmed_at: Mapped[dt.datetime | None]
    totp_last_step: Mapped[int | None] = column(DataClass.AUTH_SECRET)
    is_platform_staff: Mapped[bool] = column(DataClass.OPERATIONAL, server_default=text("false"))
    disabled_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class LoginSession(Base):
    """A signed-in browser. Ending the row ends the login, whatever the cookie says (ASVS 7.4)."""

    __tablename__ = "login_sessions"
    __tenancy__ = IDENTITY
    __table_args__ = (Index(None, "human_id", "ended_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    human_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("humans.id"))
    org_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    method: Mapped[str] = column(DataClass.OPERATIONAL)
    ip: Mapped[str | None] = column(DataClass.PII_BASIC)
    user_agent: Mapped[str | None] = column(DataClass.PII_BASIC)
    created_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class LoginLink(Base):
    """A one-time link sent by e-mail. Only the digest of its token is kept."""

    __tablename__ = "login_links"
    __tenancy__ = IDENTITY
    __table_args__ = (CheckConstraint("purpose IN ('login', 'claim', 'reset')", name="purpose"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    human_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("humans.id"), index=True)
    org_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    purpose: Mapped[str] = column(DataClass.OPERATIONAL)
    token_digest: Mapped[str] = column(DataClass.AUTH_SECRET, unique=True)
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]


class LoginEvent(Base):
    """The login log: every attempt with its outcome; append-only (KRN-05, KRN-15)."""

    __tablename__ = "login_events"
    __tenancy__ = "log"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'refused')", name="outcome"),
        Index(None, "org_id", "at"),
        Index(None, "human_id", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    org_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"))
    human_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    at: Mapped[dt.datetime]
    method: Mapped[str] = column(DataClass.OPERATIONAL)
    outcome: Mapped[str] = column(DataClass.OPERATIONAL)
    reason: Mapped[str] = column(DataClass.OPERATIONAL, server_default="")
    ip: Mapped[str | None] = column(DataClass.PII_BASIC)
    user_agent: Mapped[str | None] = column(DataClass.PII_BASIC)
