"""Answers of a form: what is demanded, what is kept, how it reads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.forms.rules import answers
from app.lib.errors import Invalid

FIELDS: list[dict[str, Any]] = [
    {
        "key": "implant",
        "kind": "choice",
        "required": True,
        "labels": {"ro": "Implant?", "en": "Implant?"},
        "options": [
            {"value": "no", "labels": {"ro": "Nu", "en": "No"}},
            {"value": "yes", "labels": {"ro": "Da", "en": "Yes"}},
        ],
    },
    {"key": "notes", "kind": "text", "required": False, "labels": {"ro": "Note", "en": "Notes"}},
    {"key": "ok", "kind": "agree", "required": True, "labels": {"ro": "De acord", "en": "Agreed"}},
]


@pytest.mark.proves("FRM-02")
def test_every_fault_is_told_beside_its_field() -> None:
    with pytest.raises(Invalid) as caught:
        answers.complete(FIELDS, {"implant": "maybe", "notes": "x" * 3000})
    found = {
        name: [error.code for error in errors] for name, errors in caught.value.by_field().items()
    }
    assert found == {"implant": ["unknown_choice"], "notes": ["too_long"], "ok": ["agree_required"]}


@pytest.mark.proves("FRM-02")
def test_a_half_filled_form_is_kept_and_speaks_its_language() -> None:
    kept = answers.draft(FIELDS, {"implant": "yes", "notes": "  doare \u202e aici ", "alien": "1"})
    assert kept == {"implant": "yes", "notes": "doare  aici"} or kept["notes"] == "doare aici"
    assert "alien" not in kept
    assert answers.spoken(FIELDS[0], kept, "ro") == "Da"
    assert answers.spoken(FIELDS[0], kept, "en") == "Yes"
    assert answers.spoken(FIELDS[2], kept, "en") == ""
    assert answers.spoken(FIELDS[2], {"ok": True}, "en") == "Agreed"


@given(st.dictionaries(st.sampled_from(["implant", "notes", "ok", "x"]), st.text(max_size=50)))
def test_whatever_is_given_either_completes_or_is_explained(sent: dict[str, str]) -> None:
    if sent.get("implant", "").strip() in ("no", "yes") and answers.draft(FIELDS, sent).get("ok"):
        assert answers.complete(FIELDS, sent)["ok"] is True
        return
    with pytest.raises(Invalid) as caught:
        answers.complete(FIELDS, sent)
    assert {error.field for error in caught.value.errors} <= {"implant", "ok"}
