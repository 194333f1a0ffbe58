"""`flask slots explain` of a calendar in the database: what the page offers, and why not (BYD-01)."""

from __future__ import annotations

import json
import uuid

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from redis import Redis
from sqlalchemy.orm import Session

from app.cli.slots import explain_command
from tests.factories.cast import Cast
from tests.factories.desk import book_for
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient

pytestmark = pytest.mark.proves("BYD-01")


def run(app: Flask, *arguments: str) -> Result:
    return CliRunner().invoke(explain_command, arguments, obj=ScriptInfo(create_app=lambda: app))


def test_it_lists_what_the_page_offers(app: Flask, scene: Scene, client: BrowserClient) -> None:
    told = run(app, str(scene.calendar_id), "--clinic", "movimento", "--days", "1", "--json")
    assert told.exit_code == 0, told.output
    starts = json.loads(told.output)
    assert starts[0] == "2027-03-03T10:00:00Z"
    page = client.get("/movimento/book/kinetoterapie?day=2027-03-03").text
    assert page.count('<button name="start"') == len(starts)


def test_it_says_why_not(
    app: Flask, session: Session, redis: Redis, scene: Scene, cast: Cast
) -> None:
    book_for(session, redis, scene, cast)
    asked = (str(scene.calendar_id), "--clinic", "movimento", "--at")
    taken = run(app, *asked, "2027-03-03T12:15")
    assert "not offered" in taken.output
    assert "overlaps" in taken.output
    assert ": free" in run(app, *asked, "2027-03-03T17:00+02:00").output


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-calendar", "--clinic", "movimento"),
        (str(uuid.uuid4()), "--clinic", "movimento"),
        (str(uuid.uuid4()), "--clinic", "nowhere"),
        (str(uuid.uuid4()),),
        ("{calendar}", "--clinic", "movimento", "--at", "soon"),
        ("{calendar}", "--clinic", "kineto-luca"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    app: Flask, scene: Scene, arguments: tuple[str, ...]
) -> None:
    told = run(app, *(one.format(calendar=scene.calendar_id) for one in arguments))
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")
    assert told.output.count("\n") == 1
