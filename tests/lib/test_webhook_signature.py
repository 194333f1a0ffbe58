"""Signed webhooks: proof or refusal, never a stray exception."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.webhook_signature import SignatureInvalid, new_secret, sign, verify

pytestmark = pytest.mark.proves("WHK-02", "SEC-01")

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = new_secret(b"s" * 32)
OTHER = new_secret(b"o" * 32)
BODY = b'{"type":"payment.succeeded"}'


def test_the_example_of_the_standard() -> None:
    # Standard Webhooks 1.0.0, reference vector shared by its libraries.
    headers = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_proof_is_accepted_near_its_time(seconds: int) -> None:
    headers = sign(SECRET, "msg_1", BODY, NOW)
    assert verify([SECRET], headers, BODY, NOW + timedelta(seconds=seconds)) == "msg_1"


@pytest.mark.parametrize("seconds", [-301, 301, -86400, 86400])
def test_old_and_future_stamps_are_refused(seconds: int) -> None:
    headers = sign(SECRET, "msg_1", BODY, NOW)
    with pytest.raises(SignatureInvalid):
        verify([SECRET], headers, BODY, NOW + timedelta(seconds=seconds))


def test_rotation_accepts_either_secret_and_several_signatures() -> None:
    headers = sign(OTHER, "msg_1", BODY, NOW)
    assert verify([SECRET, OTHER], headers, BODY, NOW) == "msg_1"
    both = sign(SECRET, "msg_1", BODY, NOW)["webhook-signature"]
    headers["webhook-signature"] = f"v1,AAAA v2,zz {both}"
    assert verify([SECRET], {k.title(): v for k, v in headers.items()}, BODY, NOW) == "msg_1"


def test_changed_parts_are_refused() -> None:
    headers = sign(SECRET, "msg_1", BODY, NOW)
    changes = [
        ([OTHER], headers, BODY),
        ([], headers, BODY),
        ([SECRET], headers, BODY + b" "),
        ([SECRET], headers | {"webhook-id": "msg_2"}, BODY),
        ([SECRET], headers | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, BODY),
        ([SECRET], {}, BODY),
    ]
    for secrets, sent, body in changes:
        with pytest.raises(SignatureInvalid):
            verify(secrets, sent, body, NOW)


@given(
    st.fixed_dictionaries(
        {
            "webhook-id": st.text(max_size=20),
            "webhook-timestamp": st.text(max_size=20),
            "webhook-signature": st.text(max_size=60),
        }
    ),
    st.binary(max_size=40),
)
def test_any_nonsense_is_a_refusal(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        verify([SECRET], headers, body, NOW)


def test_weak_secrets_are_refused() -> None:
    for secret in ("whsec_c2hvcnQ=", "whsec_***"):
        with pytest.raises(ValueError):
            sign(secret, "m", b"", NOW)
    with pytest.raises(ValueError):
        new_secret(b"short")
    with pytest.raises(ValueError):
        sign(SECRET, "a.b", b"", NOW)
