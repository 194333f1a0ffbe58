"""How calls to providers fail, so that a caller knows whether and how to try again."""

from __future__ import annotations

from app.lib.errors import DomainError


class ProviderError(DomainError):
    """A provider did not do what was asked.

    `permanent`: the same request will never succeed, so do not retry. `outcome_unknown`: it may
    have been done all the same, so the next attempt says `retry=True` (or looks first).
    `retry_after`: seconds the provider asked for. Params never hold recipient or content.
    """

    code = "provider_failed"

    def __init__(
        self,
        fault: str,
        *,
        permanent: bool,
        outcome_unknown: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(fault=fault, permanent=permanent, outcome_unknown=outcome_unknown)
        self.fault = fault
        self.permanent = permanent
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after


class ProviderSettingsError(ProviderError):
    """The clinic's settings for this provider are incomplete or malformed; says which."""

    code = "provider_settings"

    def __init__(self, setting: str) -> None:
        super().__init__(f"setting {setting}", permanent=True)
        self.setting = setting


class UnknownProvider(DomainError):
    """No implementation has that kind and name."""

    code = "provider_unknown"
