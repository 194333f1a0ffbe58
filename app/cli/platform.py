"""`flask platform`: who belongs to the operator's staff. Only the owner of the tables may say so."""

from __future__ import annotations

import datetime as dt
import uuid

import click
from email_validator import EmailNotValidError, validate_email
from flask import current_app, url_for
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cli.owner import owner_session
from app.kernel.access.actor import Actor, Origin
from app.kernel.access.actor import system as system_actor
from app.kernel.audit.record import record
from app.kernel.db import db
from app.kernel.identity import signing_in
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import Attempt
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from config import Settings

LINK_LIFE = dt.timedelta(hours=24)


@click.group("platform", help="The operator's staff.")
def group() -> None:
    """The operator's staff."""


@group.command("add")
@click.argument("email")
@click.option("--name", default=None, help="Name of a person who has no account yet.")
def add(email: str, name: str | None) -> None:
    """Make somebody a member of the operator's staff, and print a link to choose a password."""
    address = _checked(email)
    now: dt.datetime = current_app.extensions["clock"].now()
    with owner_session() as session:
        human_id = appoint(session, address, name or address.partition("@")[0], now)
    token = _password_link(human_id, now)
    settings: Settings = current_app.config["SETTINGS"]
    with current_app.test_request_context():
        path = url_for("entrance.set_password", token=token)
    click.echo(f"{address} belongs to the operator's staff.")
    click.echo(f"A password is chosen here, once, within 24 hours: {settings.base_url}{path}")


@group.command("remove")
@click.argument("email")
def remove(email: str) -> None:
    """Take somebody out of the operator's staff; the account stays."""
    address = _checked(email)
    with owner_session() as session:
        found = session.execute(
            update(Human)
            .where(Human.email == address, Human.is_platform_staff)
            .values(is_platform_staff=False)
            .returning(Human.id)
        ).scalar_one_or_none()
    if found is None:
        raise click.ClickException(f"{address} does not belong to the operator's staff")
    _trail("platform.remove_staff", found, current_app.extensions["clock"].now())
    click.echo(f"{address} no longer belongs to the operator's staff.")


def appoint(session: Session, email: str, name: str, now: dt.datetime) -> uuid.UUID:
    """Mark a person as the operator's staff, making the account where there is none. As the owner of the tables."""
    session.execute(
        insert(Human)
        .values(id=uuid7(), email=email, name=name, created_at=now, is_platform_staff=True)
        .on_conflict_do_update(
            index_elements=["email", "provider_org_id"], set_={"is_platform_staff": True}
        )
    )
    return session.scalars(select(Human.id).where(Human.email == email)).one()


def _password_link(human_id: uuid.UUID, now: dt.datetime) -> str:
    session: Session = db.session()
    enter(session, Scope(human_id=human_id))
    attempt = Attempt(None, Origin(user_agent="flask platform add"), now)
    token = signing_in.issue_link(session, human_id, "claim", attempt, LINK_LIFE)
    session.commit()
    _trail("platform.add_staff", human_id, now)
    return token


def _trail(action: str, human_id: uuid.UUID, now: dt.datetime) -> None:
    session: Session = db.session()
    actor: Actor = system_actor(None)
    record(session, actor, action, "human", human_id, at=now)
    session.commit()


def _checked(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise click.BadParameter("this is not an e-mail address") from None
