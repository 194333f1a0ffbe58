"""The clock-change report: next March's and October's visits before and after (BYD-02)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.exceptions import NotFound

from app.appointments import permissions
from app.appointments.queries.clock_changes import (
    ChangeReport,
    VisitAround,
    change_reports,
    zones_of,
)
from app.lib.csv import csv_lines
from app.lib.paging import PageRequest
from app.scheduling.rules.clock_changes import Finding
from app.web.console import blueprint
from app.web.console.own import only_specialist
from app.web.http import context, guards
from app.web.http.lists import heads
from app.web.http.locale import localised
from app.web.http.render import page
from app.web.http.templating import city, day, in_zone

WORDS = {
    Finding.STEADY: lazy_gettext("Keeps its time"),
    Finding.DRIFTED: lazy_gettext("Moved by the clocks"),
    Finding.IN_CHANGE: lazy_gettext("Spans the change"),
    Finding.REPEATED_HOUR: lazy_gettext("In the hour that comes twice"),
    Finding.PATIENT_SHIFTED: lazy_gettext("Another time for the patient"),
}
KINDS = {Finding.STEADY: "ok", Finding.PATIENT_SHIFTED: "info"}


@blueprint.get("/clock-changes")
@guards.staff(permissions.VIEW)
def clock_changes() -> Response:
    """The next two changes of a zone of the clinic, the chosen one with its visits on both sides."""
    zones = zones_of(context.session(), context.org_id())
    zone = _zone(zones)
    reports = _reports(zone)
    chosen = _chosen(reports)
    return page(
        "console/clock_changes.html",
        zone=zone,
        zones=[_tab(one, one == zone) for one in zones],
        chosen=chosen,
        changes=[
            _change_tab(zone, number, one, one is chosen) for number, one in enumerate(reports)
        ],
        words=WORDS,
        kinds=KINDS,
        columns=_heads(),
    )


@blueprint.get("/clock-changes.csv")
@guards.staff(permissions.VIEW)
def clock_changes_csv() -> Response:
    """The visits around the chosen change as a file for a spreadsheet."""
    zone = _zone(zones_of(context.session(), context.org_id()))
    chosen = _chosen(_reports(zone))
    if chosen is None:
        raise NotFound
    header = (
        *("starts_at_utc", "local_time", "zone", "after_change", "patient", "service"),
        *("specialist", "patient_time", "patient_zone", "findings"),
    )
    lines = csv_lines(header, [_line(chosen, one) for one in chosen.visits])
    name = f"clock-change-{chosen.at:%Y-%m-%d}.csv"
    return Response(
        lines,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _reports(zone: str) -> list[ChangeReport]:
    return change_reports(
        context.session(),
        context.org_id(),
        zone,
        context.now(),
        only_patients_of=only_specialist(),
    )


def _zone(zones: Sequence[str]) -> str:
    """The zone in the address if the clinic has it, else that of the clinic, else its first."""
    asked, home = request.args.get("zone", ""), context.clinic().time_zone
    return next((one for one in (asked, home) if one in zones), zones[0] if zones else home)


def _chosen(reports: Sequence[ChangeReport]) -> ChangeReport | None:
    asked = request.args.get("change", "0")
    number = int(asked) if asked.isdecimal() and len(asked) < 3 else 0
    return reports[min(number, len(reports) - 1)] if reports else None


def _tab(zone: str, active: bool) -> dict[str, Any]:
    url = url_for("console.clock_changes", zone=zone)
    return {"label": city(zone), "url": url, "active": active, "count": None}


def _change_tab(zone: str, number: int, report: ChangeReport, active: bool) -> dict[str, Any]:
    return {
        "label": day(report.at, "long", zone),
        "url": url_for("console.clock_changes", zone=zone, change=number),
        "csv_url": url_for("console.clock_changes_csv", zone=zone, change=number),
        "active": active,
        "count": len(report.visits),
    }


def _heads() -> list[dict[str, Any]]:
    words = (
        gettext("Time"),
        gettext("Patient"),
        gettext("Service"),
        gettext("Specialist"),
        gettext("What the change does"),
    )
    return heads([(None, one) for one in words], PageRequest(), {})


def _line(report: ChangeReport, visit: VisitAround) -> tuple[object, ...]:
    elsewhere = visit.patient_zone
    return (
        visit.starts_at.isoformat(),
        f"{in_zone(visit.starts_at, report.zone):%Y-%m-%d %H:%M}",
        report.zone,
        "yes" if visit.after_change else "no",
        visit.patient_name,
        localised(visit.service_names),
        visit.specialist_name,
        f"{in_zone(visit.starts_at, elsewhere):%Y-%m-%d %H:%M}" if elsewhere else "",
        elsewhere or "",
        " ".join(visit.findings),
    )
