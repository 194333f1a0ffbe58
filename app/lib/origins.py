"""Web origins (RFC 6454) and addresses as people type them, in the one form in which a browser names them."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from app.lib.errors import Invalid

LONGEST = 200
_HOST = re.compile(
    r"(?=.{4,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
)
# A site under construction on its maker's own computer; nobody else can be there.
_LOOPBACK = ("localhost", "127.0.0.1")
_USUAL_PORT = {"https": 443, "http": 80}


def parse_origin(typed: str, *, field: str = "origin") -> str:
    """The origin of a site: `https://www.clinic.ro`. A path is left out, letters beyond ASCII are written in punycode.

    Raises Invalid: `origin_malformed`, or `origin_insecure` for anything but https outside one's own computer.
    """
    cleaned = typed.strip()
    if not cleaned or len(cleaned) > LONGEST:
        raise Invalid.one(field, "origin_malformed")
    try:
        parts = urlsplit(cleaned if "://" in cleaned else f"https://{cleaned}")
        host = (parts.hostname or "").encode("idna").decode().lower()
        port = parts.port
    except ValueError:  # Also UnicodeError, where a label cannot be written in punycode.
        raise Invalid.one(field, "origin_malformed") from None
    local = host in _LOOPBACK
    if parts.username is not None or not (local or _HOST.fullmatch(host)) or port == 0:
        raise Invalid.one(field, "origin_malformed")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise Invalid.one(field, "origin_insecure")
    plain = port is None or port == _USUAL_PORT[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if plain else f":{port}")


def parse_web_address(typed: str, *, field: str = "website") -> str:
    """The address of a page that anybody may open: `https://clinic.ro/despre`; without a scheme https is meant.

    Raises Invalid: `web_address_malformed`; also for anything but http and https, which no link may carry.
    """
    cleaned = typed.strip()
    try:
        parts = urlsplit(cleaned if "://" in cleaned else f"https://{cleaned}")
        host = (parts.hostname or "").encode("idna").decode().lower()
        port = parts.port
    except ValueError:  # Also UnicodeError, where a label cannot be written in punycode.
        raise Invalid.one(field, "web_address_malformed") from None
    whole = len(cleaned) <= LONGEST and _HOST.fullmatch(host) and parts.username is None
    if not whole or parts.scheme not in _USUAL_PORT or any(one.isspace() for one in cleaned):
        raise Invalid.one(field, "web_address_malformed")
    place = host if port is None or port == _USUAL_PORT[parts.scheme] else f"{host}:{port}"
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
    asked = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
    return f"{parts.scheme}://{place}{path}{asked}"
