"""What counts as a drawn signature, and that strokes survive storing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.forms.rules.signature import MAX_POINTS, from_pad, is_trivial, parsed, stored
from app.lib.errors import Invalid
from tests.factories.forms import points_json, strokes

coordinate = st.floats(0, 2000, allow_nan=False)
point = st.tuples(coordinate, coordinate, st.integers(0, 60_000))


def refusal(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        from_pad(text, "signature")
    return caught.value.errors[0].code


@pytest.mark.proves("SIG-01")
def test_a_signature_is_kept_with_its_times() -> None:
    drawing = from_pad(points_json(), "signature")
    assert drawing.points == 63
    assert drawing.duration_ms == 1400
    assert stored(drawing.to_text()) == drawing


@pytest.mark.proves("SIG-01")
@given(st.lists(st.lists(point, min_size=1, max_size=40), min_size=1, max_size=6))
def test_what_is_stored_gives_the_same_path(drawn: list[list[tuple[float, float, int]]]) -> None:
    text = json.dumps({"width": 900, "height": 300, "strokes": drawn})
    drawing = parsed(text)
    again = stored(drawing.to_text())
    assert again.path() == drawing.path()
    assert again.path().count("M") == len(drawn)
    if is_trivial(drawing):
        assert refusal(text) == "signature_trivial"
    else:
        assert from_pad(text, "signature") == again


@pytest.mark.proves("SIG-01")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "signature_missing"),
        ("  ", "signature_missing"),
        ('{"width":900,"height":300,"strokes":[]}', "signature_missing"),
        ("not json", "signature_unreadable"),
        ("[]", "signature_unreadable"),
        ('{"width":900,"height":300,"strokes":[[[1]]]}', "signature_unreadable"),
        ('{"width":900,"height":300,"strokes":[[[NaN,1,1]]]}', "signature_unreadable"),
        ('{"width":900,"height":300,"strokes":[[[1e99,1,1]]]}', "signature_unreadable"),
        ('{"width":900,"height":300,"strokes":[[["a",1,1]]]}', "signature_unreadable"),
        ('{"width":0,"height":300,"strokes":[[[1,1,1]]]}', "signature_unreadable"),
        ('{"width":900,"height":300,"strokes":[[[true,1,1]]]}', "signature_unreadable"),
        ("[" * 5000, "signature_unreadable"),
        ('{"width":900,"height":300,"strokes":[[[5,5,0]]]}', "signature_trivial"),
    ],
)
def test_what_is_no_signature_is_refused(text: str, code: str) -> None:
    assert refusal(text) == code


@pytest.mark.proves("SIG-01")
def test_a_tiny_scratch_and_a_heap_of_points_are_refused() -> None:
    scratch = [[[100 + step / 10, 100, step] for step in range(60)]]
    assert refusal(json.dumps({"width": 9, "height": 3, "strokes": scratch})) == "signature_trivial"
    heap = [[[step % 900, step % 300, step] for step in range(MAX_POINTS + 1)]]
    assert refusal(json.dumps({"width": 900, "height": 300, "strokes": heap})).endswith(
        "unreadable"
    )


def test_the_path_begins_and_ends_where_the_pen_did() -> None:
    drawing = from_pad(points_json(), "signature")
    first, last = strokes()[0][0], strokes()[1][-1]
    assert drawing.path().startswith(f"M{first[0]:g} {first[1]:g}Q")
    assert drawing.path().endswith(f"L{last[0]:g} {last[1]:g}")
    assert drawing.view_box == "0 0 900 320"
