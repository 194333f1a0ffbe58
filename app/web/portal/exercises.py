"""Exercises of the portal: how to do them, what was measured, and the calls of a client that sends frames."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify, make_response, request, url_for

from app.forms.queries import template_for_consent
from app.lib.errors import Invalid, NotFound
from app.telerehab import actions, queries
from app.telerehab.actions import BIOMETRIC, Prescription
from app.telerehab.models import Exercise
from app.telerehab.queries import SessionRow
from app.telerehab.readiness import readiness
from app.web.http import context, guards
from app.web.http.errors import wants_json
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.pose_page import measured
from app.web.http.pose_words import STATES, shown_state, waits
from app.web.http.render import page
from app.web.http.telemetry_keys import telemetry_keys
from app.web.portal import blueprint
from app.web.portal.for_whom import patient_id

DEFAULT_TARGET = 10


@blueprint.get("/exercises")
@guards.patient()
def exercises() -> Response:
    """What the clinic's patients can do at home, what is missing for measuring, and the last sessions."""
    session, whose = context.session(), patient_id()
    return page(
        "portal/exercises/list.html",
        exercises=queries.tracked_exercises(session),
        sessions=_shown(queries.patient_sessions(session, context.org_id(), whose)),
        readiness=readiness(session, context.org_id(), whose),
        consent_url=_consent_url(),
        states=STATES,
    )


@blueprint.get("/exercises/<slug>")
@guards.patient()
def exercise(slug: str) -> Response:
    """One exercise: steps, safety, where the camera stands, earlier sessions."""
    session, whose = context.session(), patient_id()
    found = queries.exercise_by_slug(session, slug)
    rows = queries.patient_sessions(session, context.org_id(), whose, exercise=slug)
    return page(
        "portal/exercises/exercise.html",
        exercise=found,
        sessions=_shown(rows),
        readiness=readiness(session, context.org_id(), whose),
        consent_url=_consent_url(),
        states=STATES,
    )


@blueprint.post("/exercises/<slug>/sessions")
@limiter.limit(PUBLIC_WRITE)
@guards.patient()
def start_exercise(slug: str) -> Response:
    """Open a session: token and address for the frames. Answers in JSON, to a client that sends frames."""
    session, whose = context.session(), patient_id()
    found = queries.exercise_by_slug(session, slug)
    started = actions.start(
        session,
        context.actor(),
        whose,
        _prescription(found),
        telemetry_keys(),
        now=context.now(),
    )
    where = url_for("portal.exercise_session", slug=slug, session_id=started.session_id)
    response = jsonify(
        session_id=str(started.session_id),
        token=started.token,
        telemetry_url=context.settings().telemetry_url,
        expires_at=started.expires_at.isoformat(),
        url=where,
        end_url=url_for("portal.end_exercise", slug=slug, session_id=started.session_id),
    )
    response.status_code = 201
    response.headers["Location"] = where
    return response


@blueprint.post("/exercises/<slug>/sessions/<uuid:session_id>/end")
@guards.patient()
def end_exercise(slug: str, session_id: uuid.UUID) -> Response:
    """The patient is done; saying so twice is no error."""
    actions.end(context.session(), context.actor(), patient_id(), session_id, now=context.now())
    return make_response("", 204)


@blueprint.get("/exercises/<slug>/sessions/<uuid:session_id>")
@guards.patient()
def exercise_session(slug: str, session_id: uuid.UUID) -> Response:
    """What was measured in one of the patient's own sessions: a page, or JSON for the client that sent it."""
    session = context.session()
    row = queries.session_row(session, context.org_id(), session_id)
    if row.patient_id != patient_id() or row.exercise_slug != slug:
        raise NotFound("pose_session_not_found")
    if wants_json():
        return jsonify(_told(row))
    return page(
        "portal/exercises/session.html",
        fragment="portal/exercises/_session.html",
        row=row,
        state=shown_state(row, context.now()),
        waiting=waits(row, context.now()),
        measured=measured(session, context.org_id(), row),
        states=STATES,
    )


def _prescription(found: Exercise) -> Prescription:
    """What the client asks for; a body that is no object, or no whole number of repetitions, is refused."""
    body = request.get_json(silent=True) if request.data else {}
    if not isinstance(body, dict):
        raise Invalid.one("body", "malformed")
    target, side = body.get("target_reps", DEFAULT_TARGET), body.get("side")
    if not isinstance(target, int) or isinstance(target, bool):
        raise Invalid.one("target_reps", "not_a_whole_number")
    if side is not None and not isinstance(side, str):
        raise Invalid.one("side", "unknown_choice")
    return Prescription(found.id, target, side)


def _told(row: SessionRow) -> dict[str, Any]:
    return {
        "session_id": str(row.id),
        "state": row.state,
        "reps": row.reps,
        "partial_reps": row.partial_reps,
        "rom_deg": row.rom_deg,
        "rom_trusted": row.rom_trusted,
        "warnings": row.warnings,
    }


def _shown(rows: list[SessionRow]) -> list[tuple[SessionRow, str]]:
    return [(row, shown_state(row, context.now())) for row in rows]


def _consent_url() -> str | None:
    """Where the consent is given, or None when the clinic has no form for it that patients sign by themselves."""
    if template_for_consent(context.session(), context.org_id(), BIOMETRIC) is None:
        return None
    return url_for("portal.consent_form", purpose=BIOMETRIC)
