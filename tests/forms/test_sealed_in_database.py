"""A committed signed form against the owner of the tables, and two signatures at the same moment."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.forms import actions, queries
from app.forms.actions import DrawnSignature
from app.forms.models import FormInstance
from app.kernel.access.actor import KIOSK, Actor, system
from app.kernel.storage import ClinicStorage, open_storage
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope
from app.kernel.tokens import TokenSigner
from app.lib.ids import uuid7
from app.people.models import Patient
from tests.factories.forms import png_url, points_json, seen
from tests.support.app import NOW
from tests.support.live import Live

GIVEN = {"implant": "no", "pregnancy": "no"}


class Clinic:
    """A committed clinic with one patient and its templates."""

    def __init__(self, live: Live) -> None:
        self.live, self.org_id, self.patient_id = live, uuid7(), uuid7()
        live.run(self._organization, Scope(role=PLATFORM_ROLE))
        live.run(self._content, Scope(org_id=self.org_id))
        folder = live.env["STORAGE"].removeprefix("disk:")
        store = open_storage(f"disk:{folder}", TokenSigner("s" * 40), "http://localhost")
        self.blobs = ClinicStorage(store, self.org_id)

    def _organization(self, session: Session) -> None:
        slug = f"seal-{self.org_id.hex[-12:]}"
        values = {"id": self.org_id, "slug": slug, "name": "Seal", "activated_at": NOW}
        session.execute(insert(Organization).values(**values))

    def _content(self, session: Session) -> None:
        names = {"name": "Petra", "search_name": "petra", "search_text": "petra"}
        session.execute(insert(Patient).values(org_id=self.org_id, id=self.patient_id, **names))
        actions.create_default_templates(session, system(self.org_id), NOW)

    def signed(self) -> uuid.UUID:
        return self.live.run(self._sign, Scope(org_id=self.org_id))

    def _sign(self, session: Session) -> uuid.UUID:
        desk, tablet = system(self.org_id), Actor(kind=KIOSK, org_id=self.org_id)
        template = queries.templates(session, self.org_id)[1]
        form = actions.open_form(
            session, desk, patient_id=self.patient_id, template_id=template.id, now=NOW
        )
        handed = actions.open_on_kiosk(session, desk, form_id=form.id, now=NOW)
        secret = actions.claim(session, tablet, token=handed.token, now=NOW)
        opening, form = actions.claimed(session, self.org_id, secret, NOW)
        actions.save(session, tablet, form, given=GIVEN, complete=True, now=NOW)
        drawn = DrawnSignature("Petra", "self", png_url(), points_json(), opening)
        actions.sign(
            session,
            tablet,
            form=form,
            signature=drawn,
            seen_sha256=seen(form),
            blobs=self.blobs,
            now=NOW,
        )
        return form.id


@pytest.fixture(scope="module")
def clinic(live_system: Live) -> Iterator[Clinic]:
    return Clinic(live_system)


@pytest.mark.proves("FRM-03")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE form_instances SET signer_name = 'X' WHERE id = %s",
        "UPDATE form_instances SET state = 'voided' WHERE id = %s",
        "DELETE FROM form_instances WHERE id = %s",
        "TRUNCATE form_instances CASCADE",
    ],
)
def test_not_even_the_owner_changes_a_signed_form(clinic: Clinic, statement: str) -> None:
    """The owner sees no row under row-level security; with that switched off, the trigger still refuses."""
    form_id = clinic.signed()
    with psycopg.connect(clinic.live.database.owner) as owner:
        owner.execute("ALTER TABLE form_instances NO FORCE ROW LEVEL SECURITY")
        parameters = [form_id] if "%s" in statement else []
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner.execute(statement, parameters)
        owner.rollback()


@pytest.mark.proves("BYD-06")
def test_two_signatures_at_once_make_one_chain(clinic: Clinic) -> None:
    clinic.signed()
    with ThreadPoolExecutor(4) as pool:
        signatures = [pool.submit(clinic.signed) for _ in range(4)]
    assert len({signature.result() for signature in signatures}) == 4
    chain = clinic.live.run(_chain, Scope(org_id=clinic.org_id))
    assert [row.chain_number for row in chain] == list(range(1, len(chain) + 1))
    hashes = [None, *[row.content_sha256 for row in chain]]
    assert [row.previous_sha256 for row in chain] == hashes[:-1]
    assert len(chain) >= 5


def _chain(session: Session) -> list[FormInstance]:
    signed = select(FormInstance).where(FormInstance.chain_number.is_not(None))
    return list(session.scalars(signed.order_by(FormInstance.chain_number)))
