"""A minimal valid row of every table, made from the models: what nobody says is filled in by type.

A new table works by itself; one with a check that a plain value does not meet needs a line in RECIPES, and the error
says so.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Table, insert, types
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, scoped
from app.lib.ids import uuid7
from tests.support.app import NOW

Values = dict[str, Any]
HOUR = dt.timedelta(hours=1)
LATER, EARLIER = NOW + HOUR, NOW - HOUR
_numbers = count(1)

# What a plain value of the column's type would not satisfy.
RECIPES: dict[str, Values] = {
    "acting_as": {"reason": "asked on the phone"},
    "appointments": {"starts_at": NOW, "ends_at": LATER, "state": "booked", "channel": "phone"},
    "audit_archives": {"log": "audit_events", "row_count": 1},
    "audit_events": {"outcome": "done"},
    "calendar_feeds": {"specialist_id": ...},
    "caregivers": {"relation": "parent"},
    "charge_releases": {"why": "undone"},
    "class_seats": {"capacity": 8, "number": 1, "live": False},
    "class_sessions": {"starts_at": NOW, "ends_at": LATER, "capacity": 8, "live": False},
    "consent_purpose_versions": {"purpose": "treatment"},
    "consents": {"purpose": "treatment", "source": "staff"},
    "courses": {"planned": 10},
    "date_overrides": {"kind": "replace"},
    "deliveries": {"channel": "email"},
    "elevated_accesses": {
        "case_kind": "support",
        "reason": "the clinic asked for help",
        "opened_at": NOW,
        "expires_at": LATER,
    },
    "embed_origins": {"origin": "https://www.clinic.example"},
    "hold_events": {"what": "made"},
    "login_events": {"outcome": "done"},
    "login_links": {"purpose": "login"},
    "occupancies": {
        "starts_at": NOW,
        "ends_at": LATER,
        "visit_starts_at": NOW,
        "visit_ends_at": LATER,
        "kind": "block",
    },
    "organizations": {},
    "patient_imports": {
        "state": "checked",
        "known": "leave",
        "encoding": "utf-8",
        "separator": ",",
        "header": ["Nume"],
        "mapping": ["name"],
        "finished_at": None,
    },
    "patient_import_rows": {
        "cells": '["Ana Pop"]',
        "verdict": "new",
        "problems": [],
        "signs": [],
        "filled": [],
        "decision": None,
        "outcome": None,
    },
    "pose_session_metrics": {"coverage": 1.0, "confidence": 1.0},
    "pose_sessions": {"target_reps": 10},
    "resources": {"specialist_id": ...},
    "visit_reviews": {"rating": 5},
    "review_rules": {"asks": True},
    "service_addons": {"names": {"ro": "Masaj"}, "extra_min": 15, "most": 2, "archived_at": None},
    "visit_addons": {"quantity": 1},
    "visit_files": {"shared": True, "removed_at": None, "removal_reason": None},
    "sandbox_messages": {"kind": "email"},
    "services": {"kind": "therapy", "duration_min": 45},
    "waiting_entries": {
        "channel": "phone",
        "time_zone": "Europe/Bucharest",
        "state": "left",
        "ended_at": NOW,
    },
    "waiting_offers": {
        "starts_at": NOW,
        "ends_at": LATER,
        "expires_at": LATER,
        "state": "declined",
        "answered_at": NOW,
    },
    "visit_charges": {"what": "late_cancel", "amount_minor": 1000, "currency": "RON"},
    "wall_screens": {"languages": "both"},
    "weekly_hours": {"weekday": 0, "start_min": 540, "end_min": 1020},
}
# Rows that only the operator writes.
WRITTEN_BY_PLATFORM = {
    "clinic_capabilities",
    "feature_flags",
    "elevated_accesses",
    "exercises",
    "capability_clearances",
}
# Rows that every database has from its migrations.
GIVEN: dict[str, Values] = {"consent_purposes": {"code": "treatment"}}


@dataclass
class RowMaker:
    """Makes rows for one clinic, each table's first row once, those that it refers to first."""

    session: Session
    org_id: uuid.UUID
    human_id: uuid.UUID
    made: dict[str, Values] = field(default_factory=dict)

    def row(self, table: Table) -> Values:
        """The clinic's row of this table."""
        if table.name in GIVEN:
            return GIVEN[table.name]
        if table.name == "organizations":
            return {"id": self.org_id}
        if table.name == "humans":
            return {"id": self.human_id}
        if table.name not in self.made:
            self.made[table.name] = self.add(table)
        return self.made[table.name]

    def add(self, table: Table, **given: Any) -> Values:
        """A further row, with the given values. AssertionError says which table needs a recipe."""
        values = self.values(table, **given)
        scope = Scope(org_id=self.org_id, human_id=self.human_id)
        if table.name in WRITTEN_BY_PLATFORM:
            scope = replace(scope, role=PLATFORM_ROLE)
        with scoped(self.session, scope):
            try:
                with self.session.begin_nested():
                    returned = self.session.execute(
                        insert(table).values(values).returning(*_readable(table))
                    )
                    return values | dict(returned.mappings().one())
            except DBAPIError as error:
                why = (
                    f"{table.name}: no valid row could be made, add a line to RECIPES: {error.orig}"
                )
                raise AssertionError(why) from error

    def values(self, table: Table, **given: Any) -> Values:
        """Values of a row that could be added: references first, then the recipe, the rest by type."""
        recipe = RECIPES.get(table.name, {}) | given
        values: Values = {}
        for key in sorted(table.foreign_key_constraints, key=_name):
            if any(_required(column) or column.name in recipe for column in _own_columns(key)):
                values |= self.reference(key)
        values |= {name: value for name, value in recipe.items() if value is not ...}
        for column in table.columns:
            if column.name not in values and _required(column):
                values[column.name] = _plain(column)
        if table.name in ("patient_profiles", "login_sessions", "login_links", "caregivers"):
            values["human_id"] = self.human_id
        return values

    def reference(self, key: ForeignKeyConstraint) -> Values:
        """The columns of a reference, pointing to this clinic's row."""
        target = self.row(key.referred_table)
        return {element.parent.name: target[element.column.name] for element in key.elements}


def _own_columns(key: ForeignKeyConstraint) -> list[Column[Any]]:
    """The columns that make the reference; the clinic alone does not."""
    return [column for column in key.columns if column.name != "org_id" or len(key.columns) == 1]


def _required(column: Column[Any]) -> bool:
    return not (
        column.nullable
        or column.server_default is not None
        or column.computed is not None
        or column.identity
    )


def _readable(table: Table) -> list[Column[Any]]:
    return [table.c.number] if table.name == "resources" else [*table.primary_key]


def _name(key: ForeignKeyConstraint) -> str:
    return ",".join(key.column_keys)


def _plain(column: Column[Any]) -> Any:
    """Some value of the column's type, another one each time."""
    number = next(_numbers)
    kind = column.type
    if isinstance(kind, types.Uuid):
        return uuid7()
    if isinstance(kind, types.DateTime):
        return LATER if column.name == "expires_at" else NOW
    if isinstance(kind, types.Date):
        return NOW.date()
    if isinstance(kind, types.Boolean):
        return False
    if isinstance(kind, types.Integer | types.Float):
        return number
    if isinstance(kind, JSONB):
        return {"number": number}
    return f"{column.name}-{number}"
