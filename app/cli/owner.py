"""A session as the owner of the tables, for the few rows that the application may not write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from sqlalchemy import create_engine, pool
from sqlalchemy.orm import Session

from app.kernel.db.handle import driver_url
from config import Settings


@contextmanager
def owner_session() -> Iterator[Session]:
    """Commits at the end. Ends the command with one line where DATABASE_OWNER_URL is not set."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.database_owner_url:
        raise click.ClickException(
            "DATABASE_OWNER_URL is not set: this needs the owner of the tables"
        )
    engine = create_engine(driver_url(settings.database_owner_url), poolclass=pool.NullPool)
    try:
        with Session(engine) as session:
            yield session
            session.commit()
    finally:
        engine.dispose()
