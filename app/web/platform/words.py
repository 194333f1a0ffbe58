"""Words of the operator's pages for stored codes."""

from __future__ import annotations

from flask_babel import gettext

from app.kernel.capabilities import Capability


def case_words() -> dict[str, str]:
    """Kinds of cases that elevated access is opened for."""
    return {
        "support": gettext("Support for the clinic"),
        "security": gettext("Security incident"),
        "data_request": gettext("Request about personal data"),
    }


def capability_words() -> dict[str, str]:
    """Capabilities by code."""
    return {
        Capability.TELEREHAB.value: gettext("Telerehabilitation"),
        Capability.VIDEO.value: gettext("Video visits"),
        Capability.CAMERA_MEASUREMENT.value: gettext("Measuring movement by camera"),
    }
