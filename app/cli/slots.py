"""`flask slots`: what a calendar offers, and why it does not offer a time (BYD-01)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

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
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Only the lists of UTC starts, one case a line."
)
@click.option(
    "--at", help="Why is this time not offered? ISO 8601; without offset the case's clock."
)
def explain_command(file: Path, as_json: bool, at: str | None) -> None:
    """Print the slots of each case in FILE (the layout is in docs/scheduling.md)."""
    try:
        cases = read_document(file.read_text(encoding="utf-8"))
        for case in cases:
            if at is not None:
                _explain(case, at)
            elif as_json:
                click.echo(json.dumps(answer(case)))
            else:
                _list(case)
    except UnicodeDecodeError as error:
        raise click.ClickException("file: not UTF-8") from error
    except CaseError as error:
        raise click.ClickException(str(error)) from error


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
