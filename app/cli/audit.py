"""`flask audit`: the logs and their archive (KRN-15)."""

from __future__ import annotations

import click
from flask import current_app
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.audit.archive import archive_all, due_months
from app.kernel.db import db


@click.group("audit", help="The logs and their archive.")
def group() -> None:
    """The logs and their archive."""


@group.command("archive")
@click.option("--dry-run", is_flag=True, help="Only say what is due.")
def archive(dry_run: bool) -> None:
    """Move months older than twelve into the archive, as the worker does every night. Safe to stop and to repeat."""
    clock = current_app.extensions["clock"]
    sessions = sessionmaker(db.engine, class_=Session, expire_on_commit=False)
    due = due_months(sessions, clock.now())
    if dry_run or not due:
        for month in due:
            click.echo(f"{month.first:%Y-%m}  {month.log}  clinic {month.org_id}")
        click.echo(f"{len(due)} months are due.")
        return
    done = archive_all(sessions, current_app.extensions["blobs"], clock)
    for month, rows in done:
        click.echo(f"{month.first:%Y-%m}  {month.log}  clinic {month.org_id}  {rows} rows")
