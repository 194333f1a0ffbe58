"""What the ledger announces. Payload of both: {"consent_id", "patient_id", "purpose"}."""

GRANTED = "consent.granted"
WITHDRAWN = "consent.withdrawn"
