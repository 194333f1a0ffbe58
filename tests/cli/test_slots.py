"""`flask slots explain` in a terminal: what it prints, and one clear line with a code for what it cannot read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cli.slots import explain_command
from tests.scheduling.test_cases import CASE, changed

pytestmark = pytest.mark.proves("BYD-01", "SCH-02")
FAR = 10**30
WORDS = {
    "nothing": "",
    "deep": "[" * 100_000,
    "a byte order mark": "\ufeff" + json.dumps(CASE),
    "not a number": json.dumps(CASE).replace('"step_min": 30', '"step_min": NaN'),
    "endless": json.dumps(CASE).replace('"step_min": 30', '"step_min": 1e999'),
    "5000 digits": json.dumps(CASE).replace('"step_min": 30', '"step_min": ' + "9" * 5000),
    "no slots": '{"slots": null}',
    "only a number": "3",
    "a name that moves the cursor": json.dumps({**CASE, "a\nb\x1b[2J": 1}),
}
FIGURES = [
    ("service.duration_min", FAR),
    ("min_notice_min", FAR),
    ("horizon.days", FAR),
    ("service.buffer_before_min", FAR),
    ("busy.0.before", FAR),
    ("query.from", "0001-01-01T00:00:00Z"),
    ("query.to", "9999-12-31T23:59:00Z"),
    ("query.to", "2040-01-01T00:00:00Z"),
    ("now", "0001-01-01T00:00:00+14:00"),
    ("now", "9999-12-31T23:59:59-12:00"),
    ("schedule.tz", "../../etc/passwd"),
    ("schedule.tz", "Europe"),
    ("schedule.tz", "A" * 100_000),
    ("schedule.tz", ["Europe/Bucharest"]),
    ("schedule.weekly", []),
    ("schedule.overrides.2027-03-30.mode", {"x": 1}),
    ("horizon.count", ["calendar"]),
]


def run(folder: Path, text: str | bytes, *options: str) -> Result:
    file = folder / "case.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    # A file needs nothing of the product; composing it here would install its servers for the whole process.
    bare = ScriptInfo(create_app=lambda: Flask("bare"))
    return CliRunner().invoke(explain_command, [str(file), *options], obj=bare)


def refused(result: Result) -> bool:
    """One line that names what is wrong, nothing that a terminal would obey, and a code that is not success."""
    shown = result.stderr.rstrip("\n")
    one_line = shown.startswith("Error: ") and shown.isprintable() and len(shown) < 400
    return result.exit_code == 1 and isinstance(result.exception, SystemExit) and one_line


def test_starts_reasons_and_plain_json(tmp_path: Path) -> None:
    document = json.dumps({"slots": [CASE]})
    assert run(tmp_path, document, "--json").output == json.dumps(CASE["expect"]) + "\n"
    assert run(tmp_path, document).output.startswith("own-01: 7 starts\n  2027-03-26T08:00:00Z\n")
    told = run(tmp_path, document, "--at", "2027-03-30T10:00")
    assert told.exit_code == 0
    assert told.output.startswith("own-01, 2027-03-30T10:00: not offered\n  day_closed")
    assert "offered" in run(tmp_path, document, "--at", "2027-03-29T07:00:00Z").output


def test_a_case_that_cannot_be_read_leaves_the_others_answered_in_their_lines(
    tmp_path: Path,
) -> None:
    told = run(tmp_path, json.dumps([changed("now", "soon"), CASE]), "--json")
    assert told.stdout == f"null\n{json.dumps(CASE['expect'])}\n"
    assert told.stderr.startswith("Error: own-01: now: ")
    assert refused(told)


@pytest.mark.parametrize("text", WORDS.values(), ids=WORDS)
def test_a_file_that_is_no_case(tmp_path: Path, text: str) -> None:
    assert refused(run(tmp_path, text, "--json"))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    assert refused(run(tmp_path, b"\xff\xfe\x00bad"))


@pytest.mark.parametrize(("path", "value"), FIGURES)
@pytest.mark.parametrize("options", [("--json",), ("--at", "2027-03-29T10:00")])
def test_a_figure_that_cannot_be(
    tmp_path: Path, path: str, value: Any, options: tuple[str, ...]
) -> None:
    assert refused(run(tmp_path, json.dumps(changed(path, value)), *options))


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59", "soon", "2027-02-29T10:00"])
def test_a_time_that_is_none(tmp_path: Path, at: str) -> None:
    assert refused(run(tmp_path, json.dumps(CASE), "--at", at))


def test_leave_for_ever_is_leave(tmp_path: Path) -> None:
    case = changed("busy.0.end", "9999-12-31T23:59:59-12:00")
    case["busy"][0]["start"] = "0001-01-01T00:00:00+14:00"
    assert run(tmp_path, json.dumps(case), "--json").output == "[]\n"
    told = run(tmp_path, json.dumps(case), "--at", "2027-03-29T10:00")
    assert (told.exit_code, "overlaps" in told.output) == (0, True)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner)
)
PLACES = ["schedule", "schedule.tz", "schedule.weekly", "schedule.weekly.mon", "service", "now"]
PLACES += ["service.step_min", "busy", "busy.0", "busy.0.end", "holds.0.expires_at", "query"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(PLACES), ANYTHING)
def test_whatever_stands_there_is_answered_or_refused(
    tmp_path: Path, place: str, value: Any
) -> None:
    result = run(tmp_path, json.dumps(changed(place, value)), "--json")
    assert result.exit_code == 0 or refused(result), (result.output, result.exception)
