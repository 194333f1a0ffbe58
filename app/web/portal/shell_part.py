"""What stands around the portal's pages: tabs, for whom, the banner of somebody who acts for a patient."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from app.web.http import shell
from app.web.http.urls import fixed
from app.web.portal import for_whom

# Endpoint, words, icon. A page that is not there yet is not shown; at most five fit the bar at the thumb.
NAV: list[tuple[str, LazyString, str]] = [
    ("portal.home", _l("Home"), "home"),
    ("portal.visits", _l("Visits"), "calendar-event"),
    ("portal.exercises", _l("Exercises"), "stretching"),
    ("portal.forms", _l("Forms"), "clipboard-text"),
    ("entrance.account", _l("Account"), "user"),
]


@shell.surface("portal")
def part() -> dict[str, Any]:
    """Everything but the brand is for people who are in."""
    if not g.get("own_patient_ids"):
        return {}
    return {
        "nav": _nav(),
        "switches": _switches(),
        "banners": _banners(),
        "brand": {**shell.brand(), "home_url": fixed("portal.home")},
    }


def _nav() -> tuple[shell.NavItem, ...]:
    return tuple(
        shell.NavItem(str(label), fixed(endpoint), icon, active=request.endpoint == endpoint)
        for endpoint, label, icon in NAV
        if endpoint in current_app.view_functions
    )


def _switches() -> list[dict[str, Any]]:
    if len(g.own_patient_ids) < 2:
        return []
    people, chosen = for_whom.known(), for_whom.patient()
    items = [
        {
            "label": one.name,
            "url": url_for("portal.choose", patient_id=one.id),
            "active": one.id == chosen.id,
        }
        for one in people
    ]
    return [
        {
            "label": gettext("For whom"),
            "icon": "users",
            "current": chosen.name,
            "items": items,
        }
    ]


def _banners() -> list[dict[str, Any]]:
    if g.get("acting_as") is None:
        return []
    words = gettext(
        "You act for %(name)s as staff. All you do is recorded under your own name.",
        name=for_whom.patient().name,
    )
    return [
        {
            "kind": "warn",
            "text": words,
            "action_url": url_for("portal.end_acting"),
            "action_label": gettext("Stop acting"),
        }
    ]
