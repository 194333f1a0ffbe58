"""The templates every clinic starts with (FRM-02), in Romanian and English: a start for the clinic's lawyer to review.

Each is a file of default_templates/: code, purposes that its signature grants with the first version of their texts,
and the body (see models.FormTemplateVersion). What the texts must say: GDPR art. 7, 9(2), 13; Laws 46/2003, 95/2006.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "default_templates"


@dataclass(frozen=True)
class DefaultTemplate:
    """A template as data; `purposes` maps each consent that it grants to the texts of its first version."""

    code: str
    purposes: dict[str, dict[str, str]]
    body: dict[str, Any]


@cache
def default_templates() -> tuple[DefaultTemplate, ...]:
    """Every template of the folder, in the order of the file names."""
    files = sorted(FOLDER.glob("*.json"))
    return tuple(DefaultTemplate(**json.loads(file.read_text(encoding="utf-8"))) for file in files)
