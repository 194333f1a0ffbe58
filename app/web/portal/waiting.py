"""The waiting list on the portal's home: an offered time first of all, and what one waits for (SCH-08, BYD-04)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext

from app.waiting.queries import EntryView, StandingOffer, waiting_of_patient
from app.web.http import context
from app.web.http.locale import localised
from app.web.http.templating import clock, day
from app.web.http.waiting_links import ENTRY, OFFER, waiting_token
from app.web.http.waiting_words import wish_words
from app.web.portal.open_items import OpenItem, open_items


@open_items
def _waiting(patient_id: uuid.UUID) -> Sequence[OpenItem]:
    found = waiting_of_patient(context.session(), context.org_id(), patient_id, context.now())
    return [_item(entry, offer) for entry, offer in found]


def _item(entry: EntryView, offer: StandingOffer | None) -> OpenItem:
    settings = context.settings()
    if offer is not None:
        return OpenItem(
            title=gettext("A time is free for you"),
            text=gettext(
                "%(day)s, %(time)s: kept for you until %(until)s",
                day=day(offer.starts_at, "full", entry.time_zone),
                time=clock(offer.starts_at, entry.time_zone),
                until=clock(offer.expires_at, entry.time_zone),
            ),
            url=url_for("booking.offer", token=waiting_token(settings, OFFER, offer.id)),
            icon="hourglass",
            urgent=True,
        )
    return OpenItem(
        title=gettext("On the waiting list: %(service)s", service=localised(entry.titles)),
        text=wish_words(entry),
        url=url_for("booking.waiting_entry", token=waiting_token(settings, ENTRY, entry.id)),
        icon="hourglass",
    )
