"""What a calendar of the database offers, and why not, for `flask slots explain` (BYD-01)."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from zoneinfo import ZoneInfo

import click
from flask import current_app
from redis import Redis
from sqlalchemy.orm import Session

from app.kernel.db import db
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.queries import clinic_id_by_slug
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.errors import NotFound
from app.scheduling.cases import LONGEST_MESSAGE, printable, sentence
from app.scheduling.queries import Asker, CalendarView, calendar_view, slot_page
from app.scheduling.queries.slots import reasons


def explain(what: str, clinic: str, *, days: int, at: str | None, as_json: bool) -> None:
    """Print the calendar's starts of the next days as the public sees them, or why one is not offered.

    Raises ClickException for a clinic, a calendar or a time that cannot be read.
    """
    session = db.session()
    org_id = clinic_id_by_slug(session, clinic)
    if org_id is None:
        raise click.ClickException(f"{printable(clinic, 80)}: no such clinic")
    with scoped(session, Scope(org_id=org_id)):
        try:
            calendar = calendar_view(session, org_id, calendar_id=uuid.UUID(what))
        except (ValueError, NotFound):
            raise click.ClickException(f"{printable(what, 80)}: no such calendar") from None
        zone = session.get_one(Organization, org_id).time_zone
        redis: Redis = current_app.extensions["redis"]
        if at is not None:
            _why(session, redis, org_id, calendar, _moment(at, zone), zone)
        else:
            _list(session, redis, org_id, calendar, days, zone, as_json=as_json)
    session.rollback()


def _list(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    days: int,
    zone: str,
    *,
    as_json: bool,
) -> None:
    now = _now()
    found = slot_page(
        session,
        redis,
        org_id,
        calendar,
        Asker(now),
        first=now.astimezone(ZoneInfo(zone)).date(),
        days=days,
        time_zone=zone,
    )
    starts = [f"{slot.starts_at:%Y-%m-%dT%H:%M:%SZ}" for day in found.days for slot in day.slots]
    if as_json:
        click.echo(json.dumps(starts))
        return
    click.echo(f"{calendar.slug}: {len(starts)} starts")
    for start in starts:
        click.echo(f"  {start}")


def _why(
    session: Session,
    redis: Redis,
    org_id: uuid.UUID,
    calendar: CalendarView,
    start: dt.datetime,
    zone: str,
) -> None:
    found = reasons(session, redis, org_id, calendar, Asker(_now()), start)
    names = {str(one.id): one.name for one in calendar.people}
    free = [name for id_, name in names.items() if id_ not in found]
    click.echo(f"{calendar.slug}, {start.isoformat()}: {'offered' if free else 'not offered'}")
    for name in free:
        click.echo(f"  {printable(name, 80)}: free")
    for id_, refusals in found.items():
        for refusal in refusals:
            words = printable(sentence(refusal, zone), LONGEST_MESSAGE)
            click.echo(f"  {printable(names.get(id_, 'nobody'), 80)}: {words}")


def _moment(text: str, zone: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException(f"{printable(text, 40)}: not a time in ISO 8601") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(dt.UTC)


def _now() -> dt.datetime:
    now: dt.datetime = current_app.extensions["clock"].now()
    return now
