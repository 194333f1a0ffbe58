"""The tablet's hold on a form: a secret in a cookie of this browser that only the tablet's pages see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Response, request, url_for
from flask_babel import force_locale
from werkzeug.wrappers import Response as AnyResponse

from app.forms import actions
from app.forms.models import FormInstance, KioskOpening
from app.forms.queries import CLAIM_TTL
from app.kernel.access.actor import KIOSK, Actor
from app.lib.errors import DomainError, Expired, NotFound
from app.lib.languages import form_of
from app.web.http import context
from app.web.http.copy import sentence
from app.web.http.render import page
from app.web.kiosk import blueprint

COOKIE = "kiosk_claim"
IDLE_SECONDS = 120


def kiosk_actor() -> Actor:
    """Whoever stands at the tablet; never the staff member who may be signed in on the same device."""
    return replace(context.actor(), kind=KIOSK, human_id=None)


def secret() -> str | None:
    """The claim that this browser holds."""
    return request.cookies.get(COOKIE)


def held() -> tuple[KioskOpening, FormInstance]:
    """The opening and form of this tablet, locked. Raises Expired when there is none (any more)."""
    found = secret()
    if found is None:
        raise Expired("kiosk_ended")
    return actions.claimed(context.session(), context.org_id(), found, context.now())


def keep(response: AnyResponse, claim_secret: str) -> AnyResponse:
    """Give the claim to this browser."""
    response.set_cookie(
        COOKIE,
        claim_secret,
        max_age=int(CLAIM_TTL.total_seconds()),
        path=url_for("kiosk.start"),
        httponly=True,
        samesite="Strict",
        secure=context.settings().secure_cookies,
    )
    return response


def forget(response: AnyResponse) -> AnyResponse:
    """Take the claim from this browser."""
    response.delete_cookie(COOKIE, path=url_for("kiosk.start"))
    return response


def frame(idle_seconds: int = IDLE_SECONDS) -> dict[str, object]:
    """What the tablet's layout needs: where it goes when nobody touches it."""
    return {"start_url": url_for("kiosk.start"), "idle_seconds": idle_seconds}


def leave_after(response: Response, seconds: float) -> Response:
    """Also without a script the page gives way to the blank start."""
    response.headers["Refresh"] = f"{int(seconds)}; url={url_for('kiosk.start')}"
    return response


@contextmanager
def tablet_language() -> Iterator[None]:
    """Pages without a form speak the clinic's language, whatever the last reader chose."""
    with force_locale(form_of(context.clinic().locale)):
        yield


@blueprint.errorhandler(Expired)
@blueprint.errorhandler(NotFound)
def ended(error: DomainError) -> Response:
    """A link or claim that is over: a clear page, the claim gone, the way to the blank start."""
    status = 410 if isinstance(error, Expired) else 404
    with tablet_language():
        response = page("kiosk/ended.html", status=status, reason=sentence(error), kiosk=frame(30))
    forget(response)
    return leave_after(response, 60)
