"""Where the desk stands: the clinic's locations and the one whose day is shown; a choice of view, like the language."""

from __future__ import annotations

import uuid

from flask import g, request, url_for
from flask import session as cookie
from sqlalchemy import Row, bindparam, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.kernel.tenancy.models import Location
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.render import see_other
from app.web.http.urls import safe_next

CHOSEN = "desk_location"
_LOCATIONS = (
    select(Location.id, Location.name)
    .where(Location.org_id == bindparam("org_id"), Location.closed_at.is_(None))
    .order_by(Location.position, Location.name)
)


def locations() -> list[Row[tuple[uuid.UUID, str]]]:
    """The clinic's open locations in its order, read once a request."""
    if "desk_locations" not in g:
        g.desk_locations = list(context.session().execute(_LOCATIONS, {"org_id": context.org_id()}))
    found: list[Row[tuple[uuid.UUID, str]]] = g.desk_locations
    return found


def chosen_location() -> uuid.UUID | None:
    """The location whose day is shown; None shows all of them."""
    kept = cookie.get(CHOSEN, {}).get(str(context.org_id()))
    known = [one.id for one in locations()]
    return next((one for one in known if str(one) == kept and len(known) > 1), None)


@blueprint.get("/at/<location_id>")
@guards.any_staff("which location is shown is a choice of view")
def choose_location(location_id: str) -> Response:
    """Show one location's day, or with `all` everybody's."""
    known = {str(one.id) for one in locations()}
    if location_id != "all" and location_id not in known:
        raise NotFound
    cookie[CHOSEN] = {**cookie.get(CHOSEN, {}), str(context.org_id()): location_id}
    return see_other(safe_next(request.args.get("next")) or url_for("console.day"))
