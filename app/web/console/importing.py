"""Bringing in patients from a CSV file (BYD-09): the file, earlier imports, an example to fill in."""

from __future__ import annotations

from flask import Response, request, url_for
from flask_babel import format_decimal, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import FileField, SelectField

from app.lib.csv import csv_lines
from app.lib.csv_reading import Encoding, Separator, Sheet, read_sheet
from app.lib.errors import Invalid, Refused
from app.people.importing.actions import MAX_ROWS, UNDO_DAYS, begin
from app.people.importing.queries import imports
from app.people.permissions import IMPORT
from app.people.rules import sheet_columns as columns
from app.web.console import blueprint
from app.web.console.import_words import ENCODINGS, FIELDS, SEPARATORS, STATES, tally_words
from app.web.http import context, guards
from app.web.http.inputs import Input, choices
from app.web.http.render import page, see_other

MAX_BYTES = 5 * 1024 * 1024
AUTO = ""
_FOUND_OUT = (AUTO, _l("Found out from the file"))


class FileInput(Input):
    """A file, and how to read it where guessing went wrong."""

    file = FileField(_l("File"))
    encoding = SelectField(
        _l("Letters"), choices=choices([_FOUND_OUT, *ENCODINGS.items()]), default=AUTO
    )
    separator = SelectField(
        lazy_pgettext("csv", "Separator"),
        choices=choices([_FOUND_OUT, *((one.name, SEPARATORS[one.value]) for one in Separator)]),
        default=AUTO,
    )


def whole_clinic() -> None:
    """Raise Refused for a role that sees only its own patients: a file names anybody."""
    if context.actor().own_patients_only:
        raise Refused("permission_missing")


@blueprint.get("/patients/import")
@guards.staff(IMPORT)
def import_patients() -> Response:
    """Choose a file; what was imported before."""
    whole_clinic()
    return _page(FileInput(formdata=None))


@blueprint.post("/patients/import")
@guards.staff(IMPORT)
def upload_patients() -> AnyResponse:
    """Read the file and show what its columns hold. No card is written."""
    whole_clinic()
    form = FileInput()
    if not form.validate():
        return _page(form, 422)
    try:
        raw, sheet = _read(form)
        session, actor, now = context.session(), context.actor(), context.now()
        name = request.files["file"].filename or ""
        import_id = begin(session, actor, name, raw, sheet, now=now)
    except Invalid as error:
        form.take(error)
        return _page(form, 422)
    return see_other(url_for("console.patient_import", import_id=import_id))


@blueprint.get("/patients/import-example.csv")
@guards.staff(IMPORT)
def import_example() -> Response:
    """A file with the columns that are known by name, and one made-up patient."""
    header = [str(FIELDS[one]) for one in _EXAMPLE]
    text = "".join(csv_lines(header, [list(_EXAMPLE.values())]))
    response = Response(text, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="patients.csv"'
    return response


_EXAMPLE = {
    columns.LAST: "Popescu",
    columns.FIRST: "Ana",
    columns.PHONE: "0722 123 456",
    columns.EMAIL: "ana.popescu@example.com",
    columns.BIRTH: "14.03.1985",
}


def _read(form: FileInput) -> tuple[bytes, Sheet]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid.one("file", "required")
    raw = sent.stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise Invalid.one("file", "upload_too_large")
    encoding, separator = form.encoding.data, form.separator.data
    return raw, read_sheet(
        raw,
        encoding=Encoding(encoding) if encoding else None,
        separator=Separator[separator] if separator else None,
        max_rows=MAX_ROWS,
    )


def _page(form: FileInput, status: int = 200) -> Response:
    return page(
        "console/patients/import.html",
        status=status,
        form=form,
        imports=[
            (one, *STATES[one.state], tally_words(one.tally))
            for one in imports(context.session(), context.org_id())
        ],
        max_rows=format_decimal(MAX_ROWS),
        max_mb=MAX_BYTES // (1024 * 1024),
        undo_days=UNDO_DAYS,
    )
