"""How a visit was, by its link and without an account: one tap on a star, then a comment (APT-02)."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from app.appointments.reviews import actions
from app.appointments.reviews.queries import review_of
from app.appointments.reviews.rules import BEST, EDITABLE, WORST, may_give
from app.lib.errors import Expired, FieldError, Invalid
from app.web.booking import blueprint
from app.web.booking.links import visit_of
from app.web.http import context, guards
from app.web.http.copy import field_sentence
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.render import page, see_other


@blueprint.get("/v/<token>/review")
@guards.public("whoever holds the link was given it")
def review(token: str) -> Response:
    """The stars; nothing is written before a tap, since mail programs open links by themselves."""
    return _review_page(token)


@blueprint.post("/v/<token>/review")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def give_review(token: str) -> Response:
    """A tap on a star keeps the rating at once; the comment can follow."""
    seen = visit_of(token)
    known = review_of(context.session(), context.org_id(), seen.id)
    text = request.form.get("rating", "")
    comment = request.form.get("comment", known.comment if known else "")
    try:
        rating = int(text) if text.isascii() and text.isdigit() and len(text) == 1 else 0
        actions.give(
            context.session(), context.actor(), seen.id, rating, comment, now=context.now()
        )
    except Invalid as error:
        return _review_page(token, error.errors[0], comment)
    except Expired:
        return see_other(url_for("booking.review", token=token))
    return see_other(url_for("booking.review", token=token), gettext("Thank you."))


def _review_page(
    token: str, error: FieldError | None = None, comment: str | None = None
) -> Response:
    seen = visit_of(token)
    known = review_of(context.session(), context.org_id(), seen.id)
    open_ = may_give(seen.state, known.given_at if known else None, context.now())
    return page(
        "booking/review.html",
        status=422 if error else 200,
        steps=[],
        token=token,
        visit=seen,
        known=known,
        open=open_,
        until=known.given_at + EDITABLE if known else None,
        stars=[(n, ngettext("%(num)d star", "%(num)d stars", n)) for n in range(WORST, BEST + 1)],
        comment=comment if comment is not None else (known.comment if known else ""),
        error=field_sentence(error) if error else None,
        clinic=context.clinic(),
    )
