"""Whose rows a transaction may see: the scope, and the clinics themselves with their locations.

The policies that enforce it lie in migrations/policies; what a person may do lies in kernel.access.
"""
