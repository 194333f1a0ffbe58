"""What the telemetry process measured, posted when a session is over (TLM-03, TLM-04)."""

from __future__ import annotations

import json
import uuid

from flask import Response, jsonify, make_response, request
from werkzeug.exceptions import BadRequest

from app.kernel.access.actor import SERVICE, Actor
from app.kernel.tenancy.scope import Scope, enter
from app.lib.errors import NotFound
from app.telerehab.actions import record_result
from app.telerehab.tokens import check_write_back
from app.web.http import context, guards
from app.web.http.telemetry_keys import telemetry_keys
from app.web.webhooks import blueprint
from telemetry.contract import RESULTS_PATH, ContractError, SessionResult

# Two curves of 3000 points and 20 000 repetitions, each as JSON, with room to spare.
MAX_RESULT = 8 * 1024 * 1024


@blueprint.post(RESULTS_PATH.removeprefix("/webhooks"))
@guards.service("a token signed by the telemetry process over exactly this body")
def telemetry_results() -> Response:
    """204 when taken in, 200 when this version was taken in before; the same body may come again and again."""
    request.max_content_length = MAX_RESULT
    body = request.get_data()
    check_write_back(request.headers.get("Authorization"), body, telemetry_keys(), context.now())
    try:
        result = SessionResult.from_json(_json(body))
        org_id = _clinic_id(result)
    except ContractError as error:
        return _refused(str(error))
    session = context.session()
    enter(session, Scope(org_id=org_id))
    actor = Actor(kind=SERVICE, org_id=org_id, origin=context.origin())
    if record_result(session, actor, result, now=context.now()):
        return make_response("", 204)
    return jsonify({"taken": "before"})


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        raise BadRequest from None


def _clinic_id(result: SessionResult) -> uuid.UUID:
    try:
        return uuid.UUID(result.organization_id)
    except ValueError:
        raise NotFound("pose_session_not_found") from None


def _refused(message: str) -> Response:
    """What is wrong with the body, by field name; for the people who run both processes."""
    response = jsonify({"error": {"code": "contract", "message": message}})
    response.status_code = 422
    return response
