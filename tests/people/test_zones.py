"""Zones that people may choose."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from app.people.specialists.zones import is_zone, zone_names

pytestmark = pytest.mark.proves("SPC-04")


def test_places_and_utc_but_no_aliases_for_machines() -> None:
    assert {"Europe/Bucharest", "America/Argentina/Ushuaia", "UTC"} <= set(zone_names())
    for name in ("", "EST", "Etc/GMT+3", "posixrules", "Europe/Atlantis", "../etc/passwd"):
        assert not is_zone(name)


def test_every_choice_exists() -> None:
    assert all(ZoneInfo(name).key == name for name in zone_names())
