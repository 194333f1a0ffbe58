"""Texts without an account: what would have been sent is recorded for the outbox page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from app.integrations.measure import measured
from app.integrations.registry import SandboxRecord, Settings, Surroundings, optional
from app.integrations.sms.port import OutgoingSms, SmsReceipt, SmsState, SmsStatus
from app.lib.webhook_signature import SignatureInvalid


class SandboxSms:
    """Records instead of sending; the record is made once for each key."""

    name = "sandbox"

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._sender = optional(settings, "sender", "sandbox")
        self._surroundings = surroundings

    def send(
        self, message: OutgoingSms, idempotency_key: str, *, retry: bool = False
    ) -> SmsReceipt:
        """See `SmsSender.send`."""
        record = SandboxRecord(
            kind="sms",
            idempotency_key=idempotency_key,
            recipient=message.to,
            sender=self._sender,
            body=message.text,
            sent_at=self._surroundings.clock.now(),
        )
        with measured("sms", self.name):
            self._surroundings.sandbox_log(record)
        digest = hashlib.sha256(idempotency_key.encode()).hexdigest()
        return SmsReceipt(self.name, f"sandbox-{digest[:32]}", SmsState.SENT)

    def status(self, reference: str) -> SmsStatus:
        """See `SmsSender.status`; what is recorded counts as delivered."""
        return SmsStatus(reference, SmsState.DELIVERED)

    def read_news(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> SmsStatus:
        """See `SmsSender.read_news`; the sandbox calls nobody, so every call is forged."""
        raise SignatureInvalid(fault="sandbox")

    def check(self) -> None:
        """See `SmsSender.check`; there is nothing that could be wrong."""
