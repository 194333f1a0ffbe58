"""Sample data for the living page of components (/ui in development): what the macros are shown with.

`page(name)` gives template and context; the words here are examples, not product copy, so they have no translations.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice

from app.web.http.shell import NavItem, side_key

PAGES = (
    "catalogue",
    "console",
    "empty",
    "booking",
    "details",
    "portal",
    "reschedule",
    "kiosk",
    "signin",
    "print",
)
SURFACES = {
    "booking": "booking",
    "details": "booking",
    "portal": "portal",
    "reschedule": "portal",
    "kiosk": "kiosk",
}


class SampleForm(FlaskForm):
    """One field of every kind."""

    name = StringField("Full name")
    email = EmailField("Email", description="For the confirmation and the join link.")
    mobile = TelField("Mobile", description="With country code, for example +40 721 234 567.")
    service = SelectField(
        "Service",
        choices=[SelectChoice("1", "Knee rehabilitation"), SelectChoice("2", "First evaluation")],
    )
    day = DateField("Day")
    hour = TimeField("Time")
    price = StringField("Price")
    code = StringField("One-time code")
    password = PasswordField("Password")
    note = TextAreaField("Note for the specialist")
    scan = FileField("Scan")
    pay = RadioField(
        "Payment",
        choices=[
            SelectChoice("online", "Online by card"),
            SelectChoice("desk", "At the reception"),
        ],
        default="desk",
    )
    texts = BooleanField("Text me reminders about this visit")
    visible = BooleanField(
        "Bookable online", description="Patients see it on the booking page.", default=True
    )


def page(name: str) -> tuple[str, dict[str, Any]]:
    """Template and context of one sample page. KeyError for a name that is not in PAGES."""
    if name not in PAGES:
        raise KeyError(name)
    context: dict[str, Any] = {
        "shell": _shell(SURFACES.get(name, "console")),
        "form": _form(),
        "wrong": _refused(),
        "narrow": _form("narrow-"),
        "day": _calendar(),
        "visits": _visits(),
        "slots": _slots(),
        "curve": _curve(),
        "steps": _steps(),
        "kiosk": {"start_url": "/ui/kiosk", "idle_seconds": 120},
        "ends_at": datetime.now(UTC) + timedelta(minutes=7, seconds=30),
        "pager": {
            "number": 3,
            "pages": 12,
            "first": 51,
            "last": 75,
            "total": 287,
            "url_for": _page_url,
        },
        "back_url": "/ui",
        "pages": PAGES,
    }
    return ("ui/catalogue.html" if name == "catalogue" else f"ui/examples/{name}.html"), context


def _page_url(number: int) -> str:
    return f"?page={number}"


def _form(prefix: str = "") -> SampleForm:
    form = SampleForm(formdata=None, prefix=prefix, meta={"csrf": False})
    form.name.data, form.email.data = "Ștefan Țurcanu", "stefan@example.ro"
    return form


def _refused() -> SampleForm:
    form = _form("wrong-")
    form.mobile.data = "0721"
    form.mobile.errors = ["This number is too short for Romania."]
    form.pay.errors = ["Choose how to pay."]
    form.texts.errors = ["Without this we can only write e-mail."]
    return form


def _item(
    label: str, icon: str, section: str | None, *, active: bool = False, count: int = 0
) -> NavItem:
    return NavItem(label, "/ui/console", icon, section, active, count)


def _shell(surface: str) -> dict[str, Any]:
    shell = _parts(surface)
    return {**shell, "side_key": lambda: side_key(shell, "")}


def _parts(surface: str) -> dict[str, Any]:
    return {
        "lang": "en",
        "theme": "",
        "theme_url": "/ui/theme",
        "locale_links": [
            {"code": "en", "label": "English", "url": "?lang=en", "active": True},
            {"code": "ro", "label": "Română", "url": "?lang=ro", "active": False},
        ],
        "brand": {
            "name": "Kinetica București",
            "home_url": "/ui",
            "logo_url": None,
            "css_url": None,
        },
        "nav": _portal_nav() if surface == "portal" else _console_nav(),
        "search_url": "/ui/search",
        "book_url": None,
        "switches": _switches(surface),
        "user": _user(),
        "banners": [],
        "foot_links": [{"label": "Privacy", "url": "#"}, {"label": "Contact", "url": "#"}],
        "live": None,
    }


def _console_nav() -> tuple[NavItem, ...]:
    return (
        _item("Today", "calendar-event", None, active=True),
        _item("Waiting room", "armchair", None, count=3),
        _item("Patients", "users", None),
        _item("Forms", "clipboard-text", None, count=12),
        _item("Exercise sessions", "stretching", "Care"),
        _item("Treatment plans", "list-check", "Care"),
        _item("Services", "category", "Clinic"),
        _item("Specialists", "stethoscope", "Clinic"),
        _item("Sales", "chart-bar", "Clinic"),
        _item("Settings", "settings", "Clinic"),
    )


def _portal_nav() -> tuple[NavItem, ...]:
    return (
        _item("Home", "home", None, active=True),
        _item("Visits", "calendar", None),
        _item("Exercises", "stretching", None),
        _item("Papers", "file-text", None, count=2),
        _item("Me", "user", None),
    )


def _switches(surface: str) -> list[dict[str, Any]]:
    if surface not in ("console", "portal"):
        return []
    label, icon, first, second = (
        ("For whom", "user", "Andreea", "Matei (son)")
        if surface == "portal"
        else ("Location", "map-pin", "Floreasca", "Cotroceni")
    )
    items = [
        {"label": first, "url": "#", "active": True},
        {"label": second, "url": "#", "active": False},
    ]
    return [{"label": label, "icon": icon, "current": first, "items": items}]


def _user() -> dict[str, Any]:
    items = [
        {"label": "My account", "url": "#", "icon": "user", "method": "get", "danger": False},
        {"label": "Sign out", "url": "#", "icon": "logout", "method": "post", "danger": False},
    ]
    return {"name": "Ioana Dumitrescu", "detail": "Reception", "items": items}


def _visit(row: int, name: str, service: str, state: str, pay: str) -> dict[str, Any]:
    return {
        "id": row,
        "time": f"{9 + row // 2:02d}:{30 * (row % 2):02d}",
        "name": name,
        "service": service,
        "state": state,
        "pay": pay,
        "price": f"{150 + 30 * (row % 4)},00 lei",
    }


def _visits() -> list[dict[str, Any]]:
    rows = [
        ("Andreea Marinescu", "Knee rehabilitation", "done", "paid"),
        ("Ștefan Țurcanu", "First evaluation", "in_progress", "paid"),
        ("Mihai Popa", "Shoulder mobility", "confirmed", "pending_payment"),
        ("Elena Căpățână", "Back pain, group", "upcoming", "draft"),
        ("Radu Ionescu-Brătianu", "Knee rehabilitation", "booked", "draft"),
        ("Ana Gheorghe", "Massage therapy", "cancelled", "draft"),
        ("Vlad Stănescu", "First evaluation", "no_show", "pending_payment"),
    ]
    return [_visit(n, *row) for n, row in enumerate(rows)]


def _event(
    number: int, start: int, minutes: int, title: str, state: str, lane: int = 1, lanes: int = 1
) -> dict[str, Any]:
    return {
        "id": number,
        "start": start,
        "minutes": minutes,
        "title": title,
        "detail": "Knee rehabilitation",
        "time": f"{start // 60:02d}:{start % 60:02d}",
        "state": state,
        "url": f"#visit-{number}",
        "attrs": {},
        "lane": lane,
        "lanes": lanes,
    }


def _column(number: int, title: str, detail: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    taken = {minute for e in events for minute in range(e["start"], e["start"] + e["minutes"])}
    free = [
        {
            "start": m,
            "minutes": 30,
            "url": "#book",
            "label": f"{m // 60:02d}:{m % 60:02d} free",
            "attrs": {},
        }
        for m in range(540, 1020, 30)
        if not taken & set(range(m, m + 30))
    ]
    blocks = (
        [{"start": 780, "minutes": 60, "kind": "away", "label": "Lunch"}] if number == 2 else []
    )
    blocks += [
        {"start": e["start"] + e["minutes"], "minutes": 10, "kind": "buffer", "label": "Wrap-up"}
        for e in events[:1]
    ]
    if number == 3:
        blocks.append({"start": 870, "minutes": 45, "kind": "held", "label": "Held online, 4 min"})
    return {
        "id": number,
        "title": title,
        "detail": detail,
        "url": "#",
        "events": events,
        "open": [(540, 480)],
        "free": free,
        "blocks": blocks,
    }


def _calendar() -> dict[str, Any]:
    one = [
        _event(1, 540, 50, "Andreea Marinescu", "done"),
        _event(2, 630, 60, "Ștefan Țurcanu", "in_progress"),
        _event(3, 750, 45, "Mihai Popa", "confirmed"),
        _event(4, 900, 20, "Ioan Rus", "upcoming"),
    ]
    two = [
        _event(5, 570, 60, "Elena Căpățână", "confirmed", 1, 2),
        _event(6, 570, 60, "Vlad Stănescu", "no_show", 2, 2),
        _event(7, 660, 90, "Radu Ionescu-Brătianu", "booked"),
    ]
    three = [
        _event(8, 600, 45, "Ana Gheorghe", "cancelled"),
        _event(9, 720, 60, "Dan Munteanu", "booked"),
    ]
    columns = [
        _column(1, "Dr. Irina Pavel", "Cabinet 1", one),
        _column(2, "Kt. Tudor Neagu", "Cabinet 2", two),
        _column(3, "Kt. Sorina Albu", "Sala de mișcare", three),
    ]
    hours = [(60 * h, f"{h:02d}:00") for h in range(8, 19)]
    return {"columns": columns, "day_start": 480, "day_end": 1140, "hours": hours, "now": 665}


def _slots() -> list[dict[str, Any]]:
    def times(first: int, count: int) -> list[dict[str, Any]]:
        minutes = [first + 45 * n for n in range(count)]
        return [
            {
                "time": f"{m // 60:02d}:{m % 60:02d}",
                "iso": f"2026-11-24T{m // 60:02d}:{m % 60:02d}",
                "url": "/ui/details",
                "note": None,
                "value": str(m),
            }
            for m in minutes
        ]

    return [
        {"title": "Tuesday", "note": "24 November", "slots": times(540, 7)},
        {"title": "Wednesday", "note": "25 November", "slots": []},
        {"title": "Thursday", "note": "26 November", "slots": times(600, 10)},
        {"title": "Friday", "note": "27 November", "slots": times(495, 12)},
    ]


def _steps() -> list[dict[str, Any]]:
    labels = ("Service", "Time", "Details", "Done")
    return [
        {"label": label, "url": "/ui/booking" if n < 1 else None, "done": n < 1, "current": n == 1}
        for n, label in enumerate(labels)
    ]


def _curve() -> dict[str, Any]:
    points = [
        (t / 10, 95 - 62 * math.cos(t / 10 * 2 * math.pi / 4) * (0.8 + t / 2000))
        for t in range(321)
    ]
    reps = [
        {
            "number": n + 1,
            "start": 4.0 * n + 0.3,
            "end": 4.0 * n + 3.7,
            "peak_at": 4.0 * n + 2,
            "peak": 145 + n,
        }
        for n in range(8)
    ]
    return {"points": points, "reps": reps, "doubts": [(17.5, 19.2)], "target": 140}
