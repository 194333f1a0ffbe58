"""Everything that talks to a vendor, behind one port per kind, chosen per clinic as data (KRN-09).

Each kind has `port.py`, `sandbox.py` (needs no account) and one module per vendor.
Not here: what is sent and to whom (messaging, commerce), and web routes that vendors call.
"""
