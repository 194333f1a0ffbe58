"""Every column says what it holds, and what must be unreadable in a stolen disk is (KRN-08)."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import Column, insert, select, text
from sqlalchemy.orm import Session

from app.kernel.db import DataClass, EncryptedText
from app.kernel.db.columns import data_class_of
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from app.people.models import PatientProfile
from app.tables import metadata
from tests.factories.cast import Cast

pytestmark = pytest.mark.proves("KRN-08")

SECRET = {DataClass.PII_REGULATED, DataClass.AUTH_SECRET}
# Secrets that are kept as something from which they cannot be read back.
NOT_READABLE = {
    "calendar_feeds.token_digest": "SHA-256 of 256 random bits",
    "wall_screens.token_digest": "SHA-256 of 256 random bits",
    "humans.password_hash": "argon2id",
    "humans.totp_last_step": "a step number that was used, worthless afterwards",
    "login_links.token_digest": "SHA-256 of 256 random bits",
    "kiosk_openings.token_digest": "SHA-256 of 256 random bits",
    "kiosk_openings.code_digest": "keyed digest of a code that lives for minutes and serves once",
    "kiosk_openings.claim_digest": "SHA-256 of 256 random bits",
}
# A person's details belong to these; anything named like one must not be declared as running data.
PERSONAL_NAMES = (
    "email",
    "phone",
    "birth",
    "national_id",
    "ip",
    "user_agent",
    "recipient",
    "address",
)


def _columns() -> list[Column[object]]:
    return [column for table in metadata.sorted_tables for column in table.columns]


def _named(column: Column[object]) -> str:
    return f"{column.table.name}.{column.name}"


def test_every_column_says_what_it_holds():
    assert len(_columns()) > 400
    assert [_named(column) for column in _columns() if data_class_of(column) is None] == []


def test_secrets_are_encrypted_or_cannot_be_read_back():
    plain = {
        _named(column)
        for column in _columns()
        if data_class_of(column) in SECRET and not isinstance(column.type, EncryptedText)
    }
    assert plain == NOT_READABLE.keys()


def test_only_secrets_are_encrypted():
    """Contact data stays plain on purpose: it is searched for."""
    encrypted = [column for column in _columns() if isinstance(column.type, EncryptedText)]
    assert encrypted
    assert [_named(column) for column in encrypted if data_class_of(column) not in SECRET] == []


def test_encrypted_values_are_bound_to_their_place():
    for column in _columns():
        if isinstance(column.type, EncryptedText):
            assert column.type.context == _named(column)


def test_personal_names_are_declared_as_personal():
    public = ("organizations", "locations")  # A clinic's own address, shown to everybody.
    careless = [
        _named(column)
        for column in _columns()
        if column.name in PERSONAL_NAMES and column.table.name not in public
        if data_class_of(column) in (DataClass.OPERATIONAL, DataClass.PUBLIC)
    ]
    assert careless == []


def test_a_national_identifier_is_not_on_the_disk(session: Session, cast: Cast):
    profile_id: uuid.UUID = uuid7()
    enter(session, Scope(org_id=cast.clinic.id, human_id=cast.petra.human_id))
    session.execute(
        insert(PatientProfile).values(
            id=profile_id, human_id=cast.petra.human_id, name="P", national_id="1960229410019"
        )
    )
    stored = session.scalar(
        text("SELECT national_id FROM patient_profiles WHERE id = :id"), {"id": profile_id}
    )
    assert isinstance(stored, bytes)
    assert b"1960229410019" not in stored
    read = select(PatientProfile.national_id).where(PatientProfile.id == profile_id)
    assert session.scalar(read) == "1960229410019"
