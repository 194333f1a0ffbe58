"""Guessing is braked per person, by the login log itself, and opens again by itself (SEC-01; ASVS 6.3.1)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app.kernel.access.actor import Origin
from app.kernel.identity import signing_in
from app.kernel.identity.signing_in import FAILURE_WINDOW, MAX_FAILURES, Attempt
from app.kernel.tenancy.scope import NOBODY, Scope, enter
from app.lib.errors import Refused
from tests.factories.cast import PASSWORD, Cast, Person
from tests.support.app import NOW

pytestmark = pytest.mark.proves("SEC-01", "KRN-15")
ATTEMPT = Attempt(None, Origin(), NOW)


def _fail(session: Session, person: Person, times: int) -> None:
    enter(session, Scope(human_id=person.human_id))
    for _ in range(times):
        signing_in.log_attempt(
            session, ATTEMPT, signing_in.PASSWORD, "refused", human_id=person.human_id
        )


def _try(session: Session, person: Person, attempt: Attempt = ATTEMPT) -> str:
    enter(session, NOBODY)
    try:
        signing_in.check_password(session, person.email, PASSWORD, attempt)
    except Refused as refused:
        return refused.code
    return "in"


def test_the_right_password_is_of_no_use_after_too_many_wrong_ones(session: Session, cast: Cast):
    _fail(session, cast.olga, MAX_FAILURES - 1)
    assert _try(session, cast.olga) == "in"
    _fail(session, cast.olga, 1)
    assert _try(session, cast.olga) == "too_many_attempts"


def test_others_are_not_braked(session: Session, cast: Cast):
    _fail(session, cast.olga, MAX_FAILURES)
    assert _try(session, cast.ramona) == "in"


def test_the_brake_opens_with_time(session: Session, cast: Cast):
    _fail(session, cast.olga, MAX_FAILURES)
    later = replace(ATTEMPT, now=NOW + FAILURE_WINDOW + dt.timedelta(seconds=1))
    assert _try(session, cast.olga, later) == "in"
