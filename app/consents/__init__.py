"""The consent ledger: purposes and their texts, grants, withdrawal, and the guard that consumers ask.

Not here: the forms whose signing grants consents (app.forms), and what a consumer does after a withdrawal.
"""
