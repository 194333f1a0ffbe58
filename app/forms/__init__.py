"""Clinical forms: templates with versions, instances that freeze them, kiosk openings, signing and its seal.

Not here: the parsing of HTTP forms (web.http.inputs), the consent ledger (app.consents), rendered PDF documents.
"""
