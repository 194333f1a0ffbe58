"""`flask telerehab`: the platform's exercises."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.kernel.db import db
from app.telerehab import library

group = AppGroup("telerehab", help="The library of exercises.")


@group.command("seed")
def seed_command() -> None:
    """Bring the library into the database, changed texts too."""
    count = library.ensure(db.session())
    db.session.commit()
    click.echo(f"{count} exercises")
