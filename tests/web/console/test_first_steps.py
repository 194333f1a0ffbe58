"""A new clinic is told what comes before its first booking, in order, until somebody has booked."""

from __future__ import annotations

import re

import pytest
from redis import Redis
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.kernel.tenancy.models import Location, Organization
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Specialist
from app.scheduling.models import Calendar, WeeklyHours
from tests.factories.cast import Cast
from tests.factories.desk import book_for, english
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn

pytestmark = pytest.mark.proves("SPC-01", "CAT-03")
DAY = "/movimento/console/"
HEAD = "Towards the first booking"
LEADING = re.compile(r'class="button button-primary button-small" href="([^"]+)"')


def leading(browser: BrowserClient) -> list[str]:
    """Where the one step that is next leads; nothing where the list is not shown."""
    text = browser.get(DAY).text
    return LEADING.findall(text.split(HEAD)[-1]) if HEAD in text else []


def test_one_step_after_the_other_leads(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    olga, here = english(signed_in(cast.olga)), Scope(org_id=scene.org_id)
    with scoped(session, here):
        session.execute(update(Organization).values(phone=None))
        session.execute(update(Location).values(address=""))
        session.execute(update(Calendar).values(archived_at=NOW))
        session.execute(delete(WeeklyHours))
        session.execute(
            update(Specialist).where(Specialist.id != scene.specialist_id).values(active=False)
        )
        session.commit()
    assert leading(olga) == ["/movimento/console/clinic"]
    with scoped(session, here):
        session.execute(update(Organization).values(phone="+40264123456"))
        session.commit()
    assert leading(olga) == ["/movimento/console/rooms"]
    with scoped(session, here):
        session.execute(update(Location).values(address="Str. Lungă 3"))
        session.commit()
    assert leading(olga) == [f"/movimento/console/specialists/{scene.specialist_id}/hours"]
    week = olga.get(leading(olga)[0]).text
    seen = week.split('name="seen" value="')[1].split('"')[0]
    sent = {"wed-start": "9", "wed-end": "17", "seen": seen}
    assert olga.post(leading(olga)[0], data=sent).status_code == 303
    assert leading(olga) == [f"/movimento/console/calendars/new?service={scene.service_id}"]
    with scoped(session, here):
        session.execute(update(Calendar).values(archived_at=None))
        session.commit()
    assert leading(olga) == ["/movimento/"]
    book_for(session, redis, scene, cast)
    assert HEAD not in olga.get(DAY).text, "the first visit ends it"
    assert HEAD not in olga.get(f"{DAY}day/2027-03-04").text


def test_who_cannot_take_the_steps_is_not_shown_them(
    signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    assert HEAD not in english(signed_in(cast.ramona)).get(DAY).text
    assert HEAD in english(signed_in(cast.olga)).get(DAY).text
