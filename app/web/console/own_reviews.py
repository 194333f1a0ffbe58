"""What patients said of one's own visits, for the specialist who gave them (APT-02)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request
from sqlalchemy import RowMapping
from werkzeug.exceptions import NotFound

from app.appointments.permissions import TREAT
from app.appointments.reviews.queries import Wanted, averages, reviews_page
from app.lib.paging import parse_page
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.lists import pager
from app.web.http.render import page


@blueprint.get("/my-reviews")
@guards.staff(TREAT)
def own_reviews() -> Response:
    """The reviews of one's own visits, the newest first; answering them is for whoever deals with reviews."""
    session, org_id = context.session(), context.org_id()
    mine = context.actor().specialist_id
    if mine is None:
        raise NotFound
    asked = parse_page(request.args)
    found = reviews_page(session, org_id, Wanted(specialist_id=mine), asked)
    parts = averages(session, org_id, specialist_id=mine)
    rows = [one._mapping for one in parts]
    count = sum(int(one["count"]) for one in rows)
    return page(
        "console/reviews/own.html",
        fragment="console/reviews/_list.html",
        reviews=found.items,
        pager=pager(found, {}),
        waiting=False,
        writes=False,
        averages=parts,
        count=count,
        average=_weighed(rows) / count if count else None,
    )


def _weighed(rows: Sequence[RowMapping]) -> float:
    return sum(float(one["average"]) * int(one["count"]) for one in rows)
