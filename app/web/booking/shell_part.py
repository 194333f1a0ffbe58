"""What stands around the booking pages: how to reach the clinic otherwise."""

from __future__ import annotations

from typing import Any

from flask import g, url_for

from app.web.http import context, shell
from app.web.http.templating import phone


@shell.surface("booking")
def part() -> dict[str, Any]:
    """Phone, mail and website of the clinic in the foot."""
    clinic = context.clinic()
    links = []
    if clinic.phone:
        links.append({"label": phone(clinic.phone), "url": f"tel:{clinic.phone}"})
    if clinic.email:
        links.append({"label": clinic.email, "url": f"mailto:{clinic.email}"})
    if clinic.website:
        label = clinic.website.removeprefix("https://").removeprefix("http://").rstrip("/")
        links.append({"label": label, "url": clinic.website})
    return {
        "foot_links": links,
        "frame": g.get("frame"),
        # Whoever is no guest finds their visits; a login counts for nothing in a frame.
        "mine_url": None if g.get("frame") else url_for("portal.home"),
    }
