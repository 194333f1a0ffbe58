"""What stands around the tablet's pages: the clinic's brand, which leads to the blank start and nowhere else."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.web.http import shell


@shell.surface("kiosk")
def part() -> dict[str, Any]:
    """No navigation, no user, no preferences."""
    return {"brand": {**shell.brand(), "home_url": url_for("kiosk.start")}, "user": None}
