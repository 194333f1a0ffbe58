"""Signed values hold for one purpose and one time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.tokens import (
    TokenExpired,
    TokenForged,
    TokenSigner,
    hash_token,
    new_single_use_token,
    same_secret,
)
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.proves("SEC-01")

SECRET = "s" * 32
MINUTE = timedelta(minutes=1)


def test_a_token_lives_exactly_its_time() -> None:
    clock = FrozenClock()
    signer = TokenSigner(SECRET, clock)
    token = signer.sign("kiosk", {"form": "7"}, MINUTE)
    clock.advance(seconds=59)
    assert signer.verify("kiosk", token) == {"form": "7"}
    clock.advance(seconds=1)
    with pytest.raises(TokenExpired):
        signer.verify("kiosk", token)


def test_a_token_serves_one_purpose() -> None:
    signer = TokenSigner(SECRET, FrozenClock())
    with pytest.raises(TokenForged):
        signer.verify("login", signer.sign("kiosk", {"form": "7"}, MINUTE))


def test_an_expired_forgery_is_a_forgery() -> None:
    clock = FrozenClock()
    theirs = TokenSigner("x" * 32, clock).sign("kiosk", {}, -MINUTE)
    with pytest.raises(TokenForged):
        TokenSigner(SECRET, clock).verify("kiosk", theirs)


def test_every_changed_character_is_noticed() -> None:
    signer = TokenSigner(SECRET, FrozenClock())
    token = signer.sign("kiosk", {"form": "7"}, MINUTE)
    # The last character of unpadded base64 has unused bits, so it is left out.
    for place in range(len(token) - 1):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(TokenForged):
            signer.verify("kiosk", token[:place] + other + token[place + 1 :])


@given(st.text(max_size=200))
def test_any_text_is_a_forgery(text: str) -> None:
    with pytest.raises(TokenForged):
        TokenSigner(SECRET, FrozenClock()).verify("kiosk", text)


def test_a_huge_token_is_not_even_read() -> None:
    with pytest.raises(TokenForged):
        TokenSigner(SECRET, FrozenClock()).verify("kiosk", "a" * 10_000_000)


def test_secrets_rotate() -> None:
    clock = FrozenClock()
    old = TokenSigner(SECRET, clock).sign("kiosk", {"n": 1}, MINUTE)
    rotated = TokenSigner([SECRET, "n" * 32], clock)
    assert rotated.verify("kiosk", old) == {"n": 1}
    with pytest.raises(TokenForged):
        TokenSigner(SECRET, clock).verify("kiosk", rotated.sign("kiosk", {"n": 1}, MINUTE))


def test_weak_secrets_are_refused() -> None:
    for weak in ("short", [], [SECRET, "short"]):
        with pytest.raises(ValueError, match="32 characters"):
            TokenSigner(weak)


def test_single_use_tokens_are_stored_as_hashes() -> None:
    token = new_single_use_token()
    assert token.hashed == hash_token(token.plain)
    assert len(token.hashed) == 64
    assert token.plain not in token.hashed
    assert hash_token("\ud800")


def test_comparison_takes_any_text() -> None:
    assert same_secret("ș", "ș")
    assert not same_secret("ș", "s")
