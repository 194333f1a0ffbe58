"""Where telemetry keeps things: consent flags in Redis, spooled batches, replay blobs.

Lives here: one class per kind of store, behind the interfaces of `consent`, `buffer` and `blobs`.
Does not live here: decisions. Handlers and the finaliser know the interfaces only (TLM-01).
"""
