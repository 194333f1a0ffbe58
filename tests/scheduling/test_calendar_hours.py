"""A calendar's own hours, and a specialist's own in it, decide what is offered there and nowhere else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments.queries.fairness import standings_of
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.ids import uuid7
from app.scheduling.actions import (
    CalendarDraft,
    CalendarMember,
    add_calendar,
    archive_calendar,
    change_calendar,
    restore_calendar,
    set_override,
)
from app.scheduling.actions.calendars import mark_of, stored_draft
from app.scheduling.models import Calendar, CalendarSpecialist
from app.scheduling.queries import Asker, calendar_view, free_at, reasons, slot_page, soonest
from app.scheduling.rules.refusals import Reason
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW

pytestmark = pytest.mark.proves("SCH-01", "CAT-03", "BYD-01")
SATURDAY = dt.date(2027, 3, 6)
MORNING = {"weekly": {"sat": [["09:00", "12:00"]]}}
NOON = {"weekly": {"sat": [["11:00", "14:00"]]}}


def opened(
    session: Session,
    cast: Cast,
    scene: Scene,
    *,
    hours: dict[str, Any] | None = None,
    own: dict[str, Any] | None = None,
) -> CalendarDraft:
    member = CalendarMember(scene.specialist_id, 0, own)
    draft = CalendarDraft("sambata", scene.service_id, hours=hours, members=(member,))
    add_calendar(session, staff_actor(cast.olga), draft, now=NOW)
    return draft


def saturday(session: Session, redis: Redis, scene: Scene, slug: str) -> list[str]:
    view = calendar_view(session, scene.org_id, slug=slug)
    page = slot_page(
        session,
        redis,
        scene.org_id,
        view,
        Asker(NOW),
        first=SATURDAY,
        days=1,
        time_zone="Europe/Bucharest",
    )
    return [f"{slot.starts_at + dt.timedelta(hours=2):%H:%M}" for slot in page.days[0].slots]


def test_without_own_hours_the_specialists_count(
    session: Session, redis: Redis, cast: Cast, scene: Scene
) -> None:
    opened(session, cast, scene)
    assert saturday(session, redis, scene, "sambata") == []


@pytest.mark.parametrize(
    ("hours", "own", "first", "last"),
    [
        (MORNING, None, "09:00", "11:15"),
        (None, NOON, "11:00", "13:15"),
        (MORNING, NOON, "11:00", "13:15"),
    ],
)
def test_the_most_specific_hours_count(
    session: Session,
    redis: Redis,
    cast: Cast,
    scene: Scene,
    hours: dict[str, Any] | None,
    own: dict[str, Any] | None,
    first: str,
    last: str,
) -> None:
    opened(session, cast, scene, hours=hours, own=own)
    offered = saturday(session, redis, scene, "sambata")
    assert (offered[0], offered[-1]) == (first, last)
    assert saturday(session, redis, scene, scene.calendar_slug) == []


def test_what_is_listed_is_accepted_and_explained(
    session: Session, redis: Redis, cast: Cast, scene: Scene
) -> None:
    opened(session, cast, scene, hours=MORNING)
    view = calendar_view(session, scene.org_id, slug="sambata")
    usual = calendar_view(session, scene.org_id, slug=scene.calendar_slug)
    nine = dt.datetime(2027, 3, 6, 7, 0, tzinfo=dt.UTC)
    assert free_at(session, redis, scene.org_id, view, Asker(NOW), nine) == (scene.specialist_id,)
    assert free_at(session, redis, scene.org_id, usual, Asker(NOW), nine) == ()
    why = reasons(session, redis, scene.org_id, usual, Asker(NOW), nine)
    assert [one.reason for one in why[str(scene.specialist_id)]] == [Reason.OUTSIDE_HOURS]


def test_a_vacation_closes_a_calendar_with_own_hours(
    session: Session, redis: Redis, cast: Cast, scene: Scene
) -> None:
    opened(session, cast, scene, hours=MORNING)
    actor = staff_actor(cast.olga)
    set_override(session, actor, scene.specialist_id, SATURDAY, "replace", [], "Concediu", NOW)
    assert saturday(session, redis, scene, "sambata") == []


def test_the_first_slot_of_each_calendar_follows_its_own_hours(
    session: Session, redis: Redis, cast: Cast, scene: Scene
) -> None:
    opened(session, cast, scene, hours=MORNING)
    views = [calendar_view(session, scene.org_id, slug=one) for one in ("kinetoterapie", "sambata")]
    first = soonest(session, redis, scene.org_id, views, Asker(NOW), within_days=14)
    assert first[views[0].id].starts_at == scene.first_free
    assert first[views[1].id].starts_at == dt.datetime(2027, 3, 6, 7, 0, tzinfo=dt.UTC)


@pytest.mark.proves("SCH-03")
def test_shares_are_weighed_by_the_hours_of_the_calendar(
    session: Session, cast: Cast, scene: Scene
) -> None:
    opened(session, cast, scene, hours=MORNING)
    view = calendar_view(session, scene.org_id, slug="sambata")
    assert [one.capacity_min for one in standings_of(session, scene.org_id, view, NOW)] == [180]


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        ({"weekly": {}}, "hours_empty"),
        ({"weekly": {"mon": [["17:00", "09:00"]]}}, "window_inverted"),
        ({"weekly": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "windows_overlap"),
    ],
)
def test_hours_that_cannot_be_are_refused_beside_whose_they_are(
    session: Session, cast: Cast, scene: Scene, hours: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        opened(session, cast, scene, own=hours)
    field = f"hours-{scene.specialist_id}"
    assert [(one.field, one.code) for one in refused.value.errors] == [(field, code)]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"slug": "Kineto Sport"}, "slug", "address_shape"),
        ({"slug": "kinetoterapie"}, "slug", "address_taken"),
        ({"duration_min": 3}, "duration_min", "out_of_range"),
        ({"price_minor": -1}, "price_minor", "out_of_range"),
        ({"min_notice_min": -1}, "min_notice_min", "out_of_range"),
        ({"horizon_days": 0}, "horizon_days", "out_of_range"),
        ({"modality": "phone"}, "modality", "unknown_choice"),
        ({"strategy": "alphabet"}, "strategy", "unknown_choice"),
        ({"specialist_ids": (uuid7(),)}, "members", "unknown_choice"),
    ],
)
def test_a_calendar_that_cannot_be(
    session: Session, cast: Cast, scene: Scene, changes: dict[str, Any], field: str, code: str
) -> None:
    draft = CalendarDraft(**{"slug": "alt", "service_id": scene.service_id, **changes})
    with pytest.raises(Invalid) as refused:
        add_calendar(session, staff_actor(cast.olga), draft, now=NOW)
    assert [(one.field, one.code) for one in refused.value.errors] == [(field, code)]


def test_a_change_of_what_somebody_else_changed_is_refused(
    session: Session, cast: Cast, scene: Scene
) -> None:
    actor = staff_actor(cast.olga)
    seen = mark_of(stored_draft(session, scene.org_id, scene.calendar_id))
    draft = CalendarDraft("kineto", scene.service_id, (scene.specialist_id,), duration_min=30)
    change_calendar(session, actor, scene.calendar_id, draft, seen=seen, now=NOW)
    view = calendar_view(session, scene.org_id, slug="kineto")
    assert view.offer.duration_min == 30
    with pytest.raises(Conflict, match="changed_meanwhile"):
        change_calendar(session, actor, scene.calendar_id, draft, seen=seen, now=NOW)


def test_no_hours_are_an_empty_column(session: Session, cast: Cast, scene: Scene) -> None:
    opened(session, cast, scene)
    for table in (Calendar, CalendarSpecialist):
        assert session.scalar(select(func.count()).where(table.hours.is_not(None))) == 0


def test_an_archived_calendar_is_not_booked_until_it_is_restored(
    session: Session, cast: Cast, scene: Scene
) -> None:
    actor = staff_actor(cast.olga)
    archive_calendar(session, actor, scene.calendar_id, now=NOW)
    with pytest.raises(NotFound):
        calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
    with pytest.raises(Conflict):
        archive_calendar(session, actor, scene.calendar_id, now=NOW)
    restore_calendar(session, actor, scene.calendar_id, now=NOW)
    assert calendar_view(session, scene.org_id, calendar_id=scene.calendar_id).people
