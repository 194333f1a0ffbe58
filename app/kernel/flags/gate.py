"""The register of flags, and whether one is open for a clinic."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.flags.models import FeatureFlag
from app.lib.errors import Refused


@dataclass(frozen=True)
class Flag:
    """A risky ability. `label` is an English catalogue message."""

    code: str
    label: str


_registered: dict[str, Flag] = {}


def declare(code: str, label: str) -> Flag:
    """Register a flag in the domain that owns the ability."""
    flag = Flag(code, label)
    if _registered.setdefault(code, flag) != flag:
        raise ValueError(f"flag {code} is declared twice")
    return flag


def known() -> list[Flag]:
    """Every flag, by code."""
    return [_registered[code] for code in sorted(_registered)]


def enabled(session: Session, org_id: uuid.UUID, flag: Flag) -> bool:
    """Whether the operator has opened the ability for this clinic."""
    query = select(FeatureFlag.enabled).where(
        FeatureFlag.org_id == org_id, FeatureFlag.flag == flag.code
    )
    return bool(session.scalar(query))


def demand(session: Session, org_id: uuid.UUID, flag: Flag) -> None:
    """Raises Refused `flag_off`."""
    if not enabled(session, org_id, flag):
        raise Refused("flag_off", flag=flag.code)


def states(session: Session, org_id: uuid.UUID) -> list[tuple[Flag, bool]]:
    """Every flag with its state in this clinic."""
    rows = session.execute(
        select(FeatureFlag.flag, FeatureFlag.enabled).where(FeatureFlag.org_id == org_id)
    )
    stored = {row.flag: row.enabled for row in rows}
    return [(flag, stored.get(flag.code, False)) for flag in known()]
