"""Small rules of identity, access and tenancy: short names, default roles, the next code, QR paths."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.access.default_roles import DEFAULT_ROLES, granted
from app.kernel.access.permissions import all_permissions
from app.kernel.identity import totp
from app.kernel.identity.passwords import check_strength
from app.kernel.tenancy.slugs import RESERVED, checked_slug, suggested_slug
from app.lib.errors import Invalid
from app.web.http.qr import QUIET_ZONE, qr_path
from tests.factories.cast import TOTP_SECRET

NOW = dt.datetime(2027, 3, 3, 8, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_words_of_the_platform_are_no_clinics(word: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_slug(word)
    assert refused.value.errors[0].code == ("slug_reserved" if len(word) > 2 else "slug_shape")


@pytest.mark.parametrize(
    "text", ["ab", "-abc", "abc-", "a--b-c", "a_b", "ăîș", "x" * 41, "a b", "a.b"]
)
def test_short_names_have_their_shape(text: str) -> None:
    with pytest.raises(Invalid):
        checked_slug(text)


@given(st.text(max_size=80))
def test_a_suggested_name_is_good_or_short(name: str) -> None:
    suggested = suggested_slug(name)
    if len(suggested) >= 3 and suggested not in RESERVED:
        assert checked_slug(suggested) == suggested


def test_first_words_of_all_addresses_are_reserved(app) -> None:  # type: ignore[no-untyped-def]
    """A clinic called like a fixed first word of an address would never be reached."""
    firsts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    fixed = {first for first in firsts if first and "<" not in first and "." not in first}
    assert fixed - RESERVED == set()


@pytest.mark.proves("KRN-03")
def test_default_roles_hold_declared_permissions_only(app) -> None:  # type: ignore[no-untyped-def]
    declared = {permission.code for permission in all_permissions()}
    holders = {role.code: set(granted(role, declared)) for role in DEFAULT_ROLES}
    assert holders["owner"] == declared
    assert "audit.view" not in holders["reception"] | holders["specialist"] | holders["assistant"]
    assert "roles.manage" not in holders["manager"], "only the owner changes what roles allow"
    for role in DEFAULT_ROLES:
        for pattern in role.permissions:
            assert granted(role, declared) or pattern, role.code


@given(st.integers(0, 10**9), st.none() | st.integers(-3, 3))
def test_the_next_code_is_accepted_or_none_is_left(seconds: int, used_ago: int | None) -> None:
    at = dt.datetime.fromtimestamp(seconds + 1_500_000_000, dt.UTC)
    step = int(at.timestamp()) // totp.STEP_SECONDS
    last = None if used_ago is None else step - used_ago
    code = totp.next_code(TOTP_SECRET, at, last)
    if code is None:
        assert last is not None
        assert last > step
        return
    # Two steps may share a code by chance (one in a million): the accepted step is new in any case.
    accepted = totp.accepted_step(TOTP_SECRET, code, at, last)
    assert accepted is not None
    assert last is None or accepted > last


@given(st.text(min_size=1, max_size=200))
def test_a_qr_path_draws_every_dark_module_once(text: str) -> None:
    import re

    import segno

    drawn = qr_path(text)
    dark = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", drawn.d):
        for step in range(int(width)):
            cell = (int(x) + step - QUIET_ZONE, int(y) - QUIET_ZONE)
            assert cell not in dark
            dark.add(cell)
    matrix = segno.make(text, error="m", micro=False).matrix
    assert dark == {(x, y) for y, row in enumerate(matrix) for x, one in enumerate(row) if one}
    assert drawn.size == len(matrix) + 2 * QUIET_ZONE


@pytest.mark.proves("SEC-01")
@pytest.mark.parametrize(
    "password",
    [
        *(
            "short",
            "aaaaaaaaaaaa",
            "1234567890",
            "0987654321",
            "abcdefghijkl",
            "qwertyuiop",
            "poiuytrewq",
        ),
        *(
            "password123!",
            "Parola2026!!",
            "1parola1parola",
            "restartix2026",
            "1qaz2wsx3edc",
            "x" * 129,
        ),
    ],
)
def test_guessable_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid):
        check_strength(password)


@pytest.mark.parametrize(
    "password", ["rain on quiet hills", "a calm river 47", "demo-parola-2026", "Tz7!mQ2#pL"]
)
def test_good_passwords_pass(password: str) -> None:
    check_strength(password)
