"""E-mail: the port, a sandbox that records, and SMTP.

Not here: templates, quiet hours, who may be written to; messaging decides those.
"""
