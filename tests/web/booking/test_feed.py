"""Private calendar feeds: made once, read by calendars, ended; what they tell and what they keep to themselves."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from redis import Redis
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.appointments import actions
from app.appointments.models import CalendarFeed
from app.kernel.access.models import ActingAs
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.ids import uuid7
from tests.appointments.test_calendar_file import Line, lines_of
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import book_for
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.queries import CountQueries

pytestmark = pytest.mark.proves("SPC-02", "PRT-01", "BOK-03")
CONSOLE, PORTAL = "/movimento/console/my-calendar", "/movimento/portal/calendar"


def made(browser: BrowserClient, page: str) -> str:
    """Make an address and give its path."""
    answer = browser.post(page)
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r'value="https?://[^/"]+(/[^"]+\.ics)"', answer.text)
    assert found
    return found[1]


def events(content: bytes) -> list[dict[str, str]]:
    """Each event's properties, read by a reader that knows the RFC and not the library that wrote it."""
    found: list[dict[str, str]] = []
    lines: list[Line] = lines_of(content)
    for name, _parameters, value in lines:
        if (name, value) == ("BEGIN", "VEVENT"):
            found.append({})
        elif found and name not in ("BEGIN", "END"):
            found[-1][name] = value
    return found


def test_a_specialists_calendar_names_patients_by_initials(
    session: Session,
    redis: Redis,
    cast: Cast,
    scene: Scene,
    signed_in: SignIn,
    client: BrowserClient,
) -> None:
    visit = book_for(session, redis, scene, cast, note="Durere lombară")
    path = made(signed_in(cast.stefan), CONSOLE)
    answer = client.get(path)
    assert answer.mimetype == "text/calendar"
    [entry] = events(answer.data)
    assert entry["UID"] == f"{visit.id}@restartix"
    assert entry["SUMMARY"].endswith("· PȚ") or entry["SUMMARY"].endswith("· PP"), entry["SUMMARY"]
    assert entry["DTSTART"] == f"{visit.starts_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    for secret in (b"Petra", b"Durere", b"@example", b"+40"):
        assert secret not in answer.data
    with scoped(session, Scope(org_id=cast.clinic.id)):
        [kept] = session.scalars(select(CalendarFeed)).all()
    assert kept.token_digest not in path


def test_a_reader_who_has_it_all_gets_nothing_twice_and_learns_of_a_change(
    session: Session,
    redis: Redis,
    cast: Cast,
    scene: Scene,
    signed_in: SignIn,
    client: BrowserClient,
    clock: FrozenClock,
) -> None:
    visit = book_for(session, redis, scene, cast)
    path = made(signed_in(cast.petra), PORTAL)
    first = client.get(path)
    assert "Ștefan" in first.data.decode() or "Stefan" in first.data.decode()
    clock.advance(minutes=30)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with scoped(session, Scope(org_id=cast.clinic.id)):
        actions.cancel(session, staff_actor(cast.ramona), visit.id, now=clock.now())
        session.commit()
    changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    [entry] = events(changed.data)
    assert entry["STATUS"] == "CANCELLED"
    assert int(entry["SEQUENCE"]) > int(events(first.data)[0]["SEQUENCE"])


def test_a_new_address_ends_the_one_before_and_both_can_be_ended(
    cast: Cast, scene: Scene, signed_in: SignIn, client: BrowserClient
) -> None:
    stefan = signed_in(cast.stefan)
    first, second = made(stefan, CONSOLE), made(stefan, CONSOLE)
    assert [client.get(path).status_code for path in (first, second)] == [404, 200]
    page = stefan.get(CONSOLE).text
    assert second not in page, "an address is shown once"
    assert stefan.post(f"{CONSOLE}/end").status_code == 303
    assert client.get(second).status_code == 404
    assert client.get("/movimento/feeds/nonsense.ics").status_code == 404


@pytest.mark.proves("KRN-01", "KRN-14")
def test_an_address_belongs_to_one_clinic_and_to_its_owner(
    session: Session,
    cast: Cast,
    scene: Scene,
    signed_in: SignIn,
    client: BrowserClient,
    clock: FrozenClock,
) -> None:
    path = made(signed_in(cast.stefan), CONSOLE)
    assert client.get(path.replace("movimento", "altius")).status_code == 404
    assert signed_in(cast.olga).get(CONSOLE).status_code == 404, "she treats nobody"
    with scoped(session, Scope(org_id=cast.clinic.id)):
        session.add(
            ActingAs(
                org_id=cast.clinic.id,
                id=uuid7(),
                human_id=cast.ramona.human_id,
                patient_id=cast.petra.patient_id,
                reason="asked on the phone",
                started_at=clock.now(),
                expires_at=clock.now() + dt.timedelta(minutes=30),
            )
        )
        session.commit()
    assert signed_in(cast.ramona).post(PORTAL).status_code == 403
    with scoped(session, Scope(org_id=cast.clinic.id)):
        told = session.scalars(
            select(AuditEvent.action).where(AuditEvent.action == "calendar_feed.open")
        ).all()
        session.execute(text("UPDATE specialists SET deleted_at = now()"))
        session.commit()
    assert len(told) == 1
    assert client.get(path).status_code == 404


def test_a_long_feed_costs_few_queries(
    cast: Cast, scene: Scene, signed_in: SignIn, client: BrowserClient, count_queries: CountQueries
) -> None:
    path = made(signed_in(cast.stefan), CONSOLE)
    with count_queries() as counted:
        client.get(path)
    assert counted.count <= 6
