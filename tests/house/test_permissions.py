"""Every permission that a role may hold opens something: a route of the application, or what its domain demands."""

from __future__ import annotations

import pytest
from flask import Flask

from app.kernel.access.permissions import all_permissions
from app.web.http.guards import guard_of

# Demanded by an action on a route that more people may open; the action is tested in its domain.
DEMANDED_IN_ACTIONS: dict[str, str] = {
    "appointments.overbook": "booking and moving ask for it where the time is taken",
}


@pytest.mark.proves("KRN-03")
def test_every_permission_opens_a_route_or_is_demanded(app: Flask) -> None:
    guards = [guard_of(view) for view in app.view_functions.values()]
    opened = {one.permission.code for one in guards if one and one.permission}
    declared = {permission.code for permission in all_permissions()}
    assert declared - opened - set(DEMANDED_IN_ACTIONS) == set()
    assert set(DEMANDED_IN_ACTIONS) <= declared
