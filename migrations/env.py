"""Runs migrations as the owner of the tables (DATABASE_OWNER_URL), one transaction a revision."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool

from app.tables import metadata

PROTECTED_BY_NAME = ("alembic_version",)


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Compare only tables that the models know; bookkeeping stays out."""
    return not (kind == "table" and name in PROTECTED_BY_NAME)


def run() -> None:
    url = current_app.config["MIGRATION_URL"]
    if not url:
        raise RuntimeError(
            "DATABASE_OWNER_URL is not set: migrations run as the owner of the tables"
        )
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            compare_server_default=True,
            include_name=include_name,
            transaction_per_migration=True,
        )
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.commit()
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
