"""What a program adds to a visit: nothing is left out in silence, what cannot be is refused (APT-02)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence

from app.appointments.queries.addons import KeptAddon, with_addons, with_all_addons
from app.catalog.addon_rules import Addon, read_tokens, tokens
from app.lib.errors import FieldError, Invalid
from app.scheduling.queries import CalendarView
from app.web.api.hold_token import HoldTicket
from app.web.api.shapes.addons import AddonWish, BookedAddon
from app.web.api.shapes.offer import AddonOffered, Price
from app.web.http.addon_fields import online_addons
from app.web.http.locale import localised


def added(calendar: CalendarView, wanted: Sequence[AddonWish], field: str) -> CalendarView:
    """The calendar for a visit with these. Raises Invalid at `field/<number>` for each that cannot be added."""
    numbers = {number: (uuid.UUID(one.addon), one.quantity) for number, one in enumerate(wanted)}
    return _with(calendar, numbers, lambda number, part: f"{field}/{number}/{part}")


def added_in_query(calendar: CalendarView, wanted: str | None) -> CalendarView:
    """The same for `id` or `id*quantity` with commas. Raises Invalid for the parameter."""
    if wanted is None:
        return calendar
    said = (part.partition("*") for part in wanted.split(","))
    numbers = {n: (uuid.UUID(id_), int(count or 1)) for n, (id_, _, count) in enumerate(said)}
    return _with(calendar, numbers, lambda number, part: "query:addons")


def added_or_held(
    calendar: CalendarView, wanted: Sequence[AddonWish] | None, hold: HoldTicket | None
) -> CalendarView:
    """The calendar with what the body says, else the hold; they must agree. Raises Invalid."""
    if hold is None:
        return added(calendar, wanted or (), "/addons")
    if wanted is None:
        held = still_added(calendar, read_tokens(hold.addons))
        if held is None:
            raise Invalid.one("/hold", "addon_unknown")
        return held
    whole = added(calendar, wanted, "/addons")
    if tokens(whole.addons) != hold.addons:
        raise Invalid.one("/hold", "hold_addons")
    return whole


def still_added(calendar: CalendarView, wanted: Mapping[uuid.UUID, int]) -> CalendarView | None:
    """The calendar with what was chosen before; None where any of it is offered no more."""
    if not wanted:
        return calendar
    return with_all_addons(calendar, online_addons(calendar), wanted)


def told(kept: Iterable[KeptAddon], currency: str) -> list[BookedAddon]:
    """What a visit has, as answers say it."""
    return [
        BookedAddon(
            addon=str(one.addon_id),
            name=localised(one.names),
            quantity=one.quantity,
            price=Price(minor=one.price_minor, currency=currency),
            extra_min=one.extra_min,
        )
        for one in kept
    ]


def offer_of(one: Addon, currency: str) -> AddonOffered:
    """An add-on as the list of calendars says it."""
    return AddonOffered(
        addon=str(one.id),
        name=localised(one.names),
        price=Price(minor=one.price_minor, currency=currency),
        extra_min=one.extra_min,
        most=one.most,
    )


def _with(
    calendar: CalendarView,
    wanted: Mapping[int, tuple[uuid.UUID, int]],
    place: Callable[[int, str], str],
) -> CalendarView:
    if not wanted:
        return calendar
    known = {one.id: one for one in online_addons(calendar)}
    faults, chosen = [], dict[uuid.UUID, int]()
    for number, (addon_id, quantity) in wanted.items():
        if addon_id not in known:
            faults.append(FieldError(place(number, "addon"), "addon_unknown"))
        elif addon_id in chosen:
            faults.append(FieldError(place(number, "addon"), "repeated"))
        elif not 1 <= quantity <= known[addon_id].most:
            limits = {"lowest": 1, "highest": known[addon_id].most}
            faults.append(FieldError(place(number, "quantity"), "out_of_range", limits))
        chosen[addon_id] = quantity
    if faults:
        raise Invalid(faults)
    return with_addons(calendar, list(known.values()), chosen)
