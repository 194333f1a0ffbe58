"""The surfaces: what the browser sees. Thin: parse, call an action or a query, render.

Surfaces do not import each other; what they share lies in web.http.
"""

from flask import Flask

from app.web import api, booking, common, console, entrance, kiosk, platform, portal, webhooks
from app.web.http import (
    assets,
    audit_details,
    inputs,
    limits,
    pipeline,
    shell,
    template_words,
    templating,
)
from app.web.http.guards import demand_guards
from app.web.http.surface import Surface

# A clinic's short name stands first in its addresses, so these words are no clinic names.
SURFACES: tuple[Surface, ...] = (
    common.blueprint,
    entrance.blueprint,
    platform.blueprint,
    webhooks.blueprint,
    console.blueprint,
    portal.blueprint,
    kiosk.blueprint,
    api.blueprint,
    booking.blueprint,
)


def mount(app: Flask) -> None:
    """Attach the request pipeline and every surface; a route without a guard stops the start."""
    assets.init_app(app)
    templating.init_app(app)
    audit_details.init_app(app)
    pipeline.init_app(app)
    template_words.init_app(app)
    inputs.init_app(app)
    limits.init_app(app)
    shell.init_app(app)
    for surface in SURFACES:
        surface.load_views()
        app.register_blueprint(surface)
    demand_guards(app)
