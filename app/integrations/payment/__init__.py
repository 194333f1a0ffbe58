"""Payments: the port and a sandbox with a pay page of its own.

Not here: what is owed, invoices, dunning; commerce decides those.
"""
