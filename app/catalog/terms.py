"""What a service asks of those who cancel late or do not come, and its deposit; visits freeze it (CAT-01, APT-03).

Plain values without a database. Amounts are minor units of the service's currency, notice is elapsed minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT_NOTICE_MIN = 1440
LONGEST_NOTICE_MIN = 60 * 24 * 30
HIGHEST_MINOR = 10**9
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Fee:
    """A fixed amount or a share of the visit's price in percent; neither of them: nothing."""

    minor: int = 0
    percent: int = 0

    def __bool__(self) -> bool:
        return bool(self.minor or self.percent)

    def of(self, price_minor: int) -> int:
        """The amount for a visit of that price; half a minor unit counts as a whole one."""
        return self.minor or (price_minor * self.percent * 2 + WHOLE) // (2 * WHOLE)

    @property
    def possible(self) -> bool:
        """Whether it is one of the two, within bounds."""
        one = not (self.minor and self.percent)
        return one and 0 <= self.minor <= HIGHEST_MINOR and 0 <= self.percent <= WHOLE


NOTHING = Fee()


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a visit: until when changing it is free, and what follows afterwards.

    `late` is due when a patient cancels or moves inside the notice, `no_show` when they do not come; `deposit` is paid
    for the booking and lost in both cases. `session_lost`: a session of a course counts as used then. `late_online`:
    patients may cancel late by themselves, knowing what it costs; otherwise they are asked to call.
    """

    notice_min: int = DEFAULT_NOTICE_MIN
    late: Fee = NOTHING
    no_show: Fee = NOTHING
    deposit: Fee = NOTHING
    session_lost: bool = False
    late_online: bool = False

    @property
    def free(self) -> bool:
        """Whether nothing ever follows."""
        return not (self.late or self.no_show or self.deposit or self.session_lost)


FEES = ("late", "no_show", "deposit")


def stored(terms: Terms) -> dict[str, Any]:
    """The terms as they are kept, without what is plain."""
    fees = {
        name: {"minor": fee.minor} if fee.minor else {"percent": fee.percent}
        for name in FEES
        if (fee := getattr(terms, name))
    }
    flags = {name: True for name in ("session_lost", "late_online") if getattr(terms, name)}
    return {"notice_min": terms.notice_min, **fees, **flags}


def read(kept: Mapping[str, Any], notice_min: int = DEFAULT_NOTICE_MIN) -> Terms:
    """The terms that were kept; `notice_min` where they do not say it."""
    return Terms(
        notice_min=kept.get("notice_min", notice_min),
        session_lost=kept.get("session_lost", False),
        late_online=kept.get("late_online", False),
        **{name: Fee(**kept.get(name, {})) for name in FEES},
    )


def in_force(kept: Mapping[str, Any], notice_min: int, own: Mapping[str, Any] | None) -> Terms:
    """The terms of a calendar: its own where it has any, else its service's (CAT-03)."""
    return read(kept, notice_min) if own is None else read(own, notice_min)


def faults(terms: Terms) -> Iterator[tuple[str, str, int, int]]:
    """Field, code, least and greatest of everything that cannot be."""
    if not 0 <= terms.notice_min <= LONGEST_NOTICE_MIN:
        yield "notice_min", "out_of_range", 0, LONGEST_NOTICE_MIN
    for name in FEES:
        if not getattr(terms, name).possible:
            yield name, "fee_range", 0, WHOLE
