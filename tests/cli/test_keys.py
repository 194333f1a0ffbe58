"""Rotation of column keys: every sealed column is reached, in its own scope, and nothing else is seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, select, type_coerce, update
from sqlalchemy.orm import Session

from app.cli import keys
from app.cli.key_rotation import BY_OWNER, rotate_column, sealed_columns
from app.integrations.models import ProviderChoice
from app.kernel import crypto
from app.kernel.crypto import UnknownKeyError
from app.kernel.db.base import CLINIC, IDENTITY
from app.kernel.identity.models import Human
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import PatientProfile
from app.tables import metadata
from tests.factories.cast import Cast

CNP = "2900101410013"
NEWER = f"newer:{crypto.new_key()}"


@contextmanager
def keys_set(*entries: str) -> Iterator[None]:
    """The process has these keys, the first one seals."""
    before = crypto.ring()
    crypto.install(",".join(entries))
    try:
        yield
    finally:
        crypto._Installed.keys = before


@pytest.fixture
def older(app: Flask) -> str:
    return str(app.config["SETTINGS"].encryption_keys)


@pytest.fixture
def sealed(session: Session, cast: Cast) -> None:
    """A national id of a patient and settings of a provider, sealed with the older key."""
    with scoped(session, Scope(org_id=cast.clinic.id)):
        session.execute(
            update(PatientProfile)
            .where(PatientProfile.id == cast.petra.profile_id)
            .values(national_id=CNP)
        )
        session.add(
            ProviderChoice(org_id=cast.clinic.id, kind="sms", name="twilio", settings="secret")
        )
        session.flush()
    session.commit()


def _by_clinic():  # type: ignore[no-untyped-def]
    return [column for column in sealed_columns() if str(column.table) not in BY_OWNER]


@pytest.mark.proves("KRN-08")
@pytest.mark.usefixtures("sealed")
def test_clinics_are_sealed_anew_each_in_its_own_scope(
    session: Session, cast: Cast, older: str
) -> None:
    wanted = {
        "patient_profiles.national_id": 1,
        "provider_choices.settings": 1,
        "patient_import_rows.cells": 0,
    }
    with keys_set(NEWER, older):
        assert keys.rotate_clinics(_by_clinic()) == wanted
        assert keys.rotate_clinics(_by_clinic()) == dict.fromkeys(wanted, 0), "run it again at will"
    with keys_set(NEWER), scoped(session, Scope(org_id=cast.clinic.id)):
        opened = session.scalar(
            select(PatientProfile.national_id).where(PatientProfile.id == cast.petra.profile_id)
        )
    assert opened == CNP, "the older key may go"


@pytest.mark.proves("KRN-08")
@pytest.mark.usefixtures("sealed")
def test_a_value_changed_meanwhile_is_left_alone(
    session: Session, cast: Cast, older: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = PatientProfile.__table__.c.national_id
    honest = crypto.rotate

    def meddled(ring, values):  # type: ignore[no-untyped-def]
        for fresh in honest(ring, values):
            session.execute(update(PatientProfile).values(national_id="changed meanwhile"))
            yield fresh

    monkeypatch.setattr(crypto, "rotate", meddled)
    with keys_set(NEWER, older), scoped(session, Scope(org_id=cast.clinic.id)):
        assert rotate_column(session, column) == 0
        assert set(session.scalars(select(PatientProfile.national_id))) == {"changed meanwhile"}


@pytest.mark.proves("KRN-08")
def test_accounts_are_sealed_anew_by_the_owner(app: Flask, cast: Cast, older: str) -> None:
    columns = [column for column in sealed_columns() if str(column.table) in BY_OWNER]
    with keys_set(NEWER, older):
        assert keys.rotate_accounts(columns) == {"humans.totp_secret": 1}, "committed: the operator"
    with keys_set(older, NEWER):
        assert keys.rotate_accounts(columns) == {"humans.totp_secret": 1}, (
            "and back, for other tests"
        )


@pytest.mark.usefixtures("sealed")
def test_a_missing_key_stops_the_rotation(cast: Cast) -> None:
    with keys_set(NEWER), pytest.raises(UnknownKeyError):
        keys.rotate_clinics(_by_clinic())


@pytest.mark.proves("KRN-08")
def test_every_sealed_column_has_a_way_to_be_reached(app: Flask) -> None:
    for column in sealed_columns():
        kind = _kinds()[str(column.table)]
        reached = str(column.table) in BY_OWNER or kind in (CLINIC, IDENTITY)
        assert reached, f"{column} is in no scope that the rotation enters"
    assert Human.__table__.c.totp_secret in sealed_columns()


def _kinds() -> dict[str, str]:
    from app.kernel.db import Base

    assert metadata is Base.metadata
    return {str(mapper.local_table): mapper.class_.__tenancy__ for mapper in Base.registry.mappers}


def test_raw_values_stay_sealed_in_the_database(session: Session, cast: Cast, sealed: None) -> None:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        raw = session.scalar(
            select(type_coerce(PatientProfile.national_id, LargeBinary)).where(
                PatientProfile.id == cast.petra.profile_id
            )
        )
    assert raw
    assert CNP.encode() not in bytes(raw)
