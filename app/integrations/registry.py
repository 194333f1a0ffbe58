"""Which implementation serves a clinic: its own choice as data, else the platform's default."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.integrations.errors import ProviderSettingsError, UnknownProvider
from app.lib.clock import Clock, SystemClock

Port = TypeVar("Port")
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Port]):
    """A kind of provider, typed by its port."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of data: this provider with these settings serves that kind."""

    kind: str
    name: str
    settings: Settings = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SandboxRecord:
    """What a sandbox would have sent; shown on the clinic's outbox page.

    An attachment is `{"filename", "mime", "bytes", "content"}`, the content in base64.
    """

    kind: str
    idempotency_key: str
    recipient: str = field(repr=False)
    body: str = field(repr=False)
    sent_at: dt.datetime
    sender: str = ""
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    attachments: tuple[Mapping[str, object], ...] = field(default=(), repr=False)


# Stores one record for the clinic at hand; the same kind and key twice must be stored once.
SandboxLog = Callable[[SandboxRecord], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an implementation may need besides its settings; made per clinic and request or job.

    `clinic_id` lets a sandbox that is shared as platform default keep clinics apart.
    """

    sandbox_log: SandboxLog
    clock: Clock = field(default_factory=SystemClock)
    clinic_id: str = ""


Builder = Callable[[Settings, Surroundings], Port]


class Registry:
    """All implementations by kind and name, with the platform's defaults."""

    def __init__(self, defaults: Iterable[Choice] = ()) -> None:
        self._builders: dict[tuple[str, str], Builder[Any]] = {}
        self._defaults = {choice.kind: choice for choice in defaults}

    def register(self, kind: Kind[Port], name: str, build: Builder[Port]) -> None:
        """Add an implementation. Building must not connect anywhere."""
        if (kind.name, name) in self._builders:
            raise ValueError(f"{kind.name} provider {name} is registered twice")
        self._builders[kind.name, name] = build

    def names(self, kind: Kind[Port]) -> list[str]:
        """The implementations a clinic can choose from."""
        return sorted(name for of_kind, name in self._builders if of_kind == kind.name)

    def choice(self, kind: Kind[Port], choices: Iterable[Choice]) -> Choice:
        """The clinic's choice of that kind, else the default. Raises `UnknownProvider`."""
        for choice in choices:
            if choice.kind == kind.name:
                return choice
        if kind.name not in self._defaults:
            raise UnknownProvider(kind=kind.name)
        return self._defaults[kind.name]

    def resolve(
        self, kind: Kind[Port], choices: Iterable[Choice], surroundings: Surroundings
    ) -> Port:
        """The provider that serves a clinic with these choices.

        Raises `UnknownProvider` and `ProviderSettingsError`: a broken own choice is an error and
        never falls back to the default, which would send from the wrong account.
        """
        choice = self.choice(kind, choices)
        build = self._builders.get((kind.name, choice.name))
        if build is None:
            raise UnknownProvider(kind=kind.name, name=choice.name)
        provider: Port = build(choice.settings, surroundings)
        return provider


def required(settings: Settings, name: str) -> str:
    """A setting that must be a text with content. Raises `ProviderSettingsError`."""
    value = settings.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ProviderSettingsError(name)
    return value.strip()


def optional(settings: Settings, name: str, default: str = "") -> str:
    """A setting that may be absent. Raises `ProviderSettingsError` if it is no text."""
    value = settings.get(name, default)
    if not isinstance(value, str):
        raise ProviderSettingsError(name)
    return value.strip() or default
