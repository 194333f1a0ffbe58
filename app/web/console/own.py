"""What the actor may open on the console and change there (KRN-04, KRN-13), and visits as the console opens them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import current_app, url_for

from app.appointments.queries import VisitView, visit_view
from app.kernel.access.actor import STAFF, Actor
from app.kernel.access.permissions import Permission
from app.lib.errors import NotFound
from app.web.http import context
from app.web.http.guards import guard_of

NOBODY = uuid.UUID(int=0)


def only_specialist() -> uuid.UUID | None:
    """The only specialist whose day and patients the actor sees; None: the whole clinic."""
    actor = context.actor()
    if not actor.own_patients_only:
        return None
    return actor.specialist_id or NOBODY


def writes(actor: Actor, permission: Permission) -> bool:
    """Whether the actor may change it: the operator's staff look at a clinic and change nothing (KRN-13)."""
    return actor.kind == STAFF and actor.may(permission)


def visit_or_404(visit_id: uuid.UUID) -> VisitView:
    """A visit that the actor may see; anybody else's does not exist for them."""
    visit = visit_view(context.session(), context.org_id(), visit_id)
    own = only_specialist()
    if own is not None and visit.specialist_id != own:
        raise NotFound("appointment_not_found")
    return visit


def address_of(endpoint: str, **values: Any) -> str | None:
    """The address of a page of the console, or None for a reader who may not open it."""
    guard = guard_of(current_app.view_functions[endpoint])
    if guard is None or guard.permission is None or not context.actor().may(guard.permission):
        return None
    return url_for(endpoint, **values)
