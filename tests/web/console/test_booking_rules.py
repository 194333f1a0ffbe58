"""What a clinic settles for all of its bookings: kept, refused in words, tried out, and what follows from it."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.actions.continuity import SOON_DAYS
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, scoped
from app.kernel.tenancy.settings import settings_of, settle
from app.waiting.actions.window import WINDOW_MIN
from app.waiting.rules.deadline import askable
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("BYD-03", "BYD-04", "SCH-08")
PAGE = "/movimento/console/booking-rules"
ZONE = "Europe/Bucharest"


@pytest.fixture
def olga(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.olga)


def settled(session: Session, cast: Cast) -> tuple[int, int]:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        found = settings_of(session, cast.clinic.id)
        return WINDOW_MIN.read(found), SOON_DAYS.read(found)


def test_figures_are_kept_shown_and_in_the_trail(
    session: Session, cast: Cast, olga: BrowserClient, count_queries: CountQueries
) -> None:
    assert settled(session, cast) == (60, 7)
    with scoped(session, Scope(org_id=cast.clinic.id)):
        settle(session, cast.clinic.id, "of_somebody_else", 1)
    done = olga.post(PAGE, data={"waiting_offer_min": "30", "continuity_days": "14"})
    assert done.status_code == 303
    assert settled(session, cast) == (30, 14)
    with count_queries() as asked:
        page = olga.get(PAGE).text
    assert asked.count <= MOST, asked.statements
    assert 'value="30"' in page
    assert 'value="14"' in page
    # Tomorrow at ten, for a visit at five with two hours of notice: ten people of half an hour each.
    assert "10 people can be asked" in page
    assert "until 10:30; then the next is asked" in page
    assert "Wednesday, 17 March 2027" in page
    with scoped(session, Scope(org_id=cast.clinic.id)):
        trail = session.scalars(
            select(AuditEvent.action).where(AuditEvent.subject_type == "clinic")
        ).all()
        assert settings_of(session, cast.clinic.id)["of_somebody_else"] == 1
    assert sorted(trail) == ["appointments.set_continuity", "waiting.set_window"]
    again = olga.post(PAGE, data={"waiting_offer_min": "30", "continuity_days": "14"})
    assert again.status_code == 303
    with scoped(session, Scope(org_id=cast.clinic.id)):
        query = select(AuditEvent.action).where(AuditEvent.subject_type == "clinic")
        assert len(session.scalars(query).all()) == 2  # Nothing was changed, so nothing is noted.


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ({"waiting_offer_min": "14"}, "Choose between 15 and 1440."),
        ({"waiting_offer_min": "1441"}, "Choose between 15 and 1440."),
        ({"waiting_offer_min": "an hour"}, "Not a valid integer value"),
        ({"waiting_offer_min": ""}, "Please fill this in."),
        ({"continuity_days": "0"}, "Choose between 1 and 60."),
        ({"continuity_days": "-7"}, "Choose between 1 and 60."),
        ({"continuity_days": "99999999999999999999"}, "Choose between 1 and 60."),
    ],
)
def test_bad_figures_are_refused_in_words(
    session: Session, cast: Cast, olga: BrowserClient, figures: dict[str, str], sentence: str
) -> None:
    sent = {"waiting_offer_min": "60", "continuity_days": "7", **figures}
    refused = olga.post(PAGE, data=sent)
    assert refused.status_code == 422
    assert sentence in refused.text
    assert settled(session, cast) == (60, 7)


def test_figures_are_tried_out_without_being_kept(
    session: Session, cast: Cast, olga: BrowserClient
) -> None:
    fragment = {"HX-Request": "true"}
    tried = olga.get(f"{PAGE}?waiting_offer_min=120&continuity_days=3", headers=fragment)
    assert tried.status_code == 200
    assert "<html" not in tried.text
    assert "until 12:00; then the next is asked" in tried.text
    for odd in ("0", "x", "99999"):
        answer = olga.get(f"{PAGE}?waiting_offer_min={odd}&continuity_days=3", headers=fragment)
        assert answer.status_code == 200
    assert settled(session, cast) == (60, 7)


def test_what_was_written_by_hand_and_is_no_number_counts_as_not_settled() -> None:
    for odd in ("30", None, True, 1.5, [1]):
        assert WINDOW_MIN.read({"waiting_offer_min": odd}) == 60
        assert SOON_DAYS.read({"continuity_days": odd}) == 7


def test_how_many_can_be_asked_never_reaches_into_the_night_or_the_notice() -> None:
    freed = dt.datetime(2027, 3, 4, 17, 0, tzinfo=dt.UTC)
    found = askable(
        freed,
        dt.datetime(2027, 3, 5, 8, 0, tzinfo=dt.UTC),
        notice_min=120,
        window_min=60,
        time_zone=ZONE,
    )
    assert found
    assert all(later - one == dt.timedelta(hours=1) for one, later in itertools.pairwise(found))
    assert found[-1] < dt.datetime(2027, 3, 5, 0, 0, tzinfo=dt.UTC)


def test_who_may_settle(cast: Cast, scene: Scene, client: BrowserClient, signed_in: SignIn) -> None:
    assert client.get(PAGE).status_code == 303
    assert signed_in(cast.bogdan).get(PAGE).status_code == 404
    assert signed_in(cast.ramona).get(PAGE).status_code == 403
