"""One import (BYD-09): its columns, every row before anything is written, progress, the result, taking it back."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, RadioField

from app.kernel.access.actor import STAFF
from app.kernel.audit.record import record
from app.lib.csv import csv_lines
from app.lib.errors import Invalid
from app.lib.paging import parse_page
from app.people.importing import actions, queries
from app.people.importing.checking import INVALID, VERDICTS
from app.people.importing.models import PatientImport
from app.people.importing.reading import reading_of, unseal
from app.people.permissions import IMPORT
from app.web.console import blueprint, import_words
from app.web.console.importing import whole_clinic
from app.web.http import context, guards
from app.web.http.inputs import Input, choices
from app.web.http.lists import heads, pager
from app.web.http.render import is_fragment_request, page, see_other

SAMPLE = 3
RUNNING = (actions.CHECKING, actions.IMPORTING, actions.UNDOING)


class ColumnsInput(Input):
    """How rows with a wrong cell are taken; the columns themselves are as many as the file has."""

    lenient = BooleanField(_l("Leave out a cell that is wrong, and bring in the rest of its row"))


class StartInput(Input):
    """What happens to people who have a card already, where nobody decided row by row."""

    known = RadioField(
        _l("People who have a card already"),
        choices=choices(
            [
                (actions.LEAVE, _l("Leave their cards as they are")),
                (actions.FILL, _l("Complete what their cards lack")),
            ]
        ),
        default=actions.LEAVE,
    )


@blueprint.get("/patients/import/<uuid:import_id>")
@guards.staff(IMPORT)
def patient_import(import_id: uuid.UUID) -> AnyResponse:
    """The import as it stands; while it runs, its progress."""
    found = _found(import_id)
    if found.state == actions.DISCARDED:
        return see_other(url_for("console.import_patients"))
    if found.state in RUNNING:
        return _progress(found)
    if is_fragment_request() and request.headers.get("HX-Target") == "progress":
        return see_other(_address(found))
    return _page(found)


@blueprint.post("/patients/import/<uuid:import_id>/columns")
@guards.staff(IMPORT)
def look_at_import(import_id: uuid.UUID) -> AnyResponse:
    """Say what the columns hold, and look at every row."""
    found, form = _found(import_id), ColumnsInput()
    mapping = [request.form.get(f"column-{at}") or None for at in range(len(found.header))]
    session, actor, now = context.session(), context.actor(), context.now()
    try:
        actions.look(session, actor, import_id, mapping, lenient=form.lenient.data, now=now)
    except Invalid as error:
        form.take(error)
        return _page(found, form, mapping, 422)
    return see_other(_address(found))


@blueprint.post("/patients/import/<uuid:import_id>/rows")
@guards.staff(IMPORT)
def decide_import(import_id: uuid.UUID) -> AnyResponse:
    """What happens to rows of people who are known, or who stand in the file twice."""
    found = _found(import_id)
    said = {
        int(name.removeprefix("row-")): value
        for name, value in request.form.items()
        if name.startswith("row-") and name[4:].isascii() and name[4:].isdigit() and len(name) < 12
    }
    actions.decide(context.session(), context.actor(), import_id, said)
    if is_fragment_request():
        return Response("", 204)
    back = {name: request.args[name] for name in ("show", "page") if name in request.args}
    return see_other(_address(found, **back), gettext("Your choices are kept."))


@blueprint.post("/patients/import/<uuid:import_id>/start")
@guards.staff(IMPORT)
def start_import(import_id: uuid.UUID) -> AnyResponse:
    """Let the rows in."""
    found, form = _found(import_id), StartInput()
    session, actor, now = context.session(), context.actor(), context.now()
    actions.start(session, actor, import_id, known=form.known.data or actions.LEAVE, now=now)
    return see_other(_address(found))


@blueprint.post("/patients/import/<uuid:import_id>/resume")
@guards.staff(IMPORT)
def resume_import(import_id: uuid.UUID) -> AnyResponse:
    """Wake an import that stands still."""
    found = _found(import_id)
    actions.go_on(context.session(), context.actor(), import_id, now=context.now())
    return see_other(_address(found), gettext("It goes on."))


@blueprint.post("/patients/import/<uuid:import_id>/undo")
@guards.staff(IMPORT)
def undo_import(import_id: uuid.UUID) -> AnyResponse:
    """Take the whole import back."""
    found = _found(import_id)
    actions.take_back(context.session(), context.actor(), import_id, now=context.now())
    return see_other(_address(found))


@blueprint.post("/patients/import/<uuid:import_id>/discard")
@guards.staff(IMPORT)
def discard_import(import_id: uuid.UUID) -> AnyResponse:
    """Forget a file that was not imported."""
    _found(import_id)
    actions.discard(context.session(), context.actor(), import_id, now=context.now())
    return see_other(url_for("console.import_patients"), gettext("The file is forgotten."))


@blueprint.get("/patients/import/<uuid:import_id>/to-correct.csv")
@guards.staff(IMPORT)
def import_to_correct(import_id: uuid.UUID) -> Response:
    """The rows with something wrong as they came, with the reason, to be corrected and brought in again."""
    found = _found(import_id)
    session, actor, now = context.session(), context.actor(), context.now()
    rows = queries.rows_to_correct(session, actor.clinic, import_id)
    told = {"rows": len(rows)}
    record(session, actor, "patients.import_rows", "patient_import", import_id, at=now, after=told)
    cells = [(row, unseal(row.cells)) for row in rows]
    width = max([len(found.header), *(len(each) for _row, each in cells)])
    names = [*_column_names(found), *([""] * (width - len(found.header)))]
    lines = (
        [*each, *([""] * (width - len(each))), row.line, _reasons(row.problems, each, found)]
        for row, each in cells
    )
    header = [*names, gettext("Line"), gettext("What to correct")]
    response = Response("".join(csv_lines(header, lines)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="to-correct.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _reasons(problems: list[Any], cells: list[str], found: PatientImport) -> str:
    shown = import_words.problems_of(problems, cells, found.mapping)
    return " ".join(f"{one.field}: {one.why}" if one.field else one.why for one in shown)


def _column_names(found: PatientImport) -> list[str]:
    """Names of the columns; a column without one is called by what it holds, so that it is known again."""
    return [
        name or (str(import_words.FIELDS[field]) if field else "")
        for name, field in zip(found.header, found.mapping, strict=True)
    ]


def _found(import_id: uuid.UUID) -> PatientImport:
    whole_clinic()
    return queries.one_import(context.session(), context.org_id(), import_id)


def _address(found: PatientImport, **query: Any) -> str:
    return url_for("console.patient_import", import_id=found.id, **query)


def _progress(found: PatientImport) -> Response:
    """How far it is; asked again by itself, and told by the live stream."""
    session, org_id = context.session(), context.org_id()
    done = total = found.row_count
    if found.state == actions.IMPORTING:
        done = queries.rows_done(session, org_id, found.id)
    if found.state == actions.UNDOING:
        done = sum(found.tally.get(one, 0) for one in ("undone", "kept"))
        total = sum(found.tally.get(one, 0) for one in ("added", "filled"))
    return page(
        "console/patients/import_running.html",
        fragment="console/patients/_import_running.html",
        found=found,
        words=import_words.STATES[found.state][0],
        done=done,
        total=total,
        stands_still=context.now() >= found.moved_at + actions.STALLED,
    )


def _page(
    found: PatientImport,
    form: ColumnsInput | None = None,
    mapping: list[str | None] | None = None,
    status: int = 200,
) -> Response:
    session, org_id = context.session(), context.org_id()
    form = form or ColumnsInput(formdata=None, lenient=found.lenient)
    counts = queries.counts(session, org_id, found.id)
    open_ = found.state in (actions.READ, actions.CHECKED)
    show = request.args.get("show", "")
    show = show if show in VERDICTS and counts.get(show) else ""
    asked = parse_page(request.args, sortable=())
    total = counts.get(show, 0) if show else sum(counts.values())
    rows, shown = None, []
    if found.state != actions.READ and total:
        rows = queries.rows_page(session, org_id, found.id, show or None, asked, total)
        how = reading_of(session, found, context.now())
        shown = [import_words.shown_row(row, how) for row in rows.items]
    before = queries.brought_before(session, found) if open_ else None
    return page(
        "console/patients/import_one.html",
        status=status,
        found=found,
        state=import_words.STATES[found.state],
        writes=context.actor().kind == STAFF,
        columns=_columns(found, mapping) if open_ else [],
        form=form,
        fields=import_words.FIELDS,
        separator=import_words.SEPARATORS[found.separator],
        encoding=import_words.ENCODINGS[found.encoding],
        before=before,
        start=StartInput(formdata=None, known=found.known),
        counts={one: counts.get(one, 0) for one in VERDICTS},
        tabs=_tabs(found, counts, show),
        show=show,
        rows=shown,
        pager=pager(rows, {"show": show}) if rows else None,
        heads=heads(_heads(), asked, {}),
        verdicts=import_words.VERDICTS,
        outcomes=import_words.OUTCOMES,
        choice_words=import_words.CHOICE_WORDS,
        tally=import_words.tally_words(found.tally),
        undo_until=_undo_until(found),
        wrong=bool(counts.get(INVALID)) or (found.lenient and bool(rows)),
    )


def _undo_until(found: PatientImport) -> dt.datetime | None:
    """Until when the import can be taken back; None where it cannot."""
    if found.state != actions.DONE or found.finished_at is None:
        return None
    until = found.finished_at + dt.timedelta(days=actions.UNDO_DAYS)
    return until if context.now() <= until else None


def _heads() -> list[tuple[str | None, str]]:
    return [
        (None, gettext("Line")),
        (None, gettext("Name")),
        (None, gettext("Contact")),
        (None, gettext("Born")),
        (None, gettext("What is found")),
        (None, ""),
    ]


def _tabs(found: PatientImport, counts: dict[str | None, int], show: str) -> list[dict[str, Any]]:
    every = [("", gettext("All rows"), sum(counts.values()))]
    every += [(one, str(import_words.VERDICTS[one][0]), counts.get(one, 0)) for one in VERDICTS]
    return [
        {
            "label": words,
            "url": _address(found, show=one) if one else _address(found),
            "active": show == one,
            "count": count,
        }
        for one, words, count in every
        if count or not one
    ]


def _columns(found: PatientImport, mapping: list[str | None] | None) -> list[dict[str, Any]]:
    """Each column with its name, what stands in its first rows, what it holds, and what is wrong with that."""
    sealed = queries.sample(context.session(), context.org_id(), found.id, SAMPLE)
    first = [unseal(one) for one in sealed]
    held = mapping or list(found.mapping)
    return [
        {
            "at": at,
            "name": name,
            "sample": [row[at] for row in first if at < len(row) and row[at].strip()],
            "holds": held[at] or "",
        }
        for at, name in enumerate(found.header)
    ]
