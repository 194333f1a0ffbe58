"""The kinds of values that the API takes and gives; each reads strictly and describes itself in JSON Schema."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError

from app.scheduling.rules.walltime import UnknownZone, zone

FIRST_YEAR, LAST_YEAR = 2000, 2199
LONGEST_ZONE = 64
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.0{1,6})?)?([Zz]|[+-]\d{2}:?\d{2})"
)


class Taken(BaseModel):
    """What a client sends: unknown fields are named, nothing is converted in silence."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Given(BaseModel):
    """What a client gets: every field is always there."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class Plain(GenerateJsonSchema):
    """JSON Schema without the titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _day(value: object) -> dt.date:
    try:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValueError
        day = dt.date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("day_malformed", "not a date") from None
    _in_years(day.year)
    return day


def _moment(value: object) -> dt.datetime:
    """Whole minutes with their offset: a wall clock without one would be a guess."""
    try:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValueError
        moment = dt.datetime.fromisoformat(value.upper())
    except ValueError:
        raise PydanticCustomError("moment_malformed", "not a moment with its offset") from None
    _in_years(moment.year)
    if moment.second:
        raise PydanticCustomError("moment_malformed", "not a whole minute")
    return moment.astimezone(dt.UTC)


def _in_years(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        limits = {"lowest": FIRST_YEAR, "highest": LAST_YEAR}
        raise PydanticCustomError("out_of_range", "too far", limits)


def _zone(value: object) -> str:
    try:
        if not isinstance(value, str) or len(value) > LONGEST_ZONE:
            raise UnknownZone
        if "/" not in value and value != "UTC":
            raise UnknownZone
        zone(value)
    except UnknownZone:
        raise PydanticCustomError("zone_unknown", "no such zone") from None
    return value


Day = Annotated[dt.date, BeforeValidator(_day), Field(examples=["2027-03-08"])]
Moment = Annotated[
    dt.datetime, BeforeValidator(_moment), Field(examples=["2027-03-08T09:00:00+02:00"])
]
Zone = Annotated[str, BeforeValidator(_zone), Field(examples=["Europe/Bucharest"])]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,80}$")]
Identifier = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
VisitToken = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{22}$")]
HoldToken = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{20,2048}$")]
Key = Annotated[str, Field(pattern=r"^[!-~]{16,255}$")]
# In a language of the reader: the one that Accept-Language prefers among ro and en.
Text = Annotated[str, Field(description="In the language of the answer.")]
