"""Names, paths, keys and limits that both processes use."""

# Of the session token (RFC 7519), minted by the application.
ISSUER = "restartix"
AUDIENCE = "telemetry"
ALGORITHM = "HS256"
SERVICE_ISSUER = "telemetry"
SERVICE_AUDIENCE = "app"
SERVICE_SUBJECT = "service:telemetry"
BODY_HASH_CLAIM = "body_sha256"
"""Hex SHA-256 of the result body, inside the service token: a token fits one body only."""

RESULTS_PATH = "/webhooks/telemetry/results"

SCOPE_POSE = "pose"
SCOPE_MEDIA = "media"
SCOPES = (SCOPE_POSE, SCOPE_MEDIA)

FRAMES_PATH = "/v1/pose/frames"
MEDIA_PATH = "/v1/media/events"
HEALTH_PATH = "/v1/healthz"

CONTENT_TYPE_FRAMES = "application/vnd.restartix.pose-batch+gzip"
CONTENT_TYPE_JSON = "application/json"

MAGIC = b"RXPF"
VERSION_FLOAT32 = 1
VERSION_INT16 = 2
FLAG_WORLD = 1
FLAG_MIRRORED = 2
FLAG_REAR_CAMERA = 4
HEADER_BYTES = 16
"""Batch, before gzip, little-endian: magic 4s, version u8, flags u8, frames u16, sequence u32,
width u16, height u16; then frames x u32 times (ms since session start); then the landmarks as
written in docs/telemetry.md."""
MAX_BATCH_COMPRESSED = 256 * 1024
MAX_FRAMES_PER_BATCH = 300
MAX_SEQUENCE = 4 * 3600
MAX_SESSION_MS = 4 * 3600 * 1000

CONSENT_WITHDRAWN = "withdrawn"
"""Value of the consent flag after withdrawal: nothing is taken any more, spooled frames go too."""


def end_path(session_id: str) -> str:
    """Path of the end-of-session request."""
    return f"/v1/sessions/{session_id}/end"


def consent_key(organization_id: str, session_id: str) -> str:
    """Redis key of a session's consent flag, written by the application.

    Value: the granted scopes joined by commas ("pose", "media", "pose,media"). On withdrawal the
    application sets CONSENT_WITHDRAWN (keeping the expiry) or deletes the key; both act at once.
    Expiry: at least a day longer than the session token's.
    """
    return f"telemetry:consent:{organization_id}:{session_id}"


def replay_key(organization_id: str, session_id: str) -> str:
    """Storage key of the full replay (every batch as it came)."""
    return f"{organization_id}/{session_id}/replay-v1.bin.gz"


def view_key(organization_id: str, session_id: str) -> str:
    """Storage key of the small replay that a page can draw."""
    return f"{organization_id}/{session_id}/view-v1.bin.gz"
