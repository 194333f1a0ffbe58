"""Where the desk stands: the clinic's locations and the one whose day is shown; a choice of view, like the language."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import g, request, url_for
from flask import session as cookie
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.kernel.tenancy.queries import open_locations
from app.people.arriving import Place
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.identify import arrived
from app.web.http.render import see_other
from app.web.http.urls import safe_next

CHOSEN = "desk_location"


def locations() -> Sequence[Place]:
    """The clinic's open locations in its order; for staff they were read on arrival."""
    if "desk_locations" not in g:
        here = arrived()
        at_work = here is not None and here.access is not None
        g.desk_locations = here.locations if here is not None and at_work else _read()
    found: Sequence[Place] = g.desk_locations
    return found


def _read() -> list[Place]:
    known = open_locations(context.session(), context.org_id())
    return [Place(one.id, one.name) for one in known]


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
