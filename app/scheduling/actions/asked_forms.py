"""The forms that a calendar, or each calendar of a service, asks of whoever books it (CAT-01, CAT-03, FRM-05)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app.forms.queries import templates
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Invalid
from app.lib.ids import uuid7
from app.scheduling.models import CalendarForm
from app.scheduling.queries.asked_forms import asked_templates, forms_of_service


def ask_for_forms(
    session: Session,
    actor: Actor,
    calendar_id: uuid.UUID,
    template_ids: Collection[uuid.UUID],
    *,
    now: dt.datetime,
) -> None:
    """Say which forms a calendar asks for. Visits that are booked already ask for no more. Raises Invalid."""
    known = {one.id for one in templates(session, actor.clinic)}
    if not set(template_ids) <= known:
        raise Invalid.one("forms", "unknown_choice")
    before = asked_templates(session, actor.clinic, calendar_id)
    session.execute(
        delete(CalendarForm).where(
            CalendarForm.org_id == actor.clinic, CalendarForm.calendar_id == calendar_id
        )
    )
    rows = [
        {
            "org_id": actor.clinic,
            "id": uuid7(),
            "calendar_id": calendar_id,
            "template_id": template_id,
            "created_at": now,
        }
        for template_id in sorted(set(template_ids))
    ]
    if rows:
        session.execute(insert(CalendarForm), rows)
    record(
        session,
        actor,
        "schedule.ask_for_forms",
        "calendar",
        calendar_id,
        at=now,
        before={"forms": sorted(map(str, before))},
        after={"forms": sorted(map(str, template_ids))},
    )


def ask_in_service(
    session: Session,
    actor: Actor,
    service_id: uuid.UUID,
    template_ids: Collection[uuid.UUID],
    *,
    now: dt.datetime,
) -> None:
    """Say which forms every open calendar of a service asks for; what one of them asks besides stays its own.

    Raises Invalid, also `no_calendar` for a service that nobody can book.
    """
    present = forms_of_service(session, actor.clinic, service_id)
    if not present.by_calendar:
        raise Invalid.one("forms", "no_calendar")
    wanted = frozenset(template_ids)
    ended = present.everywhere - wanted
    for calendar_id, asked in sorted(present.by_calendar.items()):
        ask = (asked | wanted) - ended
        if ask != asked:
            ask_for_forms(session, actor, calendar_id, ask, now=now)


def ask_as_its_service(
    session: Session,
    actor: Actor,
    calendar_id: uuid.UUID,
    service_id: uuid.UUID,
    *,
    now: dt.datetime,
) -> None:
    """A new calendar begins with the forms that all others of its service ask for."""
    present = forms_of_service(session, actor.clinic, service_id).by_calendar
    others = [asked for other, asked in present.items() if other != calendar_id]
    common = frozenset.intersection(*others) if others else frozenset()
    if common:
        ask_for_forms(session, actor, calendar_id, common, now=now)
