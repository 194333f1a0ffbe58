"""The roles that a new clinic starts with. They are data from then on: the clinic changes them as it likes (KRN-03)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ALL = ("*",)
OWNER = "owner"


@dataclass(frozen=True)
class DefaultRole:
    """A role of a new clinic. A permission that ends in `.*` stands for all of its resource.

    `names` by language: the clinic's own language decides which one its role starts with.
    """

    code: str
    names: dict[str, str]
    permissions: tuple[str, ...]
    own_patients_only: bool = False


DEFAULT_ROLES = (
    DefaultRole(OWNER, {"en": "Owner", "ro": "Proprietar"}, ALL),
    DefaultRole(
        "manager",
        {"en": "Manager", "ro": "Manager"},
        (
            "appointments.*",
            "audit.view",
            "catalog.*",
            "consents.*",
            "forms.*",
            "messages.*",
            "patients.*",
            "reception.*",
            "schedule.*",
            "reviews.*",
            "specialists.*",
            "team.manage",
        ),
    ),
    DefaultRole(
        "reception",
        {"en": "Reception", "ro": "Recepție"},
        (
            "appointments.view",
            "appointments.book",
            "appointments.cancel",
            "appointments.files",
            "consents.*",
            "forms.open",
            "forms.view",
            "messages.*",
            "patients.view",
            "patients.manage",
            "reception.*",
        ),
    ),
    DefaultRole(
        "specialist",
        {"en": "Specialist", "ro": "Specialist"},
        (
            "appointments.view",
            "appointments.book",
            "appointments.files",
            "appointments.treat",
            "charts.*",
            "consents.*",
            "forms.open",
            "forms.view",
            "patients.view",
            "reception.call",
            "schedule.own",
            "telerehab.*",
        ),
        own_patients_only=True,
    ),
    DefaultRole(
        "assistant",
        {"en": "Assistant", "ro": "Asistent"},
        ("appointments.view", "forms.open", "patients.view", "reception.*"),
    ),
)


def granted(role: DefaultRole, declared: Iterable[str]) -> list[str]:
    """The declared permissions that a default role holds."""
    return sorted(code for code in declared if any(_covers(one, code) for one in role.permissions))


def _covers(pattern: str, code: str) -> bool:
    if pattern == "*":
        return True
    if pattern.endswith(".*"):
        return code.startswith(pattern[:-1])
    return pattern == code
