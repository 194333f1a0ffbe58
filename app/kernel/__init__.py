"""What every domain stands on: database, tenancy, identity, access, audit, outbox, storage, crypto.

Knows tables and tenants, but no clinic noun (a patient, a service, a visit) and no HTTP.
"""
