"""The specialist's look at exercise sessions: the list, and one session with curve, repetitions and replay (TLM-05)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request, send_file, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from app.lib.paging import parse_page
from app.people.access import patient_or_404, visible_patients
from app.people.models import Patient
from app.telerehab import permissions, queries
from app.telerehab.queries import SessionFilter, SessionRow
from app.telerehab.states import MACHINE
from app.web.console import blueprint
from app.web.console.asked import identifier
from app.web.http import context, guards
from app.web.http.lists import heads, pager
from app.web.http.pose_page import measured
from app.web.http.pose_words import STATES, shown_state, waits
from app.web.http.render import page

SORT = "-started_at"
FILTERS = ("q", "exercise", "state", "patient")


@blueprint.get("/pose-sessions")
@guards.staff(permissions.VIEW)
def pose_sessions() -> Response:
    """Exercise sessions of the patients whom the reader may see, newest first."""
    asked = parse_page(request.args, sortable=queries.SORTABLE, default_sort=SORT)
    kept = {name: request.args.get(name, "").strip()[:100] for name in FILTERS}
    found = queries.find_sessions(context.session(), context.org_id(), _wanted(kept), asked)
    columns = [
        ("patient", gettext("Patient")),
        (None, gettext("Exercise")),
        ("started_at", gettext("When")),
        (None, gettext("State")),
        (None, gettext("Repetitions")),
        (None, gettext("Range of motion")),
    ]
    return page(
        "console/exercise_review/list.html",
        fragment="console/exercise_review/_list.html",
        rows=[(row, shown_state(row, context.now())) for row in found.items],
        heads=heads(columns, asked, kept),
        pager=pager(found, kept),
        filters=kept,
        exercises=queries.tracked_exercises(context.session()),
        states={code: STATES[code] for code in MACHINE.states},
        labels=STATES,
        sort=request.args.get("sort", ""),
    )


def _wanted(kept: dict[str, str]) -> SessionFilter:
    return SessionFilter(
        words=kept["q"],
        patient_id=identifier(kept, "patient"),
        exercise=kept["exercise"],
        state=kept["state"] if kept["state"] in MACHINE.states else "",
        patients=visible_patients(context.actor()),
    )


@blueprint.get("/pose-sessions/<uuid:session_id>")
@guards.staff(permissions.VIEW)
def pose_session(session_id: uuid.UUID) -> Response:
    """One session: numbers, warnings in plain words, curve, replay. As a fragment while the result is awaited."""
    row, patient = _seen(session_id)
    return page(
        "console/exercise_review/session.html",
        fragment="console/exercise_review/_session.html",
        **_inputs(row, patient),
    )


@blueprint.get("/pose-sessions/<uuid:session_id>/print")
@guards.staff(permissions.VIEW)
def print_pose_session(session_id: uuid.UUID) -> Response:
    """The same on paper, without the replay."""
    row, patient = _seen(session_id)
    back_url = url_for("console.pose_session", session_id=row.id)
    return page("console/exercise_review/print.html", back_url=back_url, **_inputs(row, patient))


@blueprint.get("/pose-sessions/<uuid:session_id>/replay")
@guards.staff(permissions.VIEW)
def pose_replay(session_id: uuid.UUID) -> Response:
    """The display replay (telemetry/replay.py tells its layout), gzip as stored.

    From our own address and behind the same guard as the page, since the page's content policy lets a script fetch
    from nowhere else, and the link of an object store would be elsewhere.
    """
    row, _ = _seen(session_id)
    shown = measured(context.session(), context.org_id(), row)
    if shown is None or shown.figures.replay_view_key is None:
        raise NotFound
    file = context.clinic_blobs().open(shown.figures.replay_view_key)
    response = send_file(file, mimetype="application/gzip")
    response.headers["Cache-Control"] = "private, max-age=300"
    return response


def _seen(session_id: uuid.UUID) -> tuple[SessionRow, Patient]:
    """The session of a patient whom the reader may see; the look goes into the access journal."""
    session, actor = context.session(), context.actor()
    row = queries.session_row(session, actor.clinic, session_id)
    patient = patient_or_404(
        session, actor, row.patient_id, looked_at="pose_session", now=context.now()
    )
    return row, patient


def _inputs(row: SessionRow, patient: Patient) -> dict[str, Any]:
    return {
        "row": row,
        "patient": patient,
        "state": shown_state(row, context.now()),
        "waiting": waits(row, context.now()),
        "measured": measured(context.session(), context.org_id(), row),
        "states": STATES,
    }
