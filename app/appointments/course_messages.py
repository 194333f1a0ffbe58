"""What messages say of a course: all of its visits at once, and later what has changed of them (BYD-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.calendar_file import PUBLISH, course_file
from app.appointments.messages import VisitNews, entry, visit_url, zones
from app.appointments.models import AppointmentChange
from app.appointments.queries.visits import VisitView
from app.appointments.rules.telling import CANCELLED, CONFIRMED, MOVED, Standing, Told, news
from app.messaging.models import Delivery
from app.messaging.queries import last_sent_each, said_or_on_its_way
from app.messaging.wordings import EMAIL

SUBJECT = "course"
VISIT = "appointment"


def course_context(
    news: VisitNews, visits: Sequence[VisitView], now: dt.datetime
) -> dict[str, Any]:
    """The context of templates/messages/course_booked; `news` is of the first visit."""
    return {
        **_common(news, visits[0]),
        "count": len(visits),
        "visits": [_line(one) for one in visits],
        "calendar": _calendar(news, visits, now),
    }


@dataclass(frozen=True, slots=True)
class CourseNews:
    """What of a course a patient does not know yet on one channel, and what holds unchanged."""

    moved: Sequence[tuple[VisitView, dt.datetime]]
    cancelled: Sequence[VisitView]
    again: Sequence[VisitView]
    unchanged: Sequence[VisitView]

    @property
    def empty(self) -> bool:
        return not (self.moved or self.cancelled or self.again)

    @property
    def standing(self) -> list[VisitView]:
        """Every visit to come that holds, by number."""
        found = [one for one, _before in self.moved] + [*self.again, *self.unchanged]
        return sorted(found, key=lambda one: one.course_number or 0)


def course_news(
    visits: Iterable[VisitView],
    changed: Iterable[uuid.UUID],
    told: Mapping[uuid.UUID, Told],
    now: dt.datetime,
) -> CourseNews:
    """Sort the visits to come by what there is to tell; only those in `changed` may be news."""
    moved, cancelled, again, unchanged = [], [], [], []
    may_be_news = set(changed)
    for one in visits:
        known = told.get(one.id)
        what = news(standing_of(one), known, now) if one.id in may_be_news else None
        if what == MOVED and known is not None:
            moved.append((one, known.starts_at))
        elif what == CANCELLED:
            cancelled.append(one)
        elif what == CONFIRMED:
            again.append(one)
        elif one.cancelled_at is None and one.starts_at > now:
            unchanged.append(one)
    return CourseNews(moved, cancelled, again, unchanged)


def change_context(told_of: VisitNews, found: CourseNews, now: dt.datetime) -> dict[str, Any]:
    """The context of templates/messages/course_changed; `told_of` is of any visit of the course."""
    before = {one.id: at for one, at in found.moved}
    changed = [*(one for one, _at in found.moved), *found.again]
    changed.sort(key=lambda one: one.starts_at)
    first = (changed or list(found.cancelled))[0]
    return {
        **_common(told_of, first),
        "moved": len(found.moved),
        "again": len(found.again),
        "visits": [{**_line(one), "before": before.get(one.id)} for one in found.standing],
        "cancelled": [{**_line(one), "cancelled": True} for one in found.cancelled],
        "calendar": _calendar(told_of, [*changed, *found.cancelled], now),
    }


def told_before(
    session: Session,
    org_id: uuid.UUID,
    course_id: uuid.UUID,
    visits: Sequence[VisitView],
    channel: str,
) -> dict[uuid.UUID, Told]:
    """What a patient was told last of each visit of a course, by a message of its own or of the course."""
    of_course = said_or_on_its_way(session, org_id, SUBJECT, course_id, channel)
    own = last_sent_each(session, org_id, VISIT, [one.id for one in visits], channel)
    booked = _booked_at(session, org_id, [one.id for one in visits])
    found = {}
    for one in visits:
        together = next(
            ((each, line) for each in of_course if (line := _said(each, one.id)) is not None), None
        )
        alone = own.get(one.id)
        if alone is not None and (together is None or _later(alone, together[0])):
            found[one.id] = told_alone(alone, channel)
        elif together is not None:
            found[one.id] = _told_together(together[1])
        elif one.id in booked:
            found[one.id] = Told(CONFIRMED, booked[one.id], str(one.specialist_id))
    return found


def told_alone(delivery: Delivery, channel: str) -> Told:
    """What a message about one visit has said."""
    said = delivery.context
    # A text says when a visit begins; its end is said, and kept right in calendars, by e-mail.
    ends_at = said.get("ends_at") if channel == EMAIL else None
    return Told(
        delivery.template,
        dt.datetime.fromisoformat(said["starts_at"]),
        said["specialist_id"],
        dt.datetime.fromisoformat(ends_at) if ends_at else None,
    )


def standing_of(visit: VisitView) -> Standing:
    """The visit as the rule that decides what is news wants it."""
    return Standing(
        visit.starts_at,
        str(visit.specialist_id),
        visit.created_at,
        visit.cancelled_at,
        visit.ends_at,
    )


def _later(alone: Delivery, together: Delivery) -> bool:
    return alone.sent_at is not None and alone.sent_at > together.created_at


def _said(delivery: Delivery, visit_id: uuid.UUID) -> dict[str, Any] | None:
    lines = [*delivery.context.get("visits", ()), *delivery.context.get("cancelled", ())]
    return next((one for one in lines if one.get("id") == str(visit_id)), None)


def _told_together(line: Mapping[str, Any]) -> Told:
    template = CANCELLED if line.get("cancelled") else CONFIRMED
    return Told(template, dt.datetime.fromisoformat(line["starts_at"]), line["specialist_id"])


def _booked_at(
    session: Session, org_id: uuid.UUID, visits: Sequence[uuid.UUID]
) -> dict[uuid.UUID, dt.datetime]:
    """The first time of each visit: what the message about the booking has said."""
    rows = session.execute(
        select(AppointmentChange.appointment_id, AppointmentChange.to_starts_at).where(
            AppointmentChange.org_id == org_id,
            AppointmentChange.appointment_id.in_(visits),
            AppointmentChange.verb == "book",
        )
    )
    return {row.appointment_id: row.to_starts_at for row in rows}


def _common(news: VisitNews, first: VisitView) -> dict[str, Any]:
    main, _other = zones(replace(news, visit=first))
    return {
        "patient_name": first.patient_name,
        "service_names": first.service_names,
        "starts_at": first.starts_at,
        "ends_at": first.ends_at,
        "zone": main,
        "other_zone": None,
        "time_zone": news.reader_zone,
        "location_phone": first.location_phone,
        "visit_url": visit_url(replace(news, visit=first)),
    }


def _line(visit: VisitView) -> dict[str, Any]:
    return {
        "id": visit.id,
        "number": visit.course_number,
        "starts_at": visit.starts_at,
        "specialist": visit.specialist_name,
        "specialist_id": visit.specialist_id,
    }


def _calendar(news: VisitNews, visits: Iterable[VisitView], now: dt.datetime) -> dict[str, str]:
    """All of the visits in one file; a calendar takes those again that it has already."""
    content = course_file(entry(replace(news, visit=one), now) for one in visits).decode()
    return {"filename": f"{news.visit.reference}.ics", "method": PUBLISH, "content": content}
