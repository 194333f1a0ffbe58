"""The address of a visit: whoever holds the link may see, move and cancel it, without an account (BOK-03)."""

from __future__ import annotations

import uuid

from flask import Flask
from flask.blueprints import BlueprintSetupState

from app.appointments.messages import install_visit_url
from app.appointments.queries import VisitView, visit_view
from app.kernel.tokens import TokenForged, TokenSigner
from app.lib.errors import NotFound
from app.web.booking import blueprint
from app.web.http import context
from app.web.http.visit_links import PURPOSE, visit_token
from config import Settings


def visit_of(token: str) -> VisitView:
    """The visit that a link names, in the clinic of the address. Raises NotFound, Expired."""
    try:
        said = context.signer().verify(PURPOSE, token)
    except TokenForged:
        raise NotFound("not_found") from None
    return visit_view(context.session(), context.org_id(), uuid.UUID(said["v"]))


@blueprint.record_once
def _tell_messages(state: BlueprintSetupState) -> None:
    """Messages about a visit carry its address; the worker builds it without a request."""
    app: Flask = state.app  # type: ignore[assignment]  # typed as the scaffold, it is the application.
    settings: Settings = app.config["SETTINGS"]

    def address(slug: str, visit: VisitView) -> str:
        signer: TokenSigner = app.extensions["signer"]
        token = visit_token(signer, visit.id, visit.ends_at, app.extensions["clock"].now())
        return f"{settings.base_url}/{slug}/visit/{token}"

    install_visit_url(address)
