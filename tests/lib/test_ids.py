"""Identifiers keep their order, their format and their secrecy."""

from __future__ import annotations

import os
import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.ids import (
    REFERENCE_ALPHABET,
    UuidSource,
    new_token,
    normalise_reference,
    numeric_code,
    reference_code,
    uuid7,
)

pytestmark = pytest.mark.proves("KRN-01")


def test_layout_follows_rfc_9562_appendix_a6() -> None:
    # The RFC's own example: 2022-02-22T19:22:22Z, rand_a CC3, rand_b 18C4DC0C0C07398F.
    source = UuidSource(lambda: 0x017F22E279B0, lambda bits: (0xCC3 << 62) | 0x18C4DC0C0C07398F)
    assert source.next() == uuid.UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")


@given(st.lists(st.integers(min_value=0, max_value=2**47), min_size=2, max_size=60))
def test_order_holds_whatever_the_clock_does(moments: list[int]) -> None:
    remaining = iter(moments)
    source = UuidSource(lambda: next(remaining))
    made = [source.next() for _ in moments]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {value.version for value in made} == {7}
    assert {value.variant for value in made} == {uuid.RFC_4122}


def test_values_differ_even_where_clock_and_chance_stand_still() -> None:
    source = UuidSource(lambda: 1000, lambda bits: 0)
    made = [source.next() for _ in range(100)]
    assert made == sorted(set(made))


def test_a_full_random_part_borrows_the_next_millisecond() -> None:
    source = UuidSource(lambda: 1000, lambda bits: (1 << bits) - 1)
    made = []
    source._random = (1 << 74) - 2
    source._moment = 1000
    made = [source.next() for _ in range(3)]
    assert made == sorted(made)
    assert made[0].int >> 80 == 1001


def test_threads_never_share_a_value() -> None:
    made: list[uuid.UUID] = []
    threads = [
        threading.Thread(target=lambda: made.extend([uuid7() for _ in range(500)]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 4000


def test_a_forked_worker_starts_afresh() -> None:
    uuid7()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, uuid7().bytes)
        os._exit(0)
    os.waitpid(child, 0)
    theirs = uuid.UUID(bytes=os.read(reading, 16))
    mine = uuid7()
    # 62 random bits that stand close together would betray a shared starting point.
    assert abs((theirs.int & (2**62 - 1)) - (mine.int & (2**62 - 1))) > 2**33


def test_tokens_are_long_and_never_weak() -> None:
    assert len(new_token()) == 43
    assert new_token() != new_token()
    with pytest.raises(ValueError, match="16 bytes"):
        new_token(8)


def test_codes_keep_leading_zeros() -> None:
    codes = [numeric_code(3) for _ in range(300)]
    assert all(len(code) == 3 and code.isdigit() for code in codes)
    assert any(code.startswith("0") for code in codes)


def test_references_survive_being_read_aloud() -> None:
    code = reference_code()
    assert len(code) == 9
    assert code[4] == "-"
    assert normalise_reference(code.lower().replace("-", "  ")) == code
    assert not set(REFERENCE_ALPHABET) & set("O0I1L2Z5S8BUV")


@given(st.text(max_size=30))
def test_any_text_is_a_reference_or_none(text: str) -> None:
    found = normalise_reference(text)
    assert found is None or normalise_reference(found) == found
