"""Addresses that several surfaces share, and the check of where a login may lead back to."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import g, request, url_for

from app.web.http import context


def login_url() -> str:
    """Where somebody signs in, given the page they wanted: the clinic's portal or the staff entrance."""
    wanted = safe_next(request.full_path.rstrip("?")) if request.method == "GET" else None
    clinic = context.clinic_or_none()
    if clinic is not None and request.blueprint == "portal":
        return url_for("portal.sign_in", clinic=clinic.slug, next=wanted)
    return url_for("entrance.sign_in", next=wanted)


def safe_next(target: str | None) -> str | None:
    """`target` when it is a path on this site, else None (no open redirect, ASVS 3.7.2)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and "\\" not in target else None


def fixed(endpoint: str, **values: str) -> str:
    """The address of a page that needs only the clinic of this request and `values`: a page has dozens of them."""
    return _fixed(endpoint, g.get("clinic_slug"), request.environ.get("SCRIPT_NAME"), **values)


@lru_cache(8192)
def _fixed(endpoint: str, _clinic: str | None, _root: str, **values: Any) -> str:
    return url_for(endpoint, **values)
