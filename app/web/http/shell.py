"""What the layouts expect around a page: brand, navigation, switches, user, banners (docs/design.md)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, request, url_for
from flask_babel import gettext

from app.kernel.access.models import ElevatedAccess
from app.kernel.access.queries import open_elevations
from app.web.http import context
from app.web.http.identify import Login, arrived, signed_in
from app.web.http.inputs import form_token
from app.web.http.locale import LANGUAGES, current_language
from app.web.http.templating import clock
from app.web.http.urls import fixed, safe_next

Part = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the navigation; `count_url` tells a number that changes with the live topic `count_topic`."""

    label: str
    url: str
    icon: str
    section: str | None = None
    active: bool = False
    count: int = 0
    count_url: str | None = None
    count_topic: str | None = None


_parts: dict[str, Callable[[], Part]] = {}
THEMES = ("light", "dark")


def surface(blueprint: str) -> Callable[[Callable[[], Part]], Callable[[], Part]]:
    """Register what a surface adds to the shell: nav, search_url, live, user items, home."""

    def register(build: Callable[[], Part]) -> Callable[[], Part]:
        _parts[blueprint] = build
        return build

    return register


def build() -> Part:
    """The shell of the page about to be rendered."""
    login, coming_back = signed_in(), urlencode({"next": here()})
    shell: Part = {
        "lang": current_language(),
        "theme": theme(),
        "theme_url": f"{fixed('common.set_theme')}?{coming_back}",
        "locale_links": _locale_links(coming_back),
        "brand": brand(),
        "banners": [],
        "foot_links": [],
        "nav": (),
        "search_url": None,
        "switches": [],
        "user": _user(login) if login else None,
        "live": None,
        "book_url": None,
    }
    part = _parts.get(request.blueprint or "")
    if part is not None and "actor" in g:
        added = part()
        user = added.pop("user", None)
        shell.update(added)
        if user and shell["user"]:
            shell["user"].update(user)
    # Asked where there is a left side: a page without forms gives its reader no cookie for them.
    shell["side_key"] = lambda: side_key(shell, form_token())
    return shell


def side_key(shell: Part, token: str) -> Hashable:
    """All that the left side of the console says beside its words, and the token of its forms."""
    person = shell["user"] or {"name": None, "detail": None, "items": []}
    return (
        tuple(shell["brand"].values()),
        shell["nav"],
        person["name"],
        person["detail"],
        *(tuple(item.values()) for item in person["items"]),
        *(tuple(link.values()) for link in shell["locale_links"]),
        shell["theme_url"],
        shell["theme"],
        token,
    )


def theme() -> str | None:
    """The reader's choice of light or dark; None follows the device."""
    chosen = request.cookies.get("theme")
    return chosen if chosen in THEMES else None


def here() -> str:
    """The address of this page, for coming back to it."""
    path = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return safe_next(path) or "/"


def _locale_links(coming_back: str) -> list[Part]:
    language = current_language()
    return [
        {
            "code": code,
            "label": label,
            "active": code == language,
            "url": f"{fixed('common.set_language', code=code)}?{coming_back}",
        }
        for code, label in LANGUAGES.items()
    ]


def brand() -> Part:
    """Whose pages these are: the clinic of the address, or the platform."""
    clinic = context.clinic_or_none()
    if clinic is None:
        return {"name": "RestartiX", "home_url": "/", "css_url": None, "logo_url": None}
    accent = clinic.accent.removeprefix("#")
    return {
        "name": clinic.name,
        "home_url": fixed("booking.clinic_page"),
        "css_url": _css_url(accent, request.script_root),
        "logo_url": None,
    }


@lru_cache(1024)
def _css_url(accent: str, _root: str) -> str:
    return url_for("common.brand_css", accent=accent)


def _user(login: Login) -> Part:
    items: list[Part] = [
        {
            "label": gettext("Account and security"),
            "url": fixed("entrance.account"),
            "icon": "user",
            "method": "get",
            "danger": False,
        },
        {
            "label": gettext("Sign out"),
            "url": fixed("entrance.sign_out"),
            "icon": "logout",
            "method": "post",
            "danger": False,
        },
    ]
    return {"name": login.human.name, "detail": login.human.email, "items": items}


def elevation_banners() -> list[Part]:
    """The banner that tells a clinic's staff of open elevated access, at once (KRN-13)."""
    here = arrived()
    if here is not None and not here.support_inside:
        return []
    opened = open_elevations(context.session(), context.org_id(), context.now())
    reader = context.actor().elevated_id
    return [
        {
            "kind": "warn",
            "text": gettext(
                "RestartiX support is looking into this clinic until %(until)s: %(reason)s",
                until=clock(one.expires_at),
                reason=one.reason,
            ),
            **(_way_out(one) if one.id == reader else {"action_url": None}),
        }
        for one in opened
    ]


def _way_out(mine: ElevatedAccess) -> Part:
    """Whoever opened the access ends it from where they read, or goes back to the operator's pages."""
    return {
        "action_url": url_for("platform.end_elevated", org_id=mine.org_id, elevated_id=mine.id),
        "action_label": gettext("End it now"),
        "link_url": url_for("platform.clinic", org_id=mine.org_id),
        "link_label": gettext("Back to the operator's pages"),
    }


class LazyShell:
    """Built when a layout first reads it, so that a fragment pays nothing for it."""

    def __init__(self) -> None:
        self._built: Part | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._built is None:
            self._built = build()
        try:
            return self._built[name]
        except KeyError:
            raise AttributeError(name) from None


def init_app(app: Flask) -> None:
    """Hand the shell to every template."""
    app.context_processor(lambda: {"shell": LazyShell()})
