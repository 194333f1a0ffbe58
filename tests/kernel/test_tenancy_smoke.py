"""The scope of a transaction decides which clinic's rows it sees."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import NOBODY, Scope, enter
from app.people.models import Patient
from tests.factories.cast import Cast
from tests.support.browser_client import BrowserClient


@pytest.mark.proves("KRN-01")
def test_scope_decides_what_is_seen(session: Session, cast: Cast) -> None:
    def seen() -> int:
        return session.scalar(select(func.count()).select_from(Patient)) or 0

    enter(session, Scope(org_id=cast.clinic.id))
    assert seen() == 2
    enter(session, Scope(org_id=cast.other_clinic.id))
    assert seen() == 0
    enter(session, NOBODY)
    assert seen() == 0


@pytest.mark.proves("KRN-01")
def test_scope_ends_with_the_request(client: BrowserClient, session: Session, cast: Cast) -> None:
    assert client.get("/healthz").status_code == 200
    assert session.scalar(select(func.count()).select_from(Patient)) == 0
