"""What waits for the patient on the portal's home: each feature of the portal says what is open in its own words."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class OpenItem:
    """One thing to do or to see, as a row that leads there. `urgent` ones stand first, in a warning's colour.

    `asked`: the clinic waits for it, so it stands before what is only offered.
    """

    title: str
    text: str
    url: str
    icon: str
    urgent: bool = False
    asked: bool = False


Source = Callable[[uuid.UUID], Sequence[OpenItem]]
_sources: list[Source] = []


def open_items(source: Source) -> Source:
    """Register what gives a patient's open items; called within a request of the portal."""
    if source not in _sources:
        _sources.append(source)
    return source


def items_for(patient_id: uuid.UUID) -> list[OpenItem]:
    """Everything that is open for a patient: urgent things, what is asked for, the rest."""
    found = [item for source in _sources for item in source(patient_id)]
    return sorted(found, key=lambda item: (not item.urgent, not item.asked))
