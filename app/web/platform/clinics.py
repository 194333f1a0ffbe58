"""The operator's list of clinics."""

from __future__ import annotations

from flask import request
from flask_babel import gettext, pgettext
from werkzeug.wrappers import Response

from app.kernel.tenancy import directory
from app.lib.paging import parse_page
from app.lib.text import clean_line
from app.web.http import context, guards
from app.web.http.lists import heads, pager
from app.web.http.render import page
from app.web.platform import blueprint

STATES = (directory.DRAFT, directory.ACTIVE)


@blueprint.get("/")
@guards.platform()
def clinics() -> Response:
    """Clinics by name, with search, state, order and pages in the address."""
    asked = parse_page(request.args, sortable=directory.SORTABLE, default_sort="name")
    query = clean_line(request.args.get("q", ""))[:100]
    state = request.args.get("state", "")
    filters = {"q": query, "state": state if state in STATES else ""}
    found = directory.find_clinics(
        context.session(), query=query, state=filters["state"], request=asked
    )
    columns = [
        ("name", gettext("Clinic")),
        (None, gettext("State")),
        ("created", pgettext("clinic", "Created")),
        ("activated", gettext("Active since")),
    ]
    return page(
        "platform/clinics.html",
        fragment="platform/_clinics.html",
        clinics=found.items,
        columns=heads(columns, asked, filters),
        pager=pager(found, filters),
        filters=filters,
    )
