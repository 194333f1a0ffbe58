"""The page of an offered time: take it or let it go, in one tap each (BYD-04)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import Flask, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.lib.errors import Conflict, Invalid
from app.scheduling.queries import CalendarView, calendar_view
from app.waiting import actions
from app.waiting.messages import install_address
from app.waiting.queries import EntryView, OfferView, entry_view, offer_view
from app.web.booking import blueprint
from app.web.booking.member import portal_url
from app.web.http import context, guards
from app.web.http.addon_fields import online_addons, read_quantities
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.render import page, see_other
from app.web.http.visit_links import visit_token
from app.web.http.waiting_links import ENTRY, OFFER, waiting_meant, waiting_token
from config import Settings


@blueprint.get("/o/<token>")
@guards.public("whoever holds the link was given it")
def offer(token: str) -> Response:
    """The offered time: take it or let it go; who took it is led to the visit."""
    return _offer_page(token)


@blueprint.post("/o/<token>/accept")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def accept_offer(token: str) -> Response:
    """Book the offered time. Where the clinic has closed it meanwhile, that is said and the place is kept.

    With add-ons it may be too short or they may be gone: the offer stands, to be taken without them.
    """
    seen = _offer_of(token)
    wanted = {one: count for one, count in read_quantities(request.form).items() if count}
    try:
        visit = actions.accept(
            context.session(),
            context.redis(),
            context.actor(),
            seen.id,
            channel="online",
            now=context.now(),
            wanted=wanted,
        )
    except (Conflict, Invalid):
        context.session().rollback()
        if wanted:
            return _offer_page(token, 409, wanted)
        return _not_any_more(token, seen)
    return see_other(
        url_for("booking.visit", token=visit_token(context.settings(), visit.id)),
        gettext("It is yours. We look forward to seeing you."),
    )


@blueprint.post("/o/<token>/decline")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def decline_offer(token: str) -> Response:
    """Let it go on to the next person."""
    seen = _offer_of(token)
    try:
        actions.decline(context.session(), context.actor(), seen.id, now=context.now())
    except Conflict:
        context.session().rollback()
        return _offer_page(token, 409)
    return see_other(url_for("booking.offer", token=token))


def _not_any_more(token: str, seen: OfferView) -> Response:
    """An offer that cannot be kept is taken back, so that its holder is asked again for the next time."""
    if seen.expires_at > context.now():
        actions.withdraw(context.session(), context.actor(), seen.id, now=context.now())
        return see_other(url_for("booking.offer", token=token))
    return _offer_page(token, 409)


def _offer_page(
    token: str, status: int = 200, refused: Mapping[uuid.UUID, int] | None = None
) -> Response:
    seen = _offer_of(token)
    entry = entry_view(context.session(), context.org_id(), seen.entry_id)
    if seen.state == "accepted" and seen.appointment_id is not None:
        return see_other(
            url_for("booking.visit", token=visit_token(context.settings(), seen.appointment_id))
        )
    over = seen.state == "open" and seen.expires_at <= context.now()
    still_open = seen.state == "open" and not over
    calendar = _calendar(entry) if still_open else None
    return page(
        "booking/offer.html",
        status=status,
        steps=[],
        offer=seen,
        state="expired" if over else seen.state,
        entry=entry,
        calendar=calendar,
        addons=online_addons(calendar) if calendar else [],
        refused=refused or {},
        token=token,
        entry_url=url_for(
            "booking.waiting_entry", token=waiting_token(context.settings(), ENTRY, entry.id)
        ),
        portal_url=portal_url(),
        times_url=url_for("booking.slots", calendar=entry.calendar_slug),
    )


def _calendar(entry: EntryView) -> CalendarView:
    return calendar_view(context.session(), context.org_id(), calendar_id=entry.calendar_id)


def _offer_of(token: str) -> OfferView:
    meant = waiting_meant(context.settings(), OFFER, token)
    return offer_view(context.session(), context.org_id(), meant)


@blueprint.record_once
def _tell_messages(state: BlueprintSetupState) -> None:
    """The message about an offer carries its address; the worker builds it without a request."""
    app: Flask = state.app  # type: ignore[assignment]  # typed as the scaffold, it is the application.
    settings: Settings = app.config["SETTINGS"]

    def address(slug: str, offer_id: uuid.UUID) -> str:
        return f"{settings.base_url}/{slug}/o/{waiting_token(settings, OFFER, offer_id)}"

    install_address(address)
