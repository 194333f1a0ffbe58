"""The operator's staff of the demo. Only the owner of the tables may name them, as `flask platform add` does."""

from __future__ import annotations

import datetime as dt

import psycopg

from app.demo.cast import OPERATOR, PASSWORD, TOTP_SECRET
from app.kernel import crypto
from app.kernel.identity.passwords import hash_password
from app.lib.ids import uuid7
from config import Settings


def ensure_operator(settings: Settings, now: dt.datetime) -> None:
    """Make the operator's demo login, unless it exists or the owner's login is not at hand."""
    if settings.database_owner_url is None:
        return
    name, email = OPERATOR
    with psycopg.connect(settings.database_owner_url) as connection:
        connection.execute(
            "INSERT INTO humans (id, email, name, password_hash, totp_secret, totp_confirmed_at, is_platform_staff) "
            "VALUES (%s, %s, %s, %s, %s, %s, true) ON CONFLICT DO NOTHING",
            [
                uuid7(),
                email,
                name,
                hash_password(PASSWORD),
                crypto.ring().encrypt(TOTP_SECRET, "humans.totp_secret"),
                now,
            ],
        )
