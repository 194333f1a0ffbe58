"""The telemetry process: takes pose and media batches, computes a session, writes it back.

Lives here: wire contract, ingest, spool, aggregation, publication. Does not live here: anything of
`app`, its database or its pages; `app` may import `telemetry.contract` and nothing else from here.
"""
