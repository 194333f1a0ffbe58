"""E-mail without an account: what would have been sent is recorded for the outbox page."""

from __future__ import annotations

import base64
import hashlib

from app.integrations.email.port import Attachment, OutgoingEmail, Receipt
from app.integrations.measure import measured
from app.integrations.registry import SandboxRecord, Settings, Surroundings, optional


class SandboxEmail:
    """Records instead of sending; the record is made once for each key."""

    name = "sandbox"

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._sender = optional(settings, "sender", "clinic@sandbox.invalid")
        self._surroundings = surroundings

    def send(self, message: OutgoingEmail, idempotency_key: str) -> Receipt:
        """See `EmailSender.send`."""
        with measured("email", self.name):
            self._surroundings.sandbox_log(self._record(message, idempotency_key))
        digest = hashlib.sha256(idempotency_key.encode()).hexdigest()
        return Receipt(self.name, f"sandbox-{digest[:32]}")

    def check(self) -> None:
        """See `EmailSender.check`; there is nothing that could be wrong."""

    def _record(self, message: OutgoingEmail, idempotency_key: str) -> SandboxRecord:
        return SandboxRecord(
            kind="email",
            idempotency_key=idempotency_key,
            recipient=message.to,
            sender=self._sender,
            subject=message.subject,
            body=message.text,
            sent_at=self._surroundings.clock.now(),
            html=message.html,
            attachments=tuple(map(_part, message.attachments)),
        )


def _part(attachment: Attachment) -> dict[str, object]:
    return {
        "filename": attachment.filename,
        "mime": attachment.mime,
        "bytes": len(attachment.content),
        "content": base64.b64encode(attachment.content).decode(),
    }
