"""Reviews on the patient's phone and at the desk (APT-02)."""

from __future__ import annotations

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments import actions as visits
from app.appointments.reviews.models import VisitReview
from app.kernel.tenancy.scope import Scope, scoped
from app.web.http.visit_links import visit_token
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import Booked, asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("APT-02")
REVIEWS = "/movimento/console/reviews"


@pytest.fixture
def done(session: Session, redis: Redis, scene: Scene, cast: Cast, clock: FrozenClock) -> Booked:
    visit = book_for(session, redis, scene, cast)
    with scoped(session, Scope(org_id=visit.org_id)):
        visits.start(session, staff_actor(cast.olga), visit.id, now=visit.starts_at)
        visits.finish(session, staff_actor(cast.olga), visit.id, now=visit.ends_at)
        session.commit()
    clock.set(visit.ends_at)
    return visit


@pytest.fixture
def link(app: Flask, done: Booked) -> str:
    return f"/movimento/v/{visit_token(app.config['SETTINGS'], done.id)}"


@pytest.fixture
def guest(client: BrowserClient) -> BrowserClient:
    return english(client)


def test_a_tap_on_a_star_then_a_comment_and_the_desk_deals_with_it(
    session: Session,
    link: str,
    guest: BrowserClient,
    signed_in: SignIn,
    cast: Cast,
    drain_outbox: DrainOutbox,
    count_queries: CountQueries,
) -> None:
    assert "How was your visit?" in guest.get(link).text
    assert "Tap a star" in guest.get(f"{link}/review").text
    assert guest.post(f"{link}/review", data={"rating": "2"}).status_code == 303
    assert "Anything the clinic should know?" in guest.get(f"{link}/review").text
    words = {"rating": "2", "comment": "I waited <b>long</b>."}
    assert guest.post(f"{link}/review", data=words).status_code == 303
    drain_outbox()
    owner = english(signed_in(cast.olga))
    with count_queries() as asked:
        text = owner.get(REVIEWS).text
    assert len(asked_for(asked)) <= MOST
    assert "I waited &lt;b&gt;long&lt;/b&gt;." in text
    assert "Needs an answer" in text
    with scoped(session, Scope(org_id=cast.clinic.id)):
        review_id = session.scalars(select(VisitReview.id)).one()
    empty = owner.post(f"{REVIEWS}/{review_id}/handle", data={"note": " "})
    assert "in a few words" in owner.get(empty.headers["Location"]).text
    owner.post(f"{REVIEWS}/{review_id}/handle", data={"note": "Called her."})
    assert "Nothing waits for an answer" in owner.get(REVIEWS).text
    every = owner.get(f"{REVIEWS}?state=all&low=1").text
    assert "Called her." in every
    assert "2.0" in every


@pytest.mark.parametrize("rating", ["", "0", "6", "x", "99", "٣"])
def test_what_is_no_rating_is_refused(link: str, guest: BrowserClient, rating: str) -> None:
    assert guest.post(f"{link}/review", data={"rating": rating}).status_code == 422


def test_before_the_visit_there_is_nothing_to_say(
    session: Session, redis: Redis, scene: Scene, cast: Cast, app: Flask, guest: BrowserClient
) -> None:
    visit = book_for(session, redis, scene, cast)
    link = f"/movimento/v/{visit_token(app.config['SETTINGS'], visit.id)}"
    assert "Not yet" in guest.get(f"{link}/review").text
    assert guest.post(f"{link}/review", data={"rating": "5"}).status_code == 303
    with scoped(session, Scope(org_id=visit.org_id)):
        assert session.scalars(select(VisitReview)).all() == []


def test_only_who_deals_with_reviews_reads_them(
    done: Booked, guest: BrowserClient, link: str, signed_in: SignIn, cast: Cast
) -> None:
    guest.post(f"{link}/review", data={"rating": "5"})
    assert signed_in(cast.bogdan).get(REVIEWS).status_code in (403, 404)
    stranger = signed_in(cast.bogdan)
    assert (
        stranger.post(
            REVIEWS.replace("movimento", "altius") + f"/{done.id}/handle", data={"note": "x"}
        ).status_code
        == 404
    )


def test_the_clinic_settles_when_is_asked(signed_in: SignIn, cast: Cast, scene: Scene) -> None:
    owner = english(signed_in(cast.olga))
    assert "Patients are not asked" in owner.get(REVIEWS).text
    form = {"asks": "y", "after_hours": "5", "low_rating": "3", "silent": [str(scene.service_id)]}
    assert owner.post(f"{REVIEWS}/settings", data=form).status_code == 303
    kept = owner.get(f"{REVIEWS}/settings").text
    assert 'value="5"' in kept
    assert "Patients are not asked" not in owner.get(REVIEWS).text
    for wrong in ({"after_hours": "99"}, {"low_rating": "9"}, {"after_hours": ""}):
        assert owner.post(f"{REVIEWS}/settings", data=form | wrong).status_code == 422


def test_a_specialist_reads_what_was_said_of_their_own_visits(
    link: str,
    guest: BrowserClient,
    signed_in: SignIn,
    cast: Cast,
    count_queries: CountQueries,
) -> None:
    mine = "/movimento/console/my-reviews"
    stefan = english(signed_in(cast.stefan))
    assert "No reviews yet" in stefan.get(mine).text
    guest.post(f"{link}/review", data={"rating": "4", "comment": "Very patient."})
    with count_queries() as asked:
        page = stefan.get(mine).text
    assert len(asked_for(asked)) <= MOST
    assert "Very patient." in page
    assert "4.0" in page
    stefan.set_cookie("lang", "ro")
    assert "4,0" in stefan.get(mine).text, "in Romanian with a comma"
    assert "Dealt with" not in page  # Answering is for whoever deals with reviews.
    # Who treats nobody has none, and it is no page of theirs.
    assert signed_in(cast.olga).get(mine).status_code == 404
    assert signed_in(cast.ramona).get(mine).status_code in (403, 404)
    assert signed_in(cast.bogdan).get(mine).status_code == 404
