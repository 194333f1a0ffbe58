"""What a clinic does before its first booking, in order, shown on its empty day until somebody has booked."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from app.catalog import permissions as catalog
from app.kernel.access.actor import Actor
from app.people import permissions as people
from app.scheduling import permissions as scheduling
from app.scheduling.queries.first_steps import FirstSteps, first_steps
from app.web.console.own import writes
from app.web.http import context
from app.web.http.urls import fixed

NEEDED = (scheduling.MANAGE, catalog.MANAGE, people.SPECIALISTS)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is, why, whether it is done, and where (None while an earlier one is missing)."""

    title: str
    why: str
    done: bool
    url: str | None


def steps_to_go(actor: Actor) -> tuple[Step, ...]:
    """The steps, for whoever may take all of them; () for others, and once somebody was booked."""
    if not all(writes(actor, one) for one in NEEDED):
        return ()
    here = first_steps(context.session(), context.org_id())
    if here.begun:
        return ()
    return (*_of_the_house(here), *_of_the_offer(here), _try_it(here))


def _of_the_house(here: FirstSteps) -> tuple[Step, ...]:
    return (
        Step(
            gettext("Say whom patients call"),
            gettext("Your phone, e-mail and colour stand on your pages and in your messages."),
            here.reachable,
            fixed("console.clinic_details"),
        ),
        Step(
            gettext("Describe where you work"),
            gettext("Street and city for the confirmation; rooms and devices if visits need them."),
            here.located,
            fixed("console.rooms"),
        ),
        Step(
            gettext("Add the specialists"),
            gettext("Whom visits are booked with. They need no account for that."),
            here.staffed,
            fixed("console.specialists" if here.staffed else "console.new_specialist"),
        ),
        Step(
            gettext("Say when they work"),
            gettext("The hours of a week; days off and exceptions stand beside them."),
            here.timed and here.without_hours is None,
            _hours_url(here),
        ),
    )


def _of_the_offer(here: FirstSteps) -> tuple[Step, ...]:
    return (
        Step(
            gettext("Add a service"),
            gettext("What is booked: how long, for how much, and who is qualified for it."),
            here.offered,
            _service_url(here),
        ),
        Step(
            gettext("Open a calendar for it"),
            gettext("A calendar puts a service online: how far ahead, and who takes its visits."),
            here.bookable,
            _calendar_url(here),
        ),
    )


def _try_it(here: FirstSteps) -> Step:
    ready = here.timed and here.bookable
    return Step(
        gettext("Book as a patient would"),
        gettext("Your booking page, as everybody sees it. The first visit ends this list."),
        False,
        fixed("booking.clinic_page") if ready else None,
    )


def _hours_url(here: FirstSteps) -> str | None:
    if here.without_hours is not None:
        return url_for("console.hours", specialist_id=here.without_hours)
    return fixed("console.specialists") if here.staffed else None


def _service_url(here: FirstSteps) -> str:
    if here.offered:
        return fixed("console.services")
    if here.without_people is not None:
        return url_for("console.service", service_id=here.without_people)
    return fixed("console.new_service")


def _calendar_url(here: FirstSteps) -> str | None:
    if here.without_calendar is not None and not here.bookable:
        return url_for("console.new_calendar", service=here.without_calendar)
    return fixed("console.calendars") if here.offered else None
