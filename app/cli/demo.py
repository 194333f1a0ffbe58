"""`flask demo`: make the demo clinics, and say who can sign in."""

from __future__ import annotations

import time

import click
from flask import current_app
from flask.cli import AppGroup

from app.demo.logins import lines
from app.demo.operator import ensure_operator
from app.demo.seed import is_seeded, seed
from app.kernel.db import db
from config import Settings

group = AppGroup("demo", help="The demo clinics.")


@group.command("seed")
def seed_command() -> None:
    """Make the demo clinics, once. Refused in production mode."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.production:
        raise click.ClickException("the demo does not belong into production")
    session = db.session()
    if is_seeded(session):
        click.echo("The demo clinics are there already.")
        return
    started = time.perf_counter()
    extensions = current_app.extensions
    seed(session, extensions["redis"], extensions["blobs"], settings, extensions["clock"].now())
    session.commit()
    ensure_operator(settings, extensions["clock"].now())
    click.echo(f"Demo clinics made in {time.perf_counter() - started:.1f} s.")


@group.command("logins")
def logins_command() -> None:
    """The addresses of the demo with a login for each."""
    settings: Settings = current_app.config["SETTINGS"]
    for line in lines(settings.base_url):
        click.echo(line)
