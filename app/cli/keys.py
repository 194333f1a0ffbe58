"""`flask keys`: the keys that seal columns (KRN-08)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click
from sqlalchemy import Column
from sqlalchemy.orm import Session

from app.cli.key_rotation import BY_OWNER, rotate_column, sealed_columns
from app.cli.owner import owner_session
from app.kernel import crypto
from app.kernel.db import db
from app.kernel.tenancy.directory import all_clinic_ids
from app.kernel.tenancy.scope import NOBODY, PLATFORM_ROLE, Scope, enter, scoped


@click.group("keys", help="Encryption keys of columns.")
def group() -> None:
    """Encryption keys of columns."""


@group.command("new")
def new() -> None:
    """Print a fresh key for ENCRYPTION_KEYS; give it a name and put it first."""
    click.echo(crypto.new_key())


@group.command("rotate")
def rotate() -> None:
    """Seal every value anew with the first key of ENCRYPTION_KEYS. Safe to stop and to run again."""
    columns = sealed_columns()
    by_owner = [column for column in columns if str(column.table) in BY_OWNER]
    by_clinic = [column for column in columns if column not in by_owner]
    _tell(rotate_accounts(by_owner))
    _tell(rotate_clinics(by_clinic))
    click.echo(f"Everything is sealed with key {crypto.ring().current}. Older keys may go.")


def rotate_accounts(columns: Iterable[Column[Any]]) -> dict[str, int]:
    """Sealed values of accounts, as the owner of the tables; how many changed, by column."""
    done = {}
    for column in columns:
        with owner_session() as session:
            done[str(column)] = rotate_column(session, column)
    return done


def rotate_clinics(columns: Iterable[Column[Any]]) -> dict[str, int]:
    """Sealed values of every clinic and of the people whom it knows, each in its own scope."""
    session: Session = db.session()
    with scoped(session, Scope(role=PLATFORM_ROLE)):
        clinics = all_clinic_ids(session)
    session.commit()
    done = {str(column): 0 for column in columns}
    for org_id in clinics:
        enter(session, Scope(org_id=org_id))
        for column in columns:
            done[str(column)] += rotate_column(session, column)
    enter(session, NOBODY)
    return done


def _tell(done: dict[str, int]) -> None:
    for name, count in done.items():
        click.echo(f"{name}: {count} sealed anew")
