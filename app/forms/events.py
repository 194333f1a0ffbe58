"""What forms announce. Payload of each: {"form_id", "patient_id"}."""

OPENED = "form.opened"
SIGNED = "form.signed"
VOIDED = "form.voided"
