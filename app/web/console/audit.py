"""The trail of the clinic in three books: what was done, who looked at whose record, who signed in (KRN-05, KRN-15)."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, redirect, request, stream_with_context, url_for
from flask_babel import gettext, pgettext
from sqlalchemy import Row, Select, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app.kernel.audit import queries
from app.kernel.audit.archive import archives_of
from app.kernel.audit.queries import TrailFilter
from app.kernel.audit.record import record
from app.kernel.permissions import AUDIT
from app.lib.csv import csv_lines
from app.lib.paging import parse_page
from app.lib.text import clean_line
from app.people.models import Patient
from app.web.console import blueprint
from app.web.console.asked import date_of, read_identifier
from app.web.console.own import address_of
from app.web.http import context, guards
from app.web.http.lists import heads, pager
from app.web.http.render import page

NAMES = ("actor", "subject", "action", "outcome", "since", "until")
OUTCOMES = ("done", "refused", "failed")
BOOKS = ("actions", "records", "sign-ins")


# Subjects with a page that stays, whatever happens to them.
SUBJECT_PAGES = {
    "appointment": ("console.visit", "visit_id"),
    "calendar": ("console.calendar", "calendar_id"),
    "course": ("console.course_page", "course_id"),
    "form": ("console.form", "form_id"),
    "patient": ("console.patient", "patient_id"),
    "service": ("console.service", "service_id"),
}


@dataclass(frozen=True)
class Book:
    """One of the three books: how it is read, its heads on the screen, its columns in a file."""

    query: Callable[[uuid.UUID, TrailFilter], Select[*tuple[Any, ...]]]
    heads: Sequence[tuple[str | None, str]]
    columns: Sequence[str]


def book(code: str) -> Book:
    """A book by its code. Raises NotFound."""
    when, who, where = (
        ("at", gettext("When")),
        (None, gettext("Who")),
        (None, pgettext("address", "From")),
    )
    outcome = (None, gettext("Outcome"))
    if code == "actions":
        about = [(None, gettext("What")), (None, gettext("About"))]
        columns: tuple[str, ...] = (
            *("at", "actor_name", "actor_kind", "actor_human_id", "on_behalf_of", "elevated_id"),
            *("action", "subject_type", "subject_id", "outcome", "reason", "before", "after"),
            *("ip", "request_id"),
        )
        return Book(queries.actions_query, [when, who, *about, outcome, where], columns)
    if code == "records":
        about = [(None, gettext("Patient")), (None, gettext("Looked at"))]
        columns = ("at", "actor_name", "actor_kind", "actor_human_id", "elevated_id", "patient_id")
        return Book(
            queries.accesses_query,
            [when, who, *about, where],
            (*columns, "what", "ip", "request_id"),
        )
    if code == "sign-ins":
        how = (None, gettext("How"))
        columns = ("at", "actor_name", "actor_human_id", "method", "outcome", "reason", "ip")
        return Book(
            queries.logins_query, [when, who, how, outcome, where], (*columns, "user_agent")
        )
    raise NotFound


@blueprint.get("/audit", defaults={"code": "actions"})
@blueprint.get("/audit/<code>")
@guards.staff(AUDIT)
def audit(code: str) -> Response:
    """One book, newest first, narrowed by the filters in the address."""
    chosen, session, org_id = book(code), context.session(), context.org_id()
    asked = parse_page(request.args, sortable=queries.SORTABLE, default_sort="-at")
    filters = _filters()
    found = queries.one_page(session, chosen.query(org_id, _wanted(filters)), asked)
    return page(
        "console/audit/list.html",
        fragment=f"console/audit/_{code.replace('-', '_')}.html",
        code=code,
        rows=found.items,
        patients=_patients(found.items) if code != "sign-ins" else {},
        subject_url=_subject_url,
        columns=heads(chosen.heads, asked, filters),
        pager=pager(found, filters),
        filters=filters,
        actors=queries.actors(session, org_id),
        tabs=_tabs(code),
        csv_url=_with(url_for("console.audit_csv", code=code), filters),
    )


@blueprint.get("/audit/<code>.csv")
@guards.staff(AUDIT)
def audit_csv(code: str) -> Response:
    """The same rows as a file for a spreadsheet; the export itself is recorded."""
    chosen, session, org_id = book(code), context.session(), context.org_id()
    filters = _filters()
    record(
        session,
        context.actor(),
        "audit.export",
        "audit",
        code,
        at=context.now(),
        after={name: value for name, value in filters.items() if value},
    )
    rows = list(queries.export(session, chosen.query(org_id, _wanted(filters))))
    body = stream_with_context(csv_lines(chosen.columns, _cells(rows, chosen.columns)))
    response = Response(body, mimetype="text/csv; charset=utf-8")
    name = f"{context.clinic().slug}-{code}-{context.now():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


def _cells(rows: Sequence[Row[Any]], columns: Sequence[str]) -> Iterator[list[object]]:
    for row in rows:
        yield [_cell(getattr(row, column)) for column in columns]


def _cell(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _filters() -> dict[str, str]:
    """The filters of the address; what makes no sense is as if it were not there."""
    given = {name: clean_line(request.args.get(name, ""))[:100] for name in NAMES}
    given["outcome"] = given["outcome"] if given["outcome"] in OUTCOMES else ""
    for name, read in (("actor", uuid.UUID), ("since", _date), ("until", _date)):
        given[name] = given[name] if _reads(read, given[name]) else ""
    return given


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _date(text: str) -> dt.date:
    """A date that the trail can be asked for. Raises ValueError."""
    found = date_of(text)
    if found is None:
        raise ValueError(text)
    return found


def _wanted(filters: dict[str, str]) -> TrailFilter:
    return TrailFilter(
        actor_id=uuid.UUID(filters["actor"]) if filters["actor"] else None,
        subject=filters["subject"],
        action=filters["action"],
        outcome=filters["outcome"],
        since=_midnight(filters["since"], 0),
        until=_midnight(filters["until"], 1),
    )


def _midnight(text: str, days_later: int) -> dt.datetime | None:
    """The start of a date, or of the one after it, on the clinic's clock."""
    if not text:
        return None
    date = _date(text) + dt.timedelta(days=days_later)
    return dt.datetime.combine(date, dt.time(), ZoneInfo(context.clinic().time_zone))


def _patients(rows: Sequence[Row[Any]]) -> dict[str, str]:
    """Names of the patients that the rows speak of."""
    wanted = {_patient_of(row) for row in rows} - {None}
    found = context.session().execute(
        select(Patient.id, Patient.name).where(
            Patient.org_id == context.org_id(), Patient.id.in_(wanted)
        )
    )
    return {str(row.id): row.name for row in found}


def _patient_of(row: Row[Any]) -> uuid.UUID | None:
    """The patient of a row: looked at, acted for, or the subject itself."""
    named = row._mapping
    patient_id: uuid.UUID | None = named.get("patient_id") or named.get("on_behalf_of")
    if patient_id is None and named.get("subject_type") == "patient":
        return read_identifier(named["subject_id"] or "")
    return patient_id


def _subject_url(kind: str, identifier: str | None) -> str | None:
    """The page of what a row speaks of, for a reader who may open it; what can vanish has none."""
    found = read_identifier(identifier or "")
    if kind not in SUBJECT_PAGES or found is None:
        return None
    endpoint, argument = SUBJECT_PAGES[kind]
    return address_of(endpoint, **{argument: found})


def _with(url: str, filters: dict[str, str]) -> str:
    given = {name: value for name, value in filters.items() if value}
    return f"{url}?{urlencode(given)}" if given else url


@blueprint.get("/audit/archive")
@guards.staff(AUDIT)
def audit_archive() -> Response:
    """Months that left the books after a year, as files to save (KRN-15)."""
    kept = archives_of(context.session(), context.org_id())
    words = {
        "audit_events": gettext("What was done"),
        "record_accesses": gettext("Records looked at"),
        "login_events": gettext("Sign-ins"),
    }
    labels = (
        gettext("Month"),
        gettext("Book"),
        gettext("Entries"),
        gettext("Kept until"),
        gettext("File"),
    )
    return page(
        "console/audit/archive.html",
        rows=kept,
        words=words,
        columns=heads([(None, label) for label in labels], parse_page(request.args), {}),
        tabs=_tabs("archive"),
    )


@blueprint.get("/audit/archive/<uuid:archive_id>")
@guards.staff(AUDIT)
def audit_archived(archive_id: uuid.UUID) -> AnyResponse:
    """The file of a month; that it was taken is recorded."""
    session, org_id = context.session(), context.org_id()
    kept = next((one for one in archives_of(session, org_id) if one.id == archive_id), None)
    if kept is None:
        raise NotFound
    record(session, context.actor(), "audit.export", "audit_archive", kept.id, at=context.now())
    name = f"{context.clinic().slug}-{kept.log}-{kept.month:%Y-%m}.ndjson.gz"
    return redirect(context.clinic_blobs().signed_url(kept.key, filename=name), 303)


def _tabs(code: str) -> list[dict[str, Any]]:
    words = (gettext("What was done"), gettext("Records looked at"), gettext("Sign-ins"))
    books = [
        {"label": label, "url": url_for("console.audit", code=one), "active": one == code}
        for one, label in zip(BOOKS, words, strict=True)
    ]
    url = url_for("console.audit_archive")
    archive = {"label": pgettext("books", "Archive"), "url": url, "active": code == "archive"}
    return [{**tab, "count": None} for tab in (*books, archive)]
