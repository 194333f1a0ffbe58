"""Visits whose own time counts as free: one that is being moved, or all of a course."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import TypeAlias

Ignoring: TypeAlias = uuid.UUID | Collection[uuid.UUID] | None


def ignored(visits: Ignoring) -> frozenset[uuid.UUID]:
    """The visits, however many were named."""
    if visits is None:
        return frozenset()
    return frozenset((visits,) if isinstance(visits, uuid.UUID) else visits)


def ignored_references(visits: Ignoring) -> frozenset[str]:
    """The visits as taken time names them."""
    return frozenset(map(str, ignored(visits)))
