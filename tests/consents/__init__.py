"""The consent ledger on a real database."""
