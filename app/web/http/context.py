"""What a request carries: settings, clock, session, clinic, actor. Typed access to `flask.g`."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, cast

from flask import current_app, g, request
from redis import Redis
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor, Origin
from app.kernel.db import db
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.storage.port import BlobStore
from app.kernel.tenancy.clinic import Clinic
from app.kernel.tokens import TokenSigner
from app.lib.clock import Clock
from config import Settings


def settings() -> Settings:
    """The settings that the application was made with."""
    return cast(Settings, current_app.config["SETTINGS"])


def clock() -> Clock:
    """The application's clock; tests freeze it."""
    return cast(Clock, current_app.extensions["clock"])


def now() -> dt.datetime:
    """The instant of this request: asked once, the same for all that it does."""
    if "now" not in g:
        g.now = clock().now()
    return cast(dt.datetime, g.now)


def session() -> Session:
    """The database session of this request."""
    return cast(Session, db.session())


def redis() -> Redis:
    """The Redis client; whoever uses it lives with its absence."""
    return cast(Redis, current_app.extensions["redis"])


def blobs() -> BlobStore:
    """The store of blobs, whole; a surface uses `clinic_blobs`."""
    return cast(BlobStore, current_app.extensions["blobs"])


def clinic_blobs() -> ClinicStorage:
    """The blobs of the clinic that the address names."""
    return ClinicStorage(blobs(), org_id(), added=g.setdefault("added_blobs", []))


def signer() -> TokenSigner:
    """Signs and reads expiring values (links to a visit, to a file)."""
    return cast(TokenSigner, current_app.extensions["signer"])


def clinic() -> Clinic:
    """The clinic that the address names. Only for routes below a clinic's address."""
    return cast(Clinic, g.clinic)


def clinic_or_none() -> Clinic | None:
    """The clinic that the address names, if it names one."""
    return g.get("clinic")


def org_id() -> uuid.UUID:
    """The identifier of the clinic that the address names."""
    return clinic().id


def actor() -> Actor:
    """Who makes this request; set by the route's guard."""
    return cast(Actor, g.actor)


def origin() -> Origin:
    """Where the request comes from: evidence for audit and signatures."""
    agent = (request.user_agent.string or "")[:400]
    return Origin(ip=request.remote_addr, user_agent=agent, request_id=g.get("request_id"))


def remember(name: str, value: Any) -> None:
    """Keep a value for the rest of the request."""
    setattr(g, name, value)
