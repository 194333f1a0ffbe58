"""What stands around the operator's pages."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.web.http import shell

# Endpoint, words, icon, and further endpoints that belong to the entry.
NAV: list[tuple[str, LazyString, str, tuple[str, ...]]] = [
    (
        "platform.clinics",
        _l("Clinics"),
        "building-hospital",
        ("platform.clinic", "platform.new_clinic", "platform.elevate"),
    ),
    ("platform.capabilities", _l("Capabilities"), "shield-check", ()),
    ("platform.trail", _l("Trail"), "history", ()),
]


@shell.surface("platform")
def part() -> dict[str, Any]:
    """The few pages of the operator."""
    return {
        "nav": tuple(
            shell.NavItem(
                str(label),
                url_for(endpoint),
                icon,
                active=request.endpoint in (endpoint, *more),
            )
            for endpoint, label, icon, more in NAV
        ),
        "brand": {
            "name": "RestartiX",
            "home_url": url_for("platform.clinics"),
            "css_url": None,
            "logo_url": None,
        },
    }
