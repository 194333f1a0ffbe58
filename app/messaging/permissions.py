"""What staff may do with messages."""

from app.kernel.access.permissions import declare

READ = declare("messages.read", "See which messages were sent")
RESEND = declare("messages.resend", "Send a message again")
# Sandbox messages hold one-time sign-in and visit links, which would open more than elevated access may.
SANDBOX = declare("messages.sandbox", "Read what the sandbox would have sent", elevated=False)
