"""The canonical form and its hash: the same content always, another content never."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.forms.rules import seal

value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)
content = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), value, max_size=5)
SNAPSHOT: dict[str, Any] = {
    "clinic": {"id": "c", "name": "Movimento"},
    "template": {"template": "t", "version": 1},
    "body": {
        "titles": {"ro": "Acord", "en": "Consent"},
        "paragraphs": {"ro": ["Unu", "Doi"], "en": ["One", "Two"]},
        "fields": [],
    },
    "consents": [{"purpose": "treatment", "version": 2, "texts": {"ro": "Da", "en": "Yes"}}],
}


def document(locale: str = "ro", number: int = 1, previous: str | None = None) -> dict[str, Any]:
    return seal.document(
        form_id="f",
        patient={"id": "p", "name": "Petra"},
        snapshot=SNAPSHOT,
        answers={},
        locale=locale,
        signer=seal.Signer("Petra", "self", "drawn_kiosk"),
        evidence={"signed_at": "2027-03-03T08:00:00+00:00"},
        link=seal.Link(number, previous),
    )


@pytest.mark.proves("BYD-06")
@given(content)
def test_order_of_keys_does_not_matter(sample: dict[str, Any]) -> None:
    turned = dict(reversed(list(sample.items())))
    assert seal.canonical(turned) == seal.canonical(sample)


@pytest.mark.proves("BYD-06")
@given(content, content)
def test_two_contents_share_a_hash_only_if_they_are_equal(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (seal.digest(one) == seal.digest(other)) == (repr_of(one) == repr_of(other))


def repr_of(sample: Any) -> Any:
    """Python says that True equals 1; JSON does not."""
    if isinstance(sample, dict):
        return {key: repr_of(part) for key, part in sample.items()}
    if isinstance(sample, list):
        return [repr_of(part) for part in sample]
    return (type(sample).__name__, sample)


@pytest.mark.proves("BYD-06")
def test_a_known_document_has_a_known_hash() -> None:
    """Written out by hand once: another canonical form would orphan every stored hash."""
    assert (
        seal.canonical({"b": [1, None, True], "a": "ș\n"})
        == b'{"a":"\xc8\x99\\n","b":[1,null,true]}'
    )
    assert seal.digest({}) == hashlib.sha256(b"{}").hexdigest()


@pytest.mark.proves("BYD-06", "SIG-02")
def test_language_place_and_evidence_are_part_of_what_is_sealed() -> None:
    kinds = [document(), document("en"), document(number=2), document(previous="0" * 64)]
    assert len({seal.digest(kind) for kind in kinds}) == 4
    assert document("en")["paragraphs"] == ["One", "Two"]
    assert document("ro")["consents"] == [["treatment", 2, "Da"]]


def test_a_fraction_is_refused() -> None:
    with pytest.raises(ValueError, match="fractions"):
        seal.canonical({"a": [{"b": 0.1}]})
