"""`flask slots`: what a calendar offers, and why it does not offer a time (BYD-01)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli import stored_calendars
from app.scheduling.cases import (
    LONGEST_MESSAGE,
    CaseError,
    answer,
    explain,
    printable,
    read_document,
    sentence,
)

LONGEST_NAME = 80
group = AppGroup("slots", help="Free slots and the reasons against the others.")


@group.command("explain")
@click.argument("what")
@click.option(
    "--json", "as_json", is_flag=True, help="Only the lists of UTC starts, one case a line."
)
@click.option(
    "--at", help="Why is this time not offered? ISO 8601; without offset the case's clock."
)
@click.option("--clinic", help="Short name of the clinic, for a calendar by its id.")
@click.option("--days", default=14, type=click.IntRange(1, 366), help="Days of a calendar.")
def explain_command(
    what: str, as_json: bool, at: str | None, clinic: str | None, days: int
) -> None:
    """Print the slots of each case in the file WHAT (docs/scheduling.md has the layout), or of the calendar WHAT.

    A case that cannot be read is named on the error stream and stands as `null` in the lists; the
    others are answered all the same, and the command ends with 1.
    """
    if clinic is not None:
        stored_calendars.explain(what, clinic, days=days, at=at, as_json=as_json)
        return
    file = Path(what)
    if not file.is_file():
        raise click.ClickException(
            f"{printable(what, LONGEST_NAME)}: no such file; a calendar's id needs --clinic"
        )
    try:
        cases = read_document(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise click.ClickException("file: not UTF-8") from error
    except CaseError as error:
        raise click.ClickException(str(error)) from error
    unread = [case for case in cases if not _answered(case, at, as_json)]
    if unread:
        raise click.exceptions.Exit(1)


def _answered(case: Mapping[str, Any], at: str | None, as_json: bool) -> bool:
    """Print what is asked about one case; False when it cannot be read."""
    try:
        if at is not None:
            _explain(case, at)
        elif as_json:
            click.echo(json.dumps(answer(case)))
        else:
            _list(case)
    except CaseError as error:
        click.echo(f"Error: {_name(case)}: {error}", err=True)
        if as_json and at is None:
            click.echo("null")
        return False
    return True


def _list(case: Mapping[str, Any]) -> None:
    starts = answer(case)
    click.echo(f"{_name(case)}: {len(starts)} starts")
    for start in starts:
        click.echo(f"  {start}")


def _explain(case: Mapping[str, Any], at: str) -> None:
    schedule = case.get("schedule")
    tz = str(schedule.get("tz")) if isinstance(schedule, Mapping) else "UTC"
    found = explain(case, at)
    click.echo(f"{_name(case)}, {at}: {'not offered' if found else 'offered'}")
    for refusal in found:
        click.echo(f"  {printable(sentence(refusal, tz), LONGEST_MESSAGE)}")


def _name(case: Mapping[str, Any]) -> str:
    return printable(str(case.get("id", "case")), LONGEST_NAME)
