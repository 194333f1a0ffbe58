"""Who asks for slots."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from app.scheduling.rules.availability import Asking
from app.scheduling.rules.offer import Offer


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for slots: the moment, the browser whose own hold is free to it, and staff or public.

    Staff are not bound by notice and horizon; every other rule is the same (BOK-04).
    """

    now: dt.datetime
    client: str | None = None
    staff: bool = False

    @property
    def asking(self) -> Asking:
        return Asking(int(self.now.timestamp()), self.client)

    def offer(self, offer: Offer) -> Offer:
        """The offer as it binds this asker."""
        return replace(offer, min_notice_min=0, horizon=None) if self.staff else offer
