"""The languages of the product, and whose form dates and numbers take in each (KRN-10)."""

from __future__ import annotations

# English stands for all who read no Romanian, in Europe: day before month, as on the clinic's own papers.
FORMS = {"ro": "ro", "en": "en_GB"}


def form_of(language: str) -> str:
    """The locale for dates and numbers: `en_GB` for `en`; what we have no words for reads English."""
    return FORMS.get(language, FORMS["en"])
