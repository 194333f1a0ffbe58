"""Permissions of clinical forms."""

from app.kernel.access.permissions import declare

OPEN = declare("forms.open", "Open forms for patients and hand them over on the tablet")
MANAGE = declare("forms.manage", "Publish form templates")
VIEW = declare("forms.view", "See patients' forms")
