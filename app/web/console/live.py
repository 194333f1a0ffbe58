"""The console's live stream (SCH-06)."""

from __future__ import annotations

from flask import Response

from app.web.console import blueprint
from app.web.http import guards, live_stream


@blueprint.get("/live")
@guards.any_staff(
    "tells only which topic changed; what changed is asked for with its own permission"
)
def live() -> Response:
    """Topics of this clinic as they change."""
    return live_stream.answer()
