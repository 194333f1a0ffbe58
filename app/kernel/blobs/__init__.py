"""Which stored files a clinic has: one row a blob, with its surface, type, size and digest (KRN-07).

The bytes themselves are kernel.storage's.
"""
