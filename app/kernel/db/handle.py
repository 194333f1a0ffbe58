"""The database handle that web, worker and command line share."""

from __future__ import annotations

from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, SessionTransaction

from app.kernel.db import liveness
from app.kernel.db.base import Base
from app.kernel.tenancy.scope import ENTERING, apply_scope, scope_of

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


@event.listens_for(Session, "after_begin")
def _set_scope(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """Every transaction starts by saying whose rows it may see, or that it may see none (KRN-01)."""
    if not transaction.nested and ENTERING not in session.info:
        apply_scope(connection, scope_of(session))


def engine_options(pool_size: int) -> dict[str, Any]:
    """Options of the connection pool: a dead connection is noticed before use, waits are bounded."""
    return {
        "pool_size": pool_size,
        "hide_parameters": True,  # An error's text must not carry contact or health data.
        "max_overflow": pool_size,
        "pool_timeout": 5,
        "pool_events": liveness.EVENTS,
        "pool_recycle": 1800,
        "connect_args": {
            "connect_timeout": 3,
            "options": "-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=5000 "
            "-c idle_in_transaction_session_timeout=60000",
        },
    }


def driver_url(url: str) -> str:
    """The same address, naming the psycopg 3 driver for SQLAlchemy."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url
