"""The sandbox outbox: what would have been sent to whom, as its reader would see it (KRN-09)."""

from __future__ import annotations

import base64
import io
import uuid

from flask import Response, abort, make_response, request, send_file
from flask_babel import gettext

from app.integrations.models import SandboxMessage
from app.lib.paging import parse_page
from app.messaging import permissions, queries
from app.messaging.rules import sms_text
from app.web.console import blueprint
from app.web.console.message_words import CHANNELS
from app.web.http import context, guards
from app.web.http.headers import content_policy
from app.web.http.lists import heads, pager
from app.web.http.render import page

HTML = "text/html"
# The mail of a clinic's own templates: its inline styles, nothing loaded, nothing run, no way out but by a click.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@blueprint.get("/outbox")
@guards.staff(permissions.SANDBOX)
def outbox() -> Response:
    """What the sandboxes hold, newest first."""
    asked = parse_page(request.args)
    kept = {name: request.args.get(name, "").strip() for name in ("q", "kind")}
    kept["kind"] = kept["kind"] if kept["kind"] in CHANNELS else ""
    found = queries.sandbox_page(
        context.session(), context.org_id(), asked, search=kept["q"], kind=kept["kind"]
    )
    columns = [
        (None, gettext("To")),
        (None, gettext("Message")),
        (None, gettext("Files")),
        (None, gettext("Time")),
    ]
    return page(
        "console/messages/outbox.html",
        fragment="console/messages/_outbox.html",
        rows=found.items,
        heads=heads(columns, asked, kept),
        pager=pager(found, kept),
        filters=kept,
        channels=CHANNELS,
    )


@blueprint.get("/outbox/<uuid:message_id>")
@guards.staff(permissions.SANDBOX)
def outbox_message(message_id: uuid.UUID) -> Response:
    """One message with its files; a mail is shown as a mail program would."""
    message = _message(message_id)
    response = page(
        "console/messages/message.html",
        message=message,
        channel=CHANNELS[message.kind],
        parts=sms_text.parts(message.body),
        has_html=_html(message) is not None,
        files=[
            {"number": number, "name": part["filename"], "bytes": part["bytes"]}
            for number, part in enumerate(message.attachments)
            if part["filename"]
        ],
    )
    response.headers["Content-Security-Policy"] = content_policy(
        context.settings(), frames="'self'"
    )
    return response


@blueprint.get("/outbox/<uuid:message_id>/mail")
@guards.staff(permissions.SANDBOX)
def outbox_mail(message_id: uuid.UUID) -> Response:
    """The HTML form of a mail alone, for the frame."""
    html = _html(_message(message_id))
    if html is None:
        abort(404)
    response = make_response(html)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.get("/outbox/<uuid:message_id>/files/<int:number>")
@guards.staff(permissions.SANDBOX)
def outbox_file(message_id: uuid.UUID, number: int) -> Response:
    """One attached file, to keep."""
    parts = _message(message_id).attachments
    if number >= len(parts) or not parts[number]["filename"]:
        abort(404)
    part = parts[number]
    return send_file(
        io.BytesIO(base64.b64decode(part["content"])),
        mimetype=part["mime"],
        as_attachment=True,
        download_name=part["filename"],
    )


def _message(message_id: uuid.UUID) -> SandboxMessage:
    return queries.sandbox_message(context.session(), context.org_id(), message_id)


def _html(message: SandboxMessage) -> str | None:
    for part in message.attachments:
        if part["mime"] == HTML and not part["filename"]:
            return base64.b64decode(part["content"]).decode()
    return None
