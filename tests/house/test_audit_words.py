"""Everything that can stand in the trail has words for its readers (KRN-15, KRN-10)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.appointments.states import MACHINE as VISITS
from app.forms.states import MACHINE as FORMS
from app.telerehab.states import MACHINE as POSE_SESSIONS
from app.web.http.audit_words import ACTIONS, PARTS, SUBJECTS, action
from config import ROOT

pytestmark = pytest.mark.proves("KRN-15", "KRN-10")
APP = ROOT / "app"
CODE = re.compile(r"[a-z_]+\.[a-z_]+")
MACHINES = {"appointments": VISITS, "form": FORMS, "telerehab": POSE_SESSIONS}


def _calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted(APP.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if name not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and _name(node) == name:
                yield path, node


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _text(nodes: list[ast.expr], place: int) -> str | None:
    node = nodes[place] if len(nodes) > place else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_every_action_has_words() -> None:
    codes = {_text(call.args, 2) for _path, call in _calls("record")} - {None}
    codes |= {_text(call.args, 3) for _path, call in _calls("record_twice")} - {None}
    assert len(codes) > 30
    assert codes - set(ACTIONS) == set()


def test_every_step_of_a_life_has_words() -> None:
    steps = {f"{name}.{one.verb}" for name, life in MACHINES.items() for one in life.arrows()}
    assert steps - set(ACTIONS) == set()


def test_every_subject_and_part_has_words() -> None:
    subjects = {_text(call.args, 3) for _path, call in _calls("record")} - {None}
    assert subjects - set(SUBJECTS) == set()
    looked = {_text(call.args, 3) for _path, call in _calls("record_access")} - {None}
    looked |= {
        keyword.value.value
        for _path, call in _calls("patient_or_404")
        for keyword in call.keywords
        if keyword.arg == "looked_at" and isinstance(keyword.value, ast.Constant)
    }
    assert len(looked) > 4
    assert looked - set(PARTS) == set()


def test_codes_that_others_choose_have_words() -> None:
    """Actions handed to a function that records them: literals in the form of an action beside `record`."""
    known = {code.partition(".")[0] for code in ACTIONS}
    missing = set()
    for path in sorted(APP.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "audit.record import" not in source or "/web/" in path.as_posix():
            continue
        missing |= {
            text
            for text in _constants(ast.parse(source))
            if CODE.fullmatch(text) and text.partition(".")[0] in known and text not in ACTIONS
        }
    assert missing == set()


def _constants(tree: ast.Module) -> Iterator[str]:
    """All texts but those of constants: these are names of events."""
    named = {id(node.value) for node in tree.body if isinstance(node, ast.Assign)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in named:
            yield node.value


def test_a_refused_request_has_words(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert action("GET console.day") == "Tried to open a page"
        assert action("POST console.invite") == "Tried to make a change"
        assert action("plugin.unknown") == "plugin.unknown"
