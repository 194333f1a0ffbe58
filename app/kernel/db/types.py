"""Column types of our own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from app.kernel import crypto


class EncryptedText(TypeDecorator[str]):
    """Text encrypted in the application (AES-256-GCM), bound to its table and column (KRN-08).

    The key ring is installed once at start by `crypto.install`.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        """`context` names table and column; a value moved to another column does not decrypt."""
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else crypto.ring().encrypt(value, self.context)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else crypto.ring().decrypt(bytes(value), self.context)
