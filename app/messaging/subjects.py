"""What a message is about, and whether that has moved on since the message was asked for.

The owning domain registers how its present version is read; a message about an older one is never sent (NTF-02).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

CurrentVersion = Callable[[Session, uuid.UUID, uuid.UUID], int | None]
_registered: dict[str, CurrentVersion] = {}


def register(subject_type: str, current_version: CurrentVersion) -> None:
    """Say how the version of such a subject is read: `(session, org_id, subject_id) -> version`, None if it is gone."""
    if _registered.setdefault(subject_type, current_version) is not current_version:
        raise ValueError(f"the version of {subject_type} is registered twice")


def moved_on(
    session: Session, org_id: uuid.UUID, subject_type: str, subject_id: uuid.UUID, version: int
) -> bool:
    """Whether the subject is gone or newer than `version`. Subjects without versions never move on."""
    current_version = _registered.get(subject_type)
    if current_version is None:
        return False
    return current_version(session, org_id, subject_id) != version
