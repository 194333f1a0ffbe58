"""The audit trail and the record-access log, both append-only in the database (KRN-05, KRN-15).

The login log lies in kernel.identity. Reading the trail for a screen is in queries here.
"""
