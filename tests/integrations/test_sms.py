"""Texts: one contract for the sandbox and for Twilio against a local stand-in with faults."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import REGISTRY

from app.integrations.errors import ProviderError
from app.integrations.http import Limits
from app.integrations.registry import Surroundings
from app.integrations.sms.port import OutgoingSms, SmsSender, SmsState
from app.integrations.sms.sandbox import SandboxSms
from app.integrations.sms.twilio import TwilioAccount, TwilioSms, signature
from app.lib.webhook_signature import SignatureInvalid
from tests.support.clock import FrozenClock
from tests.support.sandbox_outbox import SandboxOutbox
from tests.support.twilio_double import SID, TOKEN, TwilioDouble, twilio_double

pytestmark = pytest.mark.proves("KRN-09", "SEC-01")

HELLO = OutgoingSms("+40722123456", "Bună, te așteptăm marți la 10:00.")
LIMITS = Limits(connect_seconds=0.5, total_seconds=0.4, max_bytes=50_000)


@pytest.fixture
def double() -> Iterator[TwilioDouble]:
    with twilio_double(FrozenClock()) as running:
        yield running


@pytest.fixture
def twilio(double: TwilioDouble) -> TwilioSms:
    return TwilioSms(TwilioAccount(SID, TOKEN, "Clinica"), double.clock, double.address, LIMITS)


@pytest.fixture(params=["sandbox", "twilio"])
def sent(request: pytest.FixtureRequest) -> Any:
    """A sender, and a look at the texts that left: number and text."""
    if request.param == "sandbox":
        outbox = SandboxOutbox()
        sandbox = SandboxSms({}, Surroundings(outbox, FrozenClock()))
        return sandbox, lambda: [(record.recipient, record.body) for record in outbox.records]
    double = request.getfixturevalue("double")
    return request.getfixturevalue("twilio"), lambda: [
        (m["to"], m["body"]) for m in double.messages
    ]


class TestContract:
    """What messaging may rely on, whichever provider a clinic has."""

    def test_a_text_leaves_whole(self, sent: Any) -> None:
        sender, left = sent
        receipt = sender.send(HELLO, "visit-1-confirmed")
        assert left() == [(HELLO.to, HELLO.text)]
        assert receipt.provider == sender.name
        assert receipt.state in (SmsState.ACCEPTED, SmsState.SENT)

    def test_a_retry_after_an_unknown_outcome_sends_no_second_text(self, sent: Any) -> None:
        sender, left = sent
        first = sender.send(HELLO, "a")
        again = sender.send(HELLO, "a", retry=True)
        assert again.reference == first.reference
        assert len(left()) == 1

    def test_two_texts_are_two(self, sent: Any) -> None:
        sender, left = sent
        first = sender.send(HELLO, "a")
        second = sender.send(OutgoingSms(HELLO.to, "Alt text"), "b", retry=True)
        assert first.reference != second.reference
        assert len(left()) == 2

    def test_the_status_can_be_asked(self, sent: Any) -> None:
        sender, _ = sent
        receipt = sender.send(HELLO, "a")
        assert sender.status(receipt.reference).reference == receipt.reference

    def test_unproven_news_is_refused(self, sent: Any) -> None:
        sender, _ = sent
        form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
        for headers in ({}, {"X-Twilio-Signature": "forged"}, {"X-Twilio-Signature": "ș"}):
            with pytest.raises(SignatureInvalid):
                sender.read_news("https://clinic.example/news", headers, form)

    def test_checking_sends_nothing(self, sent: Any) -> None:
        sender, left = sent
        sender.check()
        assert left() == []

    def test_nothing_shows_in_reprs(self) -> None:
        assert "722" not in repr(HELLO)
        assert "marți" not in repr(HELLO)


class TestTwilio:
    """What only a vendor can do."""

    @pytest.mark.parametrize("fault", ["silence", "drip", "500 done"])
    def test_time_out_after_success_then_retry_sends_once(
        self, twilio: SmsSender, double: TwilioDouble, fault: str
    ) -> None:
        double.faults = [fault]
        started = time.monotonic()
        with pytest.raises(ProviderError) as failed:
            twilio.send(HELLO, "a")
        assert time.monotonic() - started < 4
        assert (failed.value.permanent, failed.value.outcome_unknown) == (False, True)
        double.clock.advance(minutes=20)
        receipt = twilio.send(HELLO, "a", retry=True)
        assert [message["sid"] for message in double.messages] == [receipt.reference]

    def test_a_500_without_effect_is_sent_by_the_retry(
        self, twilio: SmsSender, double: TwilioDouble
    ) -> None:
        double.faults = ["500"]
        with pytest.raises(ProviderError) as failed:
            twilio.send(HELLO, "a")
        assert failed.value.outcome_unknown
        twilio.send(HELLO, "a", retry=True)
        assert len(double.messages) == 1

    def test_the_same_text_of_last_week_is_not_this_one(
        self, twilio: SmsSender, double: TwilioDouble
    ) -> None:
        twilio.send(HELLO, "reminder-1")
        double.clock.advance(days=7)
        twilio.send(HELLO, "reminder-2", retry=True)
        assert len(double.messages) == 2

    def test_a_first_attempt_does_not_search(self, twilio: SmsSender, double: TwilioDouble) -> None:
        twilio.send(HELLO, "a")
        assert double.searches == 0

    def test_too_many_says_when_to_come_back(self, twilio: SmsSender, double: TwilioDouble) -> None:
        double.faults = ["429"]
        with pytest.raises(ProviderError) as failed:
            twilio.send(HELLO, "a")
        assert failed.value.retry_after == 7
        assert (failed.value.permanent, failed.value.outcome_unknown) == (False, False)

    def test_a_refused_number_is_permanent_and_not_repeated_in_the_error(
        self, twilio: SmsSender
    ) -> None:
        with pytest.raises(ProviderError) as failed:
            twilio.send(OutgoingSms("0722999888", "x"), "a")
        assert (failed.value.fault, failed.value.permanent) == ("refused_21211", True)
        assert "999888" not in f"{failed.value!r} {failed.value}"

    def test_wrong_credentials_are_permanent(self, double: TwilioDouble) -> None:
        wrong = TwilioSms(
            TwilioAccount(SID, "other", "Clinica"), double.clock, double.address, LIMITS
        )
        for call in (wrong.check, lambda: wrong.send(HELLO, "a")):
            with pytest.raises(ProviderError) as failed:
                call()
            assert (failed.value.fault, failed.value.permanent) == ("refused_20003", True)

    def test_no_server_means_nothing_was_sent(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        nobody = TwilioSms(TwilioAccount(SID, TOKEN, "x"), FrozenClock(), address, LIMITS)
        with pytest.raises(ProviderError) as failed:
            nobody.send(HELLO, "a")
        assert failed.value.fault == "unreachable"
        assert not failed.value.outcome_unknown

    @pytest.mark.parametrize(
        ("told", "state"),
        [
            ("queued", SmsState.ACCEPTED),
            ("sent", SmsState.SENT),
            ("delivered", SmsState.DELIVERED),
            ("undelivered", SmsState.FAILED),
            ("something new", SmsState.ACCEPTED),
        ],
    )
    def test_proven_news_is_read(self, twilio: SmsSender, told: str, state: SmsState) -> None:
        url = "https://clinic.example/webhooks/sms?clinic=7"
        form = {"MessageSid": "SM1", "MessageStatus": told, "ErrorCode": "30006", "To": "+40"}
        headers = {"X-Twilio-Signature": signature(TOKEN, url, form)}
        status = twilio.read_news(url, headers, form)
        assert (status.reference, status.state, status.fault) == ("SM1", state, "30006")
        for changed in ({**form, "MessageStatus": "read"}, {**form, "More": "x"}):
            with pytest.raises(SignatureInvalid):
                twilio.read_news(url, headers, changed)
        with pytest.raises(SignatureInvalid):
            twilio.read_news(url.replace("7", "8"), headers, form)

    def test_the_signature_is_the_vendors(self) -> None:
        # The example in the vendor's own documentation of request validation.
        form = {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+12349013030",
            "Digits": "1234",
            "From": "+12349013030",
            "To": "+18005551212",
        }
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        assert signature("12345", url, form) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="

    def test_a_reference_cannot_leave_its_path(self, twilio: SmsSender) -> None:
        with pytest.raises(ProviderError) as failed:
            twilio.status("../../Accounts")
        assert failed.value.permanent

    @pytest.mark.proves("OPS-01")
    def test_calls_are_measured_by_outcome(self, twilio: SmsSender, double: TwilioDouble) -> None:
        def count(outcome: str) -> float:
            labels = {"kind": "sms", "provider": "twilio", "outcome": outcome}
            return REGISTRY.get_sample_value("restartix_provider_seconds_count", labels) or 0

        done, temporary = count("done"), count("temporary")
        twilio.send(HELLO, "a")
        double.faults = ["429"]
        with pytest.raises(ProviderError):
            twilio.send(HELLO, "b")
        assert (count("done"), count("temporary")) == (done + 1, temporary + 1)
