"""Is the database at the newest migration? Answered without importing the product. Needs psycopg."""

from __future__ import annotations

import ast
from pathlib import Path

import psycopg

from ops.paths import MIGRATIONS


def heads(versions: Path = MIGRATIONS / "versions") -> set[str]:
    """Revisions that no other revision builds on (one, unless two branches met)."""
    revisions: set[str] = set()
    parents: set[str] = set()
    for path in versions.glob("*.py"):
        names = _assignments(path)
        revisions |= _texts(names.get("revision"))
        parents |= _texts(names.get("down_revision"))
    return revisions - parents


def current(database_url: str) -> set[str]:
    """Revisions that the database records; empty for a database without tables."""
    with psycopg.connect(database_url) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return set()
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return {row[0] for row in rows}


def _assignments(path: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in {"revision", "down_revision"}:
                assert isinstance(node, ast.Assign | ast.AnnAssign)
                found[target.id] = ast.literal_eval(node.value) if node.value else None
    return found


def _texts(value: object) -> set[str]:
    if isinstance(value, str):
        return {value}
    return {str(item) for item in value} if isinstance(value, list | tuple) else set()
