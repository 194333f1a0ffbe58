"""What patients read of the clinic on its pages and in its messages, corrected by the clinic (TEN-01)."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import Field, StringField
from wtforms.validators import Email, Optional

from app.kernel.tenancy.card import (
    NAME_LIMIT,
    TAGLINE_LIMIT,
    ClinicCard,
    change_clinic,
    clinic_card,
)
from app.lib.errors import Conflict, Invalid
from app.lib.origins import parse_web_address
from app.scheduling.permissions import MANAGE
from app.web.console import blueprint
from app.web.console.fields import LandLineMixin, MarkedInput, text_data, texts
from app.web.console.own import writes
from app.web.http import context, guards
from app.web.http.inputs import line, said_beside, stripped
from app.web.http.render import page, see_other
from app.web.http.templating import phone


class ClinicInput(LandLineMixin, MarkedInput):
    """The clinic's card."""

    name = line(_l("Name of the clinic"), max_length=NAME_LIMIT)
    tagline_ro = line(
        _l("One line about you, in Romanian"), max_length=TAGLINE_LIMIT, required=False
    )
    tagline_en = line(
        _l("One line about you, in English"), max_length=TAGLINE_LIMIT, required=False
    )
    phone = line(
        _l("Phone"),
        max_length=40,
        required=False,
        description=_l("Whom patients call when no time suits them, or to cancel late."),
    )
    email = StringField(
        _l("E-mail"),
        filters=[stripped],
        validators=[Optional(), Email(message=_l("This is not an e-mail address."))],
    )
    website = line(
        _l("Website"), required=False, description=_l("For example https://www.example.com")
    )
    accent = line(
        _l("Colour"), max_length=7, description=_l("Of buttons on your pages and in your messages.")
    )

    def validate_website(self, field: Field) -> None:
        """An address that a browser opens."""
        if field.data:
            with said_beside():
                parse_web_address(field.data)

    def card(self) -> ClinicCard:
        """The card that was typed; its phone may be a land line. Raises Invalid."""
        return ClinicCard(
            self.name.data,
            texts(self, "tagline"),
            self.email.data or None,
            self.number(),
            self.website.data or None,
            self.accent.data,
        )


@blueprint.route("/clinic", methods=["GET", "POST"])
@guards.staff(MANAGE)
def clinic_details() -> Response:
    """The clinic's card, to be corrected."""
    stored = clinic_card(context.session(), context.org_id())
    form = ClinicInput(data=_values(stored))
    status = 200
    if request.method == "POST":
        status = _change(form) if form.validate() else 422
        if status == 303:
            return see_other(url_for("console.clinic_details"), gettext("Saved."))
    may_write = writes(context.actor(), MANAGE)
    return page("console/clinic_details.html", status=status, form=form, writes=may_write)


def _values(stored: ClinicCard) -> dict[str, str]:
    return {
        "name": stored.name,
        **text_data(stored.tagline, "tagline"),
        "email": stored.email or "",
        "phone": phone(stored.phone) if stored.phone else "",
        "website": stored.website or "",
        "accent": stored.accent,
        "seen": stored.mark,
    }


def _change(form: ClinicInput) -> int:
    session, actor = context.session(), context.actor()
    try:
        change_clinic(session, actor, form.card(), seen=form.seen.data or "", now=context.now())
    except Invalid as error:
        form.take(error)
        return 422
    except Conflict:
        form.overtaken(clinic_card(session, actor.clinic).mark)
        return 409
    return 303
