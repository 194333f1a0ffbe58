"""Sealed columns open only at their place, and keys rotate without a gap."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import crypto
from app.kernel.crypto import (
    KeyRing,
    KeySettingError,
    SealedValue,
    TamperedError,
    UnknownKeyError,
    context_of,
    rotate,
)

pytestmark = pytest.mark.proves("KRN-08")

# Fixed, since they appear in the names of tests, which every worker must agree on.
OLD, NEW = (base64.b64encode(bytes(range(n, n + 32))).decode() for n in (0, 32))
BEFORE = KeyRing.from_setting(f"k1:{OLD}")
AFTER = KeyRing.from_setting(f" k2:{NEW}, k1:{OLD} ")
PLACE = context_of("clinics", "tax_id", 7)


@given(st.text(), st.text(max_size=40))
def test_what_is_sealed_opens_again(plain: str, place: str) -> None:
    try:
        plain.encode(), place.encode()
    except UnicodeEncodeError:
        return
    sealed = BEFORE.encrypt(plain, place)
    assert BEFORE.decrypt(sealed, place) == plain
    assert AFTER.decrypt(sealed, place) == plain


def test_the_plain_text_is_not_inside_and_no_two_are_alike() -> None:
    first, second = (BEFORE.encrypt("RO12345678", PLACE) for _ in range(2))
    assert first != second
    assert b"RO12345678" not in first


@pytest.mark.parametrize("other", ["clinics.tax_id:8", "clinics.name:7", "clinics.tax_id", ""])
def test_a_value_moved_elsewhere_does_not_open(other: str) -> None:
    with pytest.raises(TamperedError):
        BEFORE.decrypt(BEFORE.encrypt("secret", PLACE), other)


def test_any_changed_byte_is_noticed() -> None:
    sealed = BEFORE.encrypt("secret", PLACE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises((TamperedError, UnknownKeyError)):
            BEFORE.decrypt(bytes(changed), PLACE)


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_by_name(junk: bytes) -> None:
    with pytest.raises(crypto.CryptoError):
        BEFORE.decrypt(junk, PLACE)


def test_relabelling_the_key_does_not_help() -> None:
    both = KeyRing.from_setting(f"k2:{OLD},k1:{OLD}")
    sealed = BEFORE.encrypt("secret", PLACE)
    with pytest.raises(TamperedError):
        both.decrypt(sealed.replace(b"k1", b"k2", 1), PLACE)


def test_rotation_reseals_what_is_old_and_only_that() -> None:
    rows = [
        SealedValue(number, f"t.c:{number}", ring.encrypt(f"value {number}", f"t.c:{number}"))
        for number, ring in enumerate([BEFORE, AFTER, BEFORE])
    ]
    changed = list(rotate(AFTER, rows))
    assert [value.row for value in changed] == [0, 2]
    only_new = KeyRing.from_setting(f"k2:{NEW}")
    assert [only_new.decrypt(v.sealed, v.context) for v in changed] == ["value 0", "value 2"]
    assert list(rotate(AFTER, changed)) == []


def test_a_removed_key_is_named_without_content() -> None:
    with pytest.raises(UnknownKeyError, match="needs key k1"):
        KeyRing.from_setting(f"k2:{NEW}").decrypt(BEFORE.encrypt("x", PLACE), PLACE)


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("", "holds no key"),
        ("k1", "entry 1 is not"),
        (f"k1:{OLD},K2:{NEW}", "entry 2 is not"),
        ("k1:@@@@", "key k1 is not base64"),
        ("k1:" + base64.b64encode(b"short").decode(), "has 5 bytes instead of 32"),
        (f"k1:{OLD},k1:{NEW}", "twice"),
    ],
)
def test_a_malformed_setting_is_told_in_one_line(setting: str, complaint: str) -> None:
    with pytest.raises(KeySettingError, match=complaint) as refused:
        KeyRing.from_setting(setting)
    assert "\n" not in str(refused.value)
    assert OLD not in str(refused.value)


def test_keys_never_show_in_a_repr() -> None:
    assert repr(AFTER) == "KeyRing(k2, k1)"


def test_the_installed_ring_is_the_one_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto._Installed, "keys", None)
    with pytest.raises(crypto.CryptoError, match="install"):
        crypto.ring()
    installed = crypto.install(f"k2:{NEW}")
    assert crypto.ring() is installed
    assert installed.current == "k2"


def test_a_digest_needs_the_key_and_the_context() -> None:
    ring, other = (crypto.KeyRing.from_setting(f"k:{crypto.new_key()}") for _ in range(2))
    assert ring.digest("ABC123", "a.b") == ring.digest("ABC123", "a.b")
    assert (
        len(
            {
                ring.digest("ABC123", "a.b"),
                other.digest("ABC123", "a.b"),
                ring.digest("ABC123", "a.c"),
            }
        )
        == 3
    )
