"""What stands around the console's pages: navigation, search, live changes, locations, who is signed in."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import LazyString, gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l

from app.appointments import permissions as appointments
from app.catalog import permissions as catalog
from app.forms import permissions as forms
from app.kernel import flags, live
from app.kernel import permissions as kernel
from app.kernel.access.actor import Actor
from app.kernel.access.permissions import Permission
from app.messaging import permissions as messages
from app.people import permissions as people
from app.scheduling import permissions as scheduling
from app.scheduling.flags import SELF_SERVICE
from app.telerehab import permissions as telerehab
from app.web.console.place import chosen_location, locations
from app.web.http import context, shell
from app.web.http.template_words import Language, language
from app.web.http.urls import fixed

# Endpoint, words, icon, permission, further endpoints of the entry, section. What is not built is not shown.
Entry = tuple[str, LazyString, str, Permission, tuple[str, ...], LazyString | None]
CLINIC = _l("Clinic")
NAV: list[Entry] = [
    (
        "console.day",
        lazy_pgettext("nav", "Day"),
        "calendar-event",
        appointments.VIEW,
        (
            "console.visit",
            "console.visit_addons",
            "console.visit_files",
            "console.remove_visit_file",
            "console.new_visit",
            "console.move_form",
            "console.cancel_form",
            "console.length_form",
            "console.rooms_day",
            "console.calendar_time",
            "console.blocked_time",
            "console.week",
            "console.month",
        ),
        None,
    ),
    (
        "console.waiting_list",
        _l("Waiting list"),
        "hourglass",
        appointments.VIEW,
        ("console.wait_for", "console.offer_time"),
        None,
    ),
    (
        "console.patients",
        _l("Patients"),
        "users",
        people.VIEW,
        (
            "console.patient",
            "console.new_patient",
            "console.edit_patient",
            "console.duplicates",
            "console.compare_patients",
            "console.plan_course",
            "console.course_page",
            "console.import_patients",
            "console.patient_import",
        ),
        None,
    ),
    (
        "console.reviews",
        _l("Reviews"),
        "star",
        appointments.REVIEWS,
        ("console.review_settings",),
        None,
    ),
    (
        "console.forms",
        _l("Forms"),
        "clipboard-text",
        forms.VIEW,
        (
            "console.form",
            "console.open_form",
            "console.void_form",
            "console.hand_over",
            "console.patient_consents",
        ),
        None,
    ),
    (
        "console.pose_sessions",
        _l("Exercise sessions"),
        "stretching",
        telerehab.VIEW,
        ("console.pose_session",),
        None,
    ),
    ("console.own_days", _l("My days off"), "beach", scheduling.OWN, (), None),
    (
        "console.own_calendar",
        _l("My calendar"),
        "calendar-repeat",
        scheduling.OWN,
        ("console.open_own_calendar",),
        None,
    ),
    ("console.own_reviews", _l("My reviews"), "star", appointments.TREAT, (), None),
    (
        "console.clinic_details",
        _l("Clinic details"),
        "building-hospital",
        scheduling.MANAGE,
        (),
        CLINIC,
    ),
    (
        "console.services",
        _l("Services"),
        "list",
        catalog.MANAGE,
        (
            "console.service",
            "console.new_service",
            "console.archive_service",
            "console.service_documents",
            "console.service_forms",
            "console.service_spaces",
            "console.service_terms",
            "console.service_addons",
            "console.service_addon",
        ),
        CLINIC,
    ),
    (
        "console.calendars",
        _l("Calendars"),
        "calendar-plus",
        scheduling.MANAGE,
        (
            "console.calendar",
            "console.new_calendar",
            "console.archive_calendar_page",
            "console.calendar_preview",
            "console.calendar_forms",
            "console.calendar_terms",
        ),
        CLINIC,
    ),
    (
        "console.embedding",
        _l("Booking pages"),
        "world",
        scheduling.MANAGE,
        ("console.allow_origin", "console.checkouts"),
        CLINIC,
    ),
    ("console.booking_rules", _l("Booking rules"), "settings", scheduling.MANAGE, (), CLINIC),
    (
        "console.specialists",
        _l("Specialists"),
        "stethoscope",
        people.SPECIALISTS,
        (
            "console.specialist",
            "console.new_specialist",
            "console.deactivate_specialist",
            "console.remove_specialist_page",
            "console.specialist_login",
            "console.connect_login",
            "console.invite_specialist",
            "console.keep_signature",
            "console.hours",
            "console.specialist_licences",
            "console.keep_licence",
            "console.add_dates",
        ),
        CLINIC,
    ),
    (
        "console.rooms",
        _l("Locations and rooms"),
        "map-pin",
        scheduling.MANAGE,
        ("console.location", "console.new_location", "console.room", "console.new_room"),
        CLINIC,
    ),
    (
        "console.clock_changes",
        _l("Clock changes"),
        "clock",
        appointments.VIEW,
        (),
        CLINIC,
    ),
    (
        "console.screens",
        lazy_pgettext("nav", "Screens"),
        "device-tv",
        scheduling.MANAGE,
        ("console.open_new_screen", "console.screen", "console.renew_one_screen"),
        CLINIC,
    ),
    (
        "console.form_templates",
        _l("Form templates"),
        "file-text",
        forms.VIEW,
        ("console.form_template",),
        CLINIC,
    ),
    (
        "console.team",
        _l("Team"),
        "user-check",
        kernel.TEAM,
        ("console.invite",),
        CLINIC,
    ),
    (
        "console.outbox",
        _l("Sandbox outbox"),
        "send",
        messages.SANDBOX,
        ("console.outbox_message",),
        CLINIC,
    ),
    ("console.roles", _l("Roles"), "key", kernel.ROLES, ("console.role",), CLINIC),
    (
        "console.failed",
        lazy_pgettext("nav", "Failures"),
        "alert-triangle",
        kernel.EVENTS,
        (),
        CLINIC,
    ),
    ("console.audit", _l("Trail"), "history", kernel.AUDIT, ("console.audit_archive",), CLINIC),
]
# Pages of somebody who treats: without a profile of their own they have nothing there.
OF_SPECIALISTS = ("console.own_days", "console.own_calendar", "console.own_reviews")
TOPICS = (
    live.APPOINTMENTS,
    live.AVAILABILITY,
    live.FORMS,
    live.SESSIONS,
    live.WAITING,
    live.IMPORTS,
)
# How many there are is asked for by the page itself, so that no page waits for it.
COUNTS = {"console.waiting_list": ("console.waiting_number", live.WAITING)}


@shell.surface("console")
def part() -> dict[str, Any]:
    """The parts that only staff see."""
    access = g.get("staff_access")
    return {
        "nav": _nav(),
        "search_url": fixed("console.search"),
        "live": {"url": fixed("console.live"), "topics": list(TOPICS)},
        "switches": _switches(),
        "book_url": _book_url(),
        "user": {"detail": access.role_name} if access is not None else None,
        "banners": shell.elevation_banners(),
        "brand": {**shell.brand(), "home_url": fixed("console.day")},
    }


def _book_url() -> str | None:
    """The booking panel, from every page but its own; for the patient where the page is one's (BOK-04)."""
    actor = context.actor()
    if not actor.may(appointments.BOOK) or actor.elevated_id is not None:
        return None
    if request.endpoint in ("console.new_visit", "console.book_visit"):
        return None
    patient = (request.view_args or {}).get("patient_id")
    if patient is None:
        return fixed("console.new_visit")
    return url_for("console.new_visit", patient=patient)


def commands() -> list[tuple[str, str, str, str | None]]:
    """The pages of the navigation as commands of the search box: words, address, icon, keys."""
    return [(one.label, one.url, one.icon, None) for one in _nav()]


def _nav() -> tuple[shell.NavItem, ...]:
    """Worked out once for what the reader may open and where they are."""
    actor, views = context.actor(), current_app.view_functions
    shown = tuple(
        endpoint
        for endpoint, _label, _icon, permission, _more, _section in NAV
        if endpoint in views
        and _shown(actor, permission)
        and (endpoint not in OF_SPECIALISTS or _treats(actor, endpoint))
    )
    return _entries(language(), g.clinic_slug, request.script_root, request.endpoint, shown)


@lru_cache(2048)
def _entries(
    _language: Language, _clinic: str, _root: str, here: str | None, shown: tuple[str, ...]
) -> tuple[shell.NavItem, ...]:
    return tuple(
        shell.NavItem(
            str(label),
            fixed(endpoint),
            icon,
            str(section) if section is not None else None,
            here in (endpoint, *more),
            0,
            *_counted(endpoint),
        )
        for endpoint, label, icon, _permission, more, section in NAV
        if endpoint in shown
    )


def _counted(endpoint: str) -> tuple[str | None, str | None]:
    """Where a number beside an entry comes from, and the topic that changes it."""
    if endpoint not in COUNTS:
        return None, None
    source, topic = COUNTS[endpoint]
    return fixed(source), topic


def _treats(actor: Actor, endpoint: str) -> bool:
    """Whether somebody with a profile of their own is meant; their own days wait for the operator's flag (KRN-12)."""
    if actor.specialist_id is None:
        return False
    return endpoint != "console.own_days" or flags.enabled(
        context.session(), actor.clinic, SELF_SERVICE
    )


def _shown(actor: Actor, permission: Permission) -> bool:
    """Elevated access reads nearly every page; what it holds is only the permission of the page at hand."""
    if actor.elevated_id is not None:
        return permission.elevated
    return actor.may(permission)


def _switches() -> list[dict[str, Any]]:
    """The location counts for the day alone, so it is chosen there."""
    if request.endpoint != "console.day":
        return []
    known = locations()
    if len(known) < 2:
        return []
    chosen = chosen_location()
    everywhere = gettext("All locations")
    choices = [("all", everywhere, chosen is None)]
    choices += [(str(one.id), one.name, one.id == chosen) for one in known]
    return [
        {
            "label": gettext("Location"),
            "icon": "map-pin",
            "current": next(name for _id, name, active in choices if active),
            "items": [
                {
                    "label": name,
                    "url": url_for("console.choose_location", location_id=id_, next=shell.here()),
                    "active": active,
                }
                for id_, name, active in choices
            ],
        }
    ]
