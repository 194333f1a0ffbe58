"""Rows that go along when a card is merged. Each domain says so for its own tables, where tables are put together."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table

from app.kernel.db import Base, table_of

Movable = Callable[[Table, uuid.UUID], ColumnElement[bool]]
"""Which rows may go to a card: a condition on the table, given the card that they would go to."""


@dataclass(frozen=True, slots=True)
class Follower:
    """A table whose rows name their patient in `patient_id`."""

    table: Table
    movable: Movable | None = None

    def belonging_to(self, org_id: uuid.UUID, patient_id: uuid.UUID) -> list[ColumnElement[bool]]:
        """The rows of a card."""
        return [self.table.c.org_id == org_id, self.table.c.patient_id == patient_id]

    def may_go_to(self, patient_id: uuid.UUID) -> list[ColumnElement[bool]]:
        """What limits the rows that can be given to another card."""
        return [] if self.movable is None else [self.movable(self.table, patient_id)]


_followers: dict[str, Follower] = {}


def follows_patient(model: type[Base], *, movable: Movable | None = None) -> None:
    """Rows of this table go along with a merge, and back when it is undone."""
    table = table_of(model)
    _followers[table.name] = Follower(table, movable)


def followers() -> Iterator[Follower]:
    """Every table that follows, in the order of their names: the order in which their rows are locked."""
    yield from (_followers[name] for name in sorted(_followers))
