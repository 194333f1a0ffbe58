"""Patients: the list with search, order, pages and export; one patient with their visits; the card."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import Optional

from app.appointments import permissions as appointments
from app.appointments.queries import next_visits, patient_visits
from app.appointments.states import IN_PROGRESS, OPEN
from app.kernel.audit.record import record
from app.lib.csv import csv_lines
from app.lib.errors import Conflict, Invalid
from app.lib.paging import parse_page
from app.lib.text import clean_line
from app.people import permissions
from app.people.access import patient_or_404
from app.people.actions import Born, add_patient, card_mark, change_contact
from app.people.models import Patient
from app.people.queries import SORTABLE, all_patients, patients_page
from app.web.console import blueprint
from app.web.console.alike import known_like
from app.web.console.asked import local
from app.web.console.fields import MarkedInput
from app.web.console.own import address_of, only_specialist, writes
from app.web.console.patient_overview import born_of, overview
from app.web.console.whom import ContactMixin
from app.web.http import context, guards
from app.web.http.inputs import choices
from app.web.http.lists import heads, pager
from app.web.http.locale import LANGUAGES
from app.web.http.render import page, see_other

LONGEST_SEARCH = 100
MOST_VISITS = 50


class CardInput(ContactMixin, MarkedInput):
    """A patient's card."""

    birth_date = DateField(_l("Date of birth"), validators=[Optional()])
    locale = SelectField(_l("Language of messages"), choices=choices(LANGUAGES.items()))


class NewCardInput(CardInput):
    """The card of a new patient."""

    apart = BooleanField(_l("This is somebody else: add a new patient"))


def _asked() -> str:
    return clean_line(request.args.get("q", ""))[:LONGEST_SEARCH]


@blueprint.get("/patients")
@guards.staff(permissions.VIEW)
def patients() -> Response:
    """Patients by name, with search, order and pages in the address (INT-02)."""
    session, org_id, typed = context.session(), context.org_id(), _asked()
    asked = parse_page(request.args, sortable=SORTABLE, default_sort="name")
    found = patients_page(session, org_id, typed, asked, of_specialist=only_specialist())
    filters = {"q": typed}
    columns = [
        ("name", gettext("Name")),
        (None, gettext("Phone")),
        (None, gettext("E-mail")),
        ("number", gettext("Number")),
        (None, gettext("Next visit")),
        ("created", gettext("Since")),
    ]
    ids = [one.id for one in found.items]
    return page(
        "console/patients/list.html",
        fragment="console/patients/_list.html",
        patients=found.items,
        soon=next_visits(session, org_id, ids, context.now()) if ids else {},
        columns=heads(columns, asked, filters),
        pager=pager(found, filters),
        q=typed,
        csv_url=url_for(
            "console.patients_csv", q=typed or None, sort=request.args.get("sort") or None
        ),
        new_url=_new_url(),
        duplicates_url=address_of("console.duplicates"),
        import_url=_import_url(),
    )


@blueprint.get("/patients.csv")
@guards.staff(permissions.VIEW)
def patients_csv() -> Response:
    """The list as it is filtered and ordered, every page of it, as a file for a spreadsheet; the export is audited."""
    session, actor = context.session(), context.actor()
    asked = parse_page(request.args, sortable=SORTABLE, default_sort="name")
    found = all_patients(
        session, actor.clinic, _asked(), asked.sort, of_specialist=only_specialist()
    )
    record(
        session,
        actor,
        "patients.export",
        "patient",
        None,
        at=context.now(),
        after={"rows": len(found)},
    )
    header = [
        gettext("Number"),
        gettext("Name"),
        gettext("Phone"),
        gettext("E-mail"),
        gettext("Since"),
    ]
    rows = (
        (one.number, one.name, one.phone, one.email, local(one.created_at).date().isoformat())
        for one in found
    )
    response = Response("".join(csv_lines(header, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="patients.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/patients/<uuid:patient_id>")
@guards.staff(permissions.VIEW)
def patient(patient_id: uuid.UUID) -> AnyResponse:
    """One patient: the card, what comes, what was. The look goes into the access journal; a merged card leads on."""
    session, actor, now = context.session(), context.actor(), context.now()
    found = patient_or_404(session, actor, patient_id, looked_at="card", now=now)
    if found.merged_into_id is not None:
        return see_other(url_for("console.patient", patient_id=found.merged_into_id))
    visits = _visits(patient_id)
    coming = [one for one in visits if one.ends_at > now and one.state in (*OPEN, IN_PROGRESS)]
    may_book = writes(actor, appointments.BOOK)
    return page(
        "console/patients/patient.html",
        patient=found,
        coming=sorted(coming, key=lambda one: one.starts_at),
        past=[one for one in visits if one not in coming],
        most=len(visits) == MOST_VISITS,
        edit_url=url_for("console.edit_patient", patient_id=patient_id)
        if writes(actor, permissions.MANAGE)
        else None,
        book_url=url_for("console.new_visit", patient=patient_id) if may_book else None,
        course_url=url_for("console.plan_course", patient_id=patient_id) if may_book else None,
        wait_url=url_for("console.wait_for", patient_id=patient_id) if may_book else None,
        parts=_parts(found),
        **overview(found),
    )


def _visits(patient_id: uuid.UUID) -> list[Any]:
    """The patient's visits; of a role that sees only its own, those with its specialist."""
    actor, own = context.actor(), only_specialist()
    if not actor.may(appointments.VIEW):
        return []
    found = patient_visits(context.session(), actor.clinic, [patient_id], MOST_VISITS)
    return [one for one in found if own is None or one.specialist_id == own]


def _parts(patient: Patient) -> list[tuple[str, str]]:
    """Further pages about the patient, as far as the reader may open them: words and address."""
    known = [
        (gettext("Open a form"), address_of("console.open_form", patient_id=patient.id)),
        (gettext("Forms"), address_of("console.forms", patient=patient.id)),
        (gettext("Consents"), address_of("console.patient_consents", patient_id=patient.id)),
        (gettext("Exercise sessions"), address_of("console.pose_sessions", patient=patient.id)),
        (gettext("Act as this patient"), address_of("console.act_as", patient_id=patient.id)),
    ]
    return [(words, url) for words, url in known if url is not None]


def _new_url() -> str | None:
    allowed = writes(context.actor(), permissions.MANAGE)
    return url_for("console.new_patient", name=_asked() or None) if allowed else None


def _import_url() -> str | None:
    return None if context.actor().own_patients_only else address_of("console.import_patients")


@blueprint.route("/patients/new", methods=["GET", "POST"])
@guards.staff(permissions.MANAGE)
def new_patient() -> AnyResponse:
    """A new patient; who looks like somebody known is shown first."""
    form, alike = NewCardInput(), []
    if request.method == "GET":
        form.name.data = clean_line(request.args.get("name", ""))[:LONGEST_SEARCH].title()
        form.locale.data = context.clinic().locale
        return _card_page(form, None)
    if not form.validate():
        return _card_page(form, None, 422)
    session, actor, now = context.session(), context.actor(), context.now()
    try:
        contact = form.contact(locale=form.locale.data)
        _refuse_unborn(form)
    except Invalid as error:
        form.take(error)
        return _card_page(form, None, 422)
    alike = known_like(contact, form.birth_date.data)
    if alike and not form.apart.data:
        return _card_page(form, None, 422, alike)
    made = add_patient(session, actor, contact, now, birth_date=form.birth_date.data)
    address = url_for("console.patient", patient_id=made)
    return see_other(address, gettext("%(name)s is added.", name=contact.name))


def _refuse_unborn(form: CardInput) -> None:
    born = form.birth_date.data if form.birth_date else None
    if born is not None and not 1900 <= born.year <= local(context.now()).year:
        raise Invalid.one("birth_date", "date_impossible")
    if born is not None and born > local(context.now()).date():
        raise Invalid.one("birth_date", "date_impossible")


@blueprint.route("/patients/<uuid:patient_id>/edit", methods=["GET", "POST"])
@guards.staff(permissions.MANAGE)
def edit_patient(patient_id: uuid.UUID) -> AnyResponse:
    """Correct the card; what changed goes into the audit trail."""
    session, actor, now = context.session(), context.actor(), context.now()
    found = patient_or_404(session, actor, patient_id, looked_at="card", now=now)
    born, keeps_birth = born_of(found)
    form = CardInput(obj=found, birth_date=born)
    if not keeps_birth:
        del form.birth_date
    if request.method == "GET":
        form.seen.data = card_mark(session, actor.clinic, patient_id)
        return _card_page(form, found)
    if not form.validate():
        return _card_page(form, found, 422)
    try:
        contact = form.contact(reachable=False, locale=form.locale.data)
        _refuse_unborn(form)
        change_contact(
            session,
            actor,
            patient_id,
            contact,
            now,
            born=Born(form.birth_date.data) if keeps_birth else None,
            seen=form.seen.data or "",
        )
    except Invalid as error:
        form.take(error)
        return _card_page(form, found, 422)
    except Conflict:
        form.overtaken(card_mark(session, actor.clinic, patient_id))
        return _card_page(form, found, 409)
    address = url_for("console.patient", patient_id=patient_id)
    return see_other(address, gettext("The card is changed."))


def _card_page(form: Any, found: Any, status: int = 200, alike: Any = ()) -> Response:
    back = url_for("console.patient", patient_id=found.id) if found else url_for("console.patients")
    return page(
        "console/patients/card.html",
        status=status,
        form=form,
        patient=found,
        alike=alike,
        back_url=back,
    )
