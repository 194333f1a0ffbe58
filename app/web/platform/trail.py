"""The operator's own trail: what its staff did across clinics."""

from __future__ import annotations

from flask import request
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.kernel.audit import queries
from app.kernel.audit.queries import TrailFilter
from app.lib.paging import parse_page
from app.lib.text import clean_line
from app.web.http import context, guards
from app.web.http.lists import heads, pager
from app.web.http.render import page
from app.web.platform import blueprint

OUTCOMES = ("done", "refused", "failed")


@blueprint.get("/trail")
@guards.platform()
def trail() -> Response:
    """Newest first, narrowed by action and outcome."""
    asked = parse_page(request.args, sortable=queries.SORTABLE, default_sort="-at")
    outcome = request.args.get("outcome", "")
    filters = {
        "action": clean_line(request.args.get("action", ""))[:100],
        "outcome": outcome if outcome in OUTCOMES else "",
    }
    found = queries.one_page(
        context.session(),
        queries.actions_query(
            None, TrailFilter(action=filters["action"], outcome=filters["outcome"])
        ),
        asked,
    )
    columns = [
        ("at", gettext("When")),
        (None, gettext("Who")),
        (None, gettext("What")),
        (None, gettext("About")),
        (None, gettext("Outcome")),
    ]
    return page(
        "platform/trail.html",
        fragment="platform/_trail.html",
        events=found.items,
        columns=heads(columns, asked, filters),
        pager=pager(found, filters),
        filters=filters,
    )
