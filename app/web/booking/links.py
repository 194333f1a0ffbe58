"""The address of a visit: whoever holds the link may see, move and cancel it, without an account (BOK-03)."""

from __future__ import annotations

import uuid

from flask import Flask
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from app.appointments.messages import install_addresses
from app.appointments.queries import VisitView, visit_view
from app.kernel.tenancy.queries import open_locations
from app.kernel.tokens import TokenForged
from app.lib.errors import DomainError, Expired, NotFound
from app.web.booking import blueprint
from app.web.http import context, errors
from app.web.http.copy import sentence
from app.web.http.render import is_fragment_request, page
from app.web.http.visit_links import AFTERWARDS, visit_meant, visit_token
from config import Settings


class VisitLinkUnknown(NotFound):
    """The link names no visit of this clinic: cut short, mistyped or invented."""

    code = "visit_link_unknown"


class VisitLinkOver(Expired):
    """The visit was long ago; its link no longer shows it."""

    code = "visit_link_over"


def visit_of(token: str) -> VisitView:
    """The visit that a link names, in the clinic of the address. Raises VisitLinkUnknown, VisitLinkOver."""
    try:
        meant = visit_meant(context.settings(), token)
        seen = visit_view(context.session(), context.org_id(), meant)
    except (TokenForged, NotFound):
        raise VisitLinkUnknown from None
    if context.now() >= seen.ends_at + AFTERWARDS:
        raise VisitLinkOver
    return seen


@blueprint.errorhandler(VisitLinkUnknown)
@blueprint.errorhandler(VisitLinkOver)
def _no_visit(error: DomainError) -> Response:
    """Whoever holds a link that leads nowhere is told by the clinic how to reach it."""
    status = errors.status_of(error)
    if errors.wants_json() or is_fragment_request():
        return errors.answer(status, error.code, sentence(error))
    return page(
        "booking/no_visit.html",
        status=status,
        steps=[],
        over=isinstance(error, VisitLinkOver),
        clinic=context.clinic(),
        number=_number_to_call(),
    )


def _number_to_call() -> str | None:
    """The clinic's phone, or that of its first place that has one."""
    if context.clinic().phone:
        return context.clinic().phone
    places = open_locations(context.session(), context.org_id())
    return next((place.phone for place in places if place.phone), None)


@blueprint.record_once
def _tell_messages(state: BlueprintSetupState) -> None:
    """Messages about a visit carry its address; the worker builds it without a request."""
    app: Flask = state.app  # type: ignore[assignment]  # typed as the scaffold, it is the application.
    settings: Settings = app.config["SETTINGS"]

    def address(slug: str, visit_id: uuid.UUID) -> str:
        return f"{settings.base_url}/{slug}/v/{visit_token(settings, visit_id)}"

    def elsewhen(slug: str, calendar: str | None) -> str:
        start = f"{settings.base_url}/{slug}/"
        return f"{start}book/{calendar}" if calendar else start

    install_addresses(address, elsewhen)
