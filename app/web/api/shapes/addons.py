"""What is added to a visit: as it is asked for, and as a booking has it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.catalog.addon_rules import MOST
from app.catalog.addons import MOST_OF_SERVICE
from app.web.api.fields import Given, Identifier, Taken, Text
from app.web.api.shapes.offer import Price

_ONE = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\*[1-9][0-9]?)?"


class AddonWish(Taken):
    """So many of an add-on of the calendar."""

    addon: Identifier
    quantity: Annotated[int, Field(ge=1, le=MOST)] = 1


class BookedAddon(Given):
    """What was added; price and minutes are of one, and part of the price and time of the whole."""

    addon: str
    name: Text
    quantity: int
    price: Price
    extra_min: int


Wishes = Annotated[list[AddonWish], Field(max_length=MOST_OF_SERVICE)]
InQuery = Annotated[str, Field(pattern=rf"^{_ONE}(,{_ONE}){{0,{MOST_OF_SERVICE - 1}}}$")]
