"""The editor of a week: rows of start and end a weekday, as typed; adding, removing and copying work without a script.

Field names: `<prefix>mon-start` and `<prefix>mon-end`, each once a row. Buttons post `act`: `add:<prefix>mon`,
`remove:<prefix>mon:0`, `copy:<prefix>`; anything else saves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from app.lib.errors import FieldError, Invalid
from app.scheduling.actions.hours import field_error
from app.scheduling.rules.weeks import DAYS, Reading, clock_minutes, clock_text, week_faults
from app.web.http.copy import field_sentence

WORKDAYS = 5
MOST_ROWS = 8


@dataclass(slots=True)
class Row:
    """One window as typed."""

    start: str = ""
    end: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed; such a row does not count."""
        return not self.start.strip() and not self.end.strip()

    @property
    def overnight(self) -> bool:
        """Whether it ends on the next day."""
        start, end = clock_minutes(self.start), clock_minutes(self.end)
        return start is not None and end is not None and end < start


@dataclass(slots=True)
class DayRows:
    """A weekday with its rows and what is wrong with them."""

    code: str
    rows: list[Row] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class WeekEditor:
    """A week while it is edited; `added` is the weekday that has just got a row."""

    prefix: str
    days: list[DayRows]
    added: str = ""

    @classmethod
    def of(cls, readings: Sequence[Sequence[Reading]], prefix: str = "") -> WeekEditor:
        """The editor of a stored week."""
        rows = [[Row(clock_text(a), clock_text(b)) for a, b in day] for day in readings]
        return cls(prefix, [DayRows(code, day) for code, day in zip(DAYS, rows, strict=True)])

    @classmethod
    def typed(cls, values: MultiDict[str, str], prefix: str = "") -> WeekEditor:
        """The editor as it was sent."""
        return cls(prefix, [DayRows(code, rows_of(values, f"{prefix}{code}")) for code in DAYS])

    def act(self, wish: str) -> bool:
        """Do what an editing button asks; False when it was none of this editor's."""
        verb, _, rest = wish.partition(":")
        if verb == "copy" and rest == self.prefix:
            for day in self.days[1:WORKDAYS]:
                day.rows = [Row(one.start, one.end) for one in self.days[0].rows]
            return True
        code, _, place = rest.removeprefix(self.prefix).partition(":")
        mine = rest.startswith(self.prefix) and verb in ("add", "remove")
        chosen = [day for day in self.days if mine and day.code == code]
        if not chosen:
            return False
        act_on(chosen[0].rows, verb, place)
        self.added = code if verb == "add" else ""
        return True

    def readings(self) -> list[list[Reading]]:
        """The windows. Raises Invalid by weekday for what is no time, and for windows that cannot be."""
        errors: list[FieldError] = []
        week = [readings_of(day.rows, day.code, errors) for day in self.days]
        errors = errors or [field_error(DAYS[one.weekday], one) for one in week_faults(week)]
        if errors:
            raise Invalid(errors)
        return week

    def take(self, invalid: Invalid) -> list[FieldError]:
        """Show what is wrong beside its weekday; gives back what belongs to none."""
        by_code = {day.code: day for day in self.days}
        for error in invalid.errors:
            if error.field in by_code:
                by_code[error.field].errors.append(field_sentence(error))
        return [error for error in invalid.errors if error.field not in by_code]

    @property
    def focus(self) -> str:
        """The weekday where the keyboard goes on: the first that is wrong, else the one with a new row."""
        return next((day.code for day in self.days if day.errors), self.added)

    @property
    def wrong(self) -> bool:
        """Whether anything is."""
        return any(day.errors for day in self.days)


def rows_of(values: MultiDict[str, str], name: str) -> list[Row]:
    """The rows that were sent under a name."""
    starts, ends = values.getlist(f"{name}-start"), values.getlist(f"{name}-end")
    pairs = zip(starts[:MOST_ROWS], ends[:MOST_ROWS], strict=False)
    return [Row(start[:8], end[:8]) for start, end in pairs]


def act_on(rows: list[Row], verb: str, place: str) -> None:
    """Add an empty row, or remove the one at a place."""
    if verb == "add" and len(rows) < MOST_ROWS:
        rows.append(Row())
    elif verb == "remove" and place.isascii() and place.isdigit() and int(place) < len(rows):
        del rows[int(place)]


def readings_of(rows: Sequence[Row], name: str, errors: list[FieldError]) -> list[Reading]:
    """The windows of the rows; what is no time is added to `errors` under the name."""
    found: list[Reading] = []
    for row in rows:
        if row.empty:
            continue
        ends = [row.start.strip(), row.end.strip()]
        if not all(ends):
            errors.append(FieldError(name, "time_missing"))
            continue
        minutes = [clock_minutes(text) for text in ends]
        wrong = [text for text, minute in zip(ends, minutes, strict=True) if minute is None]
        errors += [FieldError(name, "time_malformed", {"typed": text}) for text in wrong]
        start, end = minutes
        if start is not None and end is not None:
            found.append((start, end))
    return found
