"""Calendars: the ways to book a service, with hours, people and figures of their own (CAT-03)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, Field, SelectField

from app.appointments.queries.reassigning import coming_visits
from app.catalog.actions import ServiceDraft, qualified_ids
from app.catalog.actions import stored_draft as stored_service
from app.catalog.queries import service_names
from app.catalog.rules import BOUNDS
from app.lib.errors import Conflict, FieldError, Invalid, NotFound
from app.lib.money import Currency, parse_money
from app.lib.slugs import slug_of
from app.people.specialists.queries import specialist_lines
from app.scheduling.actions import (
    CalendarDraft,
    CalendarMember,
    add_calendar,
    archive_calendar,
    change_calendar,
    restore_calendar,
)
from app.scheduling.actions.calendars import MODALITIES, STRATEGIES, mark_of, stored_draft
from app.scheduling.permissions import MANAGE
from app.scheduling.queries.listing import CalendarLine, calendar_lines, new_calendar_slug
from app.scheduling.rules.weeks import DAYS, stored_readings, week_layout
from app.web.console import blueprint
from app.web.console.asked import identifier
from app.web.console.fields import (
    MarkedInput,
    amount,
    offer_spans,
    span_select,
    span_words,
    text_data,
    texts,
    whole,
)
from app.web.console.services import BUFFERS, NOTICES
from app.web.console.week_editor import WeekEditor
from app.web.http import context, guards
from app.web.http.copy import field_sentence
from app.web.http.inputs import line, said_beside
from app.web.http.locale import current_language, localised
from app.web.http.render import page, see_other

HIGHEST_PRIORITY = 9
NO_WEEK: list[list[tuple[int, int]]] = [[] for _ in DAYS]


def strategy_words(strategy: str) -> str:
    """How a calendar shares its visits out, in a sentence."""
    words = {
        "round_robin": gettext("Shared fairly by working hours"),
        "priority": gettext("By priority"),
        "choice": gettext("The patient chooses; without a wish, shared fairly"),
    }
    return words[strategy]


def modality_words(modality: str) -> str:
    """Where visits of a calendar take place."""
    return gettext("By video") if modality == "video" else gettext("At the clinic")


class CalendarInput(MarkedInput):
    """A way to book a service; what is left empty is as the service has it."""

    names_ro = line(_l("Name in Romanian"), max_length=120, required=False)
    names_en = line(_l("Name in English"), max_length=120, required=False)
    slug = line(
        _l("Address"),
        max_length=60,
        required=False,
        description=_l(
            "Part of the link that patients open. Old links stop working when it changes."
        ),
    )
    modality = SelectField(_l("Visits take place"))
    strategy = SelectField(_l("Who gets the visit"))
    public = BooleanField(
        _l("Patients can book it online"),
        default=True,
        description=_l("Otherwise only the desk books it."),
    )
    duration_min = whole(_l("Length of a visit"), *BOUNDS["duration_min"], required=False)
    price = line(_l("Price"), max_length=24, required=False)
    cooldown_min = span_select(_l("Rest of the specialist between visits"), optional=True)
    min_notice_min = span_select(_l("Booked online at the latest"), optional=True)
    horizon_days = whole(_l("Booked online at most"), *BOUNDS["horizon_days"], required=False)
    currency: Currency

    def prepare(self, service: ServiceDraft) -> None:
        """Offer what can be chosen, and say what an empty field means."""
        self.modality.choices = [(one, modality_words(one)) for one in MODALITIES]
        self.strategy.choices = [(one, strategy_words(one)) for one in STRATEGIES]
        same = gettext("As the service (%(time)s)", time=span_words(service.min_notice_min))
        offer_spans(self.min_notice_min, NOTICES, empty=same)
        rest = gettext("As the service (%(time)s)", time=span_words(service.cooldown_min))
        offer_spans(self.cooldown_min, BUFFERS, empty=rest)
        self.duration_min.render_kw = {"placeholder": str(service.duration_min)}
        self.horizon_days.render_kw = {"placeholder": str(service.horizon_days)}
        self.price.render_kw = {"placeholder": amount(service.price_minor, service.currency)}
        self.currency = Currency(service.currency)

    def validate_price(self, field: Field) -> None:
        """An amount as people write it here, or nothing."""
        with said_beside():
            self.price_minor()

    def price_minor(self) -> int | None:
        """The price that was typed, in minor units; None where the service's holds. Raises Invalid."""
        if not self.price.data:
            return None
        return parse_money(self.price.data, self.currency, current_language(), field="price").minor


@dataclass(slots=True)
class MemberRow:
    """A qualified specialist in a calendar's form."""

    id: uuid.UUID
    name: str
    chosen: bool
    priority: int
    own: bool
    week: WeekEditor
    bookable: bool


@dataclass(slots=True)
class Editing:
    """A calendar while it is edited: its fields, its hours and its people."""

    form: CalendarInput
    service_id: uuid.UUID
    service: ServiceDraft
    own: bool
    week: WeekEditor
    people: list[MemberRow]

    @property
    def editors(self) -> list[WeekEditor]:
        """All weeks of the form."""
        return [self.week, *(one.week for one in self.people)]

    def act(self, wish: str) -> bool:
        """Do what an editing button of one of the weeks asks."""
        return any(editor.act(wish) for editor in self.editors)

    def draft(self) -> CalendarDraft:
        """The calendar that was typed. Raises Invalid; hours that cannot be are shown where they stand."""
        form = self.form
        names = texts(form, "names")
        return CalendarDraft(
            slug=form.slug.data or self._new_slug(names),
            service_id=self.service_id,
            names=names,
            modality=form.modality.data,
            strategy=form.strategy.data,
            public=form.public.data,
            duration_min=form.duration_min.data,
            price_minor=form.price_minor(),
            cooldown_min=form.cooldown_min.data,
            min_notice_min=form.min_notice_min.data,
            horizon_days=form.horizon_days.data,
            hours=_layout(self.week) if self.own else None,
            members=tuple(
                CalendarMember(one.id, one.priority, _layout(one.week) if one.own else None)
                for one in self.people
                if one.chosen
            ),
        )

    def check_weeks(self) -> bool:
        """Whether all hours that count can be; what is wrong is shown beside its day."""
        counted = [self.week] if self.own else []
        counted += [one.week for one in self.people if one.chosen and one.own]
        faulty = [week for week in counted if not _readable(week)]
        return not faulty

    def _new_slug(self, names: dict[str, str]) -> str:
        named = names or dict(self.service.names)
        return new_calendar_slug(context.session(), context.org_id(), named)


def _layout(week: WeekEditor) -> dict[str, Any]:
    return week_layout(week.readings())


def _readable(week: WeekEditor) -> bool:
    try:
        if any(week.readings()):
            return True
    except Invalid as error:
        week.take(error)
        return False
    week.days[0].errors.append(field_sentence(FieldError("hours", "hours_empty")))
    return False


@blueprint.get("/calendars")
@guards.staff(MANAGE)
def calendars() -> Response:
    """All calendars, by service; or the archived ones."""
    archived = request.args.get("state") == "archived"
    lines = calendar_lines(context.session(), context.org_id())
    return page(
        "console/calendars/list.html",
        lines=[one for one in lines if _is_archived(one) == archived],
        archived=archived,
        strategy_words=strategy_words,
        modality_words=modality_words,
        services=service_names(context.session(), context.org_id()),
    )


@blueprint.route("/calendars/new", methods=["GET", "POST"])
@guards.staff(MANAGE)
def new_calendar() -> Response:
    """A new calendar of a service."""
    service_id = identifier(request.args, "service", required=True)
    if service_id is None:
        raise NotFound("service_not_found")
    editing = _editing(service_id, None)
    status = 200
    if request.method == "POST" and not editing.act(request.form.get("act", "")):
        made = _save(editing, None)
        if isinstance(made, uuid.UUID):
            return see_other(
                url_for("console.calendar", calendar_id=made),
                gettext("The calendar is open."),
            )
        status = made
    return _page("console/calendars/new.html", editing, status)


@blueprint.route("/calendars/<uuid:calendar_id>", methods=["GET", "POST"])
@guards.staff(MANAGE)
def calendar(calendar_id: uuid.UUID) -> Response:
    """One calendar."""
    stored = stored_draft(context.session(), context.org_id(), calendar_id)
    editing = _editing(stored.service_id, stored)
    status = 200
    if request.method == "POST" and not editing.act(request.form.get("act", "")):
        saved = _save(editing, calendar_id)
        if isinstance(saved, uuid.UUID):
            address = url_for("console.calendar", calendar_id=calendar_id)
            return see_other(address, gettext("Saved."))
        status = saved
    shown = _line(calendar_id, stored.service_id)
    return _page("console/calendars/calendar.html", editing, status, line=shown)


@blueprint.route("/calendars/<uuid:calendar_id>/archive", methods=["GET", "POST"])
@guards.staff(MANAGE)
def archive_calendar_page(calendar_id: uuid.UUID) -> Response:
    """Say what archiving does, then do it."""
    session, actor, now = context.session(), context.actor(), context.now()
    if request.method == "POST":
        archive_calendar(session, actor, calendar_id, now=now)
        return see_other(url_for("console.calendars"), gettext("The calendar is archived."))
    stored = stored_draft(session, actor.clinic, calendar_id)
    return page(
        "console/calendars/archive.html",
        line=_line(calendar_id, stored.service_id),
        visits=coming_visits(session, actor.clinic, now, calendar_id=calendar_id),
    )


@blueprint.post("/calendars/<uuid:calendar_id>/restore")
@guards.staff(MANAGE)
def restore_calendar_view(calendar_id: uuid.UUID) -> Response:
    """Open an archived calendar again."""
    restore_calendar(context.session(), context.actor(), calendar_id, now=context.now())
    address = url_for("console.calendar", calendar_id=calendar_id)
    return see_other(address, gettext("The calendar is open again."))


def _is_archived(line: CalendarLine) -> bool:
    return line.archived_at is not None or line.service_archived


def _line(calendar_id: uuid.UUID, service_id: uuid.UUID) -> CalendarLine:
    lines = calendar_lines(context.session(), context.org_id(), service_id)
    return next(one for one in lines if one.id == calendar_id)


def _page(template: str, editing: Editing, status: int, **more: Any) -> Response:
    return page(
        template,
        status=status,
        editing=editing,
        form=editing.form,
        service_title=localised(dict(editing.service.names)),
        suggested=slug_of(localised(dict(editing.service.names))),
        wrong_hours=any(editor.wrong for editor in editing.editors),
        **more,
    )


def _editing(service_id: uuid.UUID, stored: CalendarDraft | None) -> Editing:
    """The form of a calendar: as stored on a first look, as typed on a post."""
    session, org_id = context.session(), context.org_id()
    service = stored_service(session, org_id, service_id)
    form = CalendarInput(data=_data(stored, service) if stored else {"public": True})
    form.prepare(service)
    if request.method == "POST":
        own, week = "own" in request.form, WeekEditor.typed(request.form, "cal-")
    else:
        readings = stored_readings(stored.hours) if stored else None
        own, week = readings is not None, WeekEditor.of(readings or NO_WEEK, "cal-")
    return Editing(form, service_id, service, own, week, _people(service_id, stored))


def _people(service_id: uuid.UUID, stored: CalendarDraft | None) -> list[MemberRow]:
    session, org_id = context.session(), context.org_id()
    qualified = qualified_ids(session, org_id, service_id)
    known = {one.specialist_id: one for one in stored.everybody} if stored else {}
    return [
        _typed_member(one.id, one.name, bool(one.active and one.time_zone))
        if request.method == "POST"
        else _stored_member(
            one.id,
            one.name,
            bool(one.active and one.time_zone),
            known.get(one.id),
            fresh=stored is None,
        )
        for one in specialist_lines(session, org_id)
        if one.id in qualified
    ]


def _stored_member(
    id_: uuid.UUID, name: str, bookable: bool, member: CalendarMember | None, *, fresh: bool
) -> MemberRow:
    readings = stored_readings(member.hours) if member else None
    week = WeekEditor.of(readings or NO_WEEK, f"{id_}-")
    priority = member.priority if member else 0
    return MemberRow(
        id_, name, fresh or member is not None, priority, readings is not None, week, bookable
    )


def _typed_member(id_: uuid.UUID, name: str, bookable: bool) -> MemberRow:
    typed = request.form.get(f"priority-{id_}", "")
    priority = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else 0
    return MemberRow(
        id_,
        name,
        str(id_) in request.form.getlist("people"),
        min(priority, HIGHEST_PRIORITY),
        f"own-{id_}" in request.form,
        WeekEditor.typed(request.form, f"{id_}-"),
        bookable,
    )


def _data(stored: CalendarDraft, service: ServiceDraft) -> dict[str, Any]:
    price = stored.price_minor
    return {
        **text_data(stored.names, "names"),
        "slug": stored.slug,
        "modality": stored.modality,
        "strategy": stored.strategy,
        "public": stored.public,
        "duration_min": stored.duration_min,
        "price": "" if price is None else amount(price, service.currency),
        "cooldown_min": stored.cooldown_min,
        "min_notice_min": stored.min_notice_min,
        "horizon_days": stored.horizon_days,
        "seen": mark_of(stored),
    }


def _save(editing: Editing, calendar_id: uuid.UUID | None) -> uuid.UUID | int:
    """Save; gives the calendar, or the status of the page that shows why not."""
    session, actor, now = context.session(), context.actor(), context.now()
    form = editing.form
    if not (form.validate() & editing.check_weeks()):
        return 422
    try:
        draft = editing.draft()
        if calendar_id is None:
            return add_calendar(session, actor, draft, now=now)
        change_calendar(session, actor, calendar_id, draft, seen=form.seen.data or "", now=now)
    except Invalid as error:
        form.take(error, {"price_minor": "price"})
        return 422
    except Conflict:
        assert calendar_id is not None
        form.overtaken(mark_of(stored_draft(session, actor.clinic, calendar_id)))
        return 409
    return calendar_id
