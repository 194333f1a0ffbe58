"""A clinic's short name: the first word of its addresses, so it must not be a word that the platform uses itself."""

from __future__ import annotations

import re

from app.lib.errors import Invalid
from app.lib.text import fold

RESERVED = frozenset(
    [
        "about",
        "account",
        "admin",
        "api",
        "app",
        "assets",
        "auth",
        "blobs",
        "booking",
        "brand",
        "clinic",
        "clinics",
        "console",
        "contact",
        "demo",
        "docs",
        "docs-api",
        "entrance",
        "favicon",
        "health",
        "healthz",
        "help",
        "home",
        "kiosk",
        "language",
        "legal",
        "live",
        "login",
        "logout",
        "metrics",
        "new",
        "operator",
        "platform",
        "portal",
        "privacy",
        "pricing",
        "public",
        "register",
        "robots",
        "security",
        "service",
        "services",
        "settings",
        "sign-in",
        "sign-out",
        "sign-up",
        "signin",
        "signout",
        "signup",
        "staff",
        "static",
        "status",
        "support",
        "system",
        "telemetry",
        "terms",
        "test",
        "theme",
        "ui",
        "webhooks",
        "well-known",
        "www",
    ]
)
_SHAPE = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])")


def checked_slug(text: str) -> str:
    """A short name as addresses have it. Raises Invalid: `slug_shape` or `slug_reserved`."""
    slug = text.strip().lower()
    if not _SHAPE.fullmatch(slug) or "--" in slug:
        raise Invalid.one("slug", "slug_shape")
    if slug in RESERVED:
        raise Invalid.one("slug", "slug_reserved")
    return slug


def suggested_slug(name: str) -> str:
    """A short name made of a clinic's name: "Kinetica Băneasa" gives `kinetica-baneasa`."""
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:40].strip("-")
