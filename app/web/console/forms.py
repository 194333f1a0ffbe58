"""Form templates of the clinic: what there is, and how it reads (FRM-02)."""

from __future__ import annotations

import uuid

from flask import Response, abort, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.forms import actions, permissions, queries
from app.forms.rules import seal
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.consent_words import purpose_name
from app.web.http.locale import LANGUAGES, current_language
from app.web.http.render import page, see_other


@blueprint.get("/form-templates")
@guards.staff(permissions.VIEW)
def form_templates() -> Response:
    """The templates in use."""
    return page(
        "console/forms/templates.html",
        templates=queries.templates(context.session(), context.org_id()),
        purpose_name=purpose_name,
        may_publish=context.actor().may(permissions.MANAGE),
    )


@blueprint.post("/form-templates/defaults")
@guards.staff(permissions.MANAGE)
def create_default_templates() -> AnyResponse:
    """Put the starting templates in place; those the clinic has stay."""
    made = actions.create_default_templates(context.session(), context.actor(), context.now())
    words = gettext("The templates are ready.") if made else gettext("They were there already.")
    return see_other(url_for("console.form_templates"), words)


@blueprint.get("/form-templates/<uuid:template_id>")
@guards.staff(permissions.VIEW)
def form_template(template_id: uuid.UUID) -> Response:
    """A template as the patient will read it, in one language."""
    session, org_id = context.session(), context.org_id()
    template = queries.template_or_404(session, org_id, template_id)
    locale = request.args.get("language") or current_language()
    if locale not in LANGUAGES:
        abort(404)
    snapshot = actions.preview(session, org_id, template)
    return page(
        "console/forms/template.html",
        card=template,
        shown=seal.shown(snapshot, {}, locale),
        languages=[
            {
                "label": label,
                "url": url_for("console.form_template", template_id=template_id, language=code),
                "active": code == locale,
            }
            for code, label in LANGUAGES.items()
        ],
        fields=snapshot["body"]["fields"],
        locale=locale,
        purpose_name=purpose_name,
    )
