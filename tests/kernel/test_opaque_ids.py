"""Short addresses: every identifier comes back, nothing else does, and neighbours look nothing alike."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.opaque_ids import ALPHABET, LENGTH, OpaqueIds
from app.kernel.tokens import TokenForged
from app.lib.ids import uuid7

pytestmark = pytest.mark.proves("BOK-03", "SEC-01")
IDS = OpaqueIds("s" * 32, "visit")


@given(st.uuids())
def test_what_is_written_is_read(identifier: uuid.UUID) -> None:
    text = IDS.write(identifier)
    assert re.fullmatch(r"[0-9A-Za-z]{22}", text)
    assert IDS.read(text) == identifier
    assert IDS.write(identifier) == text


@given(st.uuids())
def test_another_purpose_or_secret_reads_something_else(identifier: uuid.UUID) -> None:
    text = IDS.write(identifier)
    assert OpaqueIds("s" * 32, "form").read(text) != identifier
    assert OpaqueIds("t" * 32, "visit").read(text) != identifier


@given(
    st.one_of(
        st.text(max_size=30).filter(lambda text: len(text) != LENGTH),
        st.text(min_size=LENGTH, max_size=LENGTH).filter(lambda text: set(text) - set(ALPHABET)),
        # The first number that 128 bits do not hold, and the largest that the letters can write.
        st.sampled_from(["7n42DGM5Tflk9n8mt7Fhc8", "z" * LENGTH]),
    )
)
def test_what_was_never_written_is_refused(text: str) -> None:
    with pytest.raises(TokenForged):
        IDS.read(text)


def test_identifiers_made_one_after_the_other_share_nothing() -> None:
    first, second = IDS.write(uuid7()), IDS.write(uuid7())
    assert sum(a == b for a, b in zip(first, second, strict=True)) < LENGTH // 2
