"""The patient's usual specialist first, where free soon (BYD-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

# Later than this, seeing somebody soon counts more than seeing the same one; a clinic may choose.
USUAL_DAYS = 7


class Offered(Protocol):
    """A free start, and with whom."""

    @property
    def starts_at(self) -> dt.datetime: ...

    @property
    def specialist_ids(self) -> tuple[uuid.UUID, ...]: ...


Start = TypeVar("Start", bound=Offered)


def soon_with(
    starts: Iterable[Start], usual: uuid.UUID | None, now: dt.datetime, days: int = USUAL_DAYS
) -> Iterator[Start]:
    """Those of the free starts, in their order, that the usual specialist can take within so many days from now."""
    latest = now + dt.timedelta(days=days)
    return (one for one in starts if usual in one.specialist_ids and one.starts_at <= latest)
