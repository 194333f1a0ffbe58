"""What of the calendar is looked for: a service, a state. Everything else stays in its place, faded."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import request

from app.appointments.queries import AgendaEntry
from app.web.console.asked import identifier
from app.web.console.desk_states import SHOWN_STATES, state_at_desk
from app.web.http.locale import current_language, in_language


@dataclass(frozen=True, slots=True)
class Wanted:
    """A service and a state; None for any."""

    service_id: uuid.UUID | None = None
    state: str | None = None

    def has(self, visit: AgendaEntry) -> bool:
        """Whether the visit is one of those looked for."""
        if self.service_id is not None and visit.service_id != self.service_id:
            return False
        return self.state is None or self.state == state_at_desk(visit)

    @property
    def address(self) -> dict[str, str]:
        """As it stands in an address."""
        said = {"service": str(self.service_id or ""), "state": self.state or ""}
        return {name: value for name, value in said.items() if value}


EVERYTHING = Wanted()


def wanted() -> Wanted:
    """What the address looks for; a state that there is not is none. Raises NotFound for a service that is none."""
    state = request.args.get("state", "")
    known = state if state in SHOWN_STATES else None
    return Wanted(identifier(request.args, "service"), known)


def filter_inputs(visits: Iterable[AgendaEntry], looked_for: Wanted) -> dict[str, Any]:
    """The choices of the filter: the services of what is shown, every state; and what is chosen."""
    language = current_language()
    names = {one.service_id: in_language(one.service_names, language) for one in visits}
    if looked_for.service_id is not None:
        names.setdefault(looked_for.service_id, "–")
    return {
        "filter_services": tuple(
            sorted(((str(id_), name) for id_, name in names.items()), key=lambda one: one[1])
        ),
        "filter_states": SHOWN_STATES,
        "filtered": looked_for.address,
    }
