"""Claims of a session token, minted by the application."""

from dataclasses import asdict, dataclass
from typing import Any

from telemetry.contract.checks import (
    identifier,
    mapping,
    maybe_number,
    need,
    one_of,
    text,
    texts,
    whole,
)
from telemetry.contract.names import AUDIENCE, ISSUER, SCOPE_POSE, SCOPES

SIDES = ("left", "right", "both", "any", "alternating", "auto")
VIEWS = ("front", "back", "side", "oblique")


@dataclass(frozen=True)
class Tracking:
    """Tracking settings of the prescribed exercise; `exercise` is a name of the tracking table.

    side and view override the table where the therapist says so; targets are per set.
    """

    exercise: str
    side: str | None = None
    view: str | None = None
    target_reps: int | None = None
    target_rom_deg: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> "Tracking":
        fields = mapping(data, "tracking")
        return cls(
            exercise=text(fields, "exercise", 64),
            side=None if fields.get("side") is None else one_of(fields, "side", SIDES),
            view=None if fields.get("view") is None else one_of(fields, "view", VIEWS),
            target_reps=None
            if fields.get("target_reps") is None
            else whole(fields, "target_reps", 1, 1000),
            target_rom_deg=maybe_number(fields, "target_rom_deg", 1, 360),
        )


@dataclass(frozen=True)
class SessionClaims:
    """Claims of a session token (HS256). Times are whole seconds since 1970 in UTC.

    Mint with `jwt.encode(claims.to_json(), TELEMETRY_TOKEN_SECRET, algorithm=ALGORITHM)`.
    `tracking` is required with the pose scope and None otherwise.
    """

    principal_id: str
    organization_id: str
    session_id: str
    scopes: tuple[str, ...]
    tracking: Tracking | None
    issued_at: int
    expires_at: int
    token_id: str

    def to_json(self) -> dict[str, Any]:
        return {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": self.principal_id,
            "org": self.organization_id,
            "sid": self.session_id,
            "scope": list(self.scopes),
            "tracking": None if self.tracking is None else self.tracking.to_json(),
            "iat": self.issued_at,
            "exp": self.expires_at,
            "jti": self.token_id,
        }

    @classmethod
    def from_json(cls, data: Any) -> "SessionClaims":
        claims = mapping(data, "claims")
        scopes = texts(claims, "scope", len(SCOPES))
        need(bool(scopes) and set(scopes) <= set(SCOPES), "scope")
        tracked = SCOPE_POSE in scopes
        return cls(
            principal_id=identifier(claims, "sub"),
            organization_id=identifier(claims, "org"),
            session_id=identifier(claims, "sid"),
            scopes=scopes,
            tracking=Tracking.from_json(claims.get("tracking")) if tracked else None,
            issued_at=whole(claims, "iat", 0, 2**40),
            expires_at=whole(claims, "exp", 0, 2**40),
            token_id=identifier(claims, "jti"),
        )
