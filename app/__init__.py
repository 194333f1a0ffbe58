"""The application: `create_app` composes everything below it and is the only place that knows all parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.lib.clock import Clock
    from config import Settings


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """Build the application; see app.factory."""
    # Importing a small part of this package must not cost the whole application.
    from app.factory import create_app as compose  # noqa: PLC0415

    return compose(settings, clock)
