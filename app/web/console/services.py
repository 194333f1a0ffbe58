"""The clinic's services: list and order, one with its calendars and specialists, copy, archive (CAT-01)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, Field, SelectField, SelectMultipleField

from app.appointments.queries.reassigning import coming_visits
from app.catalog import actions
from app.catalog.actions import ServiceDraft
from app.catalog.permissions import MANAGE
from app.catalog.queries import SORTABLE, is_archived, next_place, services_page
from app.catalog.rules import BOUNDS, CURRENCIES, KINDS
from app.lib.errors import Conflict, Invalid
from app.lib.money import Currency, Money, parse_money
from app.lib.paging import parse_page
from app.people.specialists.queries import specialist_lines
from app.scheduling.actions import ClassAboveCapacity, change_capacity, copy_needs
from app.scheduling.queries.listing import calendar_counts, calendar_lines
from app.scheduling.queries.spaces import all_spaces, needs_of
from app.web.console import blueprint
from app.web.console.fields import (
    MarkedInput,
    identifiers,
    offer_spans,
    prose,
    span_select,
    text_data,
    texts,
    typed_price,
    whole,
)
from app.web.console.own import address_of
from app.web.console.service_forms import form_words
from app.web.console.service_spaces import space_words
from app.web.console.terms import terms_shown
from app.web.http import context, guards
from app.web.http.inputs import choices, line, said_beside
from app.web.http.lists import heads, pager
from app.web.http.locale import current_language, localised
from app.web.http.render import page, see_other
from app.web.http.templating import moment

STEPS = (5, 10, 15, 20, 30, 45, 60)
BUFFERS = (0, 5, 10, 15, 20, 30, 45, 60)
MOST_CLASSES = 5
NOTICES = (0, 30, 60, 120, 240, 720, 1440, 2880, 10080)


def kind_words(kind: str) -> str:
    """The name of a kind of service."""
    words = {
        "consultation": gettext("Consultation"),
        "evaluation": gettext("Evaluation"),
        "therapy": gettext("Therapy"),
        "group_class": gettext("Group class"),
        "telerehab": gettext("Telerehabilitation"),
    }
    return words[kind]


class ServiceInput(MarkedInput):
    """A service as the clinic describes it."""

    names_ro = line(_l("Name in Romanian"), max_length=120, required=False)
    names_en = line(_l("Name in English"), max_length=120, required=False)
    descriptions_ro = prose(_l("Description in Romanian"))
    descriptions_en = prose(_l("Description in English"))
    kind = SelectField(_l("Kind"))
    duration_min = whole(_l("Length of a visit"), *BOUNDS["duration_min"], default=45)
    capacity = whole(
        _l("Places in a class"),
        *BOUNDS["capacity"],
        required=False,
        default=1,
        description=_l("More than one for a group class; 1 for everything else."),
    )
    step_min = span_select(
        _l("A visit may start every"),
        default=15,
        description=_l("Counted from the beginning of the working hours."),
    )
    buffer_before_min = span_select(_l("Kept free before"), default=0)
    buffer_after_min = span_select(_l("Kept free after"), default=0)
    cooldown_min = span_select(
        _l("Rest of the specialist between visits"),
        default=0,
        description=_l("At least so long from the end of one visit to the start of the next."),
    )
    min_notice_min = span_select(_l("Booked online at the latest"), default=120)
    horizon_days = whole(_l("Booked online at most"), *BOUNDS["horizon_days"], default=60)
    price = line(_l("Price"), max_length=24)
    currency = SelectField(_l("Currency"), choices=choices([(one, one) for one in CURRENCIES]))
    public = BooleanField(
        _l("Patients can book it online"),
        default=True,
        description=_l("Otherwise only the desk books it."),
    )
    specialists = SelectMultipleField(_l("Qualified specialists"))

    def prepare(self) -> None:
        """Offer what can be chosen, the present values among it."""
        self.kind.choices = choices([(kind, kind_words(kind)) for kind in KINDS])
        none, before = gettext("Nothing"), gettext("its start")
        offer_spans(self.step_min, STEPS)
        offer_spans(self.buffer_before_min, BUFFERS, none=none)
        offer_spans(self.buffer_after_min, BUFFERS, none=none)
        offer_spans(self.cooldown_min, BUFFERS, none=none)
        offer_spans(self.min_notice_min, NOTICES)
        self.min_notice_min.choices = [
            (value, before if value == "0" else gettext("%(time)s before", time=words))
            for value, words in self.min_notice_min.choices
        ]
        people = specialist_lines(context.session(), context.org_id())
        self.specialists.choices = [(str(one.id), one.name) for one in people]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """All that is missing is said at once, also that a service needs a name in one of the languages."""
        valid = bool(super().validate(*args, **kwargs))
        if texts(self, "names"):
            return valid
        self.names_ro.errors = [*self.names_ro.errors, gettext("Please fill this in.")]
        return False

    def validate_price(self, field: Field) -> None:
        """An amount as people write it here."""
        if self.currency.data in CURRENCIES:
            with said_beside():
                self._price(field.data)

    def _price(self, typed: str) -> Money:
        return parse_money(typed, Currency(self.currency.data), current_language(), field="price")

    def draft(self, stored: ServiceDraft | None) -> ServiceDraft:
        """The service that was typed. Raises Invalid."""
        names = texts(self, "names")
        typed: dict[str, Any] = {
            "names": names,
            "descriptions": texts(self, "descriptions"),
            "price_minor": self._price(self.price.data).minor,
            **{name: self[name].data for name in _AS_TYPED},
            "capacity": self.capacity.data or 1,
        }
        if stored is not None:
            return replace(stored, **typed)
        slug, position = next_place(context.session(), context.org_id(), names)
        return ServiceDraft(slug=slug, position=position, **typed)

    def take(self, invalid: Invalid, names: Mapping[str, str] | None = None) -> None:
        """Errors beside the fields that the page has."""
        super().take(invalid, {"names": "names_ro", "price_minor": "price", **(names or {})})


_AS_TYPED = (
    "kind",
    "capacity",
    "duration_min",
    "step_min",
    "buffer_before_min",
    "buffer_after_min",
    "cooldown_min",
    "min_notice_min",
    "horizon_days",
    "currency",
    "public",
)


@blueprint.get("/services")
@guards.staff(MANAGE)
def services() -> Response:
    """All services, or the archived ones; searched, sorted, in pages."""
    session, org_id = context.session(), context.org_id()
    typed, archived = request.args.get("q", ""), request.args.get("state") == "archived"
    asked = parse_page(request.args, sortable=SORTABLE, default_sort="position")
    found = services_page(session, org_id, typed, asked, current_language(), archived=archived)
    filters = {"q": typed, "state": "archived" if archived else ""}
    columns = [
        ("position", gettext("Order")),
        ("name", gettext("Service")),
        ("kind", gettext("Kind")),
        ("duration", gettext("Length")),
        ("price", gettext("Price")),
        (None, gettext("Bookable")),
        (None, gettext("Actions")),
    ]
    table_heads = heads(columns, asked, filters)
    table_heads[-1]["hidden"] = True
    return page(
        "console/services/list.html",
        fragment="console/services/_list.html",
        found=found,
        pager=pager(found, filters),
        heads=table_heads,
        typed=typed,
        archived=archived,
        ordered=not archived and not typed and [str(one) for one in asked.sort] == ["position"],
        calendars=calendar_counts(session, org_id),
        kind_words=kind_words,
    )


@blueprint.route("/services/new", methods=["GET", "POST"])
@guards.staff(MANAGE)
def new_service() -> Response:
    """A new service."""
    form = ServiceInput()
    form.prepare()
    if request.method == "POST" and form.validate():
        made = _add(form)
        if made is not None:
            return see_other(
                url_for("console.service", service_id=made),
                gettext("Saved. Open a calendar, and it can be booked."),
            )
    status = 422 if request.method == "POST" else 200
    return page("console/services/new.html", status=status, form=form)


@blueprint.route("/services/<uuid:service_id>", methods=["GET", "POST"])
@guards.staff(MANAGE)
def service(service_id: uuid.UUID) -> Response:
    """One service: everything about it, and what a patient sees."""
    session, org_id = context.session(), context.org_id()
    stored = actions.stored_draft(session, org_id, service_id)
    qualified = actions.qualified_ids(session, org_id, service_id)
    form = ServiceInput(data=_data(stored, qualified))
    form.prepare()
    status = 200
    if request.method == "POST":
        status = _change(service_id, form, stored) if form.validate() else 422
        if status == 303:
            return see_other(url_for("console.service", service_id=service_id), gettext("Saved."))
    return page(
        "console/services/service.html",
        status=status,
        form=form,
        service_id=service_id,
        stored=stored,
        title=localised(dict(stored.names)),
        archived=is_archived(session, org_id, service_id),
        calendars=calendar_lines(session, org_id, service_id),
        qualified=len(qualified),
        terms=terms_shown(stored),
        forms=form_words(service_id),
        forms_url=address_of("console.service_forms", service_id=service_id),
        needs=space_words(needs_of(session, org_id, service_id), all_spaces(session, org_id)),
    )


@blueprint.post("/services/<uuid:service_id>/move")
@guards.staff(MANAGE)
def move_service(service_id: uuid.UUID) -> Response:
    """One place up or down in the clinic's order, which is the order that patients see."""
    step = -1 if request.form.get("step") == "-1" else 1
    actions.move_service(context.session(), context.actor(), service_id, step, now=context.now())
    return see_other(url_for("console.services"))


@blueprint.post("/services/<uuid:service_id>/duplicate")
@guards.staff(MANAGE)
def duplicate_service(service_id: uuid.UUID) -> Response:
    """A copy to work on."""
    made = actions.duplicate_service(
        context.session(), context.actor(), service_id, now=context.now()
    )
    copy_needs(context.session(), context.org_id(), service_id, made)
    return see_other(
        url_for("console.service", service_id=made),
        gettext("This is the copy. Patients do not see it yet."),
    )


@blueprint.route("/services/<uuid:service_id>/archive", methods=["GET", "POST"])
@guards.staff(MANAGE)
def archive_service(service_id: uuid.UUID) -> Response:
    """Say what archiving does, then do it."""
    session, org_id = context.session(), context.org_id()
    if request.method == "POST":
        actions.archive_service(session, context.actor(), service_id, now=context.now())
        return see_other(url_for("console.services"), gettext("The service is archived."))
    stored = actions.stored_draft(session, org_id, service_id)
    return page(
        "console/services/archive.html",
        service_id=service_id,
        title=localised(dict(stored.names)),
        calendars=[
            one for one in calendar_lines(session, org_id, service_id) if not one.archived_at
        ],
        visits=coming_visits(session, org_id, context.now(), service_id=service_id),
    )


@blueprint.post("/services/<uuid:service_id>/restore")
@guards.staff(MANAGE)
def restore_service(service_id: uuid.UUID) -> Response:
    """Offer an archived service again."""
    actions.restore_service(context.session(), context.actor(), service_id, now=context.now())
    return see_other(
        url_for("console.service", service_id=service_id), gettext("The service is back.")
    )


def _data(stored: ServiceDraft, qualified: frozenset[uuid.UUID]) -> dict[str, Any]:
    return {
        **text_data(stored.names, "names"),
        **text_data(stored.descriptions, "descriptions"),
        **{name: getattr(stored, name) for name in _AS_TYPED},
        "price": typed_price(stored.price_minor, stored.currency),
        "specialists": [str(one) for one in qualified],
        "seen": actions.mark_of(stored, qualified),
    }


def _too_few(error: ClassAboveCapacity) -> str:
    """Which classes have more places taken than that."""
    shown = ", ".join(moment(one) for one in error.starts[:MOST_CLASSES])
    return ngettext(
        "More places are taken already in a class: %(when)s.",
        "More places are taken already in %(num)d classes: %(when)s.",
        len(error.starts),
        when=shown if len(error.starts) <= MOST_CLASSES else f"{shown}, …",
    )


def _add(form: ServiceInput) -> uuid.UUID | None:
    session, actor, now = context.session(), context.actor(), context.now()
    try:
        made = actions.add_service(session, actor, form.draft(None), now=now)
    except Invalid as error:
        form.take(error)
        return None
    actions.qualify(session, actor, made, identifiers(form.specialists), now=now)
    return made


def _change(service_id: uuid.UUID, form: ServiceInput, stored: ServiceDraft) -> int:
    session, actor = context.session(), context.actor()
    try:
        change_capacity(session, actor, service_id, form.capacity.data or 1, now=context.now())
        actions.change_service(
            session,
            actor,
            service_id,
            form.draft(stored),
            identifiers(form.specialists),
            seen=form.seen.data or "",
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return 422
    except ClassAboveCapacity as error:
        form.capacity.errors = [*form.capacity.errors, _too_few(error)]
        return 422
    except Conflict:
        qualified = actions.qualified_ids(session, actor.clinic, service_id)
        present = actions.stored_draft(session, actor.clinic, service_id)
        form.overtaken(actions.mark_of(present, qualified))
        return 409
    return 303
