"""Text messages: the port, a sandbox that records, and Twilio.

Not here: templates, consents, quiet hours; messaging decides those.
"""
