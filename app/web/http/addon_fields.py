"""Add-ons on pages: what patients may add, and how many a form says (fields of `ui/_addon_fields.html`, APT-02)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from app.appointments.queries.addons import offered_addons
from app.catalog.addon_rules import Addon
from app.scheduling.queries import CalendarView
from app.web.http import context

PREFIX = "addon-"


def online_addons(calendar: CalendarView) -> list[Addon]:
    """What patients may add to a visit of this calendar themselves."""
    return offered_addons(context.session(), context.org_id(), calendar, online=True)


def read_quantities(values: Mapping[str, str]) -> dict[uuid.UUID, int]:
    """How many of each, from fields `addon-<id>`; what is no number is as if it had not been said."""
    said: dict[uuid.UUID, int] = {}
    for name, text in values.items():
        if name.startswith(PREFIX) and text.isascii() and text.isdigit() and len(text) < 3:
            try:
                said[uuid.UUID(name.removeprefix(PREFIX))] = int(text)
            except ValueError:
                continue
    return said
