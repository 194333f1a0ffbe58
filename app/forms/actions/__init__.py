"""Changing forms, a file a verb: templates, instances, openings on a tablet, signing."""

from app.forms.actions.instances import form_for_consent, open_form, preview, save, start, void
from app.forms.actions.openings import (
    Handover,
    claim,
    claim_by_code,
    claimed,
    names,
    open_on_kiosk,
    put_away,
    revoke_opening,
    waiting,
)
from app.forms.actions.signing import DrawnSignature, TypedSignature, sign
from app.forms.actions.templates import create_default_templates, publish_template

__all__ = [
    "DrawnSignature",
    "Handover",
    "TypedSignature",
    "claim",
    "claim_by_code",
    "claimed",
    "create_default_templates",
    "form_for_consent",
    "names",
    "open_form",
    "open_on_kiosk",
    "preview",
    "publish_template",
    "put_away",
    "revoke_opening",
    "save",
    "sign",
    "start",
    "void",
    "waiting",
]
